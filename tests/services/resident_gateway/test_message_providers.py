"""A provider of messages that refuses, is away, hangs, or answers late: each message is known again, tried again for a while, and
seen by the operator when it is given up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from event_contracts import resident_requests as requests
from platform_kit import errands
from platform_kit.errands import Breaker
from resident_gateway.rules.notification import TRIES

from .conftest import PHONE, Entrance, open_gateway
from .notified import NUMBER, Town
from .test_messages import SmsProvider, sms_provider

RECEIVED = f"【邻里】您的求助 {NUMBER} 已收到。"


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with sms_provider() as provider:
        yield provider


@pytest.fixture
async def town(servers: Any, tmp_path: Any, provider: SmsProvider) -> AsyncIterator[Town]:
    token = tmp_path / "sms.token"
    token.write_text("the provider's token\n")
    async with open_gateway(servers, tmp_path, sms_url=provider.url, sms_token_file=token) as gateway:
        town = await Town.of(Entrance(gateway, tmp_path / "messages"))
        provider.calls.clear()
        yield town


def _never_rests() -> Breaker:
    return Breaker(failures=10**6)


async def _try(town: Town, after: timedelta = timedelta(0)) -> None:
    await town.gateway.advance(after)
    await town.gateway.run_errands(_never_rests())


def _given_up(reason: str) -> float:
    """As the worker's /metrics tells."""
    return REGISTRY.get_sample_value("messages_given_up_total", {"reason": reason}) or 0


async def _failed(town: Town) -> Any:
    answer = await town.gateway.get("/api/v1/notifications/failed", by=town.gateway.caller("operator"))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_message_comes_with_an_id_by_which_it_is_known_again(
    town: Town, provider: SmsProvider
) -> None:
    """The provider has sent it, and its answer says that it failed: the second call is the same message."""
    await town.filed()
    provider.status = 500
    await _try(town)
    provider.status = 200
    await _try(town, timedelta(seconds=31))
    await _try(town, timedelta(hours=1))
    first, second = [body for _, body in provider.calls]
    assert first == second
    assert (first["to"], first["text"]) == (PHONE, RECEIVED)
    [shown] = [each for each in (await town.page())["items"] if each["kind"] == "request"]
    assert first["id"] == shown["id"]
    assert provider.calls[0][0] == "Bearer the provider's token"
    assert await _failed(town) == []


async def test_what_is_tried_again_is_not_sent_to_who_ceased_to_follow_meanwhile(
    town: Town, provider: SmsProvider
) -> None:
    phones = ["13900139001", "13900139002"]
    left, stays = [await town.entrance.resident(phone) for phone in phones]
    request = await town.filed()
    await _try(town)
    await town.happens(
        request, requests.RequestFollowed, follower_ids=(left, stays), case_number=NUMBER, category="environment",
        state="submitted",
    )  # fmt: skip
    provider.status = 503
    await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
    await _try(town)
    provider.status, before = 200, len(provider.calls)
    await town.happens(request, requests.RequestUnfollowed, follower_id=left)
    await _try(town, timedelta(seconds=31))
    await _try(town, timedelta(hours=1))
    assert sorted(body["to"] for _, body in provider.calls[before:]) == sorted([PHONE, phones[1]])
    assert ("dropped", "not told any more", 2) in await town.deliveries()
    assert await _failed(town) == []


async def test_tries_are_bounded_and_each_waits_longer(town: Town, provider: SmsProvider) -> None:
    await town.filed()
    provider.status = 503
    pauses = [30 * 2**n for n in range(TRIES - 1)]
    await _try(town)
    for tried, pause in enumerate(pauses, start=1):
        await _try(town, timedelta(seconds=pause - 5))
        assert len(provider.calls) == tried, "too early"
        await _try(town, timedelta(seconds=10))
        assert len(provider.calls) == tried + 1
    await _try(town, timedelta(hours=3))
    assert len(provider.calls) == TRIES
    [failed] = await _failed(town)
    assert (failed["attempts"], failed["reason"]) == (TRIES, "answered 503")
    assert await town.shown() == [RECEIVED.removeprefix("【邻里】")]


async def test_what_the_provider_refuses_is_not_tried_again_and_the_operator_sees_it(
    town: Town, provider: SmsProvider
) -> None:
    await town.filed()
    provider.status = 422
    before = _given_up("answered 422")
    for _ in range(3):
        await _try(town, timedelta(minutes=10))
    assert len(provider.calls) == 1
    assert _given_up("answered 422") == before + 1
    [failed] = await _failed(town)
    assert (failed["attempts"], failed["reason"]) == (1, "answered 422")
    assert PHONE not in str(failed)
    refused = await town.gateway.get("/api/v1/notifications/failed", by=town.by())
    assert refused.status_code == 403


async def test_a_token_that_is_no_longer_good_loses_no_message(town: Town, provider: SmsProvider) -> None:
    await town.filed()
    provider.status = 401
    await _try(town)
    provider.status = 200
    await _try(town, timedelta(minutes=1))
    assert [body["text"] for _, body in provider.calls] == [RECEIVED] * 2


async def test_a_provider_that_hangs_holds_nothing_else_up(
    town: Town, provider: SmsProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it hangs no connection is held, events are taken and people are shown what is new."""
    monkeypatch.setattr(errands, "RUN_SECONDS", 1.0)
    provider.delay = 60
    for _ in range(3):
        await town.filed()
    sending = asyncio.create_task(town.gateway.run_errands(_never_rests()))
    async with asyncio.timeout(20):
        while len(provider.calls) < 3:
            await asyncio.sleep(0.01)
        async with town.gateway.tx() as tx:
            held = await tx.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%'"
            )
        assert held == 0
        await town.filed()
        assert len(await town.shown()) == 4
        assert not sending.done()
        await sending
    assert [reason for state, reason, _ in await town.deliveries() if state == "due"] == [
        "no answer in time"
    ] * 4
    provider.delay = 0
    await _try(town, timedelta(minutes=2))
    assert len({body["id"] for _, body in provider.calls}) == 4


async def test_a_provider_that_is_away_is_let_be_and_uses_up_no_tries(
    town: Town, provider: SmsProvider
) -> None:
    requests_filed = [await town.filed() for _ in range(20)]
    provider.status = 503
    breaker = Breaker(failures=4, rest_seconds=0.2)
    await town.gateway.run_errands(breaker)
    asked = len(provider.calls)
    assert asked < len(requests_filed)
    assert sum(attempts for _, _, attempts in await town.deliveries()) == asked + 1, "and the welcome's"
    provider.status = 200
    await town.gateway.advance(timedelta(minutes=2))
    async with asyncio.timeout(20):
        while len({body["id"] for _, body in provider.calls}) < len(requests_filed):
            await town.gateway.run_errands(breaker)
            await asyncio.sleep(0.05)
    assert {state for state, _, _ in await town.deliveries()} == {"sent"}


async def test_a_message_that_cannot_be_made_keeps_back_no_other(town: Town, provider: SmsProvider) -> None:
    """Of an occasion that there is no more, and of somebody whose number does not open: that may be a key that is away."""
    gone = await town.filed()
    async with town.gateway.tx() as tx:
        await tx.execute(
            "UPDATE notification SET occasion = 'unknown' WHERE subject_id = $1 AND person_id = $2",
            gone,
            town.resident,
        )
    neighbour, town.resident = town.resident, uuid4()
    await town.settle(town.resident)
    await town.entrance.open_account(account="13900139000", subject=str(town.resident))
    async with town.gateway.tx() as tx:
        await tx.execute("UPDATE account SET account = 'unreadable' WHERE subject = $1", town.resident)
    await town.filed()
    town.resident = neighbour
    await town.filed()
    await _try(town)
    assert [body["text"] for _, body in provider.calls] == [RECEIVED]
    assert [each["reason"] for each in await _failed(town)] == ["unknown occasion"]
    assert "unknown" in await town.shown()
    assert [attempts for state, _, attempts in await town.deliveries() if state == "due"] == [1, 1]
    for _ in range(TRIES):
        await _try(town, timedelta(hours=1))
        await town.clock(10)
    assert len(await _failed(town)) == 3
    assert len(provider.calls) == 1


async def test_what_is_two_days_old_is_given_up(town: Town, provider: SmsProvider) -> None:
    await town.filed()
    provider.status = 503
    await _try(town)
    provider.status = 200
    await town.gateway.advance(timedelta(hours=49))
    await town.clock(10)
    await _try(town)
    assert len(provider.calls) == 1
    [failed] = await _failed(town)
    assert failed["reason"] == "too late"


async def test_neither_phone_nor_words_lie_where_messages_wait_nor_in_the_log(
    town: Town, provider: SmsProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    request = await town.filed()
    provider.status = 500
    await _try(town)
    await town.happens(
        request, requests.RequestCommented, comment_id=uuid4(), author_id=uuid4(), side="staff"
    )
    await _try(town, timedelta(minutes=1))
    rows = []
    async with town.gateway.tx() as tx:
        for table in (
            "notification", "delivery", "notification_setting", "subject_state", "timer", "outbox", "inbox",
            "idempotency", "audit", "timeline_item",
        ):  # fmt: skip
            rows += [str(dict(row)) for row in await tx.fetch(f"SELECT * FROM {table}")]
    text = "".join([*rows, *capsys.readouterr()])
    assert "request_commented" in text
    assert PHONE not in text
    assert len(provider.calls) >= 3
