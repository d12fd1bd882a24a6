"""Neighbours follow what is public: they are told what is public of it, and are counted, not named."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import ResidentErased, ResidentRegistered
from event_contracts.resident_requests import (
    RequestEscalated,
    RequestFollowed,
    RequestHidden,
    RequestUnfollowed,
)
from platform_kit.acting import acting_for
from platform_kit.auth import Caller
from racing import overlapping

from .conftest import Neighbourhood

WORDS, ADDRESS = "3号楼门口的路灯不亮了", "幸福路1号"


@pytest.fixture
async def neighbour(here: Neighbourhood) -> Caller:
    person = uuid4()
    registered = ResidentRegistered(resident_id=person, household_id=uuid4(), unit_id=uuid4())
    await here.service.deliver("registry_replica", registered)
    return here.service.caller("resident", subject=person)


async def _lamp(here: Neighbourhood) -> Any:
    return await here.submit(category="streetlight", words=WORDS, place={"address": ADDRESS})


async def _do(here: Neighbourhood, request: Any, verb: str, by: Caller) -> Any:
    return await here.service.post(f"/requests/{request['id']}/{verb}", by=by)


async def _followed(here: Neighbourhood, by: Caller) -> list[Any]:
    answer = await here.service.get("/requests/followed", by=by)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_who_follows_is_told_what_is_public_and_nothing_else(
    here: Neighbourhood, neighbour: Caller
) -> None:
    request = await _lamp(here)
    answer = await _do(here, request, "follow", neighbour)
    facts = {"id", "case_number", "category", "state", "occurred_at", "resolved_at"}
    assert (answer.status_code, set(answer.json())) == (200, facts)
    [event] = await here.service.published(RequestFollowed)
    assert (event.data.follower_ids, event.data.state, event.version) == (
        (neighbour.subject,),
        "submitted",
        2,
    )
    await here.service.post(f"/requests/{request['id']}/reject", json={"reason": "重复"}, by=here.worker)
    [followed] = await _followed(here, neighbour)
    assert (set(followed), followed["state"], followed["case_number"]) == (
        facts,
        "rejected",
        request["case_number"],
    )
    for path in ("", "/comments", "/attachments", "/ratings", "/similar", "/followers", "/merged"):
        answer = await here.service.get(f"/requests/{request['id']}{path}", by=neighbour)
        assert answer.status_code in (403, 404), path
    assert await _followed(here, here.resident) == []


async def test_following_again_changes_nothing_and_it_can_be_left(
    here: Neighbourhood, neighbour: Caller
) -> None:
    request = await _lamp(here)
    for _ in range(2):
        assert (await _do(here, request, "follow", neighbour)).status_code == 200
    assert len(await here.service.published(RequestFollowed)) == 1
    assert (await _do(here, request, "unfollow", neighbour)).status_code == 200
    assert (await _do(here, request, "unfollow", neighbour)).status_code == 404
    [left] = await here.service.published(RequestUnfollowed)
    assert left.data.follower_id == neighbour.subject
    assert await _followed(here, neighbour) == []
    await _do(here, request, "follow", neighbour)
    assert [event.version for event in await here.service.published()] == [1, 2, 3, 4]
    assert len(await _followed(here, neighbour)) == 1


async def test_whose_it_is_follows_it_anyway(here: Neighbourhood) -> None:
    request = await _lamp(here)
    assert (await _do(here, request, "follow", here.resident)).status_code == 200
    assert not await here.service.published(RequestFollowed)


async def test_what_is_private_is_not_there_for_anybody_else(here: Neighbourhood, neighbour: Caller) -> None:
    private = await here.submit()
    unknown = await _do(here, {"id": str(uuid4())}, "follow", neighbour)
    known = await _do(here, private, "follow", neighbour)
    assert (known.status_code, known.json()) == (404, unknown.json())
    assert not await here.service.published(RequestFollowed)


async def _set_private(here: Neighbourhood, code: str, private: bool) -> None:
    district = here.service.caller(posts=[("district", uuid4(), "01")])
    [category] = [each for each in (await here.service.get("/categories")).json() if each["code"] == code]
    version = category.pop("version")
    del category["code"]
    changed = await here.service.put(
        f"/categories/{code}", json=category | {"private": private}, by=district,
        headers={"If-Match": f'"{version}"'},
    )  # fmt: skip
    assert changed.status_code == 200, changed.text


async def test_what_was_filed_in_private_stays_so_and_what_becomes_private_is(
    here: Neighbourhood, neighbour: Caller
) -> None:
    lamp, private = await _lamp(here), await here.submit()
    await _do(here, lamp, "follow", neighbour)
    await _set_private(here, "errand", False)
    await _set_private(here, "streetlight", True)
    assert (await _do(here, private, "follow", neighbour)).status_code == 404
    assert await _followed(here, neighbour) == []
    assert (await _do(here, lamp, "dispute", neighbour)).status_code == 404
    assert (await _do(here, lamp, "unfollow", neighbour)).status_code == 404, "nobody follows it any more"


async def _hide(here: Neighbourhood, request: Any, how: str) -> None:
    if how == "withheld":
        assert (await _do(here, request, "withhold", here.worker)).status_code == 200
    else:
        await _set_private(here, "streetlight", True)


@pytest.mark.parametrize("how", ["withheld", "private"])
async def test_what_is_not_public_any_more_is_followed_by_nobody_and_nothing_tells_them(
    here: Neighbourhood, neighbour: Caller, how: str
) -> None:
    lamp, lonely = await _lamp(here), await _lamp(here)
    other = await here.submit(category="graffiti")
    left = await here.neighbour()
    for request, by in ((lamp, neighbour), (lamp, here.daughter), (lamp, left), (other, neighbour)):
        await _do(here, request, "follow", by)
    await _do(here, lamp, "unfollow", left)
    for _ in range(2):
        await _hide(here, lamp, how)
    [hidden] = await here.service.published(RequestHidden)
    gone = tuple(sorted([neighbour.subject, here.daughter.subject]))
    assert (str(hidden.data.request_id), hidden.data.follower_ids) == (lamp["id"], gone)
    assert [each["id"] for each in await _followed(here, neighbour)] == [other["id"]]
    assert (await _do(here, lamp, "follow", neighbour)).status_code == 404
    # What comes after stands in its order; and what is public again has to be followed anew.
    triage = await here.service.post(
        f"/requests/{lamp['id']}/triage", json={"route": "department"}, by=here.worker
    )
    assert triage.status_code == 200
    versions = [e.version for e in await here.service.published() if str(e.data.request_id) == lamp["id"]]
    assert versions == list(range(1, len(versions) + 1))
    if how == "private":
        await _set_private(here, "streetlight", False)
        assert [each["id"] for each in await _followed(here, neighbour)] == [other["id"]]
    assert lonely


async def test_whose_own_goes_on_as_it_hears_of_what_is_hidden_from_everybody_else(
    here: Neighbourhood, neighbour: Caller
) -> None:
    whose, lamp = await here.neighbour(), await _lamp(here)
    theirs, between = [
        (
            await here.service.post("/requests", json={"category": "streetlight", "words": WORDS}, by=whose)
        ).json()
        for _ in range(2)
    ]
    for one, into in ((theirs, between), (between, lamp)):
        merged = await here.service.post(
            f"/requests/{one['id']}/merge", json={"into": into["id"]}, by=here.worker
        )
        assert merged.status_code == 200, merged.text
    await _do(here, lamp, "follow", neighbour)
    await _hide(here, lamp, "withheld")
    [hidden] = await here.service.published(RequestHidden)
    assert hidden.data.follower_ids == (neighbour.subject,)


async def test_nobody_slips_in_while_a_category_becomes_private(
    here: Neighbourhood, neighbour: Caller
) -> None:
    """The follower stands before the request's lock when the category is changed."""
    lamp = await _lamp(here)
    followed, _ = await overlapping(
        here.service, "SELECT FROM request WHERE id = $1 FOR UPDATE", UUID(lamp["id"]),
        first=_do(here, lamp, "follow", neighbour), then=_set_private(here, "streetlight", True),
    )  # fmt: skip
    assert followed.status_code == 200
    [hidden] = await here.service.published(RequestHidden)
    assert hidden.data.follower_ids == (neighbour.subject,)


async def test_staff_see_how_many_and_the_resident_does_not_see_who(
    here: Neighbourhood, neighbour: Caller
) -> None:
    request = await _lamp(here)
    for by in (neighbour, here.daughter):
        await _do(here, request, "follow", by)
    path = f"/requests/{request['id']}/followers"
    assert (await here.service.get(path, by=here.worker)).json() == {"count": 2}
    assert (await here.service.get(path, by=here.resident)).status_code in (403, 404)
    for by, seen in ((here.resident, 0), (neighbour, 1), (here.worker, 2)):
        async with here.service.tx(acting_for(by)) as tx:
            assert await tx.fetchval("SELECT count(*) FROM follower") == seen


async def test_of_somebody_erased_nothing_says_what_they_followed(
    here: Neighbourhood, neighbour: Caller
) -> None:
    request = await _lamp(here)
    await _do(here, request, "follow", neighbour)
    held = (await here.service.get("/me/data/requests", by=neighbour)).json()["held"]["follower"]
    assert [each["request_id"] for each in held] == [request["id"]]
    await here.service.deliver("registry_replica", ResidentErased(resident_id=neighbour.subject))
    async with here.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM follower") == 0
    assert (await _do(here, request, "follow", neighbour)).status_code == 404


async def test_pages_lose_and_repeat_nothing(here: Neighbourhood, neighbour: Caller) -> None:
    filed = []
    for _ in range(5):
        filed.append((await _lamp(here))["id"])
        await _do(here, {"id": filed[-1]}, "follow", neighbour)
    seen, cursor = list[str](), ""
    while True:
        page = (await here.service.get(f"/requests/followed?limit=2{cursor}", by=neighbour)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == filed[::-1]
    assert [UUID(each) for each in seen]


async def _correct(here: Neighbourhood, request: Any, seen: int, **body: Any) -> Any:
    return await here.service.patch(
        f"/requests/{request['id']}", json=body, by=here.resident, headers={"If-Match": f'"{seen}"'}
    )


async def test_what_others_do_with_it_makes_nothing_stale_of_what_its_resident_said(
    here: Neighbourhood, neighbour: Caller
) -> None:
    """A neighbour follows or not, staff say something, a promise is missed: the words are as they were seen."""
    request = await _lamp(here)
    path = f"/requests/{request['id']}"
    for verb, by, body in (
        ("follow", neighbour, None),
        ("unfollow", neighbour, None),
        ("follow", neighbour, None),
        ("comments", here.worker, {"words": "马上来看"}),
    ):
        answer = await here.service.post(f"{path}/{verb}", json=body, by=by)
        assert answer.status_code in (200, 201), answer.text
    await here.service.advance(timedelta(days=30))
    await here.service.fire_timers()
    assert await here.service.published(RequestEscalated)
    corrected = await _correct(here, request, request["version"], words="两盏路灯不亮")
    assert corrected.status_code == 200, corrected.text
    assert (await here.service.post(f"{path}/unfollow", by=neighbour)).status_code == 200
    # Of two who change the same the later is told so still, whoever followed meanwhile; and nobody has seen what is to come.
    seen = corrected.json()["version"]
    for version in (request["version"], seen - 1, seen + 9):
        late = await _correct(here, request, version, words="三盏路灯不亮")
        assert (late.status_code, late.json()["current"]) == (409, {"words": "两盏路灯不亮"})
    assert (await _correct(here, request, seen, words="三盏路灯不亮")).status_code == 200
