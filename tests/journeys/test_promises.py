"""What was promised is kept or told upwards by the real timers, with the service that should have taken it up stopped."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from faults.ground import house_token
from journeys.houses import House, house, wait_for
from local_runtime import supervise
from local_runtime.clock import operator_token
from local_runtime.up import up

pytestmark = pytest.mark.timeout(600)
PREFIX = "/api/v1"


class Town:
    """One community with a worker and a resident, by the gateway alone."""

    def __init__(self, built: House) -> None:
        self.house = built
        self.http = httpx.Client(base_url=built.running.gateway, timeout=20, trust_env=False)
        self.operator = operator_token(built.running)
        parent = None
        for code, kind in (("01", "district"), ("01/01", "street"), ("01/01/001", "community")):
            body = {"code": code, "kind": kind, "name": code, "parent_id": parent}
            parent = self.post("/units", body, self.operator)["id"]
        self.worker = house_token(built.home, subject=uuid4(), posts=(("worker", parent, "01/01/001"),))
        self.street = house_token(built.home, subject=uuid4(), posts=(("street", parent, "01/01"),))
        household = {
            "unit_id": parent,
            "address": "幸福路1号",
            "members": [{"name": "王奶奶", "phone": "13700000001"}],
        }
        made = wait_for(lambda: self.try_post("/households", household, self.worker), bool, "a household")
        self.resident = house_token(built.home, "resident", subject=made["residents"][0]["id"])

    def try_post(self, path: str, body: Any, token: str) -> Any:
        """None while a replica has not heard of it yet."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        answer = self.http.post(PREFIX + path, json=body, headers=headers)
        if answer.status_code == 404:
            return None
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Any, token: str) -> Any:
        return wait_for(lambda: self.try_post(path, body, token), lambda found: found is not None, path)

    def get(self, path: str, token: str) -> Any:
        answer = self.http.get(PREFIX + path, headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, answer.text
        return answer.json()

    def told(self, request: Any) -> list[str]:
        """Who was told of what, in order: published events of this request, counted from outside."""
        sql = (
            "SELECT string_agg(convert_from(payload, 'UTF8'), E'\\n' ORDER BY version) FROM outbox"
            f" WHERE type = 'requests.request.escalated.v1' AND aggregate = '{request['id']}'"
        )
        found = [json.loads(line) for line in (self.house.ask("resident_requests", sql) or "").splitlines()]
        return [f"{each['why']} {each['level']}" for each in found]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with house() as built:
        up(built.home, lambda _: None, usual_ports=False)
        yield Town(built)


def _stop(town: Town, service: str) -> None:
    for each in supervise.processes(town.house.home):
        if each["name"].startswith(f"{service}."):
            supervise.remote(town.house.home).supervisor.stopProcess(f"{each['group']}:{each['name']}")


def _start(town: Town, service: str) -> None:
    for each in supervise.processes(town.house.home):
        if each["name"].startswith(f"{service}."):
            supervise.remote(town.house.home).supervisor.startProcess(f"{each['group']}:{each['name']}")


def test_with_the_volunteers_stopped_the_worker_the_street_and_the_district_are_told_once_each(
    town: Town,
) -> None:
    _stop(town, "volunteer_matching")
    request = town.post("/requests", {"category": "errand", "words": "请帮我买药"}, town.resident)
    looked_at = town.post("/requests", {"category": "errand", "words": "请帮我买米"}, town.resident)
    town.post(f"/requests/{looked_at['id']}/triage", {"route": "volunteers"}, town.worker)
    # Three weeks at once: every deadline of theirs has passed, whatever holidays lie between.
    assert town.house.linli("clock", "advance", "21d").returncode == 0
    all_of_them = [
        f"{clock}_overdue {level}" for clock in ("response", "resolution") for level in ("street", "district")
    ]
    wait_for(
        lambda: town.told(request), lambda told: len(told) == 4, "both promises missed, both levels told"
    )
    assert town.told(request) == all_of_them
    wait_for(lambda: town.told(looked_at), lambda told: len(told) == 3, "not taken up, and not done in time")
    assert sorted(town.told(looked_at)) == ["not_taken_up worker", *sorted(all_of_them[2:])]
    due = town.get("/requests?order=due", town.street)["items"]
    assert {item["id"] for item in due} >= {request["id"], looked_at["id"]}
    assert all(item["time_left"]["resolution"] < 0 for item in due)
    # The volunteers come back, and what they are asked now tells nobody again.
    _start(town, "volunteer_matching")
    town.house.settled()
    assert town.house.linli("clock", "advance", "30d").returncode == 0
    town.house.settled()
    assert town.told(request) == all_of_them
    assert len(town.told(looked_at)) == 3
    breaches = town.house.ask("resident_requests", "SELECT count(*) FROM breach")
    assert breaches == 6
