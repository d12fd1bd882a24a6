"""Two requests about the same become one: whom it concerns moves along, what waited for the other stops."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from event_contracts.resident_requests import RequestEscalated, RequestFollowed, RequestMerged
from platform_kit.auth import Caller

from .conftest import Neighbourhood

LAMP = {"category": "streetlight", "words": "路灯不亮"}


async def _file(here: Neighbourhood, by: Caller, **body: Any) -> Any:
    answer = await here.service.post("/requests", json={**LAMP, **body}, by=by)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _merge(here: Neighbourhood, one: Any, into: Any, by: Caller | None = None) -> Any:
    return await here.service.post(
        f"/requests/{one['id']}/merge", json={"into": into["id"]}, by=by or here.worker
    )


async def _follow(here: Neighbourhood, request: Any, by: Caller) -> None:
    assert (await here.service.post(f"/requests/{request['id']}/follow", by=by)).status_code == 200


async def _followers(here: Neighbourhood, request: Any) -> int:
    answer = await here.service.get(f"/requests/{request['id']}/followers", by=here.worker)
    return int(answer.json()["count"])


async def test_it_ends_and_goes_on_as_the_other_with_everybody_whom_it_concerns(here: Neighbourhood) -> None:
    one, into = await _file(here, here.resident), await _file(here, here.daughter)
    neighbour = await here.neighbour()
    await _follow(here, one, neighbour)
    # Whose the other is follows this one: it does not follow itself afterwards.
    await _follow(here, one, here.daughter)
    answer = await _merge(here, one, into)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["merged_into"]) == ("merged", into["id"])
    assert (await _followers(here, one), await _followers(here, into)) == (0, 2)
    [merged] = await here.service.published(RequestMerged)
    assert (str(merged.data.request_id), str(merged.data.into)) == (one["id"], into["id"])
    assert merged.data.into_case_number == into["case_number"]
    [*_, moved] = await here.service.published(RequestFollowed)
    assert (str(moved.data.request_id), str(moved.data.merged)) == (into["id"], one["id"])
    assert set(moved.data.follower_ids) == {here.resident.subject, neighbour.subject}
    # Whose it was finds the one that remains among what they follow.
    for by in (here.resident, neighbour):
        [followed] = (await here.service.get("/requests/followed", by=by)).json()["items"]
        assert followed["case_number"] == into["case_number"]
    found = await here.service.get(f"/requests/{into['id']}/merged", by=here.worker)
    assert [each["id"] for each in found.json()] == [one["id"]]


async def test_one_thread_remains(here: Neighbourhood) -> None:
    one, into = await _file(here, here.resident), await _file(here, here.daughter)
    await _merge(here, one, into)
    for by in (here.resident, here.worker):
        answer = await here.service.post(f"/requests/{one['id']}/comments", json={"words": "x"}, by=by)
        assert (answer.status_code, answer.json()["state"]) == (409, "merged")
    for verb in ("withdraw", "reopen"):
        assert (await here.service.post(f"/requests/{one['id']}/{verb}", by=here.resident)).status_code == 409
    answer = await here.service.post(f"/requests/{one['id']}/follow", by=await here.neighbour())
    assert (answer.status_code, answer.json()["state"]) == (409, "merged")


async def test_its_clocks_stop(here: Neighbourhood) -> None:
    one, into = await _file(here, here.resident), await _file(here, here.daughter)
    for each in (one, into):
        await here.service.post(
            f"/requests/{each['id']}/triage", json={"route": "department"}, by=here.worker
        )
    await _merge(here, one, into)
    async with here.service.tx() as tx:
        waiting = await tx.fetch("SELECT kind, aggregate FROM timer")
    assert {row["kind"] for row in waiting if str(row["aggregate"]) == one["id"]} == set()
    await here.service.advance(timedelta(days=60))
    await here.service.fire_timers()
    told = {str(event.data.request_id) for event in await here.service.published(RequestEscalated)}
    assert told == {into["id"]}
    due = (await here.service.get("/requests?order=due", by=here.worker)).json()["items"]
    assert [each["id"] for each in due] == [into["id"]]


async def test_into_one_that_was_merged_is_into_what_is_left_of_it(here: Neighbourhood) -> None:
    first, second, third = [await _file(here, here.resident) for _ in range(3)]
    await _merge(here, first, second)
    await _merge(here, second, third)
    fourth = await _file(here, here.daughter)
    answer = await _merge(here, fourth, first)
    assert answer.json()["merged_into"] == third["id"]


async def test_neither_twice_nor_into_itself_nor_in_a_circle(here: Neighbourhood) -> None:
    first, second = await _file(here, here.resident), await _file(here, here.daughter)
    itself = await _merge(here, first, first)
    assert (itself.status_code, itself.json()["errors"][0]["path"]) == (422, "into")
    assert (await _merge(here, first, second)).status_code == 200
    for into in (second, first):
        twice = await _merge(here, first, into)
        assert twice.status_code in (409, 422)
    circle = await _merge(here, second, first)
    assert (circle.status_code, circle.json()["errors"][0]["path"]) == (422, "into")
    assert len(await here.service.published(RequestMerged)) == 1


async def test_only_what_is_open_goes_on_and_only_in_what_is_open(here: Neighbourhood) -> None:
    one, over = await _file(here, here.resident), await _file(here, here.resident)
    await here.service.post(f"/requests/{over['id']}/withdraw", by=here.resident)
    assert (await _merge(here, over, one)).json()["state"] == "withdrawn"
    refused = await _merge(here, one, over)
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (409, "into")
    assert not await here.service.published(RequestMerged)


async def test_not_with_another_kind_and_not_what_is_private_with_somebody_elses(here: Neighbourhood) -> None:
    lamp, wall = await _file(here, here.resident), await _file(here, here.resident, category="graffiti")
    mine, again = [await _file(here, here.resident, category="errand") for _ in range(2)]
    hers = await _file(here, here.daughter, category="errand")
    for one, into in ((lamp, wall), (mine, hers), (hers, mine)):
        refused = await _merge(here, one, into)
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "into")
    assert (await _merge(here, again, mine)).status_code == 200
    assert not await here.service.published(RequestFollowed)


async def test_nobody_comes_to_follow_what_is_private(here: Neighbourhood) -> None:
    """A neighbour followed the lamp; the same resident's withheld one goes on."""
    one, into = await _file(here, here.resident), await _file(here, here.resident)
    neighbour = await here.neighbour()
    await _follow(here, one, neighbour)
    assert (await here.service.post(f"/requests/{into['id']}/withhold", by=here.worker)).status_code == 200
    assert (await _merge(here, one, into)).status_code == 200
    assert await _followers(here, into) == 0
    followed = (await here.service.get("/requests/followed", by=neighbour)).json()["items"]
    assert [(each["id"], each["state"]) for each in followed] == [(one["id"], "merged")]
    assert [str(told.data.request_id) for told in await here.service.published(RequestFollowed)] == [
        one["id"]
    ]


async def test_whose_it_is_cannot_end_what_others_asked_for_too(here: Neighbourhood) -> None:
    one, into = await _file(here, here.resident), await _file(here, here.daughter)
    await _merge(here, one, into)
    refused = await here.service.post(f"/requests/{into['id']}/withdraw", by=here.daughter)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/others-concerned")
    found = (await here.service.get(f"/requests/{into['id']}", by=here.worker)).json()
    assert found["state"] == "submitted"
    mine, again = await _file(here, here.resident), await _file(here, here.resident)
    await _merge(here, mine, again)
    assert (await here.service.post(f"/requests/{again['id']}/withdraw", by=here.resident)).status_code == 200


async def test_whoever_was_joined_may_dispute_also_what_nobody_else_sees_any_more(
    here: Neighbourhood,
) -> None:
    one, into = await _file(here, here.resident), await _file(here, here.daughter)
    neighbour = await here.neighbour()
    await _follow(here, into, neighbour)
    await _merge(here, one, into)
    for verb, body in (("triage", {"route": "department"}), ("start", {}), ("resolve", {}), ("withhold", {})):
        done = await here.service.post(f"/requests/{into['id']}/{verb}", json=body, by=here.worker)
        assert done.status_code == 200, done.text
    assert (await here.service.post(f"/requests/{into['id']}/dispute", by=neighbour)).status_code == 404
    assert (await here.service.post(f"/requests/{into['id']}/dispute", by=here.resident)).status_code == 200


async def test_whose_was_merged_long_ago_disputes_and_is_not_left_behind(here: Neighbourhood) -> None:
    """At two removes, after they have left it, and when it is closed."""
    neighbour, second = await here.neighbour(), await here.neighbour()
    first, then = await _file(here, neighbour), await _file(here, second)
    into = await _file(here, second)
    await _merge(here, first, then)
    await _merge(here, then, into)
    withdrawn = await here.service.post(f"/requests/{into['id']}/withdraw", by=second)
    assert withdrawn.status_code == 409, "the first one's goes on as it"
    await here.service.post(f"/requests/{into['id']}/unfollow", by=neighbour)
    for verb, body in (("triage", {"route": "department"}), ("start", None), ("resolve", None)):
        await here.service.post(f"/requests/{into['id']}/{verb}", json=body, by=here.worker)
    await here.service.post(f"/requests/{into['id']}/confirm", by=second)
    assert (await here.service.post(f"/requests/{into['id']}/dispute", by=neighbour)).status_code == 200


async def test_under_one_parent_they_are_of_one_kind(here: Neighbourhood) -> None:
    district = here.service.caller(posts=[("district", uuid4(), "01")])
    found = {each["code"]: each for each in (await here.service.get("/categories")).json()}
    for code in ("graffiti", "bulky_items"):
        category = found[code] | {"parent": "streetlight"}
        version = category.pop("version")
        del category["code"]
        changed = await here.service.put(
            f"/categories/{code}", json=category, by=district, headers={"If-Match": f'"{version}"'}
        )
        assert changed.status_code == 200, changed.text
    one, into = (
        await _file(here, here.resident, category="graffiti"),
        await _file(here, here.daughter, category="bulky_items"),
    )
    assert (await _merge(here, one, into)).status_code == 200


async def test_staff_merge_what_they_reach_and_nothing_else(here: Neighbourhood) -> None:
    one, into = await _file(here, here.resident), await _file(here, here.daughter)
    elsewhere = here.service.caller(posts=[("worker", uuid4(), "01/02/00")])
    for by in (elsewhere, here.resident):
        assert (await _merge(here, one, into, by)).status_code in (403, 404)
    unknown = await _merge(here, one, {"id": str(uuid4())})
    assert unknown.status_code == 404
    assert not await here.service.published(RequestMerged)


async def test_each_into_the_other_at_once_is_one_merge(here: Neighbourhood) -> None:
    one, other = await _file(here, here.resident), await _file(here, here.daughter)
    both = [one["id"], other["id"]]
    answers = await here.at_once(both, [_merge(here, *pair) for pair in [(one, other), (other, one)] * 4])
    counted = Counter(answer.status_code for answer in answers)
    assert counted[200] == 1
    assert set(counted) <= {200, 409, 422}
    [merged] = await here.service.published(RequestMerged)
    async with here.service.tx() as tx:
        rows = await tx.fetch("SELECT state, merged_into FROM request")
    assert Counter(row["state"] for row in rows) == {"merged": 1, "submitted": 1}
    assert str(merged.data.into) in both


@pytest.mark.parametrize(
    "change",
    ["state = 'merged'", "merged_into = (SELECT id FROM request r WHERE r.id <> request.id LIMIT 1)", "state = 'merged', merged_into = id"],
)  # fmt: skip
async def test_the_database_knows_no_half_of_it(here: Neighbourhood, change: str) -> None:
    await _file(here, here.resident)
    await _file(here, here.daughter)
    with pytest.raises(asyncpg.CheckViolationError):
        async with here.service.tx() as tx:
            await tx.execute(f"UPDATE request SET {change}")
