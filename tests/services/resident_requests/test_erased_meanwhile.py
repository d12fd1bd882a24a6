"""Somebody is erased while something of theirs is written: whichever comes first, nothing in the clear is left."""

from typing import Any
from uuid import UUID

import pytest

from event_contracts.community_registry import ResidentErased
from platform_kit.auth import Caller
from racing import overlapping

from .conftest import Neighbourhood

LAMP = {"category": "streetlight", "words": "路灯不亮", "place": {"latitude": 30.581, "longitude": 114.317}}
A_REQUEST = "SELECT FROM request WHERE id = $1 FOR UPDATE"


async def _lamp(here: Neighbourhood, by: Caller, **more: Any) -> Any:
    answer = await here.service.post("/requests", json=LAMP | more, by=by)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _erase(here: Neighbourhood, person: Caller) -> None:
    await here.service.deliver("registry_replica", ResidentErased(resident_id=person.subject))


async def _nothing_is_left_of(here: Neighbourhood, person: Caller) -> None:
    async with here.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM follower WHERE person_id = $1", person.subject) == 0
        of_theirs = "SELECT id FROM request WHERE resident_id = $1"
        found = f"SELECT count(*) FROM likeness WHERE request_id IN ({of_theirs})"
        assert await tx.fetchval(found, person.subject) == 0
        placed = f"SELECT count(*) FROM request WHERE id IN ({of_theirs}) AND latitude IS NOT NULL"
        assert await tx.fetchval(placed, person.subject) == 0
    assert await here.service.parked() == []


async def test_who_follows_and_is_erased(here: Neighbourhood) -> None:
    lamp, neighbour = await _lamp(here, here.resident), await here.neighbour()
    follow = here.service.post(f"/requests/{lamp['id']}/follow", by=neighbour)
    answer, _ = await overlapping(
        here.service, A_REQUEST, UUID(lamp["id"]), first=follow, then=_erase(here, neighbour)
    )
    assert answer.status_code == 200
    await _nothing_is_left_of(here, neighbour)


async def test_who_files_and_is_erased(here: Neighbourhood) -> None:
    """What they file stands before the last of its rows; they have a key, for which nobody waits."""
    neighbour = await here.neighbour()
    await _lamp(here, neighbour)
    file = here.service.post("/requests", json=LAMP, by=neighbour)
    answer, _ = await overlapping(
        here.service, "LOCK TABLE likeness IN SHARE MODE", first=file, then=_erase(here, neighbour)
    )
    assert answer.status_code == 201
    await _nothing_is_left_of(here, neighbour)


@pytest.mark.parametrize("what", ["file", "follow"])
async def test_who_is_erased_and_comes_while_that_is_done(here: Neighbourhood, what: str) -> None:
    neighbour = await here.neighbour()
    own, lamp = await _lamp(here, neighbour), await _lamp(here, here.resident)
    sent = {"file": ("/requests", LAMP), "follow": (f"/requests/{lamp['id']}/follow", None)}
    path, body = sent[what]
    _, answer = await overlapping(
        here.service, A_REQUEST, UUID(own["id"]),
        first=_erase(here, neighbour), then=here.service.post(path, json=body, by=neighbour),
    )  # fmt: skip
    assert answer.status_code == 404
    await _nothing_is_left_of(here, neighbour)


@pytest.mark.parametrize("whose", ["follower", "owner"])
async def test_who_moves_along_and_is_erased(here: Neighbourhood, whose: str) -> None:
    """The merge has moved them, and stands before its events."""
    owner, follower = await here.neighbour(), await here.neighbour()
    # Without a point: what an erasure takes of a request would wait for its lock.
    one, into = await _lamp(here, owner, place={"address": "幸福路"}), await _lamp(here, here.resident)
    await here.service.post(f"/requests/{one['id']}/follow", by=follower)
    gone = owner if whose == "owner" else follower
    merge = here.service.post(f"/requests/{one['id']}/merge", json={"into": into["id"]}, by=here.worker)
    answer, _ = await overlapping(
        here.service, "LOCK TABLE outbox IN SHARE MODE", first=merge, then=_erase(here, gone)
    )
    assert answer.status_code == 200, answer.text
    await _nothing_is_left_of(here, gone)
