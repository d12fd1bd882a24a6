"""A request that is routed to another service: its answers move it, and without any its worker is told. And every topic from its
beginning once more, as a second group of consumers would read it, changes nothing anywhere.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

from event_contracts.topics import TOPICS
from faults.ground import house_token
from journeys.houses import PATIENCE, House, house, wait_for
from journeys.town import PREFIX, Town, start, stop
from local_runtime.house import SERVICES
from local_runtime.up import up
from platform_kit.service import find

pytestmark = pytest.mark.timeout(600)

SERVICE = {
    "code": "cleaning", "name_zh": "保洁", "name_en": "Cleaning", "price": {"amount": 3000}, "per": "hour",
    "subsidy_percent": 30, "provider_weight": 85, "community_weight": 15,
}  # fmt: skip
# What counts tries and leases, and not what was done.
PASSING = ("batch_try", "event_try", "relay_lease", "audit_waiting", "audit_chain", "local_clock")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """With a paid service that all housekeeping is routed to by itself, and somebody who does it."""
    with house() as built:
        up(built.home, lambda _: None, usual_ports=False)
        town = Town(built)
        town.post("/services", SERVICE, town.operator)
        rule = {
            "priority": 10,
            "categories": ["housekeeping"],
            "route": "paid_service",
            "service": "cleaning",
            "auto": True,
        }
        wait_for(lambda: _put(town, "/routing-rules/housekeeping", rule), lambda code: code == 200, "a rule")
        yield town


def _put(town: Town, path: str, body: Any) -> int:
    headers = {
        "Authorization": f"Bearer {town.operator}",
        "Idempotency-Key": str(uuid4()),
        "If-Match": '"0"',
    }
    answer = town.http.put(PREFIX + path, json=body, headers=headers)
    assert answer.status_code in (200, 422), answer.text
    return int(answer.status_code)


def _file(town: Town) -> Any:
    return town.post("/requests", {"category": "housekeeping", "words": "请帮我擦窗"}, town.resident)


def _state(town: Town, request: Any) -> str:
    return str(town.get(f"/requests/{request['id']}", town.resident)["state"])


def _becomes(town: Town, request: Any, state: str) -> None:
    wait_for(lambda: _state(town, request), lambda found: found == state, f"the request is {state}")


def _quotes(town: Town, request: Any) -> list[Any]:
    return [each for each in town.get("/orders", town.worker)["items"] if each["request_id"] == request["id"]]


def _quote(town: Town, request: Any) -> Any:
    [quote] = wait_for(lambda: _quotes(town, request), bool, "a quote for the request")
    return quote


def _ends(town: Town, quote: Any) -> None:
    wait_for(
        lambda: town.get(f"/orders/{quote['id']}", town.resident)["state"],
        lambda state: state == "cancelled",
        "nobody takes that price any more",
    )


def _provider(town: Town) -> tuple[str, str]:
    """Their token, and their id as a provider."""
    household = {"unit_id": town.community, "address": "幸福路2号", "members": [{"name": "张师傅"}]}
    person = town.post("/households", household, town.worker)["residents"][0]["id"]
    token = house_token(town.house.home, "resident", "provider", subject=person)
    made = town.post("/providers", {"services": ["cleaning"]}, token)
    return token, made["id"]


def test_a_request_becomes_an_order_and_the_order_moves_it_to_its_end(town: Town) -> None:
    request = _file(town)
    assert (request["state"], request["route"], request["routing_rule"]) == (
        "triaged",
        "paid_service",
        "housekeeping",
    )
    quote = _quote(town, request)
    assert (quote["state"], quote["service"], quote["resident_id"]) == (
        "quoted",
        "cleaning",
        town.resident_id,
    )
    in_timeline = wait_for(
        lambda: [
            item for item in town.get("/me/timeline", town.resident)["items"] if item["kind"] == "order"
        ],
        bool,
        "the quote stands in the resident's timeline",
    )
    assert in_timeline
    town.post("/orders", {"quote_id": quote["id"]}, town.resident)
    token, provider = _provider(town)
    town.post(f"/orders/{quote['id']}/assign", {"provider_id": provider}, town.worker)
    _becomes(town, request, "assigned")
    town.post(f"/orders/{quote['id']}/start", None, token)
    _becomes(town, request, "in_progress")
    town.post(f"/orders/{quote['id']}/complete", None, token)
    _becomes(town, request, "resolved")
    town.post(f"/requests/{request['id']}/confirm", None, town.resident)
    assert _state(town, request) == "closed"


def test_an_order_that_is_called_off_gives_the_request_back_to_its_worker_who_can_ask_again_or_do_it(
    town: Town,
) -> None:
    request = _file(town)
    quote = _quote(town, request)
    town.post(f"/orders/{quote['id']}/cancel", None, town.resident)
    wait_for(lambda: town.told(request), bool, "the worker is told that nobody comes")
    assert town.told(request) == ["not_taken_up worker"]
    again = town.post(
        f"/requests/{request['id']}/triage", {"route": "paid_service", "service": "cleaning"}, town.worker
    )
    assert (again["state"], again["escalated"]) == ("triaged", False)
    second = wait_for(
        lambda: [each for each in _quotes(town, request) if each["state"] == "quoted"], bool, "a second quote"
    )[0]
    assert second["id"] != quote["id"]
    town.post(f"/requests/{request['id']}/start", None, town.worker)
    assert _state(town, request) == "in_progress"
    _ends(town, second)


def test_a_request_that_is_withdrawn_takes_its_quote_with_it(town: Town) -> None:
    request = _file(town)
    quote = _quote(town, request)
    town.post(f"/requests/{request['id']}/withdraw", None, town.resident)
    _ends(town, quote)
    assert _state(town, request) == "withdrawn"


def _hardship(town: Town) -> Any:
    request = town.post("/requests", {"category": "hardship", "words": "生活困难"}, town.resident)
    triaged = town.post(f"/requests/{request['id']}/triage", {}, town.worker)
    assert (triaged["state"], triaged["route"]) == ("triaged", "relief")
    return request


def _apply(town: Town, district: str, request: Any) -> str:
    """By the worker, with the resident: refused by its field until relief has heard of the request. The application's path."""
    programme = {
        "code": f"DB-{uuid4().hex[:8]}", "name": "最低生活保障", "year": (datetime.now(UTC) + timedelta(days=30)).year,
        "budget": {"amount": 10**8, "currency": "CNY"}, "monthly": {"amount": 80_000, "currency": "CNY"},
    }  # fmt: skip
    body = {
        "programme_id": town.post("/programmes", programme, district)["id"], "resident_id": town.resident_id,
        "asked": {"amount": 60_000, "currency": "CNY"}, "reason": "丈夫住院", "payee_name": "王奶奶",
        "bank_account": "6222020200112233445", "request_id": request["id"],
    }  # fmt: skip

    def file() -> Any:
        headers = {"Authorization": f"Bearer {town.worker}", "Idempotency-Key": str(uuid4())}
        answer = town.http.post(f"{PREFIX}/applications", json=body, headers=headers)
        if answer.status_code == 422:
            assert answer.json()["errors"][0]["path"] == "request_id"
            return None
        assert answer.status_code == 201, answer.text
        return answer.json()

    filed = wait_for(file, bool, "relief has heard of the request")
    assert filed["request_id"] == request["id"]
    return f"/applications/{filed['id']}"


def test_an_application_for_relief_moves_the_request_to_its_end_or_gives_it_back(town: Town) -> None:
    district = house_token(town.house.home, subject=uuid4(), posts=(("district", town.community, "01"),))
    verifier = house_token(town.house.home, subject=uuid4(), posts=(("worker", town.community, "01/01/001"),))
    granted, declined = _hardship(town), _hardship(town)
    application, other = _apply(town, district, granted), _apply(town, district, declined)
    for request in (granted, declined):
        _becomes(town, request, "assigned")
    town.post(f"{other}/reject", {"reason": "不符合条件"}, verifier)
    _becomes(town, declined, "triaged")
    wait_for(lambda: town.told(declined), bool, "the worker is told that it came back")
    assert town.told(declined)[-1] == "not_taken_up worker"
    town.post(f"{application}/verify", None, verifier)
    assert town.house.linli("clock", "advance", "8d").returncode == 0
    town.post(f"{application}/review", None, town.street)
    town.post(f"{application}/approve", {}, district)
    _becomes(town, granted, "resolved")
    town.post(f"/requests/{granted['id']}/confirm", None, town.resident)
    assert _state(town, granted) == "closed"
    assert "not_taken_up worker" not in town.told(granted)
    assert town.told(declined).count("not_taken_up worker") == 1


@pytest.mark.parametrize("route", ["paid_service", "relief"])
def test_with_the_other_service_stopped_the_worker_is_told_once_and_its_late_answer_still_counts(
    town: Town, route: str
) -> None:
    name = {"paid_service": "paid_services", "relief": "relief_disbursement"}[route]
    stop(town.house, name)
    try:
        request = _file(town) if route == "paid_service" else _hardship(town)
        assert _state(town, request) == "triaged"
        assert town.house.linli("clock", "advance", "21d").returncode == 0
        wait_for(
            lambda: town.told(request),
            lambda told: "not_taken_up worker" in told,
            "nobody took it up, and its worker is told",
        )
    finally:
        start(town.house, name)
    town.house.settled()
    if route == "paid_service":
        quote = _quote(town, request)
        town.post("/orders", {"quote_id": quote["id"]}, town.resident)
        _, provider = _provider(town)
        town.post(f"/orders/{quote['id']}/assign", {"provider_id": provider}, town.worker)
        _becomes(town, request, "assigned")
    assert town.told(request).count("not_taken_up worker") == 1


def test_every_topic_read_again_from_its_beginning_changes_nothing(town: Town) -> None:
    """K17. The offsets of every group are put back to the beginning, as for a group that is new."""
    request = _file(town)
    _quote(town, request)
    town.house.settled()
    before = _contents(town.house)
    assert len(before) > 60
    for service in SERVICES:
        stop(town.house, f"{service.name}.worker")
    replayed = asyncio.run(_put_back(town.house))
    assert replayed > 50, "there is something to read again"
    for service in SERVICES:
        start(town.house, f"{service.name}.worker")
    town.house.settled()
    after = _contents(town.house)
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}


def _contents(built: House) -> dict[str, Any]:
    """How many rows each table of each service has, and a digest of them where they are not the kit's."""
    found: dict[str, Any] = {}
    for name, rows in built.counts().items():
        service, _, table = name.partition(".")
        if table not in PASSING:
            sql = f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
            found[name] = (rows, built.ask(service, sql))
    return found


async def _commit_beginning(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
    """As soon as the broker has given up the stopped members of the group."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await consumer.commit(dict.fromkeys(partitions, 0))
        except CommitFailedError:
            assert asyncio.get_running_loop().time() < deadline, "the group has members still"
            await asyncio.sleep(0.5)


async def _put_back(built: House) -> int:
    """How many records will be read again."""
    again = 0
    topics = {topic.name: topic.partitions for topic in TOPICS}
    for service in SERVICES:
        for declared in find(service.name).consumers:
            partitions = [
                TopicPartition(topic, number) for topic in declared.topics for number in range(topics[topic])
            ]
            consumer = AIOKafkaConsumer(
                bootstrap_servers=built.running.kafka,
                group_id=f"{service.name}.{declared.name}",
                enable_auto_commit=False,
            )
            await consumer.start()
            try:
                consumer.assign(partitions)
                await _commit_beginning(consumer, partitions)
                again += sum((await consumer.end_offsets(partitions)).values())
            finally:
                await consumer.stop()
    return again
