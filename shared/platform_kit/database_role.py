"""Row-level security binds nobody who is above it: what a service's database role must not be able to do."""

from collections.abc import Iterator
from typing import Any

# Also what it could become by SET ROLE.
_WHO = """
    SELECT current_user::text AS name,
        EXISTS (SELECT FROM pg_roles WHERE rolsuper AND pg_has_role(oid, 'MEMBER')) AS superuser,
        EXISTS (SELECT FROM pg_roles WHERE rolbypassrls AND pg_has_role(oid, 'MEMBER')) AS bypasses,
        EXISTS (
            SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                AND pg_has_role(relowner, 'MEMBER')
        ) AS owner
"""


class UnsafeRole(Exception):
    """The message names the role and what it can do."""


async def refuse_unsafe_role(connection: Any) -> None:
    """One query. Raises UnsafeRole when the rows' policies would not bind whoever is connected."""
    who = await connection.fetchrow(_WHO)
    if faults := list(_faults(who)):
        raise UnsafeRole(f"the role {who['name']} {' and '.join(faults)}")


def _faults(who: Any) -> Iterator[str]:
    if who["superuser"]:
        yield "is a superuser"
        # And may therefore do all the rest.
        return
    if who["bypasses"]:
        yield "has BYPASSRLS"
    if who["owner"]:
        yield "owns the tables"
