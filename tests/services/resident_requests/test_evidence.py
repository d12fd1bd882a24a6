"""What shows what was done: a picture of whoever works on it, added after they began this time, and kept for that time."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from event_contracts.community_registry import UnitOpened, UnitPlaced
from event_contracts.resident_requests import RequestResolved
from platform_kit.auth import Caller

from .conftest import Neighbourhood


async def _picture(here: Neighbourhood, path: str, by: Caller) -> Any:
    written = BytesIO()
    Image.new("RGB", (6, 3)).save(written, "PNG")
    answer = await here.service.post(
        f"{path}/attachments", content=written.getvalue(), by=by, headers={"Content-Type": "image/png"}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _do(here: Neighbourhood, path: str, *verbs: str) -> None:
    for verb in verbs:
        body = {"route": "department"} if verb == "triage" else None
        by = here.resident if verb == "reopen" else here.worker
        answer = await here.service.post(f"{path}/{verb}", json=body, by=by)
        assert answer.status_code == 200, answer.text


async def _resolve(here: Neighbourhood, path: str, *pictures: int) -> Any:
    body = {"words": "已修好", "pictures": pictures}
    return await here.service.post(f"{path}/resolve", json=body, by=here.worker)


async def _rounds(here: Neighbourhood, path: str) -> dict[int, int | None]:
    shown = (await here.service.get(f"{path}/attachments", by=here.resident)).json()
    return {each["number"]: each["evidence_round"] for each in shown}


async def _lamp(here: Neighbourhood) -> str:
    return f"/requests/{(await here.submit(category='streetlight'))['id']}"


async def test_what_was_there_before_and_what_the_resident_shows_is_no_evidence(here: Neighbourhood) -> None:
    path = await _lamp(here)
    theirs, early = await _picture(here, path, here.resident), await _picture(here, path, here.worker)
    await _do(here, path, "triage", "start")
    later, child = await _picture(here, path, here.resident), await _picture(here, path, here.daughter)
    done = await _picture(here, path, here.worker)
    told = [each["side"] for each in (theirs, early, later, child, done)]
    assert told == ["resident", "staff", "resident", "resident", "staff"]
    for number in (theirs, early, later, child):
        refused = await _resolve(here, path, done["number"], number["number"])
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/shows-nothing-done")
        assert [error["path"] for error in refused.json()["errors"]] == ["pictures"]
    assert set((await _rounds(here, path)).values()) == {None}
    assert await here.state(path.rpartition("/")[2]) == "in_progress"
    assert not await here.service.published(RequestResolved)
    assert (await here.service.get(f"{path}/comments", by=here.resident)).json()["items"] == []
    assert (await _resolve(here, path, done["number"])).status_code == 200
    assert [number for number, shown in (await _rounds(here, path)).items() if shown == 0] == [5]


async def test_each_time_that_it_is_done_is_shown_anew_and_what_was_shown_stays(here: Neighbourhood) -> None:
    path = await _lamp(here)
    await _do(here, path, "triage", "start")
    first = (await _picture(here, path, here.worker))["number"]
    assert (await _resolve(here, path, first)).status_code == 200
    # Added when it was said to be done already: of no time.
    between = (await _picture(here, path, here.worker))["number"]
    await _do(here, path, "reopen", "triage", "start")
    for number in (first, between):
        assert (await _resolve(here, path, number)).status_code == 422
    second = (await _picture(here, path, here.worker))["number"]
    assert (await _resolve(here, path, second)).status_code == 200
    assert await _rounds(here, path) == {first: 0, between: None, second: 1}


async def test_what_whoever_wrote_it_down_saw_afterwards_shows_it_too_wherever_it_lies(
    here: Neighbourhood,
) -> None:
    there = uuid4()
    opened = UnitOpened(
        unit_id=there, parent_id=None, kind="community", code="01/02/004", name="x", zone="Asia/Shanghai"
    )
    ring = ((114.1, 30.0), (114.2, 30.0), (114.2, 30.1), (114.1, 30.1), (114.1, 30.0))
    placed = UnitPlaced(unit_id=there, boundary=((ring,),), location=None)
    await here.service.deliver("registry_replica", opened, placed)
    body = {"category": "graffiti", "words": "墙上", "resident_id": str(here.resident.subject), "channel": "visit",
            "place": {"longitude": 114.15, "latitude": 30.05}}  # fmt: skip
    filed = await here.service.post("/requests", json=body, by=here.worker)
    path = f"/requests/{filed.json()['id']}"
    neighbour = here.service.caller(posts=[("worker", there, "01/02/004")])
    for verb, sent in (("triage", {"route": "department"}), ("start", None)):
        assert (await here.service.post(f"{path}/{verb}", json=sent, by=neighbour)).status_code == 200
    picture = await _picture(here, path, here.worker)
    assert picture["side"] == "staff"
    resolved = await here.service.post(
        f"{path}/resolve", json={"pictures": [picture["number"]]}, by=neighbour
    )
    assert resolved.status_code == 200, resolved.text


@pytest.mark.parametrize("change", ["side = 'nobody'", "side = NULL"])
async def test_the_database_knows_two_sides(here: Neighbourhood, change: str) -> None:
    await _picture(here, await _lamp(here), here.resident)
    with pytest.raises(Exception, match="side"):
        async with here.service.tx() as tx:
            await tx.execute(f"UPDATE attachment SET {change}")
