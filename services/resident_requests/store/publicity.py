"""What of the requests everybody may see. Whatever is shown to whoever is not signed in asks this, and nothing else does."""

from collections.abc import Sequence
from uuid import UUID

from platform_kit.db import Tx

# Of the request `t`, for lists. Public is what lay in a public category when it came, lies in one now and was not withheld: a
# category that is opened later opens nothing that was told in private, one that is closed closes all of it.
IS_PUBLIC = """EXISTS (
    SELECT FROM public_report p JOIN category c ON c.code = p.category WHERE p.request_id = t.id AND NOT c.private
)"""


async def lock_publicity(tx: Tx, request_ids: Sequence[UUID]) -> None:
    """What is public of these stays so until the transaction ends; asked before their own locks, as whoever changes a category
    takes its lock before those of its requests."""
    await tx.execute(
        """
        SELECT FROM category c WHERE c.code IN (SELECT t.category FROM request t WHERE t.id = ANY($1))
        ORDER BY c.code FOR SHARE
        """,
        list(request_ids),
    )


async def is_public(tx: Tx, request_id: UUID) -> bool:
    """False also for one that there is not, or that is not shown to whoever asks."""
    found = await tx.fetchval(f"SELECT true FROM request t WHERE t.id = $1 AND {IS_PUBLIC}", request_id)
    return bool(found)
