"""A request that is routed to relief waits for an application of its resident, and what becomes of that is told with its id."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import ResidentErased
from event_contracts.relief_disbursement import (
    ApplicationApproved,
    ApplicationRejected,
    ApplicationReturned,
    ApplicationReviewed,
    ApplicationSubmitted,
    ApplicationVerified,
    NoticeObjected,
    NoticePosted,
)
from event_contracts.resident_requests import (
    RequestMerged,
    RequestRejected,
    RequestResolved,
    RequestStarted,
    RequestTriaged,
    RequestWithdrawn,
)
from racing import racing
from replay import read_again, rows

from .conftest import COMMUNITY, Relief

ABOUT_APPLICATIONS = (
    ApplicationSubmitted, ApplicationVerified, NoticePosted, NoticeObjected, ApplicationReviewed, ApplicationApproved,
    ApplicationReturned, ApplicationRejected,
)  # fmt: skip
ENDINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "staff begin with it": (RequestStarted, {"by": "staff"}),
    "staff say that it is done": (RequestResolved, {"resolved_by": uuid4()}),
    "it is withdrawn": (RequestWithdrawn, {}),
    "it is declined": (RequestRejected, {"reason": "declined"}),
    "it is joined with another": (RequestMerged, {"into": uuid4(), "into_case_number": "1"}),
    "volunteers are asked": (RequestTriaged, {"route": "volunteers"}),
}


def _triaged(resident_id: UUID | None, **changes: Any) -> RequestTriaged:
    wanted = datetime.now(UTC)
    facts = {
        "request_id": uuid4(), "resident_id": resident_id, "unit_id": COMMUNITY, "case_number": "000-000-000",
        "category": "hardship", "route": "relief", "skill": None, "wanted_from": wanted,
        "wanted_until": wanted + timedelta(hours=2),
    }  # fmt: skip
    return RequestTriaged.model_validate(facts | changes)


def _ending(triaged: RequestTriaged, ending: str) -> Any:
    kind, facts = ENDINGS[ending]
    about = triaged.model_dump() if kind is RequestTriaged else {
        name: getattr(triaged, name) for name in ("request_id", "resident_id", "unit_id")
    }  # fmt: skip
    return kind.model_validate(about | facts)


async def _routed(relief: Relief, **changes: Any) -> tuple[UUID, RequestTriaged]:
    """A resident, and their request that was routed to relief by its first event."""
    [resident] = await relief.settle_in()
    triaged = _triaged(resident, **changes)
    await relief.service.deliver("requests", triaged)
    return resident, triaged


async def _apply(relief: Relief, resident_id: UUID, request_id: UUID | None = None, **changed: Any) -> Any:
    named = {} if request_id is None else {"request_id": str(request_id)}
    return await relief.file(await relief.programme(), resident_id, **named, **changed)


def _refused(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["type"].rpartition("/")[2], body["errors"][0]["path"]


NOT_WAITING = (422, "request-not-waiting", "request_id")
APPLIED_FOR = (409, "applied-for-already", "request_id")


async def _rows_of(relief: Relief, request_id: UUID) -> list[tuple[int, bool]]:
    async with relief.service.tx() as tx:
        found = await tx.fetch(
            "SELECT request_version, stands FROM relief_request WHERE request_id = $1", request_id
        )
    return [tuple(row) for row in found]


async def test_all_that_is_told_of_an_application_names_the_request_that_it_answers(relief: Relief) -> None:
    resident, triaged = await _routed(relief)
    filed = relief.ok(await _apply(relief, resident, triaged.request_id), 201)
    path = f"/applications/{filed['id']}"
    assert filed["request_id"] == str(triaged.request_id)
    relief.ok(await relief.act(f"{path}/return", "worker", reason="缺材料"))
    relief.ok(await relief.service.post(f"{path}/submit", by=relief.resident(resident)))
    relief.ok(await relief.act(f"{path}/verify", "worker"))
    objection = {"json": {"reason": "他家有两辆车"}, "by": relief.resident(uuid4())}
    relief.ok(await relief.service.post(f"/notices/{filed['id']}/objections", **objection), 201)
    relief.ok(await relief.act(f"{path}/verify", "worker"))
    await relief.service.advance(timedelta(days=7))
    relief.ok(await relief.act(f"{path}/review", "street"))
    relief.ok(await relief.act(f"{path}/approve", "district"))
    other, declined = await _routed(relief)
    rejected = relief.ok(await _apply(relief, other, declined.request_id), 201)
    relief.ok(await relief.act(f"/applications/{rejected['id']}/reject", "worker", reason="不符合"))
    told = [event.data for event in await relief.service.published(*ABOUT_APPLICATIONS)]
    assert {type(each) for each in told} == set(ABOUT_APPLICATIONS)
    expected = {filed["id"]: triaged.request_id, rejected["id"]: declined.request_id}
    for each in told:
        assert (each.request_id, each.request_version) == (expected[str(each.application_id)], 1), each.type


@pytest.mark.parametrize("who", ["their own", "family", "the community's worker"])
async def test_whoever_may_apply_for_them_answers_their_request(relief: Relief, who: str) -> None:
    resident, triaged = await _routed(relief)
    [daughter] = await relief.settle_in()
    await relief.consent(resident, daughter)
    by = {
        "their own": relief.resident(resident),
        "family": relief.resident(daughter),
        "the community's worker": relief.who("worker"),
    }[who]
    filed = relief.ok(await _apply(relief, resident, triaged.request_id, by=by), 201)
    [told] = await relief.service.published(ApplicationSubmitted)
    assert (told.data.request_id, told.data.filed_by) == (triaged.request_id, by.subject)
    shown = relief.ok(await relief.service.get(f"/applications/{filed['id']}", by=by))
    assert shown["request_id"] == str(triaged.request_id)


async def test_one_that_nobody_names_is_answered_when_it_is_the_only_one(relief: Relief) -> None:
    resident, first = await _routed(relief)
    assert relief.ok(await _apply(relief, resident), 201)["request_id"] == str(first.request_id)
    assert relief.ok(await _apply(relief, resident), 201)["request_id"] is None
    await relief.service.deliver("requests", _triaged(resident), _triaged(resident))
    assert relief.ok(await _apply(relief, resident), 201)["request_id"] is None, (
        "which of them is theirs to say"
    )
    [stranger] = await relief.settle_in()
    assert relief.ok(await _apply(relief, stranger), 201)["request_id"] is None


async def test_a_request_that_does_not_wait_or_is_not_theirs_is_refused_by_its_field(relief: Relief) -> None:
    resident, triaged = await _routed(relief)
    [stranger] = await relief.settle_in()
    for person, named in ((stranger, triaged.request_id), (resident, uuid4())):
        for by in (relief.resident(person), relief.who("worker")):
            assert _refused(await _apply(relief, person, named, by=by)) == NOT_WAITING
    for language, words in (("zh", "诉求"), ("en", "waits for relief")):
        refused = await relief.service.post(
            "/applications",
            by=relief.resident(stranger),
            headers={"Accept-Language": language},
            json={
                "programme_id": (await relief.programme())["id"], "resident_id": str(stranger), "asked": relief.cny(60_000),
                "reason": "住院", "payee_name": "王秀英", "bank_account": relief.account,
                "request_id": str(triaged.request_id),
            },
        )  # fmt: skip
        assert words in refused.json()["detail"]
    assert await relief.service.published(ApplicationSubmitted) == []


async def test_what_others_are_asked_for_or_nobody_filed_does_not_wait_here(relief: Relief) -> None:
    [resident] = await relief.settle_in()
    for triaged in (_triaged(resident, route="community"), _triaged(None)):
        await relief.service.deliver("requests", triaged)
        assert await _rows_of(relief, triaged.request_id) == []
    assert await relief.service.parked() == []


@pytest.mark.parametrize("draft", [False, True])
async def test_each_time_that_it_is_routed_one_application_answers_it(relief: Relief, draft: bool) -> None:
    resident, triaged = await _routed(relief)
    first = relief.ok(await _apply(relief, resident, triaged.request_id, submit=not draft), 201)
    assert _refused(await _apply(relief, resident, triaged.request_id)) == APPLIED_FOR
    if draft:
        relief.ok(
            await relief.service.post(f"/applications/{first['id']}/submit", by=relief.resident(resident))
        )
    relief.ok(await relief.act(f"/applications/{first['id']}/reject", "worker", reason="不符合"))
    assert _refused(await _apply(relief, resident, triaged.request_id)) == APPLIED_FOR
    await relief.service.deliver("requests", triaged)
    second = relief.ok(await _apply(relief, resident, triaged.request_id), 201)
    told = await relief.service.published(ApplicationSubmitted)
    assert {str(each.data.application_id): each.data.request_version for each in told} == {
        first["id"]: 1,
        second["id"]: 2,
    }


async def test_of_two_applications_at_once_for_one_request_one_is_filed(relief: Relief) -> None:
    resident, triaged = await _routed(relief)
    answers = await asyncio.gather(*(_apply(relief, resident, triaged.request_id) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {_refused(answer) for answer in answers if answer.status_code == 409} == {APPLIED_FOR}


async def _handed_in(relief: Relief, filed: Any) -> Any:
    by = relief.resident(UUID(filed["resident_id"]))
    return await relief.service.post(f"/applications/{filed['id']}/submit", by=by)


async def _answered(relief: Relief) -> dict[str, int | None]:
    """By application: the event of its request that it said last that it answers."""
    told = await relief.service.published(ApplicationSubmitted)
    return {str(each.data.application_id): each.data.request_version for each in told}


@pytest.mark.parametrize("returned", [False, True])
async def test_what_was_begun_before_it_was_routed_here_once_more_answers_it_as_it_waits_now(
    relief: Relief, returned: bool
) -> None:
    """A draft of the round before, or what was sent back in it: nothing else can be filed in that programme meanwhile."""
    resident, triaged = await _routed(relief)
    filed = relief.ok(await _apply(relief, resident, triaged.request_id, submit=returned), 201)
    if returned:
        relief.ok(await relief.act(f"/applications/{filed['id']}/return", "worker", reason="缺材料"))
    await relief.service.deliver("requests", triaged)
    relief.ok(await _handed_in(relief, filed))
    assert await _answered(relief) == {filed["id"]: 2}
    assert _refused(await _apply(relief, resident, triaged.request_id)) == APPLIED_FOR
    relief.ok(await relief.act(f"/applications/{filed['id']}/verify", "worker"))
    [verified] = await relief.service.published(ApplicationVerified)
    assert (verified.data.request_id, verified.data.request_version) == (triaged.request_id, 2)


@pytest.mark.parametrize("ending", [*ENDINGS, "another application answers it"])
async def test_a_draft_takes_no_round_that_does_not_wait_for_it(relief: Relief, ending: str) -> None:
    resident, triaged = await _routed(relief)
    draft = relief.ok(await _apply(relief, resident, triaged.request_id, submit=False), 201)
    await relief.service.deliver("requests", triaged)
    if ending in ENDINGS:
        await relief.service.deliver("requests", _ending(triaged, ending))
    else:
        other = relief.ok(await _apply(relief, resident, triaged.request_id), 201)
        assert (await _answered(relief))[other["id"]] == 2
    assert relief.ok(await _handed_in(relief, draft))["state"] == "submitted"
    assert (await _answered(relief))[draft["id"]] == 1


async def test_a_draft_takes_no_other_request_than_its_own(relief: Relief) -> None:
    resident, triaged = await _routed(relief)
    drafts = [
        relief.ok(await _apply(relief, resident, request, submit=False), 201)
        for request in (triaged.request_id, None)
    ]
    await relief.service.deliver("requests", _triaged(resident))
    for draft in drafts:
        relief.ok(await _handed_in(relief, draft))
    assert list((await _answered(relief)).values()) == [1, None]


async def test_of_a_draft_and_another_application_at_once_the_second_is_told_so(relief: Relief) -> None:
    resident, triaged = await _routed(relief)
    draft = relief.ok(await _apply(relief, resident, triaged.request_id, submit=False), 201)
    other = relief.ok(await _apply(relief, resident, submit=False), 201)
    await relief.service.deliver("requests", triaged)
    [answer] = await racing(
        relief.service,
        "UPDATE application SET request_id = $2, request_version = 2 WHERE id = $1",
        UUID(other["id"]),
        triaged.request_id,
        calls=[_handed_in(relief, draft)],
        waiting=1,
    )
    assert _refused(answer) == APPLIED_FOR
    assert await relief.service.published(ApplicationSubmitted) == []
    relief.ok(await _handed_in(relief, draft))
    assert await _answered(relief) == {draft["id"]: 1}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_what_is_over_or_goes_another_way_waits_no_more_and_what_was_filed_goes_on(
    relief: Relief, ending: str
) -> None:
    resident, triaged = await _routed(relief)
    filed = relief.ok(await _apply(relief, resident, triaged.request_id), 201)
    other, gone = await _routed(relief)
    await relief.service.deliver("requests", _ending(triaged, ending), _ending(gone, ending))
    assert _refused(await _apply(relief, other, gone.request_id)) == NOT_WAITING
    assert relief.ok(await _apply(relief, other), 201)["request_id"] is None
    verified = relief.ok(await relief.act(f"/applications/{filed['id']}/verify", "worker"))
    assert (verified["state"], verified["request_id"]) == ("on_notice", str(triaged.request_id))


async def test_who_took_it_up_and_begins_ends_nothing(relief: Relief) -> None:
    resident, triaged = await _routed(relief)
    about = {name: getattr(triaged, name) for name in ("request_id", "resident_id", "unit_id")}
    await relief.service.deliver("requests", RequestStarted(**about, by="assignee"))
    relief.ok(await _apply(relief, resident, triaged.request_id), 201)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_second_group_that_reads_it_all_again_changes_nothing(relief: Relief, ending: str) -> None:
    """K17, also when it is routed here once more: no ending of before takes that."""
    _, triaged = await _routed(relief)
    over = _ending(triaged, ending)
    await relief.service.deliver("requests", over)
    before = await rows(relief.service)
    for event, version in ((triaged, 1), (over, 2)):
        await read_again(relief.service, "requests", (event, version))
        assert await _rows_of(relief, triaged.request_id) == [(1, False)], "what is over stays over"
    assert await rows(relief.service) == before
    await relief.service.deliver("requests", triaged)
    await read_again(relief.service, "requests", (triaged, 1), (over, 2), (triaged, 3))
    assert await _rows_of(relief, triaged.request_id) == [(3, True)]


async def test_of_an_erased_resident_no_request_is_kept_nor_comes_back(relief: Relief) -> None:
    resident, triaged = await _routed(relief)
    held = relief.ok(await relief.service.get("/me/data/relief", by=relief.resident(resident)))["held"]
    assert [(each["request_id"], each["stands"]) for each in held["relief_request"]] == [
        (str(triaged.request_id), True)
    ]
    await relief.service.deliver("registry_replica", ResidentErased(resident_id=resident))
    assert await _rows_of(relief, triaged.request_id) == []
    await read_again(relief.service, "requests", (triaged, 1))
    await relief.service.deliver("requests", triaged)
    assert await _rows_of(relief, triaged.request_id) == []
    assert await relief.service.parked() == []
