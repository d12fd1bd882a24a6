"""The story in two commands: told, told again, with the broker away, after the supervisor's death, and taken down."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import httpx
import psutil
import pytest

from journeys.houses import House, house, story_of, wait_for
from local_runtime import supervise
from local_runtime.demo.people import STAFF_PASSWORD
from local_runtime.home import MARKER

pytestmark = pytest.mark.timeout(600)

# What a run adds: its own request with its task, and what signing in and the events leave behind.
GROWS = {
    "resident_requests.request": 1,
    "volunteer_matching.task": 1,
    "volunteer_matching.offer": 2,
    "resident_gateway.timeline_item": 3,
    "resident_gateway.subject_state": 1,
    # Who filed it, the worker of the unit, and whoever acts for who filed it, but of what they did themselves; messages only to who has a phone here.
    "resident_gateway.notification": 7,
    "resident_gateway.delivery": 4,
}
KIT = (
    "outbox",
    "inbox",
    "idempotency",
    "timer",
    "batch_try",
    "event_try",
    "relay_lease",
    "local_clock",
    "one_time_code",
    # Who signed in, and what was refused on purpose, is told each time.
    "audit",
    "audit_chain",
    "audit_waiting",
    "session",
    "throttle",
)


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[House, str]]:
    """A small house whose story was told once."""
    with house() as built:
        demo = built.start_demo(households=20, reports=150)
        output, _ = demo.communicate(timeout=300)
        assert demo.returncode == 0, output[-3000:]
        yield built, output


def _get(address: str, **more: object) -> httpx.Response:
    return httpx.get(address, timeout=10, trust_env=False, **more)  # type: ignore[arg-type]


def test_the_story_is_told_and_its_addresses_answer(told: tuple[House, str]) -> None:
    built, output = told
    story = story_of(output)
    for said in (
        "150 of 150 lines are reports, 12 of 12 bad ones refused by name",
        "one 200, one 409",
        "20 payments",
        "17 paid, 3 returned",
        "books balance to the fen",
        "13800000001",
        "finance2",
    ):
        assert said in story, said
    gateway = built.running.gateway
    for path in (
        "/",
        "/livez",
        "/readyz",
        "/openapi.json",
        "/local/messages",
        "/api/v1/notices",
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
    ):
        assert _get(gateway + path).status_code == 200, path
    assert _get(f"{gateway}/api/v1/me").status_code == 401
    assert _get(f"{gateway}/api/v1/requests/{uuid4()}").status_code == 401


def test_told_again_it_adds_one_request_and_nothing_else(told: tuple[House, str]) -> None:
    built, _ = told
    built.settled()
    before = built.counts()
    again = built.start_demo(households=20, reports=150)
    output, _ = again.communicate(timeout=300)
    assert again.returncode == 0, output[-3000:]
    built.settled()
    after = built.counts()
    grown = {
        table: after[table] - before[table]
        for table in after
        if after[table] != before[table] and table.split(".")[1] not in KIT
    }
    assert grown == GROWS


def test_with_the_broker_down_commands_succeed_and_their_events_arrive_later(told: tuple[House, str]) -> None:
    built, _ = told
    gateway = built.running.gateway
    rpc = supervise.remote(built.home).supervisor
    rpc.stopProcess("kafka")
    try:
        token = _sign_in(built, "worker1")
        before = built.ask("resident_gateway", "SELECT count(*) FROM timeline_item")
        resident = built.ask(
            "resident_requests", "SELECT resident_id FROM request WHERE source IS NULL LIMIT 1"
        )
        filed = httpx.post(
            f"{gateway}/api/v1/requests",
            json={"category": "errand", "words": "停电了", "resident_id": str(resident)},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())},
            timeout=10,
            trust_env=False,
        )
        assert filed.status_code == 201, filed.text
        assert _get(f"{gateway}/readyz").status_code == 200
        assert built.ask("resident_requests", "SELECT count(*) FROM outbox WHERE sent_at IS NULL") > 0
    finally:
        rpc.startProcess("kafka")
    wait_for(
        lambda: built.ask("resident_gateway", "SELECT count(*) FROM timeline_item"),
        lambda n: n > before,
        "the event",
    )


def test_status_names_everything_and_fails_when_a_person_is_needed(told: tuple[House, str]) -> None:
    built, _ = told
    built.settled()
    healthy = built.linli("status", "--json")
    assert healthy.returncode == 0, healthy.stdout[-2000:]
    status = json.loads(healthy.stdout)
    assert {p["name"] for p in status["processes"]} >= {
        "postgres",
        "kafka",
        "resident_gateway.api",
        "paid_services.worker",
    }
    assert len(status["topics"]) >= 13
    assert "resident_gateway.timeline" in status["consumer_lag"]
    assert status["databases"]["paid_services"]["unsent"] == 0
    rpc = supervise.remote(built.home).supervisor
    rpc.stopProcess("house:paid_services.worker")
    try:
        ill = built.linli("status", "--json")
    finally:
        rpc.startProcess("house:paid_services.worker")
    assert ill.returncode == 1
    assert any("paid_services.worker" in problem for problem in json.loads(ill.stdout)["needs_a_person"])


def test_after_the_supervisors_death_up_recovers_without_leaving_anything_behind(
    told: tuple[House, str],
) -> None:
    built, _ = told
    supervisor = supervise.process(built.home)
    assert supervisor is not None
    orphans = {child.pid for child in supervisor.children()}
    os.kill(supervisor.pid, signal.SIGKILL)
    wait_for(lambda: supervise.process(built.home), lambda found: found is None, "the supervisor is gone")
    again = built.linli("up")
    assert again.returncode == 0, again.stdout[-2000:]
    assert not any(psutil.pid_exists(pid) and _marked(pid, built) for pid in orphans)
    assert _get(f"{built.running.gateway}/readyz").status_code == 200


def test_down_stops_exactly_this_house_also_with_a_dead_broker(told: tuple[House, str]) -> None:
    built, _ = told
    bystander = subprocess.Popen(["sleep", "60"])
    built.process("kafka").kill()
    stopped = built.linli("down")
    assert stopped.returncode == 0, stopped.stdout[-2000:]
    assert not [p.pid for p in psutil.process_iter() if _marked(p.pid, built)]
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert built.linli("up").returncode == 0


def _marked(pid: int, built: House) -> bool:
    try:
        process = psutil.Process(pid)
        return (
            process.environ().get(MARKER) == str(built.home.root) and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:
        return False


def _sign_in(built: House, account: str) -> str:
    body = {"grant_type": "password", "account": account, "password": STAFF_PASSWORD}
    answer = httpx.post(f"{built.running.gateway}/api/v1/auth/token", json=body, timeout=10, trust_env=False)
    return str(answer.json()["access_token"])
