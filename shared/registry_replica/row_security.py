"""The second barrier where a service knows the registry: who reaches a unit, who was let act for whom, in SQL.

The registry's own tables have the same names and columns, so its migration makes these functions as well.
"""

from alembic import op

from platform_kit.row_security import EVERYBODY, ME, create_row_security, guard, quoted

STAFF = ("worker", "street", "district")

_FUNCTIONS = (
    # One scan of a small table for each post and statement, and none for somebody without a post. A unit that two posts reach
    # is there twice, which hurts nobody and costs less than asking.
    """
    CREATE OR REPLACE FUNCTION linli_units(VARIADIC wanted text[]) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
    DECLARE
        codes text[] := linli_codes(VARIADIC wanted);
    BEGIN
        IF codes = '{}' THEN
            RETURN '{}';
        END IF;
        RETURN ARRAY(
            SELECT u.id FROM unnest(codes) c JOIN unit u ON u.code = c OR starts_with(u.code, c || '/')
        );
    END $$
    """,
    # Where somebody lives, whoever asks: the policy on residents asks for it itself, and would ask without end.
    """
    CREATE OR REPLACE FUNCTION linli_home_of(person uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
    DECLARE
        caller text := current_setting('linli.caller', true);
        home uuid;
    BEGIN
        PERFORM set_config('linli.caller', '{"system": true}', true);
        SELECT unit_id INTO home FROM resident WHERE id = person;
        PERFORM set_config('linli.caller', coalesce(caller, ''), true);
        RETURN home;
    END $$
    """,
    # Has that person let the caller act for them, and does it hold on the day that their unit's calendar shows?
    """
    CREATE OR REPLACE FUNCTION linli_lets(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    DECLARE
        last date;
    BEGIN
        SELECT coalesce(until_on, 'infinity') INTO last FROM consent
        WHERE resident_id = person AND delegate_id = linli_subject();
        IF last IS NULL OR last = 'infinity' THEN
            RETURN last IS NOT NULL;
        END IF;
        RETURN last >= (linli_now() AT TIME ZONE
            coalesce((SELECT zone FROM unit WHERE id = linli_home_of(person)), 'UTC'))::date;
    END $$
    """,
)

_OWN = """
    CREATE FUNCTION linli_{table}() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
    DECLARE
        me uuid := linli_subject();
    BEGIN
        RETURN (SELECT id FROM {table} WHERE person_id = me);
    END $$
"""


def reaches(*roles: str, unit: str = "unit_id") -> str:
    """The condition that a post of one of these roles reaches the row's unit. The array is made once for a statement."""
    return f"{unit} = ANY ((SELECT linli_units({quoted(roles)}))::uuid[])"


def lets(person: str) -> str:
    """The condition that this person has let the caller act for them. Asked of each row: put it last."""
    return f"linli_lets({person})"


def create_reach() -> None:
    """The functions, the kit's among them."""
    create_row_security()
    for statement in _FUNCTIONS:
        op.execute(statement)


def create_own(table: str) -> None:
    """`linli_<table>()`: the id of the caller's own row there, by its `person_id`."""
    op.execute(_OWN.replace("{table}", table))


def cover_worklist(table: str, *asked: str) -> None:
    """The list that staff work from asks the policy of each row that it counts: with the columns that it asks, the index alone
    can answer."""
    name = f"ix_{table}_worklist"
    op.drop_index(name, table)
    op.create_index(name, table, ["unit_id", "state", "id"], postgresql_include=list(asked))


def index_newest(table: str, *asked: str) -> None:
    """The same for whoever reaches everything: no unit need be known."""
    op.create_index(f"ix_{table}_newest", table, ["state", "id"], postgresql_include=["unit_id", *asked])


def guard_replica() -> None:
    """The tree of units is no secret; who lives where, and who may act for whom, is."""
    create_reach()
    guard("unit", see=EVERYBODY)
    guard("resident", see=f"id = {ME} OR {reaches(*STAFF)} OR {lets('id')}")
    guard(
        "household",
        see=f"{reaches(*STAFF)} OR EXISTS (SELECT FROM resident r WHERE r.household_id = household.id)",
    )
    guard("consent", see=f"resident_id = {ME} OR delegate_id = {ME}")
