"""kill -9 of any one process while it has unfinished work: the story still ends right."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from journeys.houses import House, house, kill_at_work, story_of, unread_bytes, wait_for
from local_runtime.house import SERVICES
from local_runtime.up import up

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not Path("/proc/net/tcp").exists(), reason="reads unread bytes from /proc, which is Linux's"
    ),
]


def _unsent(house: House, service: str) -> bool:
    return bool(house.ask(service, "SELECT count(*) FROM outbox WHERE sent_at IS NULL"))


def _behind(house: House, service: str) -> bool:
    lag = house.status().consumer_lag
    return any(sum(topics.values()) for group, topics in lag.items() if group.startswith(f"{service}."))


def _kill_api(house: House, service: str) -> None:
    kill_at_work(house, f"{service}.api", lambda: unread_bytes(house.running.ports[f"{service}.api"]) > 0)


def _kill_worker(house: House, service: str) -> None:
    kill_at_work(house, f"{service}.worker", lambda: _unsent(house, service) or _behind(house, service))


def _kill_kafka(house: House) -> None:
    kill_at_work(house, "kafka", lambda: any(_unsent(house, service.name) for service in SERVICES))


def _kill_postgres(house: House) -> None:
    """Killed at an instant at which a transaction is open; it is asked before, and the kill comes at once."""

    async def when_busy() -> None:
        connection = await asyncpg.connect(house.running.maintenance_dsn)
        postmaster = house.process("postgres")
        async with asyncio.timeout(60):
            while not await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                " AND backend_xid IS NOT NULL"
            ):
                await asyncio.sleep(0)
        postmaster.kill()
        connection.terminate()

    before = house.process("postgres").pid
    asyncio.run(when_busy())
    wait_for(lambda: house.process("postgres"), lambda found: found.pid != before, "postgres is back")
    wait_for(lambda: house.ask("relief_disbursement", "SELECT 1"), bool, "postgres answers")


def test_the_story_ends_right_whatever_is_killed_at_its_work() -> None:
    with house() as built:
        up(built.home, lambda _: None, usual_ports=False)
        demo = built.start_demo(households=300, reports=2000)
        begun = "SELECT count(*) FROM unit"
        wait_for(lambda: built.ask("community_registry", begun), bool, "the story begins")
        killed = []
        # In the order in which the story needs them, so that each is hit at its work.
        for kill, arguments in (
            (_kill_worker, ("community_registry",)),
            (_kill_api, ("community_registry",)),
            (_kill_api, ("resident_gateway",)),
            (_kill_api, ("resident_requests",)),
            (_kill_worker, ("resident_requests",)),
            (_kill_worker, ("volunteer_matching",)),
            (_kill_api, ("volunteer_matching",)),
            (_kill_api, ("relief_disbursement",)),
            (_kill_postgres, ()),
            (_kill_kafka, ()),
            (_kill_worker, ("relief_disbursement",)),
            (_kill_worker, ("resident_gateway",)),
            (_kill_api, ("paid_services",)),
        ):
            if demo.poll() is not None:
                break
            kill(built, *arguments)  # type: ignore[operator]
            killed.append(f"{kill.__name__} {' '.join(arguments)}")
        output, _ = demo.communicate(timeout=300)
        assert demo.returncode == 0, f"after {killed}:\n{output[-3000:]}"
        assert len(killed) == 13, f"the story was over before all were killed: {killed}\n{output[-1500:]}"
        story = story_of(output)
        assert "2000 of 2000 lines are reports, 12 of 12 bad ones refused by name" in story
        assert "297 paid, 3 returned" in story
        built.settled()
        _nothing_is_lost_or_doubled(built)


def _nothing_is_lost_or_doubled(built: House) -> None:
    assert built.ask("resident_requests", "SELECT count(*) FROM request WHERE source IS NOT NULL") == 2000
    assert built.ask("resident_requests", "SELECT count(*) FROM request WHERE source IS NULL") == 1
    assert built.ask("community_registry", "SELECT count(*) FROM household") == 305
    assert built.ask("relief_disbursement", "SELECT count(*) FROM application") == 300
    assert built.ask("relief_disbursement", "SELECT count(DISTINCT application_id) FROM payment") == 300
    assert built.ask("relief_disbursement", "SELECT count(*) FROM payment") == 300
    assert built.ask("paid_services", "SELECT coalesce(sum(amount_minor), 0)::int FROM ledger_entry") == 0
    assert built.ask("paid_services", "SELECT count(*) FROM receipt") == 1
    residents = built.ask("community_registry", "SELECT count(*) FROM resident")
    for replica in (
        "resident_requests",
        "volunteer_matching",
        "relief_disbursement",
        "paid_services",
        "resident_gateway",
    ):
        assert built.ask(replica, "SELECT count(*) FROM resident") == residents
    timeline = "SELECT count(*) FROM timeline_item WHERE kind = '{}'"
    assert built.ask("resident_gateway", timeline.format("application")) == 300
    assert built.ask("resident_gateway", timeline.format("payment")) == 300
