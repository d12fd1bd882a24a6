"""Housekeeping under load: what has served its purpose goes, what is still to be sent stays, however old it is."""

import asyncio
import signal

import asyncpg

from faults.ground import until
from faults.scenario import Scenario, Stage, Tally
from local_runtime.databases import service_dsn
from local_runtime.house import SERVICES
from platform_kit.housekeeping import REST_SECONDS

# Days pass only for the rows: there is no other way to have old ones. What is younger than this may still be retried.
_SETTLED = "created_at < clock_timestamp() - interval '15 seconds'"
_AGE = (
    "UPDATE outbox SET created_at = created_at - interval '1 year', sent_at = sent_at - interval '1 year'"
    f" WHERE {_SETTLED} OR sent_at IS NULL",
    f"UPDATE idempotency SET created_at = created_at - interval '1 year' WHERE {_SETTLED}",
)
_OLD = """
    SELECT (SELECT count(*) FROM outbox WHERE sent_at < clock_timestamp() - interval '90 days')
         + (SELECT count(*) FROM idempotency WHERE created_at < clock_timestamp() - interval '90 days')
"""
_UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND created_at < clock_timestamp() - interval '90 days'"
_BUSY = ("resident_requests", "paid_services")


async def tidy(stage: Stage, tally: Tally) -> None:
    """The broker stands still, so that old events wait while the old ones beside them are removed."""
    for service in _BUSY:
        await until(
            lambda name=service: stage.ground.one(
                name, f"SELECT count(*) FROM outbox WHERE {_SETTLED} AND sent_at IS NOT NULL"
            ),
            lambda sent: sent > 0,
            f"{service} has sent events that are not new",
        )
    kafka = stage.ground.process("kafka")
    stage.load.answers_may_be_gone()
    kafka.send_signal(signal.SIGSTOP)
    try:
        for service in _BUSY:
            await until(
                lambda name=service: stage.ground.unsent(name),
                lambda waiting: waiting > 3,
                f"events of {service} wait",
            )
        old = unsent = 0
        for service in SERVICES:
            await _age(stage, service)
            old += await stage.ground.one(service.name, _OLD)
            unsent += await stage.ground.one(service.name, _UNSENT)
        for service in SERVICES:
            await until(
                lambda name=service.name: stage.ground.one(name, _OLD),
                lambda left: left == 0,
                f"old rows of {service.name} are gone",
                REST_SECONDS + 30,
                pause=0.5,
            )
        kept = sum([await stage.ground.one(service.name, _UNSENT) for service in SERVICES])
        tally.fault(
            in_flight=unsent > 0 and old > 0,
            what=f"{old} old rows removed, {kept} of {unsent} old unsent events kept",
        )
        tally.require(kept == unsent, f"{unsent - kept} unsent events were removed")
    finally:
        kafka.send_signal(signal.SIGCONT)
    await asyncio.sleep(1)


async def _age(stage: Stage, service: object) -> None:
    owner = service_dsn(stage.ground.home, stage.ground.running.maintenance_dsn, service, owner=True)  # type: ignore[arg-type]
    connection = await asyncpg.connect(owner)
    for statement in _AGE:
        await connection.execute(statement)
    await connection.close()


SCENARIOS = (Scenario("tidy", "housekeeping while old events wait for the broker", tidy),)
