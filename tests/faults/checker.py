"""One checker for every scenario: acknowledged ⊆ effects ⊆ attempted, each once, in order per aggregate.

It counts in the books that `ground` opened (tables without keys, written by triggers and by the wrapped handlers) and on
the topics themselves; never through the inbox's or the outbox's own keys.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from event_contracts.base import CATALOG
from faults.ground import ALL, PROBE, Ground, until
from faults.load import Attempt, Load
from local_runtime.status import look
from platform_kit.service import find

Key = tuple[str, str]  # topic, aggregate


@dataclass
class Verdict:
    """Counts of faults; `why` names the first of each."""

    acknowledged: int = 0
    published: int = 0
    effects: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    other: int = 0
    why: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.out_of_order or self.other)

    def add(self, kind: str, count: int, why: str) -> None:
        setattr(self, kind, getattr(self, kind) + count)
        if sum(each.startswith(kind) for each in self.why) < 5:
            self.why.append(f"{kind}: {why}")


@dataclass
class Checker:
    """`parked` are the (consumer, aggregate) that were poisoned on purpose and stay so."""

    ground: Ground
    loads: tuple[Load, ...]
    patience: float = 120.0
    parked: set[tuple[str, str]] = field(default_factory=set)
    _unacknowledged: int = 0
    _read_to: dict[TopicPartition, int] = field(default_factory=dict)
    _on_log: dict[Key, int] = field(default_factory=dict)

    async def settle(self) -> None:
        """Until nothing is on its way: outboxes empty, consumers caught up, nothing parked but what must be."""

        async def waiting() -> list[str]:
            status = await look(self.ground.running, ALL)
            found = [
                f"{name}: {database.get('unsent')} unsent"
                for name, database in status.databases.items()
                if database.get("unsent") != 0 or not database["reachable"]
            ]
            found += [
                f"{group} behind {lag}" for group, lag in status.consumer_lag.items() if any(lag.values())
            ]
            found += [
                f"parked {row['consumer']} {row['aggregate']}: {row['reason'][:200]}"
                for row in status.parked_keys
                if (row["consumer"], row["aggregate"]) not in self.parked
            ]
            found += [
                f"{name}: {database[what]} {what}"
                for name, database in status.databases.items()
                for what in ("parked_records", "parked_timers", "parked_in_outbox", "late_timers")
                if database.get(what)
            ]
            if len(status.consumer_lag) < sum(len(find(s.name).consumers) for s in ALL):
                found.append(f"Kafka: {status.needs_a_person}")
            return found

        # A look takes a while: what a consumer publishes in the midst of it would be behind an end that was read before.
        async def moving() -> list[str]:
            before = await self._published()
            found = await waiting()
            more = await self._published() - before
            return [*found, f"{more} events published just now"] if more else found

        await until(moving, lambda found: not found, "nothing on its way", self.patience, pause=0.3)

    async def _published(self) -> int:
        return sum([await self.ground.one(each.name, "SELECT count(*) FROM fault_published") for each in ALL])

    async def judge(self) -> Verdict:
        verdict = Verdict()
        try:
            await self.settle()
        except TimeoutError as error:
            verdict.add("lost", 1, f"does not come to rest: {error}")
        published: dict[Key, list[Any]] = defaultdict(list)
        for service in ALL:
            for row in await self.ground.ask(service.name, "SELECT * FROM fault_published ORDER BY seq"):
                published[row["topic"], row["aggregate"]].append(row)
        verdict.published = sum(map(len, published.values()))
        self._versions(published, verdict)
        self._commands([row for rows in published.values() for row in rows], verdict)
        for service in ALL:
            await self._effects(service.name, published, verdict)
        await self._timers(verdict)
        await self._log(published, verdict)
        await self._books(verdict)
        for load in self.loads:
            for broken in load.broken:
                verdict.add("other", 1, broken)
            load.broken.clear()
        return verdict

    def _attempts(self) -> dict[str, Attempt]:
        return {key: attempt for load in self.loads for key, attempt in load.attempts.items()}

    def _versions(self, published: dict[Key, list[Any]], verdict: Verdict) -> None:
        """Every aggregate's events count 1, 2, 3 … in the order in which they were written."""
        for (topic, aggregate), rows in published.items():
            versions = [row["version"] for row in rows]
            if versions != list(range(1, len(versions) + 1)):
                verdict.add("out_of_order", 1, f"published {topic} {aggregate}: {versions[:20]}")

    def _commands(self, rows: list[Any], verdict: Verdict) -> None:
        """An acknowledged command published its event exactly once, a refused one nothing; and nothing came from nowhere."""
        attempts = self._attempts()
        away = {key for load in self.loads for key in load.turned_away}
        first: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row["correlation"] and row["correlation"] not in attempts and row["correlation"] not in away:
                verdict.add("other", 1, f"effect of no attempt: {row['type']} {row['correlation']}")
            if row["cause"] is None:
                first[row["correlation"]][row["type"]] += 1
        # Whoever was turned away without an answer of the service may have had an effect, which nobody acknowledged: one.
        self._unacknowledged = sum(bool(first[key]) for key in away)
        for key in away:
            if (count := sum(first[key].values())) > 1:
                verdict.add("doubled", count - 1, f"{key} was turned away and left {count} events")
        for key, attempt in attempts.items():
            count = first[key][attempt.event]
            if attempt.acknowledged:
                verdict.acknowledged += 1
                if attempt.event and count < attempt.times:
                    verdict.add(
                        "lost", 1, f"acknowledged {attempt.kind} {key} left {count} × {attempt.event}"
                    )
                if attempt.event and count > attempt.times:
                    verdict.add("doubled", 1, f"{attempt.kind} {key} left {count} × {attempt.event}")
            elif attempt.status is None:
                verdict.add("other", 1, f"{attempt.kind} {key} has no outcome")
            elif sum(first[key].values()):
                verdict.add("other", 1, f"refused {attempt.kind} {key} left {first[key]}")

    async def _effects(self, service: str, published: dict[Key, list[Any]], verdict: Verdict) -> None:
        rows = await self.ground.ask(service, "SELECT * FROM fault_effect ORDER BY seq")
        verdict.effects += len(rows)
        seen: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
        for row in rows:
            seen[row["consumer"], row["topic"], row["aggregate"]].append(row)
        for consumer in find(service).consumers:
            group = f"{service}.{consumer.name}"
            for (topic, aggregate), sent in published.items():
                if topic not in consumer.topics:
                    continue
                had = seen.pop((consumer.name, topic, aggregate), [])
                if (group, aggregate) in self.parked:
                    continue
                versions = [row["version"] for row in had]
                wanted = [row["version"] for row in sent]
                where = f"{group} {topic} {aggregate}"
                if missing := len(set(wanted) - set(versions)):
                    verdict.add("lost", missing, f"{where}: {versions[:20]} of {wanted[:20]}")
                if len(versions) > len(set(versions)):
                    verdict.add("doubled", len(versions) - len(set(versions)), f"{where}: {versions[:20]}")
                if versions != sorted(versions):
                    verdict.add("out_of_order", 1, f"{where}: {versions[:20]}")
                ids = {row["version"]: row["event_id"] for row in sent}
                if strange := [row for row in had if ids.get(row["version"]) != row["event_id"]]:
                    verdict.add("other", len(strange), f"{where}: effect of an event that was not published")
        for (consumer_name, topic, aggregate), had in seen.items():
            if topic in {t.topic.name for t in CATALOG.values()} and not any(
                k == (topic, aggregate) for k in published
            ):
                verdict.add(
                    "other", len(had), f"{service}.{consumer_name} {topic} {aggregate}: effects of nothing"
                )

    async def _timers(self, verdict: Verdict) -> None:
        """Of the probe's counters that had timers: each raise and each timer that was made counts once."""
        raised: Counter[str] = Counter()
        for attempt in self._attempts().values():
            if attempt.kind == "raise" and attempt.acknowledged:
                raised[attempt.body["counter_id"]] += attempt.times
        rows = await self.ground.ask(
            PROBE.name,
            """
            SELECT f.aggregate, coalesce(c.version, 0) AS version,
                f.made - (SELECT count(*) FROM timer t WHERE t.aggregate::text = f.aggregate) AS fired
            FROM (SELECT aggregate, count(*) AS made FROM fault_timer GROUP BY aggregate) f
            LEFT JOIN counter c ON c.id::text = f.aggregate
            """,
        )
        for row in rows:
            missing = raised[row["aggregate"]] + row["fired"] - row["version"]
            if missing:
                verdict.add(
                    "lost" if missing > 0 else "doubled",
                    abs(missing),
                    f"{row['aggregate']}: {row['version']} after {raised[row['aggregate']]} raises and {row['fired']} timers",
                )

    async def _log(self, published: dict[Key, list[Any]], verdict: Verdict) -> None:
        """On the topics themselves: a repeat is allowed, a version that comes first after its successor is not."""
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        reader = AIOKafkaConsumer(bootstrap_servers=self.ground.running.kafka, enable_auto_commit=False)
        await reader.start()
        try:
            topics = {contract.topic for contract in CATALOG.values()}
            partitions = [
                TopicPartition(topic.name, number)
                for topic in sorted(topics, key=lambda topic: topic.name)
                for number in range(topic.partitions)
                if any(name == topic.name for name, _ in published)
            ]
            ends = await reader.end_offsets(partitions)
            reader.assign(partitions)
            for partition in partitions:
                reader.seek(partition, self._read_to.get(partition, 0))
            deadline = time.monotonic() + 60
            while (
                any(self._read_to.get(p, 0) < end for p, end in ends.items()) and time.monotonic() < deadline
            ):
                for partition, records in (await reader.getmany(timeout_ms=500, max_records=5000)).items():
                    for record in records:
                        self._note(partition.topic, record, verdict)
                    self._read_to[partition] = records[-1].offset + 1
        finally:
            # aiokafka's stop() ends with the cancellation of one of its own tasks now and then.
            with contextlib.suppress(asyncio.CancelledError):
                await reader.stop()
        for key, rows in published.items():
            if self._on_log.get(key, 0) < len(rows):
                verdict.add(
                    "lost", len(rows) - self._on_log.get(key, 0), f"{key} is not on the topic as published"
                )

    def _note(self, topic: str, record: Any, verdict: Verdict) -> None:
        headers = dict(record.headers)
        if "fault_injected" in headers:
            return
        key = (topic, headers["ce_subject"].decode())
        version = int(headers["ce_aggregateversion"])
        last = self._on_log.get(key, 0)
        if version > last + 1:
            verdict.add("out_of_order", 1, f"on the topic {key}: {version} after {last}")
        self._on_log[key] = max(last, version)

    async def _books(self, verdict: Verdict) -> None:
        """Money and rows, asked of the services' own tables."""
        for service, sql, what in (
            ("paid_services", "SELECT count(*) FROM (SELECT transaction_id FROM ledger_entry GROUP BY transaction_id, currency"
                              " HAVING sum(amount_minor) <> 0) t", "postings that do not balance"),
            ("paid_services", "SELECT count(*) FROM (SELECT order_id FROM receipt GROUP BY order_id HAVING count(*) > 1) t",
             "orders with two receipts"),
            ("relief_disbursement", "SELECT count(*) FROM (SELECT application_id, period FROM payment WHERE state NOT IN"
             " ('returned', 'reissued') GROUP BY application_id, period HAVING count(*) > 1) t", "months paid twice"),
            ("volunteer_matching", "SELECT count(*) FROM (SELECT request_id FROM task WHERE state <> 'cancelled'"
             " GROUP BY request_id HAVING count(*) > 1) t", "requests with two tasks"),
        ):  # fmt: skip
            if count := await self.ground.one(service, sql):
                verdict.add("doubled", count, what)
        filed = self._unacknowledged + sum(
            a.acknowledged for a in self._attempts().values() if a.kind == "file"
        )
        rows = await self.ground.one("resident_requests", "SELECT count(*) FROM request")
        if filed != rows:
            verdict.add(
                "lost" if filed > rows else "doubled",
                abs(filed - rows),
                f"{filed} requests filed, {rows} rows",
            )
