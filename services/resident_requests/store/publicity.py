"""What of the requests everybody may see. Whatever is shown to whoever is not signed in asks this, and nothing else does."""

from uuid import UUID

from platform_kit.db import Tx

# Of the request `t`, for lists. Public is what lay in a public category when it came and lies in one now: a category that is
# opened later opens nothing that was told in private, one that is closed closes all of it.
IS_PUBLIC = """EXISTS (
    SELECT FROM category c JOIN category_version v ON v.code = c.code AND v.version = t.category_version
    WHERE c.code = t.category AND NOT c.private AND NOT (v.content ->> 'private')::boolean
)"""


async def is_public(tx: Tx, request_id: UUID) -> bool:
    """False also for one that there is not, or that is not shown to whoever asks."""
    found = await tx.fetchval(f"SELECT true FROM request t WHERE t.id = $1 AND {IS_PUBLIC}", request_id)
    return bool(found)
