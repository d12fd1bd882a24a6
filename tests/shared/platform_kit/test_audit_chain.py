"""Every row gets its link, each once; whoever changes one as superuser is found out, and so is whoever rewrites them all."""

import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_kit import sequencer as sequencer_module
from platform_kit import telemetry
from platform_kit.audit import Entry, record
from platform_kit.audit_anchors import Anchor, AnchorForged, Anchors
from platform_kit.audit_chain import link_hash
from platform_kit.audit_verify import verify
from platform_kit.db import connect
from platform_kit.sequencer import Sequencer
from platform_kit.testing import ServiceUnderTest, service_under_test
from platform_kit.watchdog import Progress
from proof.figures import Tell

from .audit_rows import anchors_in, chain_all, fill, superuser, verified

TESTS = Path(__file__).parents[2]


@asynccontextmanager
async def _probe(servers: Any, **settings: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("probe_service", servers.postgres_dsn, **settings) as service:
        yield service


async def _chained_once(service: ServiceUnderTest, rows: int) -> None:
    async with service.tx() as tx:
        links = await tx.fetch("SELECT seq, audit_id FROM audit_chain ORDER BY seq")
        assert [link["seq"] for link in links] == list(range(1, rows + 1))
        assert {link["audit_id"] for link in links} == {
            row["id"] for row in await tx.fetch("SELECT id FROM audit")
        }
        assert await tx.fetchval("SELECT count(*) FROM audit_waiting") == 0
    verdict = await verified(service)
    assert (verdict.fault, verdict.chained, verdict.waiting) == (None, rows, 0)


def test_a_link_is_the_hash_of_the_one_before_and_of_the_row_in_its_one_form() -> None:
    """SHA-256 of 32 bytes and of the row as RFC 8785 writes it, here written by hand; its nulls left out."""
    row = {
        "status": 201,
        "actor": None,
        "at": "2026-11-25T08:00:00+00:00",
        "object": {"id": "é"},
        "roles": ["a"],
    }
    by_hand = '{"at":"2026-11-25T08:00:00+00:00","object":{"id":"é"},"roles":["a"],"status":201}'
    assert link_hash(bytes(32), row) == hashlib.sha256(bytes(32) + by_hand.encode()).digest()
    assert link_hash(b"\x01" * 32, row) == hashlib.sha256(b"\x01" * 32 + by_hand.encode()).digest()


async def test_rows_that_commit_out_of_order_are_all_chained_each_once(servers: Any) -> None:
    """Twenty writers insert one after the other and commit in the opposite order, with the sequencer at work in between."""
    async with _probe(servers, pool_size=24) as probe:
        written, may_commit = [asyncio.Event() for _ in range(20)], [asyncio.Event() for _ in range(20)]

        async def write(number: int) -> None:
            if number:
                await written[number - 1].wait()
            async with probe.tx() as tx:
                await record(tx, Entry(operation=f"writer {number}"))
                written[number].set()
                await may_commit[number].wait()

        writers = [asyncio.create_task(write(number)) for number in range(20)]
        await written[19].wait()
        assert await chain_all(probe) == 0
        for number in reversed(range(20)):
            may_commit[number].set()
            await writers[number]
            assert await chain_all(probe) == 1
        await _chained_once(probe, 20)


async def test_twenty_busy_writers_and_two_sequencers_leave_no_gap_and_no_double(servers: Any) -> None:
    async with _probe(servers, pool_size=24) as probe:
        done = asyncio.Event()

        async def write(number: int) -> None:
            dice = random.Random(number)
            for _ in range(15):
                async with probe.tx() as tx:
                    await record(tx, Entry(operation=f"writer {number}"))
                    for _ in range(dice.randrange(4)):
                        await tx.execute("SELECT 1")

        async def sequence() -> None:
            sequencer = Sequencer(probe.kit, Progress())
            while not done.is_set():
                await sequencer.chain()

        sequencers = [asyncio.create_task(sequence()) for _ in range(2)]
        await asyncio.gather(*(write(number) for number in range(20)))
        done.set()
        await asyncio.gather(*sequencers)
        await chain_all(probe)
        await _chained_once(probe, 300)


async def test_a_long_transaction_in_another_database_holds_nothing_up(
    probe: ServiceUnderTest, servers: Any
) -> None:
    elsewhere = await connect(servers.postgres_dsn, "elsewhere")
    try:
        async with elsewhere.transaction():
            await elsewhere.fetchval("SELECT pg_current_xact_id()")
            await fill(probe, 10)
            assert await chain_all(probe) == 10
    finally:
        await elsewhere.close()


async def test_more_than_a_batch_is_chained_batch_by_batch(probe: ServiceUnderTest) -> None:
    await fill(probe, 2_345)
    sequencer = Sequencer(probe.kit, Progress())
    assert [await sequencer.chain() for _ in range(4)] == [1000, 1000, 345, 0]
    await _chained_once(probe, 2_345)


async def test_a_row_that_is_queued_twice_is_chained_once(probe: ServiceUnderTest) -> None:
    await fill(probe, 3)
    again = "INSERT INTO audit_waiting SELECT id FROM audit"
    async with probe.tx() as tx:
        await tx.execute(again)
    assert await chain_all(probe) == 3
    async with probe.tx() as tx:
        await tx.execute(again)
    await chain_all(probe)
    await _chained_once(probe, 3)


@pytest.mark.timeout(300)
async def test_a_worker_killed_at_its_work_is_gone_on_with(probe: ServiceUnderTest, tmp_path: Path) -> None:
    """The real worker process, ended by SIGKILL three times with a batch in its hands, and at last told to leave."""
    rows = 40_000
    await fill(probe, rows)
    anchors = anchors_in(tmp_path)

    async def linked() -> int:
        async with probe.kit.db.connection() as connection:
            return int(await connection.fetchval("SELECT coalesce(max(seq), 0) FROM audit_chain"))

    async def until(enough: int) -> None:
        async with asyncio.timeout(60):
            while await linked() < enough:
                await asyncio.sleep(0.002)

    async def until_it_hashes() -> None:
        """It has taken a batch, its transaction is open, and the database waits for what it makes of it."""
        async with asyncio.timeout(60), probe.kit.db.connection() as connection:
            while not await connection.fetchval(_HASHING):
                pass

    for _ in range(3):
        before = await linked()
        worker = _start_worker(probe, tmp_path)
        try:
            await until(before + 1)
            await until_it_hashes()
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        assert before < await linked() < rows
    worker = _start_worker(probe, tmp_path)
    try:
        await until(rows)
        worker.send_signal(signal.SIGTERM)
        await asyncio.to_thread(worker.wait, 30)
    finally:
        worker.kill()
    await _chained_once(probe, rows)
    # It said outside how the chain ended before it left.
    assert anchors.all()[-1].seq == rows
    assert (await verified(probe, anchors.all())).fault is None


_HASHING = """
    SELECT count(*) > 0 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.objid = 8242007 AND a.datname = current_database() AND a.state = 'idle in transaction'
"""


def _start_worker(probe: ServiceUnderTest, folder: Path) -> "subprocess.Popen[bytes]":
    kit = probe.kit.settings
    environment = os.environ | {
        "PYTHONPATH": str(TESTS),
        "LINLI_MODE": "local",
        "LINLI_KAFKA": "127.0.0.1:1",
        "LINLI_JWKS_FILE": str(kit.jwks_file),
        "LINLI_SEALING_KEY_FILE": str(kit.sealing_key_file),
        "LINLI_AUDIT_ANCHOR_DIR": str(folder),
        "LINLI_AUDIT_ANCHOR_KEY_FILE": str(folder / "anchor.key"),
        "LINLI_KEK_FILE": str(kit.kek_file),
        "PROBE_DATABASE_URL": kit.database_url,
    }
    command = [sys.executable, "-m", "platform_kit.run", "probe_service", "worker"]
    log = (folder / "worker.log").open("ab")
    return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


# What a superuser does to one of ten chained rows, and what the verifier must then name: the place in the chain.
TAMPERING = {
    "changes who did it": ("UPDATE audit SET actor = gen_random_uuid() WHERE id = (SELECT audit_id FROM audit_chain WHERE seq = 4)", 4),
    "changes the moment by a microsecond": ("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = (SELECT audit_id FROM audit_chain WHERE seq = 7)", 7),
    "deletes a row": ("DELETE FROM audit WHERE id = (SELECT audit_id FROM audit_chain WHERE seq = 5)", 5),
    "deletes the first row and its link": ("WITH gone AS (DELETE FROM audit_chain WHERE seq = 1 RETURNING audit_id) DELETE FROM audit a USING gone WHERE a.id = gone.audit_id", 1),
    "deletes a row and its link": ("WITH gone AS (DELETE FROM audit_chain WHERE seq = 6 RETURNING audit_id) DELETE FROM audit a USING gone WHERE a.id = gone.audit_id", 6),
    "swaps two rows": (
        """
        UPDATE audit a SET (actor, subject, object, correlation_id, key_digest) =
            (SELECT actor, subject, object, correlation_id, key_digest FROM audit b WHERE b.id = other.id)
        FROM (SELECT one.audit_id AS this, two.audit_id AS id FROM audit_chain one JOIN audit_chain two
              ON (one.seq, two.seq) IN ((3, 8), (8, 3))) other
        WHERE a.id = other.this
        """,
        3,
    ),
    "swaps two links": ("UPDATE audit_chain c SET hash = o.hash FROM audit_chain o WHERE (c.seq, o.seq) IN ((2, 9), (9, 2))", 2),
    "renumbers the links": ("UPDATE audit_chain SET seq = seq + 100 WHERE seq > 5", 6),
}  # fmt: skip


@pytest.mark.parametrize("deed", TAMPERING)
async def test_what_a_superuser_does_to_one_row_is_named(probe: ServiceUnderTest, deed: str) -> None:
    statement, place = TAMPERING[deed]
    await fill(probe, 10)
    await chain_all(probe)
    assert (await verified(probe)).fault is None
    async with superuser(probe) as tx:
        await tx.execute(statement)
    fault = (await verified(probe)).fault
    assert fault is not None
    assert fault.seq == place


async def test_a_row_that_nobody_of_ours_wrote_is_named(probe: ServiceUnderTest) -> None:
    await fill(probe, 10)
    await chain_all(probe)
    async with superuser(probe) as tx:
        inserted = await tx.fetchval(
            "INSERT INTO audit (roles, operation, object, outcome, status, correlation_id)"
            " VALUES ('{}', 'x', '{}', 'done', 200, '') RETURNING id"
        )
    fault = (await verified(probe)).fault
    assert fault is not None
    assert (fault.seq, fault.audit_id) == (None, inserted)


async def test_a_row_that_is_deleted_before_it_has_its_link_is_missed(probe: ServiceUnderTest) -> None:
    await fill(probe, 10)
    fifth = (await probe.audited())[4]["id"]
    async with superuser(probe) as tx:
        await tx.execute("DELETE FROM audit WHERE id = $1", fifth)
    assert await chain_all(probe) == 10
    fault = (await verified(probe)).fault
    assert fault is not None
    assert fault.audit_id == fifth


async def _rewrite(probe: ServiceUnderTest) -> None:
    """The whole chain anew over changed rows, as whoever has the database and this very code can make it."""
    async with superuser(probe) as tx:
        await tx.execute("UPDATE audit SET actor = gen_random_uuid()")
        await tx.execute("DELETE FROM audit_chain")
        await tx.execute("INSERT INTO audit_waiting SELECT id FROM audit ORDER BY id")
    await chain_all(probe)


async def test_a_chain_that_was_rewritten_from_its_beginning_is_whole_in_itself_and_caught_by_the_anchor(
    probe: ServiceUnderTest, tmp_path: Path
) -> None:
    anchors = _anchored(probe, tmp_path)
    sequencer = Sequencer(probe.kit, Progress())
    for rows in (7, 3):
        await fill(probe, rows)
        await sequencer.chain()
        await sequencer.anchor()
    assert [anchor.seq for anchor in anchors.all()] == [7, 10]
    assert (await verified(probe, anchors.all())).fault is None
    await _rewrite(probe)
    assert (await verified(probe)).fault is None
    # The worker goes on, knows nothing, and anchors what it finds: the old anchors still say what was.
    await fill(probe, 1)
    await sequencer.chain()
    await sequencer.anchor()
    fault = (await verified(probe, anchors.all())).fault
    assert fault is not None
    assert (fault.seq, "anchor" in fault.what) == (7, True)


async def test_a_chain_whose_end_was_cut_off_is_caught_by_the_anchor(
    probe: ServiceUnderTest, tmp_path: Path
) -> None:
    anchors = _anchored(probe, tmp_path)
    await fill(probe, 10)
    sequencer = Sequencer(probe.kit, Progress())
    await sequencer.chain()
    await sequencer.anchor()
    async with superuser(probe) as tx:
        await tx.execute(
            "WITH gone AS (DELETE FROM audit_chain WHERE seq > 6 RETURNING audit_id)"
            " DELETE FROM audit a USING gone WHERE a.id = gone.audit_id"
        )
    assert (await verified(probe)).fault is None
    fault = (await verified(probe, anchors.all())).fault
    assert fault is not None
    assert (fault.seq, "link 10" in fault.what) == (7, True)
    # Others take the places of those that were cut off: the anchor is not content with their number.
    await fill(probe, 4)
    await chain_all(probe)
    fault = (await verified(probe, anchors.all())).fault
    assert fault is not None
    assert fault.seq == 10


def _anchored(probe: ServiceUnderTest, folder: Path) -> Anchors:
    anchors = anchors_in(folder)
    probe.kit.settings.audit_anchor_dir = folder
    probe.kit.settings.audit_anchor_key_file = folder / "anchor.key"
    return anchors


async def test_the_head_is_anchored_when_it_moved_and_only_then(
    probe: ServiceUnderTest, tmp_path: Path
) -> None:
    anchors = _anchored(probe, tmp_path)
    sequencer = Sequencer(probe.kit, Progress())
    await sequencer.anchor()
    assert anchors.all() == []
    await fill(probe, 2)
    await sequencer.chain()
    for _ in range(3):
        await sequencer.anchor()
    assert [anchor.seq for anchor in anchors.all()] == [2]


async def test_the_loop_chains_measures_its_lag_and_anchors_before_it_leaves(
    probe: ServiceUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer_module, "MEASURE_SECONDS", 0.0)
    anchors, stop = _anchored(probe, tmp_path), asyncio.Event()
    unchained, lag = (
        gauge.labels("probe_service") for gauge in (telemetry.AUDIT_UNCHAINED, telemetry.AUDIT_LAG)
    )
    async with probe.tx() as tx:
        # Somebody else's sequencer is at work and does not come to an end.
        await tx.execute("SELECT pg_advisory_xact_lock(8242007)")
        await fill(probe, 3)
        running = asyncio.create_task(Sequencer(probe.kit, Progress()).run(stop))
        await _until(lambda: (unchained._value.get(), lag._value.get() > 0) == (3, True))
        assert (await verified(probe)).chained == 0
    await _until(lambda: (unchained._value.get(), lag._value.get()) == (0, 0))
    await fill(probe, 2)
    while (await verified(probe)).chained < 5:
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 20)
    assert anchors.all()[-1].seq == 5


async def _until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not found():
            await asyncio.sleep(0.01)


def test_a_line_that_a_crash_tore_is_passed_over_and_a_forged_one_is_named(tmp_path: Path) -> None:
    anchors = anchors_in(tmp_path)
    anchors.add(Anchor(1, bytes(32)))
    whole = anchors.file.read_text()
    with anchors.file.open("a") as file:
        file.write('{"seq": 2, "hash": "00')
    anchors.add(Anchor(3, bytes(32)))
    assert [anchor.seq for anchor in anchors.all()] == [1, 3]
    for forged in (whole.replace('"seq": 1', '"seq": 2'), whole.replace("00000", "00001", 1)):
        anchors.file.write_text(forged)
        with pytest.raises(AnchorForged):
            anchors.all()
    anchors.file.write_text(whole)
    other = Anchors(anchors.file, "relief", anchors.key)
    with pytest.raises(AnchorForged, match="probe_service"):
        other.all()
    assert oct(anchors.file.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(("folder", "key"), [(True, False), (False, True), (False, False)])
async def test_production_does_not_start_without_anchors(
    probe: ServiceUnderTest, tmp_path: Path, folder: bool, key: bool
) -> None:
    anchors_in(tmp_path)
    probe.kit.settings.mode = "production"
    probe.kit.settings.audit_anchor_dir = tmp_path if folder else None
    probe.kit.settings.audit_anchor_key_file = tmp_path / "anchor.key" if key else None
    with pytest.raises(RuntimeError, match="LINLI_AUDIT_ANCHOR_KEY_FILE"):
        Sequencer(probe.kit, Progress())


ROWS = 8
_WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_MOMENTS = st.datetimes(timezones=st.just(UTC))
COLUMNS: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("audit", "id"): st.uuids(),
    ("audit", "at"): _MOMENTS,
    ("audit", "service"): _WORDS,
    ("audit", "actor"): st.none() | st.uuids(),
    ("audit", "roles"): st.lists(_WORDS, max_size=3),
    ("audit", "subject"): st.none() | st.uuids(),
    ("audit", "operation"): _WORDS,
    ("audit", "object"): st.dictionaries(_WORDS, _WORDS, max_size=3),
    ("audit", "outcome"): _WORDS,
    ("audit", "status"): st.integers(-(2**31), 2**31 - 1),
    ("audit", "address"): st.none() | _WORDS,
    ("audit", "correlation_id"): _WORDS,
    ("audit", "key_digest"): st.none() | st.binary(max_size=40),
    ("audit", "reason"): st.none() | _WORDS,
    ("audit_chain", "audit_id"): st.uuids(),
    ("audit_chain", "hash"): st.binary(min_size=32, max_size=32),
    ("audit_chain", "seq"): st.integers(ROWS + 1, 2**62),
}
CHANGES = st.sampled_from(sorted(COLUMNS)).flatmap(
    lambda column: st.tuples(st.just(column), COLUMNS[column], st.integers(1, ROWS))
)


@pytest.fixture(scope="module")
def chained(servers: Any) -> Iterator[tuple[asyncio.Runner, ServiceUnderTest]]:
    """A chain of eight rows, on a loop of its own: hypothesis calls what is not async."""
    with asyncio.Runner() as runner:
        opened = _probe(servers)
        service = runner.run(opened.__aenter__())
        try:
            runner.run(fill(service, ROWS))
            runner.run(chain_all(service))
            yield runner, service
        finally:
            runner.run(opened.__aexit__(None, None, None))


class _Undone(Exception):
    """Rolls the change back, and says whether it was named."""

    def __init__(self, named: bool) -> None:
        self.named = named


def test_every_column_of_both_tables_is_among_those_that_are_changed(
    chained: tuple[asyncio.Runner, ServiceUnderTest],
) -> None:
    runner, service = chained

    async def columns() -> set[tuple[str, str]]:
        async with service.tx() as tx:
            rows = await tx.fetch(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_name IN ('audit', 'audit_chain')"
            )
        return {(row["table_name"], row["column_name"]) for row in rows}

    assert runner.run(columns()) == set(COLUMNS)


def test_any_single_change_of_any_column_is_named_at_the_right_row(
    chained: tuple[asyncio.Runner, ServiceUnderTest], figure: Tell
) -> None:
    runner, service = chained
    tried = named = 0

    async def is_named(table: str, column: str, value: Any, place: int) -> bool | None:
        """None when the change would be none."""
        which = (
            "seq = $1" if table == "audit_chain" else "id = (SELECT audit_id FROM audit_chain WHERE seq = $1)"
        )
        try:
            async with superuser(service) as tx:
                if await tx.fetchval(f"SELECT {column} FROM {table} WHERE {which}", place) == value:
                    return None
                row = await tx.fetchval("SELECT audit_id FROM audit_chain WHERE seq = $1", place)
                await tx.execute(f"UPDATE {table} SET {column} = $2 WHERE {which}", place, value)
                fault = (await verify(tx, [], lambda _: None)).fault
                raise _Undone(
                    fault is not None and fault.seq == place and (table != "audit" or fault.audit_id == row)
                )
        except _Undone as undone:
            return undone.named

    @settings(max_examples=300, database=None)
    @given(change=CHANGES)
    def each(change: tuple[tuple[str, str], Any, int]) -> None:
        nonlocal tried, named
        (table, column), value, place = change
        right = runner.run(is_named(table, column, value, place))
        if right is not None:
            tried, named = tried + 1, named + right
            assert right, f"{table}.{column}"

    try:
        each()
    finally:
        figure("audit: single changes named at their row", f"{named} of {tried}", "every one of >= 200",
               met=named == tried >= 200)  # fmt: skip
