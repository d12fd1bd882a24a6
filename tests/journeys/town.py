"""One community in a house of a test's own, driven by the gateway alone; and services of it stopped and started."""

import json
from typing import Any
from uuid import uuid4

import httpx

from faults.ground import house_token
from journeys.houses import House, wait_for
from local_runtime import supervise
from local_runtime.clock import operator_token

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
        self.community, self.resident_id = parent, made["residents"][0]["id"]
        self.resident = house_token(built.home, "resident", subject=self.resident_id)

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


def stop(house: House, service: str) -> None:
    """All of its processes."""
    for each in supervise.processes(house.home):
        if f"{each['name']}.".startswith(f"{service}."):
            supervise.remote(house.home).supervisor.stopProcess(f"{each['group']}:{each['name']}")


def start(house: House, service: str) -> None:
    for each in supervise.processes(house.home):
        if f"{each['name']}.".startswith(f"{service}."):
            supervise.remote(house.home).supervisor.startProcess(f"{each['group']}:{each['name']}")
