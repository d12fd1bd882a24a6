"""The second barrier, in SQL: who is asking, and policies on a table. Migrations call `create_row_security()` and `guard(…)`.

It states the same as a service's `policy.py`, written on its own: whatever the code forgets to ask, the database does not
show. The kit's own tables are not guarded: no action reads them, the relay and the inbox must see all of them, and every
look-up in them is by a key that the kit makes.
"""

from collections.abc import Iterable

from alembic import op

# Each is wrapped as `(SELECT f())` in a policy, which PostgreSQL evaluates once for a statement, not for each row.
_FUNCTIONS = (
    """
    CREATE OR REPLACE FUNCTION linli_caller() RETURNS jsonb LANGUAGE sql STABLE AS $$
        SELECT nullif(current_setting('linli.caller', true), '')::jsonb
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION linli_known() RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT linli_caller() IS NOT NULL
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION linli_is_system() RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT coalesce((linli_caller() ->> 'system')::boolean, false)
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION linli_subject() RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT (linli_caller() ->> 'subject')::uuid
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION linli_has(VARIADIC wanted text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT coalesce(linli_caller() -> 'roles' ?| wanted, false)
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION linli_codes(VARIADIC wanted text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
        SELECT ARRAY(
            SELECT post ->> 1 FROM jsonb_array_elements(coalesce(linli_caller() -> 'posts', '[]')) post
            WHERE post ->> 0 = ANY (wanted)
        )
    $$
    """,
)

ME = "(SELECT linli_subject())"
EVERYBODY = "(SELECT linli_known())"


def has(*roles: str) -> str:
    """The condition that the caller has one of these roles."""
    return f"(SELECT linli_has({quoted(roles)}))"


def has_at_top(*roles: str) -> str:
    """The condition that the caller has a post of one of these roles at a unit that has none above it."""
    codes = f"linli_codes({quoted(roles)})"
    return f"(SELECT coalesce(bool_or(position('/' in code) = 0), false) FROM unnest({codes}) code)"  # noqa: S608


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def create_row_security() -> None:
    """Who is asking, as functions. Safe to call again."""
    for statement in _FUNCTIONS:
        op.execute(statement)


def guard(
    table: str, *, see: str, add: str = "false", change: str = "false", kept: str | None = None
) -> None:
    """From now on `table` shows the rows that `see` holds for, takes new ones by `add` and changes by `change`; the system may
    do all. `kept` must hold of a changed row, `change` itself unless said. Nobody but the system removes. Said again, the last
    holds."""
    for statement in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        *(f"DROP POLICY IF EXISTS {policy} ON {table}" for policy in ("see", "add", "change", "remove")),
        f"CREATE POLICY see ON {table} FOR SELECT USING ({_or_system(see)})",
        f"CREATE POLICY add ON {table} FOR INSERT WITH CHECK ({_or_system(add)})",
        f"CREATE POLICY change ON {table} FOR UPDATE USING ({_or_system(change)}) WITH CHECK ({_or_system(kept or change)})",
        f"CREATE POLICY remove ON {table} FOR DELETE USING ({_or_system('false')})",
    ):
        op.execute(statement)


def _or_system(condition: str) -> str:
    """First, so that a worker pays for nothing else."""
    return f"(SELECT linli_is_system()) OR ({condition})"
