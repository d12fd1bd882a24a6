"""`linli audit verify` on a service's own database, under its own role; a superuser's deeds are named by it."""

import asyncio
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from local_runtime.cli import app
from local_runtime.databases import migrate_all, prepare_databases, service_dsn
from local_runtime.home import Home
from local_runtime.house import service_named
from local_runtime.secrets_store import audit_anchor_key_file
from platform_kit.acting import SYSTEM
from platform_kit.audit import Entry, record
from platform_kit.audit_anchors import Anchors
from platform_kit.auth import Caller
from platform_kit.db import Database
from platform_kit.kit import Kit
from platform_kit.sequencer import Sequencer
from platform_kit.watchdog import Progress
from proof.figures import Tell

SERVICE = service_named("paid_services")
BY = Caller(UUID(int=7), frozenset({"finance"}))


@dataclass
class Books:
    """A home, one service's database in it, and two ways in: the service's own role, and the superuser's."""

    home: Home
    maintenance: str

    def verify(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["audit", "verify", *arguments, "--home", str(self.home.root)])
        return result.exit_code, result.stdout

    def as_service(self, sql: str) -> None:
        self._run(service_dsn(self.home, self.maintenance, SERVICE), sql)

    def as_superuser(self, sql: str) -> None:
        """Triggers do not stand in a superuser's way for long."""
        address = urlsplit(self.maintenance)._replace(path=f"/{SERVICE.name}").geturl()
        off, on = (
            "; ".join(f"ALTER TABLE {table} {word} TRIGGER append_only" for table in ("audit", "audit_chain"))
            for word in ("DISABLE", "ENABLE ALWAYS")
        )
        self._run(address, f"BEGIN; {off}; {sql}; {on}; COMMIT")

    def empty(self) -> None:
        self.as_superuser("TRUNCATE audit, audit_chain, audit_waiting")
        for file in self.home.anchors.iterdir():
            file.unlink()

    def write(self, rows: int, *, anchored: bool = True) -> None:
        """Rows as the service writes them, chained and anchored as its worker does it."""

        async def story() -> None:
            database = Database(
                service_dsn(self.home, self.maintenance, SERVICE), pool_size=2, application=SERVICE.name
            )
            await database.open()
            try:
                async with database.transaction(SYSTEM) as tx:
                    for number in range(rows):
                        await record(tx, Entry(operation="pay", caller=BY, object={"order": str(number)}))
                kit = _Kit(database, self.home)
                sequencer = Sequencer(kit, Progress())  # type: ignore[arg-type]
                while await sequencer.chain():
                    pass
                if anchored:
                    await sequencer.anchor()
            finally:
                await database.close()

        asyncio.run(story())

    def _run(self, dsn: str, sql: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(dsn)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        asyncio.run(run())


class _Kit(Kit):
    """As much of a worker's kit as the sequencer takes."""

    def __init__(self, database: Database, home: Home) -> None:
        self.service, self.db = SERVICE.name, database

        class Settings:
            mode = "production"
            audit_anchor_dir = home.anchors
            audit_anchor_key_file = audit_anchor_key_file(home)

        self.settings = Settings()  # type: ignore[assignment]


@contextmanager
def _books(dsn: str) -> Iterator[Books]:
    async def drop() -> None:
        admin = await asyncpg.connect(dsn)
        await admin.execute(f'DROP DATABASE IF EXISTS "{SERVICE.name}" WITH (FORCE)')
        for role in (SERVICE.name, SERVICE.owner):
            await admin.execute(f'DROP ROLE IF EXISTS "{role}"')
        await admin.close()

    async def make(home: Home) -> None:
        await prepare_databases(home, dsn, (SERVICE,))
        await migrate_all(home, dsn, (SERVICE,))

    with tempfile.TemporaryDirectory(prefix="linli-audit-") as folder:
        home = Home(Path(folder).resolve())
        home.prepare()
        asyncio.run(drop())
        try:
            asyncio.run(make(home))
            yield Books(home, dsn)
        finally:
            asyncio.run(drop())


@pytest.fixture(scope="module")
def house(servers: Any) -> Iterator[Books]:
    with _books(servers.postgres_dsn) as books:
        yield books


@pytest.fixture
def books(house: Books, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Empty again, before each test."""
    monkeypatch.setenv("DATABASE_URL", house.maintenance)
    house.empty()
    return house


def test_what_nobody_touched_is_whole_and_counted(books: Books) -> None:
    books.write(1_200)
    books.write(3, anchored=False)
    books.as_service(
        "WITH entry AS (INSERT INTO audit (roles, operation, object, outcome, status, correlation_id)"
        " VALUES ('{}', 'x', '{}', 'done', 200, '') RETURNING id) INSERT INTO audit_waiting SELECT id FROM entry"
    )
    code, said = books.verify(SERVICE.name)
    assert (code, said) == (0, "paid_services: 1,203 rows chained, 1 wait, 1 anchors; whole\n")


@pytest.mark.parametrize("table", ["audit", "audit_chain"])
@pytest.mark.parametrize("deed", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}", "ALTER TABLE {0} DISABLE TRIGGER ALL", "DROP TABLE {0}"])  # fmt: skip
def test_the_service_itself_can_only_add(books: Books, table: str, deed: str) -> None:
    books.write(2)
    column = {"audit": "status", "audit_chain": "seq"}[table]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        books.as_service(deed.format(table, column))
    assert books.verify(SERVICE.name)[0] == 0


FOURTH = "(SELECT audit_id FROM audit_chain WHERE seq = 4)"
DEEDS = {
    "changed": (f"UPDATE audit SET outcome = 'refused' WHERE id = {FOURTH}", "BAD at link 4, row "),
    "deleted": (f"DELETE FROM audit WHERE id = {FOURTH}", "BAD at link 4, row "),
    "deleted with its link": (f"DELETE FROM audit WHERE id = {FOURTH}; DELETE FROM audit_chain WHERE seq = 4", "BAD at link 4: "),
    "swapped": (
        "UPDATE audit a SET object = b.object FROM audit b WHERE (a.object->>'order', b.object->>'order')"
        " IN (('3', '7'), ('7', '3'))",
        "BAD at link 4, row ",
    ),
    "inserted": (
        "INSERT INTO audit (roles, operation, object, outcome, status, correlation_id, service)"
        " VALUES ('{}', 'x', '{}', 'done', 200, '', 'paid_services')",
        "BAD at no link, row ",
    ),
    "cut off at its end": (
        "DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_chain WHERE seq > 8); DELETE FROM audit_chain WHERE seq > 8",
        "BAD at link 9: ",
    ),
}  # fmt: skip


def test_whatever_a_superuser_did_is_named_and_the_exit_code_says_so(books: Books, figure: Tell) -> None:
    missed = {}
    for deed, (statement, named) in DEEDS.items():
        books.empty()
        books.write(10)
        books.as_superuser(statement)
        code, said = books.verify(SERVICE.name)
        if code != 1 or not said.startswith(f"paid_services: {named}"):
            missed[deed] = f"exit code {code}: {said}"
    named = f"{len(DEEDS) - len(missed)} of {len(DEEDS)}"
    figure(
        "audit: deeds of a superuser named", f"{named} {missed or ''}".strip(), "every one", met=not missed
    )


def test_a_chain_rewritten_from_its_beginning_is_caught_by_its_anchor(books: Books) -> None:
    books.write(10)
    books.as_superuser(
        "UPDATE audit SET actor = NULL; DELETE FROM audit_chain; INSERT INTO audit_waiting SELECT id FROM audit"
    )
    books.write(1)
    code, said = books.verify(SERVICE.name)
    assert code == 1
    assert said.startswith("paid_services: BAD at link 10, row ")
    assert "anchor" in said
    for file in books.home.anchors.iterdir():
        file.unlink()
    assert books.verify(SERVICE.name)[0] == 0, "without its anchor it would have been believed"


OLD_ROW = """
    INSERT INTO audit (id, roles, operation, object, outcome, status, correlation_id, service)
    VALUES ('019a0000-0000-7000-8000-00000000beef', '{}', 'x', '{}', 'done', 200, '', 'paid_services')
"""


def test_a_chain_that_no_anchor_knows_is_believed_for_minutes_only(books: Books) -> None:
    """Whoever may take the anchors away takes the proof away; that it is gone is told."""
    books.as_superuser(OLD_ROW + "; INSERT INTO audit_waiting SELECT id FROM audit")
    books.write(10, anchored=False)
    code, said = books.verify(SERVICE.name)
    assert (code, "no anchor" in said) == (1, True), said


DISGUISES = {
    "a function that shows the row as it was": (
        "CREATE TABLE kept AS SELECT id AS kept_id, pg_catalog.to_jsonb(a) AS was FROM audit a;"
        " GRANT SELECT ON kept TO PUBLIC;"
        " CREATE FUNCTION public.to_jsonb(a public.audit) RETURNS jsonb LANGUAGE sql STABLE AS"
        " $$ SELECT coalesce((SELECT was FROM public.kept WHERE kept_id = a.id), pg_catalog.to_jsonb(a)) $$;"
        f" UPDATE audit SET outcome = 'refused' WHERE id = {FOURTH}",
        "DROP FUNCTION public.to_jsonb(public.audit); DROP TABLE kept",
    ),
    "a policy that hides a row from whoever verifies": (
        OLD_ROW + "; ALTER TABLE audit ENABLE ROW LEVEL SECURITY; CREATE POLICY hide ON audit"
        " USING (current_setting('application_name') <> 'linli.audit' OR operation <> 'x')",
        "DROP POLICY hide ON audit; ALTER TABLE audit DISABLE ROW LEVEL SECURITY",
    ),
    "a rule that answers instead of the table": (
        "CREATE RULE nothing AS ON UPDATE TO audit_chain DO INSTEAD NOTHING",
        "DROP RULE nothing ON audit_chain",
    ),
}  # fmt: skip


@pytest.mark.parametrize("disguise", DISGUISES)
def test_what_a_superuser_lets_be_seen_instead_is_not_believed(books: Books, disguise: str) -> None:
    on, off = DISGUISES[disguise]
    books.write(10)
    books.as_superuser(on)
    try:
        code, said = books.verify(SERVICE.name)
    finally:
        books.as_superuser(off)
    assert code == 1
    assert said.startswith("paid_services: BAD"), said


def test_an_anchor_that_somebody_else_signed_is_named(books: Books) -> None:
    books.write(10)
    other = Home(books.home.root / "other")
    other.prepare()
    forged = Anchors.at(books.home.anchors, SERVICE.name, audit_anchor_key_file(other))
    forged.add(Anchors.at(books.home.anchors, SERVICE.name, audit_anchor_key_file(books.home)).all()[0])
    code, said = books.verify(SERVICE.name)
    assert (code, "not signed" in said) == (1, True)


def test_without_a_name_every_service_is_looked_at_and_one_that_is_away_is_bad(books: Books) -> None:
    books.write(1)
    code, said = books.verify()
    assert code == 1
    assert "paid_services: 1 rows chained, 0 wait, 1 anchors; whole" in said
    assert "community_registry: BAD" in said


@pytest.mark.timeout(300)
def test_a_long_chain_is_streamed(books: Books) -> None:
    """100,000 rows in little more memory than 1,000: what the whole of them would take is many times that."""
    books.as_superuser(
        "INSERT INTO audit (roles, operation, object, outcome, status, correlation_id, service)"
        " SELECT '{}', 'x', '{}', 'done', 200, repeat('x', 100), 'paid_services' FROM generate_series(1, 100000);"
        " INSERT INTO audit_waiting SELECT id FROM audit"
    )
    books.write(0)
    tracemalloc.start()
    code, said = books.verify(SERVICE.name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (code, said) == (0, "paid_services: 100,000 rows chained, 0 wait, 1 anchors; whole\n")
    assert peak < 30_000_000
