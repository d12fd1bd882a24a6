"""A city exports its data again: what is over there by now ends here, once; every other change is refused by name."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import UnitOpened
from event_contracts.resident_requests import (
    RequestClosed,
    RequestEscalated,
    RequestImported,
    RequestRejected,
    RequestResolved,
    RequestWithdrawn,
)
from platform_kit import db
from platform_kit.auth import Caller

from .conftest import Neighbourhood

OPEN = {
    "srnumber": "1-1", "requesttype": "Light", "status": "Open", "createddate": "1/1/20 0:23", "updateddate": "",
    "latitude": "34.005", "longitude": "-118.263", "address": "700 block E 43RD PL", "nc": "1",
}  # fmt: skip
CLOSED = OPEN | {"status": "Closed", "updateddate": "1/9/20 8:00"}
MAPPING: dict[str, Any] = {
    "zone": "UTC", "categories": {"Light": "streetlight"},
    "states": {"Open": "submitted", "Closed": "closed", "Cancelled": "withdrawn", "Refused": "rejected"},
}  # fmt: skip


async def _describe(here: Neighbourhood, **changed: Any) -> Any:
    body = MAPPING | {"areas": {"1": str(here.unit)}} | changed
    answer = await here.service.put("/import-sources/city", json=body, by=here.service.caller("operator"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _import(here: Neighbourhood, *rows: dict[str, str], by: Any = None) -> Any:
    body = {"source": "city", "rows": [{"line": n, "values": row} for n, row in enumerate(rows, 2)]}
    answer = await here.service.post("/requests/import", json=body, by=by or here.worker)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def city(here: Neighbourhood) -> Neighbourhood:
    await _describe(here)
    return here


async def _request(city: Neighbourhood, request_id: str) -> Any:
    answer = await city.service.get(f"/requests/{request_id}", by=city.worker)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _waiting(city: Neighbourhood) -> set[str]:
    async with city.service.tx() as tx:
        return {row["kind"] for row in await tx.fetch("SELECT kind FROM timer")}


async def test_what_is_closed_there_by_now_is_resolved_here_and_nothing_waits_for_it_any_more(
    city: Neighbourhood,
) -> None:
    [first] = (await _import(city, OPEN))["rows"]
    result = await _import(city, CLOSED)
    assert (result["ended"], result["refused"], result["imported"]) == (1, 0, 0)
    assert result["rows"][0] | {"line": 2} == first | {"outcome": "ended"}
    seen = await _request(city, first["request_id"])
    assert (seen["state"], seen["version"]) == ("resolved", 2)
    assert seen["resolved_at"] is not None
    assert (await city.service.get("/requests?order=due", by=city.worker)).json()["items"] == []
    [told] = await city.service.published(RequestResolved)
    assert (str(told.data.request_id), told.data.resolved_by) == (first["request_id"], city.worker.subject)
    assert [type(each.data) for each in await city.service.published()] == [RequestImported, RequestResolved]
    # Nobody is told that it is late; silence closes it like anything else.
    assert await _waiting(city) == {"silence"}
    await city.service.advance(timedelta(days=8))
    await city.service.fire_timers()
    assert not await city.service.published(RequestEscalated)
    assert len(await city.service.published(RequestClosed)) == 1
    async with city.service.tx() as tx:
        assert await tx.fetchval("SELECT state FROM likeness") == "closed"
    # The same export once more does nothing; nor does the older one open it again.
    assert [row["outcome"] for row in (await _import(city, CLOSED))["rows"]] == ["already_there"]
    assert [row["outcome"] for row in (await _import(city, OPEN))["rows"]] == ["refused"]
    assert len(await city.service.published()) == 3


@pytest.mark.parametrize(
    ("status", "state", "event"),
    [("Cancelled", "withdrawn", RequestWithdrawn), ("Refused", "rejected", RequestRejected)],
)
async def test_it_ends_as_it_ended_there(city: Neighbourhood, status: str, state: str, event: Any) -> None:
    [first] = (await _import(city, OPEN))["rows"]
    await _import(city, CLOSED | {"status": status})
    assert (await _request(city, first["request_id"]))["state"] == state
    assert len(await city.service.published(event)) == 1
    assert await _waiting(city) == set()


@pytest.mark.parametrize("verbs", [("triage",), ("triage", "start")])
async def test_whoever_was_asked_for_it_here_is_told_by_its_one_event(
    city: Neighbourhood, verbs: tuple[str, ...]
) -> None:
    [first] = (await _import(city, OPEN))["rows"]
    for verb in verbs:
        body = {"route": "volunteers"} if verb == "triage" else None
        path = f"/requests/{first['request_id']}/{verb}"
        answer = await city.service.post(path, json=body, by=city.worker)
        assert answer.status_code == 200, answer.text
    before = len(await city.service.published())
    assert (await _import(city, CLOSED))["ended"] == 1
    [told] = (await city.service.published())[before:]
    assert isinstance(told.data, RequestResolved)
    assert await _waiting(city) == {"silence"}


@pytest.mark.parametrize(
    "change",
    [
        {"address": "elsewhere"}, {"latitude": "34.1"}, {"createddate": "1/2/20 0:23"}, {"requesttype": "Lamp"}, {"nc": "2"},
        {"status": "Open"},
    ],
)  # fmt: skip
async def test_any_other_change_is_refused_by_name(city: Neighbourhood, change: dict[str, str]) -> None:
    await _describe(
        city,
        categories={"Light": "streetlight", "Lamp": "streetlight"},
        areas={"1": str(city.unit), "2": str(city.unit)},
    )
    [first] = (await _import(city, OPEN))["rows"]
    result = await _import(city, CLOSED | change)
    [error] = result["rows"][0]["errors"]
    assert (error["field"], error["reason"]) == ("srnumber", "repeated with other content")
    assert (await _request(city, first["request_id"]))["state"] == "submitted"
    assert len(await city.service.published()) == 1


async def test_what_came_closed_and_changes_is_refused_as_before(city: Neighbourhood) -> None:
    await _import(city, CLOSED)
    for change in ({"updateddate": "2/2/20 8:00"}, {"status": "Cancelled"}, {"status": "Open"}):
        assert (await _import(city, CLOSED | change))["refused"] == 1


async def test_what_is_over_here_already_is_there(city: Neighbourhood) -> None:
    [first] = (await _import(city, OPEN))["rows"]
    path = f"/requests/{first['request_id']}/reject"
    assert (await city.service.post(path, json={"reason": "重复"}, by=city.worker)).status_code == 200
    assert [row["outcome"] for row in (await _import(city, CLOSED))["rows"]] == ["already_there"]
    assert (await _request(city, first["request_id"]))["state"] == "rejected"


async def test_lines_of_one_file_are_taken_in_their_order(city: Neighbourhood) -> None:
    result = await _import(city, OPEN, CLOSED, CLOSED, OPEN)
    assert [row["outcome"] for row in result["rows"]] == ["imported", "ended", "already_there", "refused"]
    assert (await _request(city, result["rows"][0]["request_id"]))["state"] == "resolved"
    assert [each.version for each in await city.service.published()] == [1, 2]


async def test_it_ends_where_it_lies_and_as_what_it_is_also_when_the_words_are_mapped_elsewhere(
    city: Neighbourhood,
) -> None:
    other = uuid4()
    opened = UnitOpened(
        unit_id=other, parent_id=None, kind="community", code="01/02/004", name="x", zone="Asia/Shanghai"
    )
    await city.service.deliver("registry_replica", opened)
    [first] = (await _import(city, OPEN))["rows"]
    await _describe(city, categories={"Light": "other"}, areas={"1": str(other)})
    there = city.service.caller(posts=[("worker", other, "01/02/004")])
    assert (await _import(city, CLOSED, by=there))["ended"] == 1
    seen = await _request(city, first["request_id"])
    assert (seen["state"], seen["category"], seen["unit_id"]) == ("resolved", "streetlight", str(city.unit))


async def test_what_came_before_its_facts_were_kept_ends_by_when_and_where_it_was(
    city: Neighbourhood,
) -> None:
    await _import(city, OPEN, OPEN | {"srnumber": "1-2"})
    async with city.service.tx() as tx:
        await tx.execute("UPDATE request SET source_facts = NULL, source_state = NULL")
    result = await _import(city, CLOSED, CLOSED | {"srnumber": "1-2", "latitude": "34.1"})
    assert [row["outcome"] for row in result["rows"]] == ["ended", "refused"]


async def test_nobody_is_asked_about_what_no_resident_filed_and_its_clock_runs_on(
    city: Neighbourhood,
) -> None:
    [row] = (await _import(city, OPEN))["rows"]
    path = f"/requests/{row['request_id']}"
    for verb, body in (("triage", {"route": "community"}), ("start", None)):
        assert (await city.service.post(f"{path}/{verb}", json=body, by=city.worker)).status_code == 200
    asked = await city.service.post(f"{path}/ask", json={"words": "几楼?"}, by=city.worker)
    assert (asked.status_code, asked.json()["type"]) == (409, "/problems/nobody-to-ask")
    assert (await _request(city, row["request_id"]))["state"] == "in_progress"
    assert (await city.service.get(f"{path}/comments", by=city.worker)).json()["items"] == []
    assert "unanswered" not in await _waiting(city)


async def test_a_neighbour_who_followed_it_says_that_it_is_not_done(city: Neighbourhood) -> None:
    [first] = (await _import(city, OPEN))["rows"]
    neighbour, path = await city.neighbour(), f"/requests/{first['request_id']}"
    assert (await city.service.post(f"{path}/follow", by=neighbour)).status_code == 200
    await _import(city, CLOSED)
    assert (await city.service.post(f"{path}/dispute", by=neighbour)).status_code == 200
    assert (await _request(city, first["request_id"]))["respond_by"] is not None


async def _joined(city: Neighbourhood, request_id: str, *removes: Caller) -> list[str]:
    """Each of these people's own was merged into the next one's, and the last into the city's report; theirs, in that order."""
    ids = []
    for each in removes:
        body = {"category": "streetlight", "words": "路灯不亮"}
        ids.append((await city.service.post("/requests", json=body, by=each)).json()["id"])
    for one, into in zip(ids, [*ids[1:], request_id], strict=True):
        answer = await city.service.post(f"/requests/{one}/merge", json={"into": into}, by=city.worker)
        assert answer.status_code == 200, answer.text
    return ids


@pytest.mark.parametrize("status", ["Cancelled", "Refused", "Closed"])
async def test_what_the_city_drops_is_not_dropped_for_whoever_asked_for_it_here(
    city: Neighbourhood, status: str
) -> None:
    """It is resolved: they are told, and may say that it is not done. Beside it one that nobody here asked for ends as it did there."""
    alone = OPEN | {"srnumber": "1-2"}
    first, other = (await _import(city, OPEN, alone))["rows"]
    far, near = await city.neighbour(), city.resident
    own = await _joined(city, first["request_id"], far, near)
    dropped = CLOSED | {"status": status}
    assert (await _import(city, dropped, dropped | {"srnumber": "1-2"}))["ended"] == 2
    assert (await _request(city, first["request_id"]))["state"] == "resolved"
    assert (await _request(city, other["request_id"]))["state"] == {
        "Cancelled": "withdrawn", "Refused": "rejected", "Closed": "resolved",
    }[status]  # fmt: skip
    told = [str(each.data.request_id) for each in await city.service.published(RequestResolved)]
    assert first["request_id"] in told
    assert "silence" in await _waiting(city)
    assert [row["outcome"] for row in (await _import(city, dropped))["rows"]] == ["already_there"]
    disputed = await city.service.post(f"/requests/{first['request_id']}/dispute", by=far)
    assert disputed.status_code == 200, disputed.text
    seen = await _request(city, first["request_id"])
    assert seen["state"] == "reopened"
    assert seen["respond_by"] is not None
    assert [(await _request(city, each))["state"] for each in own] == ["merged", "merged"]


@pytest.mark.parametrize("asked_for", [False, True])
async def test_another_report_that_was_merged_into_it_counts_for_whoever_asked_for_that(
    city: Neighbourhood, asked_for: bool
) -> None:
    """Alone it is nobody's, and is dropped with it."""
    first, second = (await _import(city, OPEN, OPEN | {"srnumber": "1-2"}))["rows"]
    if asked_for:
        await _joined(city, second["request_id"], city.resident)
    path, into = f"/requests/{second['request_id']}/merge", {"into": first["request_id"]}
    assert (await city.service.post(path, json=into, by=city.worker)).status_code == 200
    assert (await _import(city, CLOSED | {"status": "Cancelled"}))["ended"] == 1
    seen = await _request(city, first["request_id"])
    assert seen["state"] == ("resolved" if asked_for else "withdrawn")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of connections that are opened after it."""
    made, prepare = list[str](), db._prepare

    async def listen(connection: Any) -> None:
        await prepare(connection)
        connection.add_query_logger(lambda logged: made.append(logged.query))

    monkeypatch.setattr(db, "_prepare", listen)
    return made


async def test_many_that_end_cost_as_many_statements_as_one(asked: list[str], city: Neighbourhood) -> None:
    rows = [OPEN | {"srnumber": f"2-{number}"} for number in range(101)]
    await _import(city, *rows)
    counted = []
    for some in (rows[:1], rows[1:]):
        asked.clear()
        result = await _import(city, *(row | {"status": "Closed"} for row in some))
        # A connection's own: what is new is noticed soon, in a transaction of its own.
        counted.append(sum(not one.lstrip().startswith(("NOTIFY", "SET")) for one in asked))
        assert result["ended"] == len(some)
    assert 10 < counted[1] <= counted[0], counted
    assert len(await city.service.published(RequestResolved)) == 101


async def test_a_source_counts_what_it_was_and_whoever_imports_reads_it(here: Neighbourhood) -> None:
    assert (await _describe(here))["version"] == 1
    assert (await _describe(here))["version"] == 1
    assert (await _describe(here, categories={"Light": "other"}))["version"] == 2
    for by in (here.worker, here.service.caller("operator")):
        read = await here.service.get("/import-sources/city", by=by)
        assert (read.status_code, read.json()["version"]) == (200, 2)
        assert read.json()["areas"] == {"1": str(here.unit)}
    elsewhere = here.service.caller(posts=[("worker", uuid4(), "01/02/00")])
    hidden = await here.service.get("/import-sources/city", by=elsewhere)
    unknown = await here.service.get("/import-sources/nowhere", by=elsewhere)
    assert (hidden.status_code, hidden.json()) == (404, unknown.json())
    assert (await here.service.get("/import-sources/city", by=here.resident)).status_code == 403
