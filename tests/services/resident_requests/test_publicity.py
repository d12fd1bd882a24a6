"""K9: what came in a private category is nobody's business, however it came and whatever becomes of the category."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from platform_kit.auth import Caller
from resident_requests.store import IS_PUBLIC, is_public

from .conftest import Neighbourhood

CONTENT = {
    "name_zh": "漏水", "name_en": "Leak", "route": "community", "respond_hours": 2, "resolve_hours": 16, "escalate_hours": 4,
}  # fmt: skip


async def _set(here: Neighbourhood, seen: int, *, private: bool) -> None:
    answer = await here.service.put(
        "/categories/leak",
        json=CONTENT | {"private": private},
        by=here.service.caller("operator"),
        headers={"If-Match": f'"{seen}"'},
    )
    assert answer.status_code == 200, answer.text


async def _imported(here: Neighbourhood, category: str) -> str:
    source = {
        "zone": "UTC",
        "categories": {"It": category},
        "states": {"Open": "submitted"},
        "areas": {"1": str(here.unit)},
    }
    name = f"source-{uuid4().hex[:8]}"
    await here.service.put(f"/import-sources/{name}", json=source, by=here.worker)
    values = {"srnumber": "1-1", "requesttype": "It", "status": "Open", "nc": "1", "createddate": "1/1/20 0:23",
              "latitude": "34.0", "longitude": "-118.2", "address": "x"}  # fmt: skip
    body = {"source": name, "rows": [{"line": 2, "values": values}]}
    [row] = (await here.service.post("/requests/import", json=body, by=here.worker)).json()["rows"]
    return str(row["request_id"])


async def _filed(here: Neighbourhood, category: str) -> str:
    return str((await here.submit(category=category))["id"])


async def _shown(here: Neighbourhood) -> set[str]:
    """By the condition that every public list has, and by the question about one: they agree."""
    async with here.service.tx() as tx:
        rows = await tx.fetch(f"SELECT t.id, {IS_PUBLIC} AS shown FROM request t")
        assert {row["id"]: row["shown"] for row in rows} == {
            row["id"]: await is_public(tx, row["id"]) for row in rows
        }
    return {str(row["id"]) for row in rows if row["shown"]}


@pytest.mark.parametrize("come", [_filed, _imported])
async def test_what_comes_in_a_private_category_is_private_and_what_lies_in_the_open_is_not(
    here: Neighbourhood, come: Any
) -> None:
    hidden, shown = await come(here, "errand"), await come(here, "graffiti")
    assert hidden not in await _shown(here)
    assert shown in await _shown(here)


@pytest.mark.parametrize("come", [_filed, _imported])
async def test_a_category_that_is_opened_opens_nothing_that_came_before(
    here: Neighbourhood, come: Any
) -> None:
    await _set(here, 0, private=True)
    before = await come(here, "leak")
    await _set(here, 1, private=False)
    after = await come(here, "leak")
    assert await _shown(here) == {after}
    await _set(here, 2, private=True)
    assert await _shown(here) == set()
    assert before != after


@pytest.mark.parametrize("come", [_filed, _imported])
async def test_nobody_is_answered_about_one_of_a_private_category(here: Neighbourhood, come: Any) -> None:
    """Search, lists and the one itself, as whoever has nothing to do with it."""
    request = await come(here, "errand")
    for by in _strangers(here):
        one = await here.service.get(f"/requests/{request}", by=by)
        nothing = await here.service.get(f"/requests/{uuid4()}", by=by)
        assert (one.status_code, one.json()) == (nothing.status_code, nothing.json())
        for path in ("/requests", "/requests?order=due", "/requests/figures"):
            answer = await here.service.get(path, by=by)
            assert answer.status_code == 403 or request not in answer.text
    async with here.service.tx() as tx:
        assert not await is_public(tx, UUID(request))
        assert not await is_public(tx, uuid4())


def _strangers(here: Neighbourhood) -> list[Caller]:
    elsewhere = here.service.caller(posts=[("worker", uuid4(), "01/02/004")])
    return [here.service.caller("resident"), here.service.caller("volunteer"), elsewhere]
