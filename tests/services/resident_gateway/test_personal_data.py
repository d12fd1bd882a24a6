"""An account is sealed by its person's key, told to them, and closed when they are erased."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from event_contracts.community_registry import ResidentCorrected, ResidentErased, ResidentRegistered
from event_contracts.resident_requests import (
    RequestFollowed,
    RequestResolved,
    RequestStarted,
    RequestSubmitted,
)
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest
from racing import overlapping

from .conftest import PHONE, Entrance
from .notified import Town


async def _corrected(gateway: ServiceUnderTest, subject: UUID, *changed: str, **more: Any) -> None:
    await gateway.deliver("registry_replica", ResidentCorrected(resident_id=subject, changed=changed), **more)


def _caller(gateway: ServiceUnderTest, subject: UUID) -> Caller:
    return gateway.caller("resident", subject=subject)


async def _erase(gateway: ServiceUnderTest, subject: UUID) -> None:
    await gateway.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=subject, household_id=subject, unit_id=subject),
        ResidentErased(resident_id=subject),
    )


async def test_a_person_sees_their_own_name_and_is_told_what_is_held(
    gateway: ServiceUnderTest, entrance: Entrance
) -> None:
    me = _caller(gateway, await entrance.resident())
    assert (await gateway.get("/api/v1/me", by=me)).json()["display_name"] == "王奶奶"
    held = (await gateway.get("/api/v1/me/data/gateway", by=me)).json()["held"]
    assert (held["account"][0]["account"], held["account"][0]["display_name"]) == (PHONE, "王奶奶")


async def test_the_parts_of_what_is_held_are_one_for_each_service(gateway: ServiceUnderTest) -> None:
    answer = await gateway.get("/api/v1/me/data", by=gateway.caller("resident"))
    expected = ("gateway", "paid", "registry", "relief", "requests", "volunteers")
    assert answer.json() == {"parts": [f"/api/v1/me/data/{part}" for part in expected]}
    assert (await gateway.get("/api/v1/me/data")).status_code == 401


async def test_an_account_that_is_given_to_another_person_is_sealed_for_them(
    gateway: ServiceUnderTest, entrance: Entrance
) -> None:
    first, second = await entrance.resident(), await entrance.resident()
    held = (await gateway.get("/api/v1/me/data/gateway", by=_caller(gateway, second))).json()["held"]
    assert held["account"][0]["account"] == PHONE
    await _erase(gateway, first)
    assert (await gateway.get("/api/v1/me", by=_caller(gateway, second))).json()["display_name"] == "王奶奶"


async def test_an_erased_person_cannot_sign_in_and_their_phone_is_found_by_nothing(
    gateway: ServiceUnderTest, entrance: Entrance
) -> None:
    subject = await entrance.resident()
    await entrance.ask_code()
    code = entrance.newest_code()
    index = gateway.kit.sealer.blind_index(PHONE, for_="account.name")
    await _erase(gateway, subject)
    assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=code)).status_code == 401
    async with gateway.tx() as tx:
        assert (
            await tx.fetchval(
                "SELECT count(*) FROM account WHERE subject = $1 OR account_index = $2", subject, index
            )
            == 0
        )
        assert await tx.fetchval("SELECT count(*) FROM one_time_code") == 0
    assert (await gateway.get("/api/v1/me", by=_caller(gateway, subject))).json()["display_name"] is None
    assert (await entrance.open_account(subject=str(subject))).status_code == 409
    assert await gateway.parked() == []


async def test_a_phone_that_was_changed_at_the_registry_opens_the_account_no_more(
    gateway: ServiceUnderTest, entrance: Entrance
) -> None:
    """Neither by a code that is on its way, nor by a session; and whoever has the number next is somebody else."""
    subject = await entrance.resident()
    session = await entrance.signed_in_by_code()
    await entrance.ask_code()
    code = entrance.newest_code()
    await _corrected(gateway, subject, "address", "phone")
    assert (await entrance.refresh(session["refresh_token"])).status_code == 401
    assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=code)).status_code == 401
    sent = len(entrance.sent())
    assert (await entrance.ask_code()).status_code == 202
    assert len(entrance.sent()) == sent
    other = await entrance.resident()
    me = await entrance.me((await entrance.signed_in_by_code())["access_token"])
    assert me.json()["subject"] == str(other)
    assert await gateway.parked() == []


async def test_what_else_is_corrected_and_other_ways_in_leave_accounts_as_they_are(
    gateway: ServiceUnderTest, entrance: Entrance
) -> None:
    subject = await entrance.resident()
    phone = await entrance.signed_in_by_code()
    await _corrected(gateway, subject, "name", "address", "id_number")
    assert (await entrance.refresh(phone["refresh_token"])).status_code == 200
    await entrance.staff("chen", subject=subject)
    password = await entrance.token("chen")
    other = await entrance.resident("13900139000")
    theirs = await entrance.signed_in_by_code("13900139000")
    await _corrected(gateway, subject, "phone")
    assert (await entrance.refresh(password["refresh_token"])).status_code == 200
    assert (await entrance.refresh(theirs["refresh_token"])).status_code == 200, other


async def test_an_account_that_was_opened_since_with_the_new_phone_stays(
    gateway: ServiceUnderTest, entrance: Entrance
) -> None:
    """News of the correction may come late, and the same number may be opened again for somebody else."""
    subject = await entrance.resident()
    await entrance.open_account(account="13900139000", subject=str(subject))
    before = datetime.now(UTC) - timedelta(minutes=1)
    await _corrected(gateway, subject, "phone", at=before)
    assert (await entrance.signed_in_by_code("13900139000"))["refresh_token"]


async def _shown_in_the_timeline(town: Town) -> None:
    submitted = RequestSubmitted(
        **town.about(uuid4()),
        case_number="1",
        category="c",
        filed_by=town.worker,
        occurred_at=await town.now(),
    )
    await town.gateway.deliver("timeline", submitted)


async def test_what_an_erased_person_was_told_is_gone_and_nothing_reaches_them_any_more(town: Town) -> None:
    """Neither what waits, nor what comes late, nor a reminder, nor the same topics read once more."""
    gateway = town.gateway
    request = await town.filed()
    await town.asked(request)
    await town.wants(language="en")
    held = (await gateway.get("/api/v1/me/data/gateway", by=town.by())).json()["held"]
    assert {each["occasion"] for each in held["notification"]} > {"request_received", "request_question"}
    assert [each["language"] for each in held["notification_setting"]] == ["en"]
    followed = await town.filed(by=town.worker)
    await town.happens(
        followed,
        RequestFollowed,
        follower_ids=(town.resident,),
        case_number="1",
        category="c",
        state="submitted",
    )
    held = (await gateway.get("/api/v1/me/data/gateway", by=town.by())).json()["held"]
    assert held["subject_follower"] == [{"subject_id": str(followed), "joined": False}]
    await _shown_in_the_timeline(town)
    held = (await gateway.get("/api/v1/me/data/gateway", by=town.by())).json()["held"]
    assert len(held["timeline_item"]) == 1
    await _erase(gateway, town.resident)
    before = town.received()
    await town.happens(request, RequestResolved, resolved_by=town.worker)
    await gateway.advance(timedelta(days=6, minutes=1))
    await gateway.fire_timers()
    async with gateway.tx() as tx:
        await tx.execute("DELETE FROM inbox")
        await tx.execute("DELETE FROM subject_state")
    await town.filed()
    assert (await town.wants(language="zh")).status_code == 409
    assert await town.sent() == before
    await _shown_in_the_timeline(town)
    held = (await gateway.get("/api/v1/me/data/gateway", by=town.by())).json()["held"]
    assert held["notification"] == held["notification_setting"] == held["subject_follower"] == []
    assert held["timeline_item"] == []
    assert await town.shown(town.worker), "staff are told all the same"
    assert await gateway.parked() == []


async def _kept(town: Town) -> dict[str, int]:
    async with town.gateway.tx() as tx:
        return {
            table: await tx.fetchval(f"SELECT count(*) FROM {table} WHERE person_id = $1", town.resident)
            for table in ("notification_setting", "timeline_item", "notification", "subject_follower")
        }


async def test_of_whoever_is_erased_while_they_say_how_to_be_told_nothing_is_kept(town: Town) -> None:
    """What they say stands before its line in the audit."""
    erasing = town.gateway.deliver("registry_replica", ResidentErased(resident_id=town.resident))
    answer, _ = await overlapping(
        town.gateway, "LOCK TABLE audit IN SHARE MODE", first=town.wants(language="en"), then=erasing
    )
    assert answer.status_code == 200
    assert set((await _kept(town)).values()) == {0}


async def test_of_whoever_is_erased_while_their_timeline_is_written_nothing_is_kept(town: Town) -> None:
    """Their row is written, and stands before that of whoever follows it."""
    request, follower = uuid4(), uuid4()
    followed = RequestFollowed(
        **town.about(request), follower_ids=(follower,), case_number="1", category="c", state="submitted"
    )
    await town.gateway.deliver("timeline", followed)
    started = RequestStarted(**town.about(request))
    await overlapping(
        town.gateway,
        "SELECT FROM timeline_item WHERE person_id = $1 FOR UPDATE",
        follower,
        first=town.gateway.deliver("timeline", started),
        then=town.gateway.deliver("registry_replica", ResidentErased(resident_id=town.resident)),
    )
    assert set((await _kept(town)).values()) == {0}


async def test_whoever_is_erased_while_they_are_told_is_told_nothing(town: Town) -> None:
    """Both at once, many times: whichever comes first, nothing is left."""
    for _ in range(10):
        town.resident = uuid4()
        await town.settle(town.resident)
        erased = ResidentErased(resident_id=town.resident)
        await asyncio.gather(town.filed(), town.gateway.deliver("registry_replica", erased))
        async with town.gateway.tx() as tx:
            left = await tx.fetchval("SELECT count(*) FROM notification WHERE person_id = $1", town.resident)
        assert left == 0
