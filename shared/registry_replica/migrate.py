"""The replica's tables as steps of a service's migrations."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import EVERYBODY, guard
from platform_kit.tables import JSONB


def create_replica() -> None:
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("code", name="uq_unit_code"),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
    )
    op.create_table(
        "resident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_resident"),
    )
    op.create_index("ix_resident_household_id", "resident", ["household_id"])
    op.create_table(
        "consent",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.PrimaryKeyConstraint("resident_id", "delegate_id", name="pk_consent"),
    )


def create_calendars() -> None:
    """When a unit is at work is no secret."""
    op.create_table(
        "work_calendar",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("unit_id", name="pk_work_calendar"),
    )
    guard("work_calendar", see=EVERYBODY)


def create_places() -> None:
    """Where a unit lies is no secret."""
    op.create_table(
        "unit_place",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("boundary", sa.LargeBinary()),
        *(
            sa.Column(name, sa.Float())
            for name in ("west", "south", "east", "north", "longitude", "latitude")
        ),
        sa.PrimaryKeyConstraint("unit_id", name="pk_unit_place"),
    )
    op.create_table(
        "unit_cell",
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "unit_id", name="pk_unit_cell"),
    )
    op.create_index("ix_unit_cell_unit_id", "unit_cell", ["unit_id"])
    guard("unit_place", see=EVERYBODY)
    guard("unit_cell", see=EVERYBODY)
