"""PostgreSQL: stopped at once under load, an old transaction in another database, and writers that commit out of order."""

import asyncio
import time
from uuid import uuid4

import asyncpg

from faults.load import GivenUp, Refused
from faults.scenario import Scenario, Stage, Tally

RAISED = "probe.counter.raised.v1"
OLDEST_EVENT_SECONDS = 5.0


async def stop_immediately(stage: Stage, tally: Tally) -> None:
    """`pg_ctl stop -m immediate` while transactions that have written are open."""
    for _ in range(1 if stage.short else 4):
        await asyncio.sleep(stage.dice.uniform(2, 4))
        open_then = await stage.ground.stop_postgres_immediately()
        tally.fault(in_flight=open_then > 0, what=f"stopped with {open_then} writing transactions open")


async def old_writer(stage: Stage, tally: Tally) -> None:
    """A writing transaction stays open in another database of the same server: the relays must not stall behind it."""
    seconds = 10 if stage.short else 60
    admin = await asyncpg.connect(stage.ground.running.maintenance_dsn)
    await admin.execute("DROP DATABASE IF EXISTS fault_neighbour")
    await admin.execute("CREATE DATABASE fault_neighbour")
    dsn = stage.ground.running.maintenance_dsn.rsplit("/", 1)[0] + "/fault_neighbour"
    # The server ends a session that idles in a transaction for 60 s; this one may last.
    writer = await asyncpg.connect(dsn, server_settings={"idle_in_transaction_session_timeout": "0"})
    await writer.execute("CREATE TABLE slow (n int)")
    began = time.monotonic()
    oldest = 0.0
    sent = await _sent(stage)
    async with writer.transaction():
        await writer.execute("INSERT INTO slow VALUES (1)")
        while time.monotonic() - began < seconds:
            for service in ("resident_requests", "paid_services"):
                age = await stage.ground.one(
                    service,
                    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float FROM outbox"
                    " WHERE sent_at IS NULL",
                )
                oldest = max(oldest, age)
            await asyncio.sleep(0.2)
    during = await _sent(stage) - sent
    tally.fault(
        in_flight=during > 0,
        what=f"open for {seconds} s: {during} events sent meanwhile, the oldest waited {oldest:.2f} s",
    )
    tally.require(
        oldest < OLDEST_EVENT_SECONDS, f"an event waited {oldest:.1f} s behind somebody else's transaction"
    )
    await writer.close()
    await admin.execute("DROP DATABASE fault_neighbour")
    await admin.close()


async def _sent(stage: Stage) -> int:
    """Events that were seen on their way by consumers: effects, not marks."""
    return sum(
        [
            await stage.ground.one(service, "SELECT count(*) FROM fault_effect")
            for service in ("resident_gateway", "volunteer_matching")
        ]
    )


async def writers(stage: Stage, tally: Tally) -> None:
    """50 writers: events of a few counters each, random delays before the commit, random rollbacks. Ids commit out of order."""
    token = stage.ground.token("resident", subject=uuid4())
    counters = [str(uuid4()) for _ in range(60)]
    until = time.monotonic() + (8 if stage.short else 25)
    refused = 0

    async def write() -> None:
        nonlocal refused
        while time.monotonic() < until:
            times = stage.dice.randint(1, 4)
            body = {
                "counter_id": stage.dice.choice(counters), "times": times,
                "linger": stage.dice.choice((0, 0, 0.01, 0.1, 0.4)), "give_up": stage.dice.random() < 0.2,
            }  # fmt: skip
            try:
                await stage.probe.call("raise", RAISED, token, "/raise", body, times=times)
            except Refused:
                refused += 1
            except GivenUp:
                return

    await asyncio.gather(*(write() for _ in range(50)))
    # Two events of different aggregates whose ids were drawn in one order and became visible in the other.
    overtaken = await stage.ground.one(
        "probe_service",
        "SELECT count(*) FROM (SELECT event_id, xmin::text::bigint AS x, lead(xmin::text::bigint) OVER (ORDER BY seq) AS y"
        " FROM fault_published) t WHERE x > y",
    )
    tally.injected, tally.in_flight = refused + overtaken, overtaken
    tally.notes.append(
        f"{refused} rolled back, {overtaken} events whose order of ids is not that of their transactions"
    )


SCENARIOS = (
    Scenario("immediate", "`pg_ctl stop -m immediate` under load", stop_immediately, in_short=True),
    Scenario("neighbour", "a transaction that stays open in another database", old_writer),
    Scenario(
        "writers", "50 writers, random delays and rollbacks, several events each", writers, in_short=True
    ),
)
