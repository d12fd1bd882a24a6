"""The same thing asked for twice: found again, merged, followed by neighbours; what was done is shown and rated."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import EVERYBODY, ME, guard
from registry_replica.row_security import STAFF, reaches

revision = "2026_11_26_together"
down_revision = "2026_11_25_newest_by_state"
branch_labels = None
depends_on = None

STATES = (
    "submitted", "triaged", "assigned", "in_progress", "awaiting_resident", "resolved", "closed", "reopened", "rejected",
    "withdrawn", "merged",
)  # fmt: skip
IS_OPEN = "state IN ('assigned', 'awaiting_resident', 'in_progress', 'reopened', 'submitted', 'triaged')"
OF_A_REQUEST = "EXISTS (SELECT FROM request r WHERE r.id = request_id)"
AT_WORK = f"EXISTS (SELECT FROM request r WHERE r.id = request_id AND {reaches(*STAFF, unit='r.unit_id')})"


def upgrade() -> None:
    _merging()
    _likeness()
    _followers()
    _outcome()


def _merging() -> None:
    op.add_column(
        "request",
        sa.Column("merged_into", sa.Uuid(), sa.ForeignKey("request.id", name=op.f("fk_request_merged_into"))),
    )
    op.drop_constraint(op.f("ck_request_state"), "request")
    states = ", ".join(f"'{state}'" for state in STATES)
    op.create_check_constraint(op.f("ck_request_state"), "request", f"state IN ({states})")
    op.create_check_constraint(
        op.f("ck_request_merged_into"), "request", "(state = 'merged') = (merged_into IS NOT NULL)"
    )
    op.create_check_constraint(op.f("ck_request_not_into_itself"), "request", "merged_into <> id")
    op.create_index(
        "ix_request_merged_into", "request", ["merged_into"], postgresql_where="merged_into IS NOT NULL"
    )


def _likeness() -> None:
    op.create_table(
        "likeness",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("prints", sa.ARRAY(sa.Integer()), nullable=False),
        sa.CheckConstraint("cardinality(prints) <= 128", name=op.f("ck_likeness_prints")),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_likeness_point")),
        sa.ForeignKeyConstraint(["category"], ["category.code"], name=op.f("fk_likeness_category")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_likeness_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_likeness")),
    )
    for name, place in (("ix_likeness_cell", "cell"), ("ix_likeness_unit_id", "unit_id")):
        op.create_index(name, "likeness", ["category", place, "occurred_at"], postgresql_where=IS_OPEN)
    # Public facts, and prints that say nothing without the key. Whose it is does not stand in it.
    guard("likeness", see=EVERYBODY, add=OF_A_REQUEST, change=OF_A_REQUEST)


def _followers() -> None:
    op.create_table(
        "follower",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_follower_request_id")),
        sa.PrimaryKeyConstraint("request_id", "person_id", name=op.f("pk_follower")),
    )
    op.create_index("ix_follower_person_id", "follower", ["person_id", "request_id"])
    # Whose request it is does not learn who else follows it.
    guard(
        "follower", see=f"person_id = {ME} OR {AT_WORK}", add=f"person_id = {ME}", change=f"person_id = {ME}"
    )


def _outcome() -> None:
    op.create_table(
        "rating",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("rated_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_rating_stars")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_rating_request_id")),
        sa.PrimaryKeyConstraint("request_id", "round", name=op.f("pk_rating")),
    )
    guard("rating", see=OF_A_REQUEST, add=f"rated_by = {ME} AND {OF_A_REQUEST}")
    op.add_column("attachment", sa.Column("evidence_round", sa.Integer()))
    guard("attachment", see=OF_A_REQUEST, add=f"added_by = {ME} AND {OF_A_REQUEST}", change=AT_WORK)
    op.drop_constraint(op.f("ck_comment_kind"), "comment")
    op.create_check_constraint(
        op.f("ck_comment_kind"),
        "comment",
        "kind IN ('from_resident', 'from_staff', 'question', 'answer', 'resolution', 'note')",
    )
    guard(
        "comment",
        see=f"CASE WHEN kind = 'note' THEN {AT_WORK} ELSE {OF_A_REQUEST} END",
        add=f"""author_id = {ME} AND CASE WHEN kind IN ('from_staff', 'question', 'resolution', 'note') THEN {AT_WORK}
            ELSE {OF_A_REQUEST} END""",
    )
