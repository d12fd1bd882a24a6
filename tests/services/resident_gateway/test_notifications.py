"""People are told what happened to what is theirs: each once, in their language, and never of what is over."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts import resident_requests as requests
from event_contracts.base import EventPayload
from platform_kit.errands import Errands
from platform_kit.kit import Kit
from platform_kit.timers import Timers
from platform_kit.watchdog import Progress
from resident_gateway import actions

from .conftest import PHONE, Entrance
from .notified import NUMBER, Town

RECEIVED = f"您的求助 {NUMBER} 已收到。"
TAKEN_UP = f"您的求助 {NUMBER} 已有人接手。"
QUESTION = f"您的求助 {NUMBER} 需要您补充说明,请登录邻里答复。"
WAITS = f"您的求助 {NUMBER} 仍在等待您的答复。"
RESOLVED = f"您的求助 {NUMBER} 已办结,请登录邻里确认是否解决。"
WITHDRAWN = f"您的求助 {NUMBER} 已撤回。"


async def test_a_resident_is_told_of_each_step_by_number_and_state_alone(town: Town) -> None:
    request = await town.filed()
    await town.sent()
    for event, more in (
        (requests.RequestAssigned, {"assignee_kind": "volunteer", "assignee_id": uuid4()}),
        (requests.RequestStarted, {}),
        (requests.RequestAwaitsResident, {}),
    ):
        await town.happens(request, event, **more)
        await town.sent()
    await town.happens(request, requests.RequestWentOn, by="answer")
    await town.happens(
        request, requests.RequestCommented, comment_id=uuid4(), author_id=town.worker, side="staff"
    )
    await town.sent()
    await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
    await town.sent()
    await town.happens(request, requests.RequestReopened, reopened_by=uuid4())
    await town.sent()
    await town.happens(request, requests.RequestRejected, reason="duplicate")
    assert await town.sent() == [
        RECEIVED,
        TAKEN_UP,
        QUESTION,
        f"您的求助 {NUMBER} 有新的回复。",
        RESOLVED,
        f"您的求助 {NUMBER} 已重新办理。",
        f"您的求助 {NUMBER} 未被受理,原因请登录邻里查看。",
    ]
    assert list(reversed(await town.shown())) == town.received()


async def test_what_a_resident_did_is_not_told_to_them_but_what_others_did_for_them_is(town: Town) -> None:
    first, second = await town.filed(by=town.worker), await town.filed()
    await town.happens(first, requests.RequestWithdrawn, withdrawn_by=town.worker)
    await town.happens(second, requests.RequestWithdrawn, withdrawn_by=town.resident)
    await town.happens(
        second, requests.RequestCommented, comment_id=uuid4(), author_id=town.resident, side="resident"
    )
    assert sorted(await town.sent()) == sorted([RECEIVED, RECEIVED, WITHDRAWN])


async def test_that_another_has_it_instead_is_no_news(town: Town) -> None:
    request = await town.filed()
    await town.sent()
    for _ in range(2):
        await town.happens(request, requests.RequestAssigned, assignee_kind="staff", assignee_id=uuid4())
        await town.sent()
    assert town.received() == [RECEIVED, TAKEN_UP]


async def test_silence_closes_with_a_message_and_a_confirmation_is_only_shown(town: Town) -> None:
    for by, text in (("silence", "已关闭"), ("resident", "已确认解决")):
        request = await town.filed()
        await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
        await town.sent()
        await town.happens(request, requests.RequestClosed, by=by)
        assert (await town.shown())[0] == f"您的求助 {NUMBER} {text}。"
    assert [text for text in await town.sent() if "关闭" in text or "确认解决" in text] == [
        f"您的求助 {NUMBER} 已关闭。"
    ]


async def test_staff_of_the_unit_are_shown_what_is_theirs_to_do_and_others_nothing(town: Town) -> None:
    elsewhere = uuid4()
    await town.entrance.unit(elsewhere, "01/01/00")
    neighbour, gone = uuid4(), uuid4()
    await town.entrance.appoint(neighbour, "worker", elsewhere)
    await town.entrance.appoint(gone, "worker", town.unit, until_on="2020-02-01")
    request = await town.filed()
    await town.happens(request, requests.RequestEscalated, level="worker", why="not_taken_up")
    await town.happens(request, requests.RequestEscalated, level="worker", why="not_begun")
    await town.happens(request, requests.RequestEscalated, level="street", why="response_overdue")
    await town.happens(request, requests.RequestEscalated, level="district", why="response_overdue")
    await town.happens(
        request, requests.RequestCommented, comment_id=uuid4(), author_id=town.resident, side="resident"
    )
    assert await town.shown(town.worker) == [
        f"求助 {NUMBER} 有居民留言。",
        f"求助 {NUMBER} 有人接手但未按时开始,请处理。",
        f"求助 {NUMBER} 无人接手,请处理。",
        f"新求助 {NUMBER} 待分办。",
    ]
    assert await town.shown(town.street) == [f"求助 {NUMBER} 已超过承诺时限。"]
    assert await town.shown(town.district) == [f"求助 {NUMBER} 超过承诺时限,街道尚未处理。"]
    assert await town.shown(neighbour) == await town.shown(gone) == []


# K69
async def test_workers_are_shown_that_something_else_came_under_an_id_also_when_their_own_device_sent_it(
    town: Town,
) -> None:
    request = await town.filed()
    await town.happens(request, requests.RequestFiledOtherwise, filing_id=uuid4(), sent_by=town.worker)
    assert await town.shown(town.worker) == [
        f"求助 {NUMBER} 又收到一份内容不同的登记,请核对。",
        f"新求助 {NUMBER} 待分办。",
    ]
    assert await town.sent() == [RECEIVED]
    assert await town.shown(town.street) == []


async def test_staff_of_a_unit_that_the_registry_has_not_told_of_yet_are_told_later(town: Town) -> None:
    known, town.unit = town.unit, uuid4()
    await town.filed()
    assert [consumer for consumer, _, _ in await town.gateway.parked()] == ["resident_gateway.notifications"]
    assert await town.sent() == []
    await town.entrance.unit(town.unit, "01/01/002")
    await town.entrance.appoint(town.worker, "worker", town.unit)
    await town.gateway.retry_parked()
    assert await town.sent() == [RECEIVED]
    assert await town.shown(town.worker) == [f"新求助 {NUMBER} 待分办。"]
    assert known != town.unit


def _history(town: Town, request: UUID, at: datetime) -> list[EventPayload]:
    return [
        requests.RequestSubmitted(
            **town.about(request), case_number=NUMBER, category="errand", filed_by=town.resident, occurred_at=at
        ),
        requests.RequestStarted(**town.about(request)),
        requests.RequestAwaitsResident(**town.about(request)),
    ]  # fmt: skip


async def test_each_is_told_once_however_often_and_by_however_many_the_topics_are_read(town: Town) -> None:
    """Counted at the phone: first the inbox forgets everything, then what is known of the request as well."""
    request = await town.filed()
    await town.asked(request)
    history = _history(town, request, await town.now())
    before = await town.sent()
    seen = await town.shown(town.worker)
    assert sorted(before) == sorted([RECEIVED, QUESTION])
    for forgotten in ("inbox", "subject_state"):
        async with town.gateway.tx() as tx:
            await tx.execute("DELETE FROM inbox")
            if forgotten == "subject_state":
                await tx.execute("DELETE FROM subject_state")
        for version, event in enumerate(history, start=1):
            at = await town.now()
            await asyncio.gather(
                *(town.gateway.deliver("notifications", event, version=version, at=at) for _ in range(2))
            )
        assert await town.sent() == before
        assert await town.shown(town.worker) == seen
    assert await town.gateway.parked() == []


async def test_two_workers_at_once_send_each_message_once(town: Town) -> None:
    """Their timers and their messengers, on connections of their own."""
    asked = [await town.filed() for _ in range(12)]
    for request in asked:
        await town.asked(request)
    await town.sent()
    before = len(town.received())
    await town.gateway.advance(timedelta(hours=24, minutes=1))
    gateway = town.gateway
    kits = [Kit.of("resident_gateway", gateway.kit.settings) for _ in range(2)]
    for kit in kits:
        await kit.db.open()
    try:
        [kind] = gateway.service.errands
        timers = [Timers(kit, gateway.service.timers, Progress()) for kit in kits]
        await asyncio.gather(*(_until_idle(each.fire_due) for each in timers))
        async with kind.client(gateway.kit) as run:
            errands = [Errands(kit, kind, Progress()) for kit in kits]
            await asyncio.gather(*(_until_idle(each.run_due, run) for each in errands))
    finally:
        for kit in kits:
            await kit.db.close()
    assert town.received()[before:] == [WAITS] * len(asked)
    assert len({each["id"] for each in town.entrance.sent() if each["id"]}) == len(
        [each for each in town.entrance.sent() if each["id"]]
    )


async def _until_idle(once: Any, *arguments: Any) -> None:
    while await once(*arguments):
        continue


async def test_a_reminder_that_is_fired_twice_is_sent_once(town: Town) -> None:
    request = await town.filed()
    await town.asked(request)
    await town.gateway.advance(timedelta(hours=24, minutes=1))
    for _ in range(3):
        async with town.gateway.tx() as tx:
            await actions.remind(tx, request)
    await town.gateway.fire_timers()
    assert (await town.sent()).count(WAITS) == 1


async def test_an_unanswered_question_is_remembered_a_day_later_and_each_question_anew(town: Town) -> None:
    request = await town.filed()
    for round_ in (1, 2):
        await town.asked(request)
        await town.gateway.advance(timedelta(hours=23, minutes=59))
        await town.gateway.fire_timers()
        assert (await town.sent()).count(WAITS) == round_ - 1
        await town.gateway.advance(timedelta(minutes=2))
        await town.gateway.fire_timers()
        await town.clock(10)
        await town.gateway.fire_timers()
        assert (await town.sent()).count(WAITS) == round_
        await town.happens(request, requests.RequestWentOn, by="answer")


async def test_what_was_resolved_is_asked_for_once_more_before_silence_closes_it(town: Town) -> None:
    request = await town.filed()
    await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
    await town.gateway.advance(timedelta(days=6, minutes=-1))
    await town.gateway.fire_timers()
    assert not any("即将自动关闭" in text for text in await town.shown())
    await town.gateway.advance(timedelta(minutes=2))
    await town.gateway.fire_timers()
    assert (await town.sent())[-1] == f"您的求助 {NUMBER} 即将自动关闭,如未解决请登录邻里告诉我们。"


@pytest.mark.parametrize(
    ("ends", "more", "notice"),
    [
        (requests.RequestWithdrawn, {"withdrawn_by": uuid4()}, [WITHDRAWN]),
        (requests.RequestWentOn, {"by": "silence"}, []),
    ],
)
async def test_after_it_is_over_nobody_is_reminded_and_only_that_is_told(
    town: Town, ends: Any, more: Any, notice: list[str]
) -> None:
    request = await town.filed()
    await town.asked(request)
    before = await town.sent()
    await town.happens(request, ends, **more)
    await town.sent()
    await town.gateway.advance(timedelta(days=8))
    await town.gateway.fire_timers()
    await town.clock(10)
    await town.gateway.fire_timers()
    assert (await town.sent())[len(before) :] == notice
    assert WAITS not in await town.shown()


@pytest.mark.parametrize(("days", "shown"), [(3, [QUESTION, TAKEN_UP, RECEIVED]), (31, [])])
async def test_a_topic_that_is_read_for_the_first_time_rings_nobody(
    town: Town, days: int, shown: list[str]
) -> None:
    request = uuid4()
    old = await town.now() - timedelta(days=days)
    for event in _history(town, request, old):
        await town.gateway.deliver("notifications", event, at=old)
    await town.gateway.fire_timers()
    assert await town.sent() == []
    assert await town.shown() == shown
    assert await town.shown(town.worker) == []


async def test_what_is_read_once_more_revives_no_reminder(town: Town) -> None:
    """The topic is read as far as the question, of a request that was withdrawn since."""
    request = await town.filed()
    await town.asked(request)
    await town.happens(request, requests.RequestWithdrawn, withdrawn_by=uuid4())
    before = await town.sent()
    async with town.gateway.tx() as tx:
        await tx.execute("DELETE FROM inbox")
    at = await town.now()
    for version, event in enumerate(_history(town, request, at), start=1):
        await town.gateway.deliver("notifications", event, version=version, at=at)
    await town.gateway.advance(timedelta(hours=24, minutes=1))
    await town.gateway.fire_timers()
    assert await town.sent() == before


async def test_everybody_is_told_in_their_language(town: Town) -> None:
    assert (await town.wants(language="en")).status_code == 200
    await town.filed()
    assert await town.sent() == [f"We have received your request {NUMBER}."]
    assert await town.shown(language="en") == [f"We have received your request {NUMBER}."]
    assert await town.shown(language="zh") == [RECEIVED]


async def test_whoever_wants_no_messages_is_shown_them_all_the_same(town: Town) -> None:
    await town.wants(channels=[])
    await town.filed()
    assert await town.sent() == []
    assert await town.shown() == [RECEIVED]


async def test_the_phone_is_the_one_with_which_they_sign_in_when_it_is_sent(town: Town) -> None:
    await town.filed()
    newer = "13900139000"
    await town.entrance.open_account(account=newer, subject=str(town.resident))
    assert await town.sent() == []
    assert await town.sent(newer) == [RECEIVED]


async def test_pages_count_what_is_unread_and_what_was_seen_is_read(town: Town) -> None:
    for _ in range(5):
        await town.filed()
    first = await town.page(query="?limit=4")
    second = await town.page(query=f"?limit=4&cursor={first['next']}")
    items = [*first["items"], *second["items"]]
    # With the one that says that the account was opened.
    assert (len(first["items"]), len(items), second["next"], first["unread"]) == (4, 6, None, 6)
    assert len({item["id"] for item in items}) == 6
    ids = [item["id"] for item in first["items"]]
    stranger = await town.gateway.post(
        "/api/v1/me/notifications/read", json={"ids": ids}, by=town.by(uuid4())
    )
    assert stranger.json() == {"unread": 0}
    assert (await town.page())["unread"] == 6
    read = await town.gateway.post("/api/v1/me/notifications/read", json={"ids": ids}, by=town.by())
    assert read.json() == {"unread": 2}
    assert [item["read"] for item in (await town.page())["items"]] == [True] * 4 + [False] * 2


async def test_an_account_that_is_opened_in_somebodys_name_is_told_to_its_phone(entrance: Entrance) -> None:
    subject = await entrance.resident()
    await entrance.gateway.run_errands()
    await entrance.open_account(subject=str(subject))
    await entrance.gateway.run_errands()
    texts = [each["text"] for each in entrance.sent() if each["to"] == PHONE]
    assert texts == ["【邻里】您的邻里账号已开通或更新。如非本人要求,请联系社区。"] * 2


async def test_whoever_follows_is_told_what_is_public_and_whoever_left_or_did_it_is_not(town: Town) -> None:
    """Also a second time that the same is read: they are told once."""
    phones = ["13900139001", "13900139002", "13900139003"]
    follower, disputes, left = [await town.entrance.resident(phone) for phone in phones]
    await town.gateway.run_errands()
    request = await town.filed()
    followed = {"case_number": NUMBER, "category": "environment", "state": "submitted"}
    await town.happens(request, requests.RequestFollowed, follower_ids=(follower, disputes, left), **followed)
    await town.happens(request, requests.RequestUnfollowed, follower_id=left)
    await town.asked(request)
    await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
    done = f"您关注的求助 {NUMBER} 已办结,如未解决请登录邻里告诉我们。"
    for phone, received in zip(phones, ([done], [done], []), strict=True):
        assert await town.sent(phone) == received
    await town.happens(request, requests.RequestReopened, reopened_by=disputes, by_follower=True)
    reopened = f"您关注的求助 {NUMBER} 已重新办理。"
    assert await town.shown(follower) == [reopened, done]
    assert await town.shown(disputes) == [done]
    assert await town.shown(left) == []
    assert (await town.shown())[0] == f"您的求助 {NUMBER} 已重新办理。"


async def test_whoever_followed_what_is_hidden_hears_no_more_of_it_and_keeps_nothing(town: Town) -> None:
    """The phone's message still waits when it is hidden; whose it is, and staff, go on."""
    phone, other_phone = "13900139001", "13900139002"
    follower, stays = await town.entrance.resident(phone), await town.entrance.resident(other_phone)
    await town.gateway.run_errands()
    request, public = await town.filed(), await town.filed()
    followed = {"case_number": NUMBER, "category": "environment", "state": "submitted"}
    for each in (request, public):
        await town.happens(each, requests.RequestFollowed, follower_ids=(follower, stays), **followed)
        await town.happens(each, requests.RequestStarted)
    await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
    await town.happens(request, requests.RequestHidden, follower_ids=(follower,))
    assert await town.sent(phone) == await town.shown(follower) == []
    await town.happens(request, requests.RequestReopened, reopened_by=town.resident)
    await town.happens(request, requests.RequestRejected, reason="other")
    assert await town.sent(phone) == await town.shown(follower) == []
    declined = f"您关注的求助 {NUMBER} 未被受理。"
    assert (await town.shown(stays))[0] == declined
    assert (await town.shown())[0].startswith(f"您的求助 {NUMBER} 未被受理")
    assert await town.shown(town.worker) != []
    await town.happens(public, requests.RequestRejected, reason="other")
    assert await town.shown(follower) == [declined]


async def test_what_was_merged_is_told_to_whose_it_was_and_goes_on_under_the_other(town: Town) -> None:
    first, second = await town.filed(by=town.worker), await town.filed()
    await town.asked(second)
    await town.happens(second, requests.RequestMerged, into=first, into_case_number=NUMBER)
    # What waits at one moment is sent in any order.
    assert f"您的求助 {NUMBER} 已与相同的求助合并办理。" in await town.sent()
    await town.gateway.advance(timedelta(hours=24, minutes=1))
    await town.gateway.fire_timers()
    assert WAITS not in await town.sent()
