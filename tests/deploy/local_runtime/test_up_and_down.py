"""`up` and `down` on the real servers, and what crashes leave for them."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress

import asyncpg
import psutil
import pytest

from local_runtime import orphans, supervise
from local_runtime.home import Busy, Home
from local_runtime.system_user import data_folder
from local_runtime.up import Running, down, up

pytestmark = pytest.mark.timeout(240)


def start(home: Home, said: list[str] | None = None) -> Running:
    return up(home, (said if said is not None else []).append, services=(), usual_ports=False)


def ask(running: Running, sql: str) -> object:
    # Each of these tests calls `up`, which runs a loop of its own; so they have none.
    async def fetch() -> object:
        connection = await asyncpg.connect(running.maintenance_dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def remember(running: Running) -> None:
    ask(running, "CREATE TABLE kept (id int)")
    ask(running, "INSERT INTO kept VALUES (7)")


def pids(home: Home) -> dict[str, int]:
    return {each["name"]: each["pid"] for each in supervise.processes(home)}


def test_every_step_says_how_long_it_took_and_repeating_it_changes_nothing(home: Home) -> None:
    said: list[str] = []
    first = start(home, said)
    steps = [line for line in said if re.match(r" *\d+\.\d s  \w", line)]
    assert any("PostgreSQL answers" in step for step in steps)
    assert any("Kafka answers" in step for step in steps)
    assert re.fullmatch(r"up in \d+\.\d s", said[-1])
    before = pids(home)
    assert set(before) == {"postgres", "kafka"}

    second = start(home)

    assert pids(home) == before
    assert second.ports == first.ports


def test_two_instances_run_side_by_side(new_home: Callable[[], Home]) -> None:
    one, other = new_home(), new_home()
    first, second = start(one), start(other)
    assert not set(first.ports.values()) & set(second.ports.values())

    down(one, lambda _: None)

    assert orphans.left_behind(one) == []
    assert ask(second, "SHOW data_directory") == str(data_folder(other))
    assert set(pids(other)) == {"postgres", "kafka"}


def test_the_data_and_the_addresses_survive_a_restart(home: Home) -> None:
    first = start(home)
    remember(first)
    down(home, lambda _: None)

    second = start(home)

    assert second.ports == first.ports
    assert ask(second, "SELECT id FROM kept") == 7


def test_the_database_asks_everyone_for_a_password(home: Home) -> None:
    running = start(home)
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(
            asyncpg.connect(
                host="127.0.0.1", port=running.ports["postgres"], user="linli_admin", database="postgres",
                password="guessed",
            )
        )  # fmt: skip
    assert ask(running, "SHOW fsync") == "on"
    assert ask(running, "SHOW listen_addresses") == "127.0.0.1"


def test_down_stops_everything_when_the_broker_is_already_dead(
    home: Home, pid_of: Callable[[str], int]
) -> None:
    start(home)
    psutil.Process(pid_of("kafka")).kill()

    down(home, lambda _: None)

    assert orphans.left_behind(home) == []
    assert supervise.process(home) is None


def test_what_dies_is_started_again(home: Home, pid_of: Callable[[str], int]) -> None:
    running = start(home)
    remember(running)
    before = pid_of("postgres")
    psutil.Process(before).kill()
    deadline = time.monotonic() + 60
    while pid_of("postgres") in (0, before):
        assert time.monotonic() < deadline

    again = start(home)

    assert ask(again, "SELECT id FROM kept") == 7


def test_up_recovers_after_the_supervisor_was_killed(home: Home) -> None:
    running = start(home)
    remember(running)
    before = pids(home)
    supervisor = supervise.process(home)
    assert supervisor is not None
    supervisor.kill()
    supervisor.wait(10)
    assert all(psutil.pid_exists(pid) for pid in before.values()), "the servers outlive their supervisor"

    said: list[str] = []
    again = start(home, said)

    assert any("2 processes stopped" in line for line in said)
    assert again.ports == running.ports
    assert not set(pids(home).values()) & set(before.values())
    assert ask(again, "SELECT id FROM kept") == 7


def test_up_recovers_after_everything_was_killed(home: Home) -> None:
    running = start(home)
    remember(running)
    supervisor = supervise.process(home)
    assert supervisor is not None
    # The supervisor first, or it would start the others again.
    victims = [supervisor, *supervisor.children(recursive=True)]
    for process in victims:
        # PostgreSQL's own workers come and go; one that went by itself needs no kill.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _, alive = psutil.wait_procs(victims, timeout=20)
    assert alive == []

    again = start(home)

    assert ask(again, "SELECT id FROM kept") == 7


def test_down_of_what_never_ran_is_no_error(home: Home) -> None:
    home.prepare()
    assert down(home, lambda _: None) == 0


def test_one_at_a_time(home: Home) -> None:
    home.prepare()
    with home.locked(), pytest.raises(Busy):
        start(home)
