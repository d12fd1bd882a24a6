"""Two workers of every service on a real broker: what a person is told reaches their phone once, whatever is read again."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

from event_contracts.resident_requests import REQUESTS
from faults.ground import house_token
from journeys.houses import PATIENCE, House, house, wait_for
from local_runtime import supervise
from local_runtime.clock import operator_token
from local_runtime.databases import service_dsn
from local_runtime.house import service_named
from local_runtime.up import up
from platform_kit.testing import seeing_all

pytestmark = pytest.mark.timeout(600)
PHONE, GROUP = "13700000001", "resident_gateway.notifications"


class Town:
    """One community with a worker, and a resident who signs in with a phone and may be rung at any hour."""

    def __init__(self, built: House) -> None:
        self.house = built
        self.http = httpx.Client(base_url=f"{built.running.gateway}/api/v1", timeout=20, trust_env=False)
        self.operator = operator_token(built.running)
        parent: Any = None
        for code, kind in (("01", "district"), ("01/01", "street"), ("01/01/001", "community")):
            unit = {"code": code, "kind": kind, "name": code, "parent_id": parent}
            parent = self.call("POST", "/units", unit, self.operator)["id"]
        self.unit = parent
        self.worker = house_token(built.home, subject=uuid4(), posts=(("worker", parent, "01/01/001"),))
        household = {
            "unit_id": parent,
            "address": "幸福路1号",
            "members": [{"name": "王秀英", "phone": PHONE}],
        }
        made = self.call("POST", "/households", household, self.worker)
        resident = made["residents"][0]["id"]
        account = {
            "account": PHONE, "display_name": "王秀英", "kind": "code", "subject": resident, "roles": ["resident"],
        }  # fmt: skip
        self.call("POST", "/auth/accounts", account, self.operator)
        self.resident = house_token(built.home, "resident", subject=resident)
        always = {"language": "zh", "channels": ["sms"], "quiet_hours": None}
        self.call("PUT", "/me/notification-settings", always, self.resident)

    def call(self, method: str, path: str, body: Any, token: str) -> Any:
        """Asked again while a replica has not heard of it yet."""

        def ask() -> Any:
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
            answer = self.http.request(method, path, json=body, headers=headers)
            if answer.status_code == 404:
                return None
            assert answer.is_success, answer.text
            return answer.json()

        return wait_for(ask, lambda found: found is not None, path)

    def received(self, phone: str = PHONE) -> Counter[str]:
        """What lies where messages to this phone go, told from outside: by their text."""
        folder = self.house.home.root / "messages"
        found = (json.loads(each.read_text()) for each in folder.rglob("*.json"))
        return Counter(each["text"] for each in found if each["to"] == phone)

    def waiting(self) -> int:
        return int(
            self.house.ask("resident_gateway", "SELECT count(*) FROM delivery WHERE state IN ('due', 'held')")
        )

    def quiet(self) -> None:
        """Everything is applied, and nothing waits to be sent."""
        self.house.settled()
        wait_for(self.waiting, lambda waits: waits == 0, "every message sent")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with house() as built:
        up(built.home, lambda _: None, usual_ports=False, workers=2)
        yield Town(built)


def _asked(town: Town) -> Any:
    request = town.call("POST", "/requests", {"category": "errand", "words": "请帮我买药"}, town.resident)
    path = f"/requests/{request['id']}"
    town.call("POST", f"{path}/triage", {"route": "community"}, town.worker)
    town.call("POST", f"{path}/start", {}, town.worker)
    town.call("POST", f"{path}/ask", {"words": "哪家药店?"}, town.worker)
    return request


def test_two_workers_a_reminder_and_the_topic_read_once_more_ring_the_phone_once_each(town: Town) -> None:
    requests = [_asked(town) for _ in range(6)]
    withdrawn = requests.pop()
    town.quiet()
    told = [
        f"【邻里】您的求助 {request['case_number']} {words}"
        for request in (*requests, withdrawn)
        for words in ("已收到。", "需要您补充说明,请登录邻里答复。")
    ]
    first = town.received()
    assert {text: first[text] for text in told} == dict.fromkeys(told, 1)
    # K13: it is withdrawn after its reminder was set.
    town.call("POST", f"/requests/{withdrawn['id']}/withdraw", {}, town.resident)
    town.quiet()
    assert town.house.linli("clock", "advance", "25h").returncode == 0
    reminders = {f"【邻里】您的求助 {request['case_number']} 仍在等待您的答复。" for request in requests}
    wait_for(town.received, lambda found: reminders <= set(found), "everybody reminded")
    town.quiet()
    before = town.received()
    assert set(before.values()) == {1}
    assert not any(withdrawn["case_number"] in text and "仍在等待" in text for text in before)
    _read_again(town)
    town.quiet()
    assert town.received() == before
    sent = town.house.ask("resident_gateway", "SELECT count(*) FROM delivery WHERE state = 'sent'")
    assert sent == len(before)


def test_who_has_no_account_is_rung_by_the_phone_that_the_registry_has(town: Town) -> None:
    """She telephoned, and the worker files in the minute in which she was registered."""
    _by_day(town)
    phone = "13700000002"
    household = {
        "unit_id": town.unit,
        "address": "幸福路2号",
        "members": [{"name": "李秀兰", "phone": phone}],
    }
    [she] = town.call("POST", "/households", household, town.worker)["residents"]
    filed = {"category": "errand", "words": "请帮她买药", "resident_id": she["id"], "channel": "phone"}
    request = town.call("POST", "/requests", filed, town.worker)
    wait_for(lambda: town.received(phone), lambda found: found.total() > 0, "a message to her")
    town.quiet()
    assert town.received(phone) == {f"【邻里】您的求助 {request['case_number']} 已收到。": 1}
    looks = f"SELECT count(*) FROM audit WHERE operation = 'look' AND subject = '{she['id']}'"
    assert town.house.ask("community_registry", looks) == 1


def _by_day(town: Town) -> None:
    """Nobody is rung at night, and these tests may run at any hour."""
    hour = town.house.ask(
        "resident_gateway", "SELECT extract(hour FROM linli_now() AT TIME ZONE 'Asia/Shanghai')::int"
    )
    if not 8 <= hour < 20:
        assert town.house.linli("clock", "advance", f"{(10 - hour) % 24}h").returncode == 0


def _read_again(town: Town) -> None:
    """The group begins at the first offset, and nothing is known of what it applied or of what became of any request."""
    rpc = supervise.remote(town.house.home).supervisor
    workers = [
        f"{each['group']}:{each['name']}"
        for each in supervise.processes(town.house.home)
        if each["name"].startswith("resident_gateway.worker")
    ]
    assert len(workers) == 2
    for worker in workers:
        rpc.stopProcess(worker)
    asyncio.run(_forget(town.house))
    assert town.house.ask("resident_gateway", "SELECT count(*) FROM subject_state") == 0
    for worker in workers:
        rpc.startProcess(worker)
    wait_for(
        lambda: town.house.ask("resident_gateway", "SELECT count(*) FROM subject_state"),
        lambda count: count == 6,
        "the topic read once more",
    )


async def _committed(consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> bool:
    """Not while the broker still waits for a worker that has left to come back."""
    try:
        await consumer.commit(dict.fromkeys(places, 0))
    except CommitFailedError:
        return False
    return True


async def _forget(built: House) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=built.running.kafka, group_id=GROUP, enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = [TopicPartition(REQUESTS.name, number) for number in range(REQUESTS.partitions)]
        consumer.assign(places)
        async with asyncio.timeout(PATIENCE):
            while not await _committed(consumer, places):
                await asyncio.sleep(0.2)
    finally:
        await consumer.stop()
    dsn = service_dsn(built.home, built.running.maintenance_dsn, service_named("resident_gateway"))
    connection = await asyncpg.connect(seeing_all(dsn))
    try:
        await connection.execute("DELETE FROM inbox WHERE consumer = $1", GROUP)
        await connection.execute("DELETE FROM subject_state")
    finally:
        await connection.close()
