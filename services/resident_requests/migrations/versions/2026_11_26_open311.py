"""What everybody may see of a request, in a table of its own; the keys of applications that file reports."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import ME, guard, has
from registry_replica.row_security import reaches

revision = "2026_11_26_open311"
down_revision = "2026_11_26_routing"
branch_labels = None
depends_on = None

AS_SYSTEM = """SELECT set_config('linli.caller', '{"system": true}', true)"""
IS_OPEN = "state IN ('assigned', 'awaiting_resident', 'in_progress', 'reopened', 'submitted', 'triaged')"
# What a resident said of a place may be their home: a tenth of a kilometre is where it is, and not whose it is.
COARSE = 3
LATITUDE, LONGITUDE = (
    f"CASE WHEN {{r}}.resident_id IS NULL THEN {{r}}.{name} ELSE round({{r}}.{name}::numeric, {COARSE})::float8 END"
    for name in ("latitude", "longitude")
)
# Nobody's words and address are sealed by the service's key; a resident's, by their own, never come here.
WORDS, ADDRESS = (
    f"CASE WHEN {{r}}.resident_id IS NULL THEN {{r}}.{name} END" for name in ("words", "address")
)
FACTS = {
    "unit_id": "{r}.unit_id",
    "state": "{r}.state",
    "is_open": "{r}." + IS_OPEN,
    "expected_at": "{r}.resolve_by",
    "latitude": LATITUDE,
    "longitude": LONGITUDE,
    "words": WORDS,
    "address": ADDRESS,
}
FIRST = {
    "request_id": "{r}.id",
    "case_number": "{r}.case_number",
    "category": "{r}.category",
    "requested_at": "{r}.occurred_at",
    "updated_at": "{r}.created_at",
}


def _facts(of: str, facts: dict[str, str]) -> str:
    return ", ".join(value.replace("{r}", of) for value in facts.values())


INSERT = f"INSERT INTO public_report ({', '.join([*FIRST, *FACTS])}) SELECT "
WATCHED = ("state", "unit_id", "category", "resolve_by", "latitude", "longitude", "words", "address")
# The rows' policies would hide the table from whoever changes the request: the platform writes it, as its own.
PUBLISH = f"""
    CREATE FUNCTION linli_publish_request() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        caller text := current_setting('linli.caller', true);
    BEGIN
        IF TG_OP = 'INSERT' AND (SELECT private FROM category WHERE code = NEW.category) THEN
            RETURN NULL;
        END IF;
        PERFORM set_config('linli.caller', '{{"system": true}}', true);
        IF TG_OP = 'INSERT' THEN
            {INSERT} {_facts("NEW", FIRST | FACTS)};
        ELSIF NEW.category <> OLD.category AND (SELECT private FROM category WHERE code = NEW.category) THEN
            DELETE FROM public_report WHERE request_id = NEW.id;
        ELSE
            UPDATE public_report SET ({", ".join(FACTS)}) = ROW({_facts("NEW", FACTS)}), category = NEW.category,
                updated_at = CASE WHEN NEW.state = OLD.state THEN updated_at ELSE linli_now() END
            WHERE request_id = NEW.id;
        END IF;
        PERFORM set_config('linli.caller', coalesce(caller, ''), true);
        RETURN NULL;
    END $$
"""  # noqa: S608


def upgrade() -> None:
    op.create_table(
        "public_report",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True)),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("words", sa.LargeBinary()),
        sa.Column("address", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_public_report_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_public_report")),
        sa.UniqueConstraint("case_number", name=op.f("uq_public_report_case_number")),
    )
    op.create_index(
        "ix_public_report_listed", "public_report", ["category", "is_open", "requested_at", "request_id"]
    )
    op.execute(PUBLISH)
    op.execute(
        "CREATE TRIGGER publish_new AFTER INSERT ON request FOR EACH ROW EXECUTE FUNCTION linli_publish_request()"
    )
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in WATCHED)
    op.execute(
        f"CREATE TRIGGER publish_changed AFTER UPDATE OF {', '.join(WATCHED)} ON request FOR EACH ROW"
        f" WHEN ({changed}) EXECUTE FUNCTION linli_publish_request()"
    )
    op.execute(AS_SYSTEM)
    op.execute(
        f"{INSERT} {_facts('r', FIRST | FACTS)} FROM request r JOIN category c ON c.code = r.category WHERE NOT c.private"
    )
    op.execute("SELECT set_config('linli.caller', '', true)")
    guard("public_report", see="category = ANY (ARRAY(SELECT c.code FROM category c WHERE NOT c.private))")
    op.create_table(
        "open311_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=False),
        sa.Column("used_until", sa.DateTime(timezone=True)),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("per_hour BETWEEN 1 AND 10000", name=op.f("ck_open311_key_per_hour")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_open311_key_digest")),
    )
    theirs = f"{has('operator')} OR {reaches('district')}"
    guard("open311_key", see=theirs, add=f"issued_by = {ME} AND ({theirs})", change=theirs)
