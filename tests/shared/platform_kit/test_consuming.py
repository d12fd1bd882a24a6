"""The inbox: once, in order, and a failing event waits aside with its key while the rest goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_kit.clock import now
from platform_kit.db import TROUBLE
from platform_kit.envelope import headers_for
from platform_kit.housekeeping import Housekeeping
from platform_kit.inbox import Incoming, apply, incoming
from platform_kit.intake import Intake, Outage
from platform_kit.outbox import void
from platform_kit.parking import Retries
from platform_kit.testing import ServiceUnderTest
from platform_kit.watchdog import Progress
from probe_service import misfortune
from probe_service.misfortune import BREAK, COMMIT, KILL, POISON
from probe_service.service import SERVICE, TOPIC, Raised, lock_counter, raise_counter, wake_at


class ProcessEnds(BaseException):
    """What no handler of errors sees, as a SIGKILL."""


def _end(*_: object) -> None:
    raise ProcessEnds


async def _effects(probe: ServiceUnderTest, counter: UUID) -> list[int]:
    async with probe.tx() as tx:
        rows = await tx.fetch("SELECT version FROM effect WHERE counter_id = $1 ORDER BY n", counter)
    return [row["version"] for row in rows]


async def _deliver(probe: ServiceUnderTest, counter: UUID, version: int, note: str = "x") -> None:
    await probe.deliver("copy", Raised(counter_id=counter, note=note), version=version)


async def test_repeats_and_old_events_take_no_effect(probe: ServiceUnderTest) -> None:
    counter = uuid4()
    for version in (1, 1, 2, 1, 2, 3, 2):
        await _deliver(probe, counter, version)
    assert await _effects(probe, counter) == [1, 2, 3]


async def test_a_gap_is_parked_and_healed_by_what_was_missing(probe: ServiceUnderTest) -> None:
    counter = uuid4()
    await _deliver(probe, counter, 1)
    await _deliver(probe, counter, 3)
    assert await _effects(probe, counter) == [1]
    [(_, aggregate, reason)] = await probe.parked()
    assert aggregate == str(counter)
    assert "Gap" in reason


async def test_a_poisoned_key_waits_while_the_others_go_on_and_is_retried_in_order(
    probe: ServiceUnderTest,
) -> None:
    bad, good = uuid4(), [uuid4() for _ in range(20)]
    await _deliver(probe, bad, 1)
    await _deliver(probe, bad, 2, POISON)
    await _deliver(probe, bad, 3)
    for counter in good:
        await _deliver(probe, counter, 1)
    assert await _effects(probe, bad) == [1]
    assert [await _effects(probe, counter) for counter in good] == [[1]] * 20
    await probe.retry_parked()
    assert await _effects(probe, bad) == [1]
    async with probe.tx() as tx:
        await tx.execute("INSERT INTO cure VALUES ('poison')")
    await asyncio.gather(probe.retry_parked(), _deliver(probe, bad, 4), _deliver(probe, bad, 5))
    await probe.retry_parked()
    assert await _effects(probe, bad) == [1, 2, 3, 4, 5]
    assert await probe.parked() == []


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=st.lists(st.integers(1, 6), max_size=25))
async def test_whatever_arrives_takes_effect_once_and_in_order(
    probe: ServiceUnderTest, deliveries: list[int]
) -> None:
    """A model: what may apply is the next version; a gap parks, and then everything waits behind it."""
    counter = uuid4()
    last, parked = 0, False
    for version in deliveries:
        await _deliver(probe, counter, version)
        if not parked and version == last + 1:
            last = version
        elif version > last + 1:
            parked = True
    assert await _effects(probe, counter) == list(range(1, last + 1))


async def test_a_timer_fires_once_when_it_is_due(probe: ServiceUnderTest) -> None:
    counter = uuid4()
    async with probe.tx() as tx:
        await raise_counter(tx, counter, "made")
        await wake_at(tx, counter, await now(tx) + timedelta(days=7))
    await probe.fire_timers()
    assert len(await probe.published(Raised)) == 1
    await probe.advance(timedelta(days=7))
    await asyncio.gather(*(probe.fire_timers() for _ in range(4)))
    assert len(await probe.published(Raised)) == 2


async def test_a_timer_and_a_command_on_one_aggregate_do_not_deadlock(probe: ServiceUnderTest) -> None:
    counter, by = uuid4(), probe.caller("resident")
    await probe.post("/raise", json={"counter_id": str(counter)}, by=by)
    for _ in range(10):
        async with probe.tx() as tx:
            await lock_counter(tx, counter)
            await wake_at(tx, counter, await now(tx))
        answer, _ = await asyncio.gather(
            probe.post("/raise", json={"counter_id": str(counter)}, by=by), probe.fire_timers()
        )
        assert answer.status_code == 201
    await probe.fire_timers()
    versions = [event.version for event in await probe.published(Raised)]
    assert versions == list(range(1, 22))


async def test_a_voided_event_moves_the_version_and_has_no_effect(probe: ServiceUnderTest) -> None:
    counter = uuid4()
    async with probe.tx() as tx:
        await raise_counter(tx, counter, POISON)
        assert await void(tx, await tx.fetchval("SELECT id FROM outbox"))
    async with probe.tx() as tx:
        row = await tx.fetchrow("SELECT headers, payload FROM outbox")
        about = [(name, value.encode()) for name, value in row["headers"].items()]
        await apply(
            tx,
            "probe_service.copy",
            probe.service.consumers[0],
            TOPIC.name,
            [incoming(about, row["payload"])],
        )
    await _deliver(probe, counter, 2)
    assert await _effects(probe, counter) == [2]


async def test_housekeeping_removes_only_what_has_served_its_time(probe: ServiceUnderTest) -> None:
    by = probe.caller("resident")
    for _ in range(3):
        await probe.post("/raise", json={"counter_id": str(uuid4())}, by=by)
    old = "clock_timestamp() - interval '400 days'"
    async with probe.tx() as tx:
        await tx.execute(f"UPDATE outbox SET sent_at = {old} WHERE id = (SELECT min(id) FROM outbox)")
        await tx.execute(
            f"UPDATE idempotency SET created_at = {old} WHERE key = (SELECT min(key) FROM idempotency)"
        )
        await tx.execute(f"UPDATE outbox SET created_at = {old} WHERE sent_at IS NULL")
    assert await Housekeeping(probe.kit).tidy() == 2
    async with probe.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM outbox") == 2
        assert await tx.fetchval("SELECT count(*) FROM idempotency") == 2


async def test_what_stays_bad_for_ever_is_tried_for_ever_and_holds_up_nobody(probe: ServiceUnderTest) -> None:
    """The back-off has a cap that no number of failures overflows."""
    bad = uuid4()
    await _deliver(probe, bad, 1, POISON)
    async with probe.tx() as tx:
        await tx.execute("UPDATE parked_key SET failures = 100000")
    await probe.retry_parked()
    assert len(await probe.parked()) == 1
    async with probe.tx() as tx:
        wait = await tx.fetchval("SELECT next_try_at - statement_timestamp() FROM parked_key")
    assert timedelta(minutes=5) < wait < timedelta(minutes=15)


async def test_a_timer_that_ends_its_process_each_time_is_parked(probe: ServiceUnderTest) -> None:
    counter = uuid4()
    async with probe.tx() as tx:
        await raise_counter(tx, counter, "made")
        await wake_at(tx, counter, await now(tx))
        await tx.execute("UPDATE timer SET attempts = 100000")
    await probe.fire_timers()
    async with probe.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM timer WHERE parked_at IS NOT NULL") == 1
    assert len(await probe.published(Raised)) == 1


async def test_a_timer_that_ends_its_process_costs_the_others_no_more_than_their_first_try(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misfortune.os, "kill", _end)
    bad, good = uuid4(), [uuid4() for _ in range(20)]
    async with probe.tx() as tx:
        await wake_at(tx, bad, await now(tx) - timedelta(minutes=1), KILL)
        for counter in good:
            await wake_at(tx, counter, await now(tx))
    for _ in range(6):
        with suppress(ProcessEnds):
            await probe.fire_timers()
        async with probe.tx() as tx:
            await tx.execute("UPDATE timer SET next_try_at = clock_timestamp() WHERE next_try_at IS NOT NULL")
    assert {event.data.counter_id for event in await probe.published(Raised)} == set(good)
    async with probe.tx() as tx:
        [left] = await tx.fetch("SELECT aggregate, attempts FROM timer")
    assert left["aggregate"] == bad
    assert left["attempts"] > 1


def _event(counter: UUID, version: int, note: str = "x") -> tuple[Raised, Any]:
    event = Raised(counter_id=counter, note=note)
    headers = headers_for(event, event_id=uuid4(), version=version, at=datetime.now(UTC), context={})
    return event, tuple((name, value.encode()) for name, value in headers.items())


def _incoming(counter: UUID, version: int, note: str = "x") -> Incoming:
    event, headers = _event(counter, version, note)
    return incoming(headers, event.model_dump_json().encode())


def _record(partition: int, offset: int, headers: Any, value: bytes) -> Any:
    return SimpleNamespace(topic=TOPIC.name, partition=partition, offset=offset, headers=headers, value=value)


async def test_an_event_that_ends_the_process_is_found_though_its_batches_begin_elsewhere_each_time(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misfortune.os, "kill", _end)
    bad, beside, last = uuid4(), uuid4(), uuid4()
    mine = [_incoming(beside, 1), _incoming(bad, 1, KILL)]
    for elsewhere in (*(uuid4() for _ in range(5)), last):
        with suppress(ProcessEnds):
            intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
            await intake.take(TOPIC.name, {1: [_incoming(elsewhere, 1)], 0: mine})
    assert [aggregate for _, aggregate, _ in await probe.parked()] == [str(bad)]
    assert await _effects(probe, beside) == [1]
    assert await _effects(probe, last) == [1]


@pytest.mark.parametrize(("given_anew", "lives"), [(False, 5), (True, 4)])
async def test_an_event_that_ends_the_process_is_found_though_all_went_well_before_it(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, given_anew: bool, lives: int
) -> None:
    """What comes alone is not noted before it runs, once its partition went well: one end more, unless the partition was another's
    meanwhile."""
    monkeypatch.setattr(misfortune.os, "kill", _end)
    bad, beside = uuid4(), uuid4()
    intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
    await intake.take(TOPIC.name, {0: [_incoming(beside, 1)]})
    if given_anew:
        intake.forget_partitions()
    ends = 0
    while not await probe.parked():
        with suppress(ProcessEnds):
            ends += 1
            await intake.take(TOPIC.name, {0: [_incoming(bad, 1, KILL), _incoming(beside, 2)]})
        intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
        assert ends <= 10
    assert [aggregate for _, aggregate, _ in await probe.parked()] == [str(bad)]
    assert (ends, await _effects(probe, beside)) == (lives, [1, 2])


@pytest.mark.parametrize("all_was_well", [True, False])
@pytest.mark.parametrize("note", [BREAK, COMMIT])
async def test_an_event_that_breaks_its_connection_or_fails_at_commit_is_parked(
    probe: ServiceUnderTest, note: str, all_was_well: bool
) -> None:
    bad, beside = uuid4(), uuid4()
    intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
    if all_was_well:
        await intake.take(TOPIC.name, {0: [_incoming(uuid4(), 1)]})
    parts = {0: [_incoming(bad, 1, note), _incoming(beside, 1)]}
    for _ in range(4):
        with suppress(*TROUBLE):
            await intake.take(TOPIC.name, parts)
    assert [aggregate for _, aggregate, _ in await probe.parked()] == [str(bad)]
    assert await _effects(probe, beside) == [1]


class _Cut:
    """A connection that is lost right after a try was counted, as often as `cuts` is long."""

    def __init__(self, tx: Any, cuts: list[int]) -> None:
        self._tx, self._cuts = tx, cuts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        value = await self._tx.fetchval(sql, *values)
        if "event_try" in sql and self._cuts:
            self._cuts.pop()
            raise asyncpg.ConnectionDoesNotExistError
        return value


async def test_outages_between_counting_and_trying_are_no_ends_of_the_process(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cuts = probe.kit.db.connection, [1] * 5

    @asynccontextmanager
    async def cut() -> AsyncIterator[Any]:
        async with whole() as tx:
            yield _Cut(tx, cuts)

    bad, good = uuid4(), uuid4()
    monkeypatch.setattr(probe.kit.db, "connection", cut)
    intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
    while cuts:
        with suppress(*TROUBLE):
            await intake.take(TOPIC.name, {0: [_incoming(good, 1), _incoming(bad, 1, POISON)]})
    await intake.take(TOPIC.name, {0: [_incoming(good, 1), _incoming(bad, 1, POISON)]})
    assert await _effects(probe, good) == [1]
    [(_, aggregate, reason)] = await probe.parked()
    assert aggregate == str(bad)
    assert "ended the process" not in reason


@pytest.mark.parametrize(
    "change",
    [
        ("ce_id", b"\xff"), ("ce_subject", b"a\x00b"), ("x", b"\x00"), ("ce_aggregateversion", b"0"),
        ("ce_aggregateversion", b"-3"), ("ce_aggregateversion", str(2**63).encode()), ("ce_time", None), ("ce_type", b""),
    ],
)  # fmt: skip
async def test_a_record_that_is_no_event_is_kept_by_its_offset_and_ends_nothing(
    probe: ServiceUnderTest, change: tuple[str, bytes | None]
) -> None:
    good, odd = uuid4(), uuid4()
    event, headers = _event(odd, 1)
    changed = tuple({**dict(headers), change[0]: change[1]}.items())
    value = event.model_dump_json().encode()
    next_event, next_headers = _event(good, 1)
    intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
    await intake.take_records(
        TOPIC.name,
        [_record(0, 1, changed, value), _record(0, 2, next_headers, next_event.model_dump_json().encode())],
    )
    assert await _effects(probe, good) == [1]
    assert await _effects(probe, odd) == []
    async with probe.tx() as tx:
        kept = await tx.fetchval("SELECT count(*) FROM parked_record")
    assert kept + len(await probe.parked()) == 1


async def test_a_parked_event_that_ends_its_process_costs_the_others_no_more_than_one_try(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are tried before as often as can be counted, and due at the same moment."""
    monkeypatch.setattr(misfortune.os, "kill", _end)
    bad, good = uuid4(), [uuid4() for _ in range(10)]
    for counter in good:
        await _deliver(probe, counter, 1, POISON)
    intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
    for _ in range(4):
        with suppress(ProcessEnds):
            await intake.take(TOPIC.name, {0: [_incoming(bad, 1, KILL)]})
    async with probe.tx() as tx:
        await tx.execute("INSERT INTO cure VALUES ('poison')")
        await tx.execute(
            "UPDATE parked_key SET failures = 9,"
            " next_try_at = statement_timestamp() - interval '1 second' * (aggregate = $1)::int",
            str(bad),
        )
    retries = Retries(probe.kit.db, "probe_service.copy", SERVICE.consumers[0], Progress())
    for _ in range(12):
        with suppress(ProcessEnds):
            await retries.try_due()
    assert [aggregate for _, aggregate, _ in await probe.parked()] == [str(bad)]


async def test_a_command_that_waits_too_long_for_somebody_elses_is_told_to_come_again(
    probe: ServiceUnderTest,
) -> None:
    counter, by = uuid4(), probe.caller("resident")
    await probe.post("/raise", json={"counter_id": str(counter)}, by=by)
    async with probe.tx() as other:
        await lock_counter(other, counter)
        answer = await probe.post("/raise", json={"counter_id": str(counter)}, by=by)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert len(await probe.published(Raised)) == 1


async def test_a_lock_that_somebody_holds_for_long_is_waited_for_and_is_no_events_fault(
    probe: ServiceUnderTest,
) -> None:
    counter = uuid4()
    await _deliver(probe, counter, 1)
    intake = Intake(probe.kit, SERVICE.consumers[0], Progress())
    event, headers = _event(counter, 2)
    record = _record(0, 1, headers, event.model_dump_json().encode())
    async with probe.tx() as other:
        await other.execute("SELECT FROM inbox WHERE aggregate = $1 FOR UPDATE", str(counter))
        with pytest.raises(Outage):
            await intake.take_records(TOPIC.name, [record])
    await intake.take_records(TOPIC.name, [record])
    assert await _effects(probe, counter) == [1, 2]
    assert await probe.parked() == []
