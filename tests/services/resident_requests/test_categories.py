"""The tree of categories is data: who changes it, in versions, and what was filed keeps its own."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from platform_kit.auth import Caller
from racing import racing

from .conftest import Neighbourhood

CONTENT: dict[str, Any] = {
    "name_zh": "水管漏水", "name_en": "Leaking pipe", "route": "community", "respond_hours": 2, "resolve_hours": 16,
    "escalate_hours": 4,
}  # fmt: skip


def _officer(here: Neighbourhood) -> Caller:
    return here.service.caller(posts=[("district", uuid4(), "01")])


async def _set(here: Neighbourhood, code: str, seen: int, by: Caller | None = None, **content: Any) -> Any:
    return await here.service.put(
        f"/categories/{code}",
        json=CONTENT | content,
        by=by or _officer(here),
        headers={"If-Match": f'"{seen}"'},
    )


async def _listed(here: Neighbourhood, code: str) -> Any:
    return next(
        (each for each in (await here.service.get("/categories")).json() if each["code"] == code), None
    )


async def test_a_new_category_is_there_at_once_with_what_it_promises(here: Neighbourhood) -> None:
    answer = await _set(here, "leak", 0, private=False)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert await _listed(here, "leak") == answer.json()
    request = await here.submit(category="leak")
    assert request["category_version"] == 1


async def test_a_change_is_the_next_version_and_what_was_filed_keeps_its_own(here: Neighbourhood) -> None:
    await _set(here, "leak", 0)
    before = await here.submit(category="leak")
    await _set(here, "leak", 1, resolve_hours=40)
    after = await here.submit(category="leak")
    assert (before["category_version"], after["category_version"]) == (1, 2)
    kept = (await here.service.get(f"/requests/{before['id']}", by=here.resident)).json()
    assert (kept["category_version"], kept["resolve_by"]) == (1, before["resolve_by"])
    async with here.service.tx() as tx:
        told = await tx.fetch(
            "SELECT version, content FROM category_version WHERE code = 'leak' ORDER BY version"
        )
    assert [(row["version"], row["content"]["resolve_hours"]) for row in told] == [(1, 16), (2, 40)]


async def test_of_two_who_change_it_one_is_told_that_the_other_has(here: Neighbourhood) -> None:
    await _set(here, "leak", 0)
    answers = await asyncio.gather(*(_set(here, "leak", 1, resolve_hours=hours) for hours in (20, 30, 40)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {answer.json()["version"] for answer in answers} == {2}
    assert (await _set(here, "leak", 0)).status_code == 409
    unseen = await here.service.put("/categories/leak", json=CONTENT, by=_officer(here))
    assert unseen.status_code == 428


async def test_nothing_new_is_filed_under_one_that_is_closed(here: Neighbourhood) -> None:
    await _set(here, "leak", 0)
    request = await here.submit(category="leak")
    await _set(here, "leak", 1, open=False)
    answer = await here.service.post("/requests", json={"category": "leak", "words": "x"}, by=here.resident)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "category")
    triaged = await here.service.post(
        f"/requests/{request['id']}/triage", json={"route": "community"}, by=here.worker
    )
    assert triaged.status_code == 200


async def test_the_tree_has_two_levels_and_no_circle(here: Neighbourhood) -> None:
    await _set(here, "water", 0)
    assert (await _set(here, "leak", 0, parent="water")).status_code == 200
    for code, parent in (("drip", "leak"), ("drip", "nothing"), ("drip", "drip")):
        answer = await _set(here, code, 0, parent=parent)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "parent")
    under = await _set(here, "water", 1, parent="leak")
    assert (under.status_code, under.json()["errors"][0]["path"]) == (422, "parent")


async def test_what_has_others_under_it_moves_under_nothing(here: Neighbourhood) -> None:
    for code, parent in (("top", None), ("water", None), ("leak", "water")):
        assert (await _set(here, code, 0, parent=parent)).status_code == 200
    under = await _set(here, "water", 1, parent="top")
    assert (under.status_code, under.json()["errors"][0]["path"]) == (422, "parent")
    assert (await _listed(here, "water"))["parent"] is None
    # It stays what it was; once nothing stands under it, it may move.
    assert (await _set(here, "water", 1, resolve_hours=20)).status_code == 200
    assert (await _set(here, "leak", 1, parent="top")).status_code == 200
    assert (await _set(here, "water", 2, parent="top")).status_code == 200


async def test_of_one_that_moves_and_one_that_comes_under_it_at_once_one_is_refused(
    here: Neighbourhood,
) -> None:
    for code in ("top", "water"):
        assert (await _set(here, code, 0)).status_code == 200
    answers = await racing(
        here.service,
        "LOCK TABLE category_version IN SHARE ROW EXCLUSIVE MODE",
        calls=[_set(here, "water", 1, parent="top"), _set(here, "leak", 0, parent="water")],
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    [refused] = [answer for answer in answers if answer.status_code == 422]
    assert refused.json()["errors"][0]["path"] == "parent"


@pytest.mark.parametrize("role", ["resident", "worker", "street", "finance", "auditor"])
async def test_others_do_not_change_it(here: Neighbourhood, role: str) -> None:
    by = here.service.caller(posts=[(role, here.unit, "01/02/003")])
    assert (await _set(here, "leak", 0, by)).status_code in (403, 404)
    assert await _listed(here, "leak") is None


QUESTION = {"code": "floor", "name_zh": "楼层", "name_en": "Floor", "kind": "string"}
OPTION = {"code": "aa", "name_zh": "甲", "name_en": "A"}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"route": "x"}, "route"), ({"respond_hours": 0}, "respond_hours"), ({"resolve_hours": 501}, "resolve_hours"),
        ({"call": "911"}, "call"), ({"name_zh": " "}, "name_zh"), ({"questions": [QUESTION, QUESTION]}, "questions"),
        ({"questions": [QUESTION | {"kind": "singlevaluelist"}]}, "questions[0]"),
        ({"questions": [QUESTION | {"options": [OPTION]}]}, "questions[0]"),
        ({"questions": [QUESTION | {"kind": "multivaluelist", "options": [OPTION, OPTION]}]}, "questions[0].options"),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_category_is_refused_by_name(
    here: Neighbourhood, content: dict[str, Any], field: str
) -> None:
    answer = await _set(here, "leak", 0, **content)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [field]
    assert await _listed(here, "leak") is None
