"""However it comes: by whom, without a connection, several times, in an emergency, and put right afterwards."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.resident_requests import RequestCorrected, RequestFiledOtherwise, RequestSubmitted
from platform_kit.auth import Caller
from platform_kit.ids import new_id

from .conftest import Neighbourhood

FLOOR = {"code": "floor", "name_zh": "几楼?", "name_en": "Which floor?", "kind": "number"}


async def _file(here: Neighbourhood, by: Caller | None = None, **body: Any) -> Any:
    sent = {"category": "errand", "words": "买米", "resident_id": str(here.resident.subject), **body}
    return await here.service.post("/requests", json=sent, by=by or here.resident)


async def _read(here: Neighbourhood, request: Any, by: Caller | None = None) -> Any:
    return (await here.service.get(f"/requests/{request['id']}", by=by or here.resident)).json()


async def _count(here: Neighbourhood) -> int:
    async with here.service.tx() as tx:
        return int(await tx.fetchval("SELECT count(*) FROM request"))


@pytest.mark.parametrize("channel", ["counter", "phone", "visit"])
async def test_what_staff_write_down_for_a_resident_is_the_residents(
    here: Neighbourhood, channel: str
) -> None:
    answer = await _file(here, here.worker, channel=channel)
    assert answer.status_code == 201, answer.text
    assert (await _read(here, answer.json()))["channel"] == channel
    refused = await _file(here, channel=channel)
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (403, "channel")


# K69
async def test_the_same_filing_sent_four_times_is_one_request(here: Neighbourhood) -> None:
    made = str(new_id())
    answers = [await _file(here, id=made) for _ in range(4)]
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert {answer.json()["id"] for answer in answers} == {made}
    assert len({answer.json()["case_number"] for answer in answers}) == 1
    assert await _count(here) == 1
    assert len(await here.service.published(RequestSubmitted)) == 1


# K69
async def test_other_content_under_the_same_id_is_kept_beside_it_and_not_dropped(here: Neighbourhood) -> None:
    made = str(new_id())
    await _file(here, id=made)
    other = await _file(here, id=made, words="买面", place={"address": "幸福路1号"})
    assert other.status_code == 202, other.text
    assert other.json()["request"]["id"] == made
    assert await _count(here) == 1
    assert (await _read(here, {"id": made}))["words"] == "买米"
    [kept] = (await here.service.get(f"/requests/{made}/conflicts", by=here.worker)).json()
    assert (kept["id"], kept["content"]["words"]) == (other.json()["kept"], "买面")
    assert kept["content"]["address"] == "幸福路1号"
    assert (await here.service.get(f"/requests/{made}/conflicts", by=here.resident)).status_code in (403, 404)
    async with here.service.tx() as tx:
        assert "买面" not in str(await tx.fetch("SELECT c::text FROM filing_conflict c"))
    assert "买面" in (await here.service.get("/me/data/requests", by=here.resident)).text


# K69
async def test_other_content_is_told_of_and_counted_for_staff_however_often_it_is_sent(
    here: Neighbourhood,
) -> None:
    question = FLOOR | {"required": False}
    lift = {
        "code": "lift",
        "name_zh": "电梯?",
        "name_en": "Is there a lift?",
        "kind": "string",
        "required": False,
    }
    await _set(here, "visit_home", questions=[question, lift])
    made, sent = str(new_id()), {"category": "visit_home", "channel": "visit"}
    await _file(here, here.worker, id=made, **sent)
    assert [each["conflicts"] for each in await _listed(here)] == [0]
    # As its device has it, and as another writes the same down.
    others = [
        await _file(here, by, id=made, words="买面", answers=answers, **sent)
        for by, answers in (
            (here.worker, {"floor": 3, "lift": "有"}), (here.worker, {"floor": 3, "lift": "有"}), (here.colleague, {"lift": "有", "floor": 3}),
        )
    ]  # fmt: skip
    assert [answer.status_code for answer in others] == [202, 202, 202]
    [kept] = {answer.json()["kept"] for answer in others}
    third = await _file(here, here.colleague, id=made, words="买油", **sent)
    told = [event.data for event in await here.service.published(RequestFiledOtherwise)]
    assert [(str(each.request_id), each.resident_id, each.unit_id) for each in told] == [
        (made, here.resident.subject, here.unit)
    ] * 2
    assert [(str(each.filing_id), each.sent_by) for each in told] == [
        (kept, here.worker.subject), (third.json()["kept"], here.colleague.subject),
    ]  # fmt: skip
    assert [each["id"] for each in (await here.service.get(f"/requests/{made}/conflicts", by=here.worker)).json()] == [
        str(each.filing_id) for each in told
    ]  # fmt: skip
    # Also after it is over: what came is another matter, perhaps.
    await here.service.post(f"/requests/{made}/withdraw", by=here.resident)
    assert (await _file(here, here.worker, id=made, words="买菜", **sent)).status_code == 202
    assert (await _read(here, {"id": made}, here.worker))["conflicts"] == 3
    assert [each["conflicts"] for each in await _listed(here)] == [3]
    seen = await _read(here, {"id": made})
    assert (seen["conflicts"], seen["state"], seen["words"]) == (None, "withdrawn", "买米")
    async with here.service.tx() as tx:
        assert "买面" not in str(await tx.fetch("SELECT payload::text FROM outbox"))


# K69
async def test_other_content_that_comes_twice_at_one_moment_is_kept_once(here: Neighbourhood) -> None:
    made = str(new_id())
    await _file(here, id=made)
    answers = await here.at_once([made], [_file(here, id=made, words="买面") for _ in range(4)])
    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({answer.json()["kept"] for answer in answers}) == 1
    assert len(await here.service.published(RequestFiledOtherwise)) == 1


async def _kept(here: Neighbourhood, made: str) -> list[Any]:
    return list((await here.service.get(f"/requests/{made}/conflicts", by=here.worker)).json())


async def test_twenty_other_contents_are_kept_of_one_request_and_one_more_is_refused(
    here: Neighbourhood,
) -> None:
    """Also of several that come at one moment; what is there already is known again, as before."""
    made = str(new_id())
    await _file(here, id=made)
    first, *_ = [await _file(here, id=made, words=f"买面 {number}") for number in range(19)]
    answers = await here.at_once([made], [_file(here, id=made, words=f"买油 {each}") for each in range(4)])
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    before = await _read(here, {"id": made}, here.worker)
    for language, told in (("en", "no more is kept"), ("zh", "不再保留")):
        headers = {"Accept-Language": language}
        body = {"id": made, "category": "errand", "words": "买菜"}
        refused = await here.service.post("/requests", json=body, by=here.resident, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/other-filings-full")
        assert refused.json()["errors"][0]["path"] == "id"
        assert told in refused.json()["detail"]
    again = await _file(here, id=made, words="买面 0")
    assert (again.status_code, again.json()["kept"]) == (202, first.json()["kept"])
    assert (await _file(here, id=made)).status_code == 200
    assert await _read(here, {"id": made}, here.worker) == before, "nothing of it has changed"
    assert len(await _kept(here, made)) == before["conflicts"] == 20
    assert len(await here.service.published(RequestFiledOtherwise)) == 20
    assert (await _file(here)).status_code == 201, "under an id of its own"


async def test_of_other_contents_that_are_large_fewer_are_kept(here: Neighbourhood) -> None:
    """Nobody has looked at their answers yet; they are as large as a call may be."""
    made = str(new_id())
    await _file(here, id=made)
    large = {"floor": "三" * 100_000}
    answers = [await _file(here, id=made, answers=large | {"n": number}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 4 + [409] * 2
    assert len(await _kept(here, made)) == 4


async def _listed(here: Neighbourhood, order: str = "newest") -> list[Any]:
    answer = await here.service.get(f"/requests?order={order}", by=here.worker)
    return list(answer.json()["items"])


async def test_an_id_of_somebody_elses_request_is_taken_and_tells_nothing(here: Neighbourhood) -> None:
    made = str(new_id())
    await _file(here, id=made)
    mine = str(here.daughter.subject)
    for by, whose in ((here.daughter, mine), (here.worker, mine)):
        answer = await _file(here, by, id=made, resident_id=whose)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (409, "id")
        assert "买米" not in answer.text
    assert await _count(here) == 1


# K72
async def test_who_wrote_it_down_is_credited_and_not_who_was_signed_in_when_it_was_sent(
    here: Neighbourhood,
) -> None:
    colleague = uuid4()
    answer = await _file(here, here.worker, channel="visit", author_id=str(colleague))
    assert answer.json()["author_id"] == str(colleague)
    [submitted] = await here.service.published(RequestSubmitted)
    assert submitted.data.filed_by == colleague
    async with here.service.tx() as tx:
        row = await tx.fetchrow("SELECT filed_by, author_id FROM request")
    assert (row["filed_by"], row["author_id"]) == (here.worker.subject, colleague)
    refused = await _file(here, here.daughter, author_id=str(colleague))
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (403, "author_id")


@pytest.mark.parametrize(("call", "urgency", "numbers"), [
    ("120", "normal", ["120"]), ("119", "emergency", ["119"]), (None, "emergency", ["119", "110", "120"]),
])  # fmt: skip
async def test_in_an_emergency_the_number_is_told_before_anything_is_filed(
    here: Neighbourhood, call: str | None, urgency: str, numbers: list[str]
) -> None:
    await _set(here, "fallen", call=call)
    answer = await _file(here, category="fallen", urgency=urgency)
    assert (answer.status_code, answer.json()["numbers"]) == (422, numbers)
    assert all(number in answer.json()["detail"] for number in numbers)
    assert await _count(here) == 0
    filed = await _file(here, category="fallen", urgency=urgency, called=True)
    assert (filed.status_code, filed.json()["urgency"]) == (201, urgency)


async def test_a_category_asks_and_the_answers_are_sealed_and_shown_with_the_request(
    here: Neighbourhood,
) -> None:
    question = FLOOR | {"required": True}
    await _set(here, "lift", questions=[question])
    missing = await _file(here, category="lift")
    assert missing.json()["errors"] == [{"path": "answers.floor", "reason": "请填写:几楼?"}]
    wrong = await _file(here, category="lift", answers={"floor": "third"})
    assert [error["path"] for error in wrong.json()["errors"]] == ["answers.floor"]
    assert await _count(here) == 0
    filed = await _file(here, category="lift", answers={"floor": 31415})
    assert (await _read(here, filed.json()))["answers"] == {"floor": 31415}
    async with here.service.tx() as tx:
        assert b"31415" not in (await tx.fetchval("SELECT answers FROM request"))


async def _set(here: Neighbourhood, code: str, **content: Any) -> Any:
    body = {
        "name_zh": "新类别", "name_en": "New", "route": "community", "respond_hours": 4, "resolve_hours": 24,
        "escalate_hours": 8, **content,
    }  # fmt: skip
    officer = here.service.caller(posts=[("district", uuid4(), "01")])
    answer = await here.service.put(f"/categories/{code}", json=body, by=officer, headers={"If-Match": '"0"'})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _correct(
    here: Neighbourhood, request: Any, seen: int, by: Caller | None = None, **body: Any
) -> Any:
    return await here.service.patch(
        f"/requests/{request['id']}", json=body, by=by or here.resident, headers={"If-Match": f'"{seen}"'}
    )


async def test_what_was_filed_can_be_put_right_until_somebody_has_begun(here: Neighbourhood) -> None:
    request = await here.submit(place={"address": "幸福路1号"})
    answer = await _correct(
        here, request, 1, words="请帮我买面", wanted_from="2031-01-01T01:00:00Z", address=None
    )
    assert answer.status_code == 200, answer.text
    now = await _read(here, request)
    assert (now["words"], now["address"], now["version"]) == ("请帮我买面", None, 2)
    [corrected] = await here.service.published(RequestCorrected)
    assert corrected.data.changed == ("address", "wanted_from", "words")
    assert "买面" not in repr(corrected)
    await here.service.post(f"/requests/{request['id']}/triage", json={"route": "community"}, by=here.worker)
    late = await _correct(here, request, 3, words="x")
    assert (late.status_code, late.json()["state"]) == (409, "triaged")


# K71
async def test_of_two_who_change_the_same_the_later_is_told_both_values(here: Neighbourhood) -> None:
    request = await here.submit()
    assert (await _correct(here, request, 1, words="买面")).status_code == 200
    answer = await _correct(here, request, 1, here.daughter, words="买油")
    assert answer.status_code == 409
    assert (answer.json()["yours"], answer.json()["current"]) == ({"words": "买油"}, {"words": "买面"})
    assert (await _read(here, request))["words"] == "买面"
    assert (await _correct(here, request, 2, here.daughter, words="买油")).status_code == 200


async def test_a_change_says_what_it_was_made_to_and_nothing_new_changes_nothing(here: Neighbourhood) -> None:
    request = await here.submit()
    unseen = await here.service.patch(f"/requests/{request['id']}", json={"words": "x"}, by=here.resident)
    assert unseen.status_code == 428
    assert (await _correct(here, request, 1, words="请帮我买米")).json()["version"] == 1
    assert await here.service.published(RequestCorrected) == []
    stranger = here.service.caller("resident")
    assert (await _correct(here, request, 1, stranger, words="x")).status_code == 404
    assert (await _correct(here, request, 1, words="")).status_code == 422


@pytest.mark.parametrize("days", [2, 36500, -91])
async def test_an_id_of_another_time_or_kind_is_no_id(here: Neighbourhood, days: int) -> None:
    """Made in the far future it would stand at the top of every list."""
    other = new_id().int + (days * 86_400_000 << 80)
    for made in (str(UUID(int=other)), str(uuid4()), str(UUID(int=2**128 - 1)), str(UUID(int=0))):
        answer = await _file(here, id=made)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "id")
    assert await _count(here) == 0
    yesterday = UUID(int=new_id().int - (86_400_000 << 80))
    assert (await _file(here, id=str(yesterday))).status_code == 201
