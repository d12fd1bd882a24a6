"""From nothing, or from whatever a crash left, to a running house; each step says how long it took."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from event_contracts.base import Topic
from event_contracts.topics import TOPICS
from local_runtime import kafka, orphans, postgres, supervise
from local_runtime.databases import maintenance_dsn, migrate_all, prepare_databases, wait_for_postgres
from local_runtime.home import Home
from local_runtime.house import SERVICES, Service, worker_name
from local_runtime.jars import Say
from local_runtime.ports import choose
from local_runtime.processes import ENTRY, programs
from local_runtime.programs import Program
from local_runtime.topics import create_topics, wait_for_kafka

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """Where the parts of an instance answer."""

    home: Home
    ports: dict[str, int]
    maintenance_dsn: str
    kafka: str

    @property
    def gateway(self) -> str:
        return self.api("resident_gateway")

    def api(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[f'{service}.api']}"


def up(
    home: Home,
    say: Say,
    *,
    services: tuple[Service, ...] = SERVICES,
    usual_ports: bool = True,
    given_ports: dict[str, int] | None = None,
    workers: int = 1,
    gateways: int = 1,
    entry: str = ENTRY,
    topics: tuple[Topic, ...] = TOPICS,
) -> Running:
    """Start what does not run yet. Safe to repeat; what an earlier, killed instance left behind is stopped first.

    `workers` of each service share its work: if one dies, another carries on within the relay's lease. `gateways` share
    the gateway's port, so that it can use several cores.
    """
    started = time.monotonic()
    home.prepare()
    with home.locked():
        alive = supervise.process(home) is not None
        if not alive:
            with _step("left-overs of an earlier run", say) as note:
                note(f"{orphans.stop_all(home)} processes stopped")
        ports = choose(
            home,
            services,
            workers=workers,
            gateways=gateways,
            usual=usual_ports,
            given=given_ports,
            in_use=alive,
        )
        broker = os.environ.get("LINLI_KAFKA") or f"127.0.0.1:{ports['kafka']}"
        maintenance = maintenance_dsn(home, ports)
        running = Running(home, ports, maintenance, broker)
        with _step("prepare PostgreSQL and Kafka", say):
            servers = _servers(home, ports, say)
        with _step("supervisor", say):
            house = programs(
                home,
                services,
                ports=ports,
                maintenance=maintenance,
                kafka=broker,
                workers=workers,
                gateways=gateways,
                entry=entry,
            )
            supervise.write_configuration(home, ports["supervisor"], [*servers, *house])
            if alive:
                supervise.apply_configuration(home)
            else:
                supervise.start(home)
        asyncio.run(_bring_up(home, running, services, workers, topics, say))
        home.write_state("up", {"at": int(time.time())})
    say(f"up in {time.monotonic() - started:.1f} s")
    return running


def down(home: Home, say: Say) -> int:
    """Stop exactly what `up` started, the services first; how many processes that were."""
    with home.locked():
        supervisor = supervise.process(home)
        count = 0
        if supervisor is not None:
            count = len(supervisor.children(recursive=False)) + 1
            say("stopping the services, then the servers")
            supervise.shut_down(home)
        count += orphans.stop_all(home)
    say(f"{count} processes stopped")
    return count


def _servers(home: Home, ports: dict[str, int], say: Say) -> list[Program]:
    """Our own PostgreSQL and Kafka, unless others were given."""
    servers = []
    if not os.environ.get("DATABASE_URL"):
        postgres.prepare(home, ports["postgres"])
        servers.append(postgres.program(home))
    if not os.environ.get("LINLI_KAFKA"):
        jars = kafka.classpath(say)
        kafka.prepare(home, jars, ports["kafka"], ports["kafka_controller"])
        servers.append(kafka.program(home, jars))
    return servers


async def _bring_up(
    home: Home,
    running: Running,
    services: tuple[Service, ...],
    workers: int,
    topics: tuple[Topic, ...],
    say: Say,
) -> None:
    with _step("PostgreSQL answers", say):
        await wait_for_postgres(running.maintenance_dsn)
    with _step("databases and migrations", say) as note:
        made = await prepare_databases(home, running.maintenance_dsn, services)
        behind = await migrate_all(home, running.maintenance_dsn, services)
        note(f"{len(made)} made, {len(behind)} migrated")
    with _step("Kafka answers", say):
        await wait_for_kafka(running.kafka)
    if services:
        with _step("topics", say) as note:
            note(f"{len(await create_topics(running.kafka, topics))} made")
        with _step("services", say) as note:
            supervise.start_house(home)
            note(f"{await wait_until_ready(running, services, workers)} processes ready")


async def wait_until_ready(running: Running, services: tuple[Service, ...], workers: int) -> int:
    """Wait until every api and worker says that it is ready; how many there are."""
    names = [
        name
        for service in services
        for name in (
            f"{service.name}.api",
            *(f"{worker_name(service, ordinal)}_metrics" for ordinal in range(workers)),
        )
    ]
    addresses = [f"http://127.0.0.1:{running.ports[name]}/readyz" for name in names]
    async with httpx.AsyncClient(timeout=3) as client:
        deadline = time.monotonic() + READY_SECONDS
        for address in addresses:
            while True:
                try:
                    if (await client.get(address)).status_code == 200:
                        break
                except httpx.HTTPError:
                    pass
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{address} is not ready after {READY_SECONDS:.0f} s; see linli logs")
                await asyncio.sleep(0.1)
    return len(addresses)


@contextmanager
def _step(name: str, say: Say) -> "Iterator[Say]":
    started = time.monotonic()
    notes: list[str] = []
    yield notes.append
    detail = f" ({', '.join(notes)})" if notes else ""
    say(f"{time.monotonic() - started:5.1f} s  {name}{detail}")
