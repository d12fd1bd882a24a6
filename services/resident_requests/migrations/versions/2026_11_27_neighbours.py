"""Whose own was merged into another speaks in its thread, sealed by their own key. What a city's data is read by is counted in
versions, and of each report it is kept what the city says of it. Pictures show what was done when
they were added by whoever works on it, after they began."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import ME, guard
from registry_replica.row_security import STAFF, reaches

revision = "2026_11_27_neighbours"
down_revision = "2026_11_27_turns"
branch_labels = None
depends_on = None

AS_SYSTEM = """SELECT set_config('linli.caller', '{"system": true}', true)"""
KINDS = ("from_resident", "from_neighbour", "from_staff", "question", "answer", "resolution", "note")
OF_A_REQUEST = "EXISTS (SELECT FROM request r WHERE r.id = request_id)"
AT_WORK = f"EXISTS (SELECT FROM request r WHERE r.id = request_id AND {reaches(*STAFF, unit='r.unit_id')})"


def upgrade() -> None:
    # One that runs before this in the same transaction leaves nobody, who would see no row.
    op.execute(AS_SYSTEM)
    _merged()
    _neighbours()
    _sources()
    _evidence()


def _merged() -> None:
    op.add_column("request", sa.Column("merged_at", sa.DateTime(timezone=True)))
    # Of what cannot be told any more nothing is shown that was said before today.
    op.execute(
        """
        UPDATE request r SET merged_at = coalesce(
            (SELECT p.updated_at FROM public_report p WHERE p.request_id = r.id), linli_now()
        ) WHERE state = 'merged'
        """
    )
    op.create_check_constraint(
        op.f("ck_request_merged_at"), "request", "(state = 'merged') = (merged_at IS NOT NULL)"
    )


def _neighbours() -> None:
    op.add_column("comment", sa.Column("neighbour_id", sa.Uuid()))
    op.create_index(
        "ix_comment_neighbour_id", "comment", ["neighbour_id"], postgresql_where="neighbour_id IS NOT NULL"
    )
    op.drop_constraint(op.f("ck_comment_kind"), "comment")
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_check_constraint(op.f("ck_comment_kind"), "comment", f"kind IN ({kinds})")
    op.create_check_constraint(
        op.f("ck_comment_neighbour_id"), "comment", "(kind = 'from_neighbour') = (neighbour_id IS NOT NULL)"
    )
    # What a neighbour says is also theirs. Only the platform writes it down: the request is not theirs to see.
    guard(
        "comment",
        see=f"neighbour_id = {ME} OR CASE WHEN kind = 'note' THEN {AT_WORK} ELSE {OF_A_REQUEST} END",
        add=f"""author_id = {ME} AND neighbour_id IS NULL
            AND CASE WHEN kind IN ('from_staff', 'question', 'resolution', 'note') THEN {AT_WORK}
            ELSE {OF_A_REQUEST} END""",
    )


def _sources() -> None:
    op.add_column("import_source", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("request", sa.Column("source_facts", sa.LargeBinary()))
    op.add_column("request", sa.Column("source_state", sa.String()))


def _evidence() -> None:
    op.add_column("request", sa.Column("begun_at", sa.DateTime(timezone=True)))
    # When that was is not known of these: what shows what was done is still to come.
    op.execute(
        "UPDATE request SET begun_at = linli_now() WHERE state IN ('assigned', 'in_progress', 'awaiting_resident')"
    )
    op.add_column("attachment", sa.Column("side", sa.String()))
    op.execute(
        """
        UPDATE attachment a SET side =
            CASE WHEN EXISTS (SELECT FROM resident r WHERE r.id = a.added_by) THEN 'resident' ELSE 'staff' END
        """
    )
    op.alter_column("attachment", "side", nullable=False)
    op.create_check_constraint(op.f("ck_attachment_side"), "attachment", "side IN ('resident', 'staff')")
