"""The replica's tables, added to the metadata of the service that keeps it."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)

from platform_kit.tables import JSONB


def add_replica_tables(metadata: MetaData) -> tuple[Table, ...]:
    return (
        Table(
            "unit",
            metadata,
            Column("id", Uuid, primary_key=True),
            Column("parent_id", Uuid),
            Column("kind", Text, nullable=False),
            Column("code", Text, nullable=False, unique=True),
            Column("name", Text, nullable=False),
            Column("zone", Text, nullable=False),
        ),
        Table(
            "work_calendar",
            metadata,
            Column("unit_id", Uuid, primary_key=True),
            Column("content", JSONB, nullable=False),
        ),
        Table(
            "household",
            metadata,
            Column("id", Uuid, primary_key=True),
            Column("unit_id", Uuid, nullable=False),
            Column("members", Integer, nullable=False),
        ),
        Table(
            "resident",
            metadata,
            Column("id", Uuid, primary_key=True),
            Column("household_id", Uuid, nullable=False),
            Column("unit_id", Uuid, nullable=False),
            Index("ix_resident_household_id", "household_id"),
        ),
        Table(
            "consent",
            metadata,
            Column("resident_id", Uuid, primary_key=True),
            Column("delegate_id", Uuid, primary_key=True),
            Column("until_on", Date),
        ),
    )


def add_place_tables(metadata: MetaData) -> tuple[Table, ...]:
    """Where units lie, for a service that asks. `boundary` is well-known binary and the four its box; `unit_cell` is where areas
    and locations are filed (`platform_kit.geometry`)."""
    return (
        Table(
            "unit_place",
            metadata,
            Column("unit_id", Uuid, primary_key=True),
            Column("boundary", LargeBinary),
            *(Column(name, Float) for name in ("west", "south", "east", "north", "longitude", "latitude")),
        ),
        Table(
            "unit_cell",
            metadata,
            Column("cell", BigInteger, primary_key=True),
            Column("unit_id", Uuid, primary_key=True),
            Index("ix_unit_cell_unit_id", "unit_id"),
        ),
    )
