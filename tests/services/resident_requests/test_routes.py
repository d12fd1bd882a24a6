"""A request's life over HTTP."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from event_contracts.resident_requests import (
    RequestClosed,
    RequestEscalated,
    RequestReopened,
    RequestResolved,
    RequestSubmitted,
    RequestTriaged,
)
from platform_kit.ids import parse_case_number

from .conftest import Neighbourhood

WEEK = timedelta(days=7)


async def test_a_filed_request_gets_a_number_that_can_be_read_over_the_phone(here: Neighbourhood) -> None:
    request = await here.submit()
    assert request["state"] == "submitted"
    assert parse_case_number(request["case_number"]) is not None
    [submitted] = await here.service.published(RequestSubmitted)
    assert submitted.version == 1
    assert str(submitted.data.request_id) == request["id"]


async def test_the_words_are_sealed_and_shown_only_with_the_request(here: Neighbourhood) -> None:
    request = await here.submit(words="膝盖疼，𠮷", place={"address": "幸福路1号"})
    async with here.service.tx() as tx:
        dump = str(await tx.fetch("SELECT r::text FROM request r")) + str(
            await tx.fetch("SELECT payload FROM outbox")
        )
    assert "膝盖" not in dump
    assert "幸福路" not in dump
    seen = (await here.service.get(f"/requests/{request['id']}", by=here.resident)).json()
    assert seen["words"] == "膝盖疼，𠮷"
    assert seen["address"] == "幸福路1号"


async def test_a_worker_and_a_delegate_file_for_a_resident(here: Neighbourhood) -> None:
    body = {"category": "errand", "words": "买药", "resident_id": str(here.resident.subject)}
    for by in (here.worker, here.daughter):
        answer = await here.service.post("/requests", json=body, by=by)
        assert answer.status_code == 201
        assert answer.json()["resident_id"] == str(here.resident.subject)


async def test_nobody_files_for_a_stranger(here: Neighbourhood) -> None:
    body = {"category": "errand", "words": "x", "resident_id": str(here.resident.subject)}
    answer = await here.service.post("/requests", json=body, by=here.service.caller("resident"))
    assert answer.status_code == 404
    assert not await here.service.published(RequestSubmitted)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"category": "nonsense"}, "category"),
        ({"words": ""}, "words"),
        ({"words": "a\u0000b"}, "words"),
        ({"words": "x" * 4001}, "words"),
        ({"place": {"latitude": 91}}, "place.latitude"),
        ({"wanted_from": "2030-01-02T00:00:00Z", "wanted_until": "2030-01-01T00:00:00Z"}, "wanted_until"),
        ({"wanted_from": "2030-01-02T00:00:00"}, "wanted_from"),
        ({"occurred_at": "2200-01-01T00:00:00Z"}, "occurred_at"),
        ({"state": "closed"}, "state"),
    ],
)
async def test_bad_input_names_its_field(here: Neighbourhood, body: dict[str, object], field: str) -> None:
    answer = await here.service.post(
        "/requests", json={"category": "errand", "words": "x", **body}, by=here.resident
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["path"] for error in answer.json()["errors"]] == [field]
    assert not await here.service.published(RequestSubmitted)


async def test_the_same_key_gives_the_same_answer_and_one_request(here: Neighbourhood) -> None:
    body = {"category": "errand", "words": "买米"}
    first = await here.service.post("/requests", json=body, by=here.resident, key="once")
    again = await here.service.post("/requests", json=body, by=here.resident, key="once")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = await here.service.post("/requests", json=body | {"words": "买面"}, by=here.resident, key="once")
    assert other.status_code == 422
    assert len(await here.service.published(RequestSubmitted)) == 1


async def test_an_unsafe_call_without_a_key_is_refused(here: Neighbourhood) -> None:
    body = {"category": "errand", "words": "x"}
    answer = await here.service.client.post(
        "/requests", json=body, headers=here.service.headers(here.resident)
    )
    assert answer.status_code == 400


async def test_a_request_is_done_confirmed_and_closed(here: Neighbourhood) -> None:
    request = await here.triaged(route="community")
    for verb, by in (("start", here.worker), ("resolve", here.worker), ("confirm", here.resident)):
        answer = await here.service.post(f"/requests/{request['id']}/{verb}", by=by)
        assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "closed"
    versions = [event.version for event in await here.service.published()]
    assert versions == [1, 2, 3, 4, 5]
    [closed] = await here.service.published(RequestClosed)
    assert (closed.data.by, closed.data.closed_by) == ("resident", here.resident.subject)


async def test_a_wrong_transition_is_409_with_the_state(here: Neighbourhood) -> None:
    request = await here.submit()
    answer = await here.service.post(f"/requests/{request['id']}/confirm", by=here.resident)
    assert answer.status_code == 409
    assert answer.json()["state"] == "submitted"
    english = await here.service.post(
        f"/requests/{request['id']}/confirm", by=here.resident, headers={"Accept-Language": "en"}
    )
    assert english.json()["detail"] == "It is submitted; it cannot be closed now."


async def test_silence_closes_a_resolved_request_after_seven_days(here: Neighbourhood) -> None:
    request = await here.triaged(route="community")
    for verb in ("start", "resolve"):
        await here.service.post(f"/requests/{request['id']}/{verb}", by=here.worker)
    await here.service.advance(WEEK - timedelta(minutes=1))
    await here.service.fire_timers()
    assert await here.state(request["id"]) == "resolved"
    await here.service.advance(timedelta(minutes=1))
    await here.service.fire_timers()
    await here.service.fire_timers()
    assert await here.state(request["id"]) == "closed"
    [closed] = await here.service.published(RequestClosed)
    assert (closed.data.by, closed.data.closed_by) == ("silence", None)


@pytest.mark.parametrize(("late", "status"), [(timedelta(seconds=-30), 200), (timedelta(seconds=1), 409)])
async def test_it_can_be_reopened_until_the_window_closes(
    here: Neighbourhood, late: timedelta, status: int
) -> None:
    request = await here.triaged(route="community")
    for verb in ("start", "resolve"):
        await here.service.post(f"/requests/{request['id']}/{verb}", by=here.worker)
    await here.service.advance(WEEK + late)
    answer = await here.service.post(f"/requests/{request['id']}/reopen", by=here.resident)
    assert answer.status_code == status
    assert len(await here.service.published(RequestReopened)) == (1 if status == 200 else 0)


async def test_what_nobody_takes_up_is_escalated_exactly_once(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.triaged(route="community")
    await here.service.advance(timedelta(hours=14))
    await here.service.fire_timers()
    await here.service.advance(timedelta(days=30))
    await here.service.fire_timers()
    told = await here.service.published(RequestEscalated)
    [escalated] = [event for event in told if event.data.why == "not_taken_up"]
    assert str(escalated.data.request_id) == request["id"]
    assert await here.state(request["id"]) == "triaged"


async def test_strangers_learn_nothing(here: Neighbourhood) -> None:
    request = await here.submit()
    path = f"/requests/{request['id']}"
    stranger = here.service.caller("resident")
    neighbour_worker = here.service.caller(posts=[("worker", uuid4(), "01/02/00")])
    for by in (stranger, neighbour_worker):
        unknown = await here.service.get(f"/requests/{uuid4()}", by=by)
        known = await here.service.get(path, by=by)
        assert (known.status_code, known.json()) == (404, unknown.json())
    assert (await here.service.post(f"{path}/withdraw", by=stranger)).status_code == 404
    assert (
        await here.service.post(f"{path}/triage", json={"route": "volunteers"}, by=neighbour_worker)
    ).status_code == 404
    assert (await here.service.get("/requests", by=neighbour_worker)).json()["items"] == []
    assert await here.state(request["id"]) == "submitted"


async def test_the_worklist_pages_without_losing_or_repeating(here: Neighbourhood) -> None:
    filed = [(await here.submit())["id"] for _ in range(7)]
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        query = f"?limit=3&state=submitted{f'&cursor={cursor}' if cursor else ''}"
        page = (await here.service.get(f"/requests{query}", by=here.worker)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == filed[::-1]
    assert (await here.service.get("/requests?cursor=nonsense", by=here.worker)).status_code == 422


async def test_triage_carries_what_a_volunteer_must_know(here: Neighbourhood) -> None:
    request = await here.triaged(wanted_from="2031-01-01T01:00:00Z", wanted_until="2031-01-01T03:00:00Z")
    [triaged] = await here.service.published(RequestTriaged)
    assert triaged.data.request_id == UUID(request["id"])
    assert triaged.data.skill == "errand"
    assert triaged.data.wanted_until - triaged.data.wanted_from == timedelta(hours=2)
    assert not await here.service.published(RequestResolved)


async def test_a_reason_is_told_to_the_resident_and_to_nobody_else(here: Neighbourhood) -> None:
    request = await here.submit()
    path = f"/requests/{request['id']}"
    await here.service.post(f"{path}/reject", json={"reason": "不属于本社区职责"}, by=here.worker)
    assert (await here.service.get(path, by=here.resident)).json()["reason"] == "不属于本社区职责"
    async with here.service.tx() as tx:
        dump = str(await tx.fetch("SELECT r::text FROM request r")) + str(
            await tx.fetch("SELECT convert_from(payload, 'UTF8') FROM outbox")
        )
    assert "职责" not in dump


async def test_who_asks_in_vain_for_an_applications_key_is_seen(here: Neighbourhood) -> None:
    operator = here.service.caller("operator")
    asked = ((here.worker, {"name": "lane"}, 403), (operator, {"name": "lane"}, 404), (operator, {}, 422))
    for by, named, status in asked:
        body = {"unit_id": str(uuid4()), **named}
        assert (await here.service.post("/open311/keys", json=body, by=by)).status_code == status
    rows = await here.service.audited("issue_key")
    assert [(row["actor"], row["outcome"], row["status"]) for row in rows] == [
        (here.worker.subject, "not-yours", 403),
        (operator.subject, "not-found", 404),
        (operator.subject, "invalid-input", 422),
    ]
