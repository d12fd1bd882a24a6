"""What a resident said is sealed by their own key, told to them, and gone when they are erased."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from PIL import Image

from event_contracts.community_registry import ResidentErased
from event_contracts.resident_requests import RequestEscalated, RequestRejected
from platform_kit.testing import ServiceUnderTest
from resident_requests.actions import Filed, submit_request

from .conftest import Neighbourhood

WORDS, ADDRESS = "腿脚不便,请帮我买降压药", "幸福路1号3单元502"


async def _filed(here: Neighbourhood) -> Any:
    return await here.submit(words=WORDS, place={"address": ADDRESS})


async def _erase(here: Neighbourhood) -> None:
    await here.service.deliver("registry_replica", ResidentErased(resident_id=here.resident.subject))


async def test_filing_brings_the_key_along_and_asks_nothing_more(here: Neighbourhood) -> None:
    """Three statements, as before people had keys: what is to be known, the request, its event."""
    await here.submit()
    asked: list[str] = []
    async with here.service.tx() as tx:
        with tx.query_logger(lambda record: asked.append(record.query)):
            await submit_request(
                tx,
                here.service.kit.sealer,
                Filed(here.resident.subject, "errand", WORDS, ADDRESS),
                by=here.resident,
            )
    assert len(asked) == 3, asked


async def test_two_residents_requests_are_sealed_by_two_keys(here: Neighbourhood) -> None:
    """The bytes of one moved to the other's row do not open."""
    first = await _filed(here)
    other = await here.service.post("/requests", json={"category": "errand", "words": "x"}, by=here.daughter)
    async with here.service.tx() as tx:
        await tx.execute(
            "UPDATE request SET words = (SELECT words FROM request WHERE id = $1) WHERE id = $2",
            UUID(first["id"]),
            UUID(other.json()["id"]),
        )
    answer = await here.service.get(f"/requests/{first['id']}", by=here.resident)
    assert answer.json()["words"] == WORDS
    with pytest.raises(InvalidTag):
        await here.service.get(f"/requests/{other.json()['id']}", by=here.daughter)


async def test_what_a_resident_said_is_gone_when_they_are_erased_and_the_request_stays(
    here: Neighbourhood,
) -> None:
    request = await _filed(here)
    refused = {"reason": "不属于受理范围"}
    await here.service.post(f"/requests/{request['id']}/reject", json=refused, by=here.worker)
    shown = (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()
    assert (shown["words"], shown["address"], shown["reason"]) == (WORDS, ADDRESS, refused["reason"])
    await _erase(here)
    after = await here.service.get(f"/requests/{request['id']}", by=here.worker)
    assert after.status_code == 200, after.text
    assert after.json() == {**shown, "words": None, "address": None, "reason": None}
    listed = (await here.service.get("/requests", by=here.worker)).json()["items"]
    assert [each["id"] for each in listed] == [request["id"]]
    assert await here.service.parked() == []


async def _kept(here: Neighbourhood) -> tuple[list[Any], int]:
    """(state and reason of each request, how many comments), as they lie there."""
    async with here.service.tx() as tx:
        rows = await tx.fetch("SELECT state, reason, due_at FROM request")
        return [tuple(row) for row in rows], await tx.fetchval("SELECT count(*) FROM comment")


@pytest.mark.parametrize("before", [(), ("triage",)])
async def test_what_an_erased_resident_left_open_is_declined_without_a_word_kept(
    here: Neighbourhood, before: tuple[str, ...]
) -> None:
    path = f"/requests/{(await _filed(here))['id']}"
    for verb in before:
        await here.service.post(f"{path}/{verb}", json={"route": "department"}, by=here.worker)
    await _erase(here)
    declined = await here.service.post(f"{path}/reject", json={"reason": "王奶奶已搬走"}, by=here.worker)
    assert (declined.status_code, declined.json()["state"]) == (200, "rejected"), declined.text
    assert (await here.service.get(path, by=here.worker)).json()["reason"] is None
    assert await _kept(here) == ([("rejected", None, None)], 0)
    assert len(await here.service.published(RequestRejected)) == 1
    # Its clocks have ended: nothing waits, and nobody is told of it any more.
    async with here.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM timer") == 0
    await here.service.advance(timedelta(days=60))
    await here.service.fire_timers()
    assert not await here.service.published(RequestEscalated)


async def test_what_is_under_way_for_an_erased_resident_is_resolved_without_a_word_kept(
    here: Neighbourhood,
) -> None:
    path = f"/requests/{(await _filed(here))['id']}"
    for verb, body in (("triage", {"route": "department"}), ("start", None)):
        await here.service.post(f"{path}/{verb}", json=body, by=here.worker)
    await _erase(here)
    # Where words are all there is to it nobody is left to whom they could be said.
    for verb in ("comments", "ask"):
        refused = await here.service.post(f"{path}/{verb}", json={"words": "在家吗?"}, by=here.worker)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/erased")
    done = await here.service.post(f"{path}/resolve", json={"words": "药已送到502"}, by=here.worker)
    assert done.status_code == 200, done.text
    assert await _kept(here) == ([("resolved", None, None)], 0)
    await here.service.advance(timedelta(days=8))
    await here.service.fire_timers()
    assert (await _kept(here))[0][0][0] == "closed"


async def test_of_an_erased_resident_no_point_says_where_they_live(here: Neighbourhood) -> None:
    await here.submit(place={"latitude": 30.581, "longitude": 114.317})
    other = {"category": "errand", "words": "x", "place": {"latitude": 30.6, "longitude": 114.3}}
    await here.service.post("/requests", json=other, by=here.daughter)
    await _erase(here)
    async with here.service.tx() as tx:
        places = {
            row["resident_id"]: row["latitude"]
            for row in await tx.fetch("SELECT resident_id, latitude FROM request")
        }
    assert places == {here.resident.subject: None, here.daughter.subject: 30.6}


async def test_no_answer_that_is_kept_holds_what_somebody_said(here: Neighbourhood) -> None:
    """Kept for 90 days, in the clear, and not found by whose it is when somebody else sent it."""
    request = await _filed(here)
    path = f"/requests/{request['id']}"
    said = ["请走后门", "王奶奶家门口", "改成买面"]
    await here.service.post(f"{path}/comments", json={"words": said[0]}, by=here.daughter)
    picture = BytesIO()
    Image.new("RGB", (6, 3)).save(picture, "PNG")
    sent = await here.service.post(
        f"{path}/attachments?name={said[1]}.png", content=picture.getvalue(), by=here.worker,
        headers={"Content-Type": "image/png"},
    )  # fmt: skip
    assert sent.status_code == 201, sent.text
    version = (await here.service.get(path, by=here.resident)).json()["version"]
    await here.service.patch(
        path, json={"words": said[2]}, by=here.daughter, headers={"If-Match": f'"{version}"'}
    )
    assert (await here.service.get(path, by=here.resident)).json()["words"] == said[2]
    async with here.service.tx() as tx:
        kept = b"".join(row["body"] for row in await tx.fetch("SELECT body FROM idempotency")).decode()
    for words in (*said, WORDS, ADDRESS):
        assert words not in kept


async def test_nothing_can_be_filed_for_an_erased_resident(here: Neighbourhood) -> None:
    await _filed(here)
    await _erase(here)
    body = {"category": "errand", "words": "x", "resident_id": str(here.resident.subject)}
    for by in (here.resident, here.daughter, here.worker):
        answer = await here.service.post("/requests", json=body, by=by)
        assert answer.status_code == 404


async def test_an_erased_residents_call_made_again_gets_an_empty_answer(here: Neighbourhood) -> None:
    call = {"json": {"category": "errand", "words": WORDS}, "by": here.resident, "key": "once"}
    first = await here.service.post("/requests", **call)
    await _erase(here)
    again = await here.service.post("/requests", **call)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, {})
    async with here.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM request") == 1


async def test_a_resident_is_told_what_they_said_and_nobody_else_is(here: Neighbourhood) -> None:
    await _filed(here)
    mine = (await here.service.get("/me/data/requests", by=here.resident)).json()
    [request] = mine["held"]["request"]
    assert (request["words"], request["address"]) == (WORDS, ADDRESS)
    for by in (here.daughter, here.worker):
        other = (await here.service.get("/me/data/requests", by=by)).json()
        assert other["held"]["request"] == []
    assert (await here.service.get("/me/data/requests")).status_code == 401


async def test_rows_sealed_before_people_had_keys_are_read_and_written_on(
    requests: ServiceUnderTest, here: Neighbourhood
) -> None:
    request = await _filed(here)
    old = requests.kit.sealer.seal("旧内容", for_="request.words")
    async with requests.tx() as tx:
        await tx.execute("DELETE FROM subject_key")
        await tx.execute("UPDATE request SET words = $1, address = NULL", old)
    path = f"/requests/{request['id']}"
    assert (await requests.get(path, by=here.worker)).json()["words"] == "旧内容"
    assert (await requests.post(f"{path}/reject", json={"reason": "重复"}, by=here.worker)).status_code == 200
    shown = (await requests.get(path, by=here.worker)).json()
    assert (shown["words"], shown["reason"]) == ("旧内容", "重复")
