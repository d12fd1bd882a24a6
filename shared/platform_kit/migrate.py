"""Migrations: alembic, one chain per service, driven from code so that a service's folder holds only its versions."""

import asyncio
import os
from importlib.resources import files
from pathlib import Path

from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool

from platform_kit import audit_tables, backbone_tables
from platform_kit.acting import SYSTEM
from platform_kit.database_address import with_password
from platform_kit.db import sqlalchemy_engine
from platform_kit.subject_keys import HOLD
from platform_kit.subject_keys import STATEMENTS as SUBJECT_KEYS


def create_backbone() -> None:
    """First step of a service's first migration: the kit's own tables."""
    for statement in backbone_tables.STATEMENTS:
        op.execute(statement)


def index_answers_by_call() -> None:
    """The stored answers' key becomes one of 16 bytes."""
    for statement in backbone_tables.ANSWERS_BY_CALL:
        op.execute(statement)


def create_audit() -> None:
    """A new service's second step; the services that were there before it have a migration of its own."""
    for statement in audit_tables.STATEMENTS:
        op.execute(statement)


def create_subject_keys() -> None:
    """The table of people's data keys, and nothing else."""
    for statement in SUBJECT_KEYS:
        op.execute(statement)


def create_hold() -> None:
    """`linli_hold(person)`, for a service whose rows name people in the clear (`platform_kit.subject_keys`)."""
    op.execute(HOLD)


def owner_address(prefix: str) -> str:
    """The owner's database, from the environment: `<PREFIX>_OWNER_DATABASE_URL`, and its password from
    `<PREFIX>_OWNER_DATABASE_PASSWORD_FILE` where that is set. KeyError, ValueError."""
    file = os.environ.get(f"{prefix}_OWNER_DATABASE_PASSWORD_FILE")
    return with_password(os.environ[f"{prefix}_OWNER_DATABASE_URL"], Path(file) if file else None)


def migrate(service: str, dsn: str) -> None:
    """Bring the database behind `dsn` (its owner's) to the newest version. Safe to run twice, also at once."""
    asyncio.run(migrate_async(service, dsn))


async def migrate_async(service: str, dsn: str) -> None:
    config = _config(service)
    script = ScriptDirectory.from_config(config)

    def upgrade(connection: Connection) -> None:
        def act_as_the_platform(*_: object, **__: object) -> None:
            """The owner of a table is bound by its policies, too: a migration that changes rows would find none, and say nothing. Before
            each of them, whatever the one before it has left."""
            connection.exec_driver_sql(f"SET LOCAL linli.caller = '{SYSTEM.setting}'")

        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8242005)")
        act_as_the_platform()
        with EnvironmentContext(
            config, script, fn=lambda revision, _: script._upgrade_revs("head", revision)
        ) as environment:
            environment.configure(
                connection=connection, transactional_ddl=True, on_version_apply=act_as_the_platform
            )
            environment.run_migrations()

    engine = sqlalchemy_engine(dsn, poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def heads(service: str) -> tuple[str, ...]:
    """The newest version that the code knows; `alembic_version` of a database says what it has."""
    return tuple(ScriptDirectory.from_config(_config(service)).get_heads())


def is_service_table(name: str | None) -> bool:
    """False for the kit's own tables, which no service declares (for comparing tables with migrations)."""
    return name not in backbone_tables.TABLES | audit_tables.TABLES and name != "alembic_version"


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(service) / "migrations"))
    return config
