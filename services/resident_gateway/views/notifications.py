"""What a person was told, in the words of their language."""

from uuid import UUID

from platform_kit.db import Tx
from resident_gateway import notification_schemas as schemas
from resident_gateway import store
from resident_gateway.rules.occasions import OCCASIONS


async def notification_page(
    tx: Tx, person_id: UUID, *, limit: int, cursor: str | None, language: str
) -> schemas.NotificationPage:
    rows, following = await store.notifications(tx, person_id, limit, cursor)
    items = [
        schemas.NotificationView(
            id=row["id"],
            kind=row["kind"],
            subject_id=row["subject_id"],
            number=row["number"],
            occasion=row["occasion"],
            text=_text(row["occasion"], language, row["number"]),
            happened_at=row["happened_at"],
            read=row["read_at"] is not None,
        )
        for row in rows
    ]
    return schemas.NotificationPage(items=items, unread=await store.unread(tx, person_id), next=following)


def _text(occasion: str, language: str, number: str | None) -> str:
    """Of an occasion that there is no more, its name is better than nothing."""
    known = OCCASIONS.get(occasion)
    return known.text(language, number) if known is not None else occasion
