"""What a service's `tables.py` stands on: a registry of its own and the column types that SQLModel does not guess."""

from sqlalchemy import BigInteger, DateTime, MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import registry

BIGINT = BigInteger
TIMESTAMPTZ = DateTime(timezone=True)
JSONB = postgresql.JSONB

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def service_registry() -> registry:
    """One per service: two services' tables of one name (outbox …) never meet in one metadata."""
    return registry(metadata=MetaData(naming_convention=NAMES))
