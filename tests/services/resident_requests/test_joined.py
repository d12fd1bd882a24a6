"""Whose own was merged into another's request: it goes on as theirs. They hear what staff say of it and say something themselves;
of whose it is they learn nothing, and that one learns of them that they are a neighbour."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from event_contracts.community_registry import ConsentRecorded, ResidentErased
from event_contracts.resident_requests import RequestCommented, RequestFollowed, RequestMerged
from platform_kit.acting import acting_for
from platform_kit.auth import Caller

from .conftest import Neighbourhood

WORDS, ADDRESS, BEFORE = "我家门前的路灯不亮", "幸福路1号502", "您家502,我们晚上来"


async def _file(here: Neighbourhood, by: Caller) -> Any:
    body = {"category": "streetlight", "words": WORDS, "place": {"address": ADDRESS}}
    answer = await here.service.post("/requests", json=body, by=by)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _do(here: Neighbourhood, request: Any, verb: str, by: Caller, **body: Any) -> Any:
    answer = await here.service.post(f"/requests/{request['id']}/{verb}", json=body or None, by=by)
    assert answer.is_success, answer.text
    return answer.json()


async def _joined(here: Neighbourhood, *people: Caller) -> Any:
    """The resident's, which each of these people's was merged into, the first one's at more removes than the last one's."""
    parts = [await _file(here, each) for each in people]
    request = await _file(here, here.resident)
    for one, into in zip(parts, [*parts[1:], request], strict=True):
        await _do(here, one, "merge", here.worker, into=into["id"])
    return request


async def _heard(here: Neighbourhood, request: Any, by: Caller) -> list[tuple[str, str, str | None]]:
    answer = await here.service.get(f"/requests/{request['id']}/comments", by=by)
    assert answer.status_code == 200, answer.text
    return [(each["kind"], each["words"], each["author_id"]) for each in answer.json()["items"]]


async def _outcome(here: Neighbourhood, request: Any, by: Caller) -> Any:
    answer = await here.service.get(f"/requests/{request['id']}/outcome", by=by)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_they_read_what_became_of_it_and_nothing_that_whose_it_is_said(here: Neighbourhood) -> None:
    far, near, stranger = [await here.neighbour() for _ in range(3)]
    request = await _joined(here, far, near)
    await _do(here, request, "triage", here.worker, route="department")
    await _do(here, request, "start", here.worker)
    await _do(here, request, "resolve", here.worker, words="已更换灯泡")
    facts = {"id", "case_number", "category", "state", "occurred_at", "resolved_at", "reason", "resolution"}
    for by in (far, near, here.resident, here.daughter, here.worker):
        became = await _outcome(here, request, by)
        assert (set(became), became["state"], became["resolution"]) == (facts, "resolved", "已更换灯泡")
        assert became["reason"] is None
        assert WORDS not in str(became)
    for path in ("", "/attachments", "/ratings", "/merged", "/conflicts"):
        answer = await here.service.get(f"/requests/{request['id']}{path}", by=near)
        assert answer.status_code in (403, 404), path
    await _do(here, request, "follow", stranger)
    for path in ("/outcome", "/comments"):
        assert (await here.service.get(f"/requests/{request['id']}{path}", by=stranger)).status_code == 404, (
            path
        )
    async with here.service.tx(acting_for(near)) as tx:
        assert await tx.fetchval("SELECT count(*) FROM request WHERE id = $1", UUID(request["id"])) == 0


async def test_they_are_told_why_it_was_declined_also_when_it_is_withheld(here: Neighbourhood) -> None:
    neighbour = await here.neighbour()
    request = await _joined(here, neighbour)
    await _do(here, request, "withhold", here.worker)
    await _do(here, request, "reject", here.worker, reason="由供电公司负责")
    became = await _outcome(here, request, neighbour)
    assert (became["state"], became["reason"]) == ("rejected", "由供电公司负责")


async def test_they_speak_in_the_thread_that_remains_and_whose_it_is_sees_a_neighbour(
    here: Neighbourhood,
) -> None:
    far, near = await here.neighbour(), await here.neighbour()
    request = await _joined(here, far, near)
    staff, owner = here.worker.subject, here.resident.subject
    said = (
        (here.resident, "灯杆在我窗下"), (near, "我这边也黑"), (here.worker, "明天修"), (far, "谢谢"),
    )  # fmt: skip
    for by, words in said:
        await _do(here, request, "comments", by, words=words)
    neighbours = [("我这边也黑", near), ("谢谢", far)]
    for by, named in ((here.worker, True), (here.resident, False), (here.daughter, False)):
        heard = await _heard(here, request, by)
        assert [each for each in heard if each[0] != "from_neighbour"] == [
            ("from_resident", "灯杆在我窗下", str(owner)),
            ("from_staff", "明天修", str(staff)),
        ]
        assert [each for each in heard if each[0] == "from_neighbour"] == [
            ("from_neighbour", words, str(who.subject) if named else None) for words, who in neighbours
        ]
    # Of what was said they hear staff, and themselves.
    assert await _heard(here, request, near) == [
        ("from_neighbour", "我这边也黑", str(near.subject)),
        ("from_staff", "明天修", str(staff)),
    ]
    assert [words for _, words, _ in await _heard(here, request, far)] == ["明天修", "谢谢"]
    told = await here.service.published(RequestCommented)
    assert [(each.data.side, each.data.by_neighbour) for each in told] == [
        ("resident", False), ("resident", True), ("staff", False), ("resident", True),
    ]  # fmt: skip
    rows = await here.service.audited("add_comment")
    assert [row["subject"] for row in rows] == [owner, near.subject, owner, far.subject]


async def test_what_was_said_before_theirs_came_was_not_said_to_them(here: Neighbourhood) -> None:
    neighbour, request = await here.neighbour(), await _file(here, here.resident)
    own = await _file(here, neighbour)
    await _do(here, request, "comments", here.worker, words=BEFORE)
    for verb, body in (("triage", {"route": "department"}), ("start", {}), ("resolve", {"words": BEFORE})):
        await _do(here, request, verb, here.worker, **body)
    await _do(here, request, "reopen", here.resident)
    await _do(here, own, "merge", here.worker, into=request["id"])
    await _do(here, request, "comments", here.worker, words="再看看")
    for verb, body in (("triage", {"route": "department"}), ("start", {})):
        await _do(here, request, verb, here.worker, **body)
    await _do(here, request, "ask", here.worker, words="502的门铃好吗?")
    await _do(here, request, "answer", here.resident, words="好")
    assert [words for _, words, _ in await _heard(here, request, neighbour)] == ["再看看"]
    assert (await _outcome(here, request, neighbour))["resolution"] is None
    assert (await _outcome(here, request, here.resident))["resolution"] == BEFORE
    assert len(await _heard(here, request, here.resident)) == 5


async def test_they_keep_no_note_from_the_staff_and_say_nothing_where_theirs_ended(
    here: Neighbourhood,
) -> None:
    neighbour = await here.neighbour()
    own, request = await _file(here, neighbour), await _file(here, here.resident)
    path = f"/requests/{request['id']}/comments"
    before = await here.service.post(path, json={"words": "x"}, by=neighbour)
    assert before.status_code == 404
    await _do(here, own, "merge", here.worker, into=request["id"])
    note = await here.service.post(path, json={"words": "x", "internal": True}, by=neighbour)
    assert (note.status_code, note.json()["errors"][0]["path"]) == (403, "internal")
    there = await here.service.post(f"/requests/{own['id']}/comments", json={"words": "x"}, by=neighbour)
    assert there.status_code == 409
    assert not await here.service.published(RequestCommented)


async def test_whoever_acts_for_them_does_so_here_too(here: Neighbourhood) -> None:
    neighbour, child = await here.neighbour(), await here.neighbour()
    consent = ConsentRecorded(resident_id=neighbour.subject, delegate_id=child.subject, until_on=None)
    await here.service.deliver("registry_replica", consent, version=None)
    request = await _joined(here, neighbour)
    await _do(here, request, "comments", child, words="妈妈说还黑着")
    assert [words for _, words, _ in await _heard(here, request, neighbour)] == ["妈妈说还黑着"]
    for verb, body in (("triage", {"route": "department"}), ("start", {}), ("resolve", {})):
        await _do(here, request, verb, here.worker, **body)
    await _do(here, request, "dispute", child)


async def test_what_they_said_is_theirs_sealed_by_their_own_key_and_goes_with_them(
    here: Neighbourhood,
) -> None:
    neighbour = await here.neighbour()
    request = await _joined(here, neighbour)
    await _do(here, request, "comments", neighbour, words="我住对面")
    for by, held in ((neighbour, ["我住对面"]), (here.resident, [])):
        answer = (await here.service.get("/me/data/requests", by=by)).json()["held"]["comment"]
        assert [each["words"] for each in answer] == held
    await here.service.deliver("registry_replica", ResidentErased(resident_id=here.resident.subject))
    assert [words for _, words, _ in await _heard(here, request, here.worker)] == ["我住对面"]
    await here.service.deliver("registry_replica", ResidentErased(resident_id=neighbour.subject))
    assert [words for _, words, _ in await _heard(here, request, here.worker)] == [None]


async def test_the_event_names_whose_own_goes_on_as_it_and_nobody_twice(here: Neighbourhood) -> None:
    far, near, follower, left = [await here.neighbour() for _ in range(4)]
    last, first, then, gone = [await _file(here, each) for each in (here.resident, far, near, left)]
    await _do(here, then, "follow", follower)
    # Whose own comes was a follower before.
    await _do(here, last, "follow", near)
    for one, into in ((first, then), (gone, then)):
        await _do(here, one, "merge", here.worker, into=into["id"])
    await _do(here, then, "unfollow", left)
    await _do(here, then, "merge", here.worker, into=last["id"])
    [*_, moved] = await here.service.published(RequestFollowed)
    assert str(moved.data.request_id) == last["id"]
    assert set(moved.data.follower_ids) == {far.subject, follower.subject}
    assert set(moved.data.joined_ids) == {far.subject, near.subject}
    # Whoever left it can still say something, and hears of it again once they want to.
    await _do(here, last, "comments", left, words="x")
    await _do(here, last, "follow", left)
    await _do(here, last, "follow", await here.neighbour())
    told = [each.data.joined_ids for each in await here.service.published(RequestFollowed)]
    assert told[-2:] == [(left.subject,), ()]
    count = len(told)
    await _do(here, await _file(here, near), "merge", here.worker, into=last["id"])
    assert len(await here.service.published(RequestFollowed)) == count
    assert len(await here.service.published(RequestMerged)) == 4


async def test_they_go_along_also_when_nobody_else_sees_it_any_more(here: Neighbourhood) -> None:
    neighbour, stranger = await here.neighbour(), await here.neighbour()
    request, last = await _joined(here, neighbour), await _file(here, here.resident)
    await _do(here, request, "follow", stranger)
    for each in (request, last):
        await _do(here, each, "withhold", here.worker)
    await _do(here, request, "merge", here.worker, into=last["id"])
    [*_, moved] = await here.service.published(RequestFollowed)
    assert (str(moved.data.request_id), moved.data.joined_ids) == (last["id"], (neighbour.subject,))
    assert (await _outcome(here, last, neighbour))["state"] == "submitted"


@pytest.mark.parametrize("change", ["kind = 'from_neighbour'", "neighbour_id = author_id"])
async def test_the_database_knows_no_neighbour_without_a_name(here: Neighbourhood, change: str) -> None:
    request = await _joined(here, await here.neighbour())
    await _do(here, request, "comments", here.resident, words="x")
    with pytest.raises(Exception, match="ck_comment_neighbour_id"):
        async with here.service.tx() as tx:
            await tx.execute(f"UPDATE comment SET {change}")


async def test_silence_and_time_change_nothing_of_it(here: Neighbourhood) -> None:
    neighbour = await here.neighbour()
    request = await _joined(here, neighbour)
    for verb, body in (("triage", {"route": "department"}), ("start", {}), ("resolve", {})):
        await _do(here, request, verb, here.worker, **body)
    await here.service.advance(timedelta(days=8))
    await here.service.fire_timers()
    assert (await _outcome(here, request, neighbour))["state"] == "closed"
    await _do(here, request, "comments", neighbour, words="又坏了")
