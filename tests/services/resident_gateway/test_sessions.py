"""Staying signed in: refresh tokens are good once, and one that comes back ends the session for everybody who has it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from .conftest import OPERATOR_PASSWORD, PASSWORD, PHONE, Entrance
from .test_pages import HERE

AFTER_GRACE = timedelta(seconds=61)


async def _signed_in(entrance: Entrance) -> dict[str, Any]:
    await entrance.staff("chen")
    return await entrance.token("chen")


async def test_a_refresh_token_gives_a_new_access_token_and_its_successor(entrance: Entrance) -> None:
    first = await _signed_in(entrance)
    answer = await entrance.refresh(first["refresh_token"])
    assert answer.status_code == 200
    second = answer.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (second["token_type"], second["expires_in"]) == ("Bearer", 600)
    before, after = [(await entrance.me(each["access_token"])).json() for each in (first, second)]
    assert before == after
    assert (await entrance.refresh(second["refresh_token"])).status_code == 200


async def test_an_old_token_that_comes_back_ends_the_session(entrance: Entrance) -> None:
    stolen = (await _signed_in(entrance))["refresh_token"]
    kept = (await entrance.refresh(stolen)).json()["refresh_token"]
    await entrance.gateway.advance(AFTER_GRACE)
    reused = await entrance.refresh(stolen)
    assert (reused.status_code, reused.json()["type"]) == (401, "/problems/session-over")
    assert (await entrance.refresh(kept)).status_code == 401
    assert (await entrance.token("chen"))["refresh_token"]


async def test_another_session_of_the_same_person_goes_on(entrance: Entrance) -> None:
    stolen = (await _signed_in(entrance))["refresh_token"]
    elsewhere = (await entrance.token("chen"))["refresh_token"]
    await entrance.refresh(stolen)
    await entrance.gateway.advance(AFTER_GRACE)
    assert (await entrance.refresh(stolen)).status_code == 401
    assert (await entrance.refresh(elsewhere)).status_code == 200


async def test_a_lost_answer_signs_nobody_out(entrance: Entrance) -> None:
    only = (await _signed_in(entrance))["refresh_token"]
    lost = await entrance.refresh(only)
    await entrance.gateway.advance(timedelta(seconds=50))
    again = await entrance.refresh(only)
    assert again.status_code == 200
    assert again.json()["refresh_token"] == lost.json()["refresh_token"], "one chain, whoever asks"
    await entrance.gateway.advance(AFTER_GRACE)
    assert (await entrance.refresh(again.json()["refresh_token"])).status_code == 200


async def test_a_token_two_steps_old_ends_the_session_at_once(entrance: Entrance) -> None:
    first = (await _signed_in(entrance))["refresh_token"]
    second = (await entrance.refresh(first)).json()["refresh_token"]
    third = (await entrance.refresh(second)).json()["refresh_token"]
    assert (await entrance.refresh(first)).status_code == 401
    assert (await entrance.refresh(third)).status_code == 401


async def test_ten_renewals_at_once_are_one_step(entrance: Entrance) -> None:
    token = (await _signed_in(entrance))["refresh_token"]
    answers = await asyncio.gather(*(entrance.refresh(token) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert (await entrance.refresh(successor)).status_code == 200


@pytest.mark.parametrize(("idle", "status"), [(timedelta(days=29), 200), (timedelta(days=30), 401)])
async def test_who_stays_away_for_thirty_days_signs_in_again(
    entrance: Entrance, idle: timedelta, status: int
) -> None:
    token = (await _signed_in(entrance))["refresh_token"]
    await entrance.gateway.advance(idle)
    assert (await entrance.refresh(token)).status_code == status


async def test_no_session_is_longer_than_ninety_days(entrance: Entrance) -> None:
    token = (await _signed_in(entrance))["refresh_token"]
    for day in (29, 58, 87):
        await entrance.gateway.advance(timedelta(days=29))
        answer = await entrance.refresh(token)
        assert answer.status_code == 200, day
        token = answer.json()["refresh_token"]
    await entrance.gateway.advance(timedelta(days=3))
    assert (await entrance.refresh(token)).status_code == 401


async def test_signing_out_ends_every_token_of_the_session(entrance: Entrance) -> None:
    first = (await _signed_in(entrance))["refresh_token"]
    second = (await entrance.refresh(first)).json()["refresh_token"]
    left = await entrance.gateway.client.post("/api/v1/auth/logout", json={"refresh_token": first})
    assert left.status_code == 204
    for token in (first, second):
        assert (await entrance.refresh(token)).status_code == 401


@pytest.mark.parametrize("change", ["secret", "step", "session", "form"])
async def test_a_made_up_token_gives_nothing_and_ends_nothing(entrance: Entrance, change: str) -> None:
    mine = (await _signed_in(entrance))["refresh_token"]
    mine = (await entrance.refresh(mine)).json()["refresh_token"]
    session, step, secret = mine.split(".")
    made_up = {
        "secret": f"{session}.0.{'0' * 64}",
        "step": f"{session}.{int(step) + 1}.{secret}",
        "session": f"{'0' * 32}.{step}.{secret}",
        "form": mine + "\n",
    }[change]
    assert (await entrance.refresh(made_up)).status_code == 401
    left = await entrance.gateway.client.post("/api/v1/auth/logout", json={"refresh_token": made_up})
    assert left.status_code == 204
    assert (await entrance.refresh(mine)).status_code == 200


async def test_a_changed_account_signs_its_person_out(entrance: Entrance) -> None:
    subject = await entrance.staff("chen")
    token = (await entrance.token("chen"))["refresh_token"]
    await entrance.staff("chen", subject=subject)
    assert (await entrance.refresh(token)).status_code == 401


async def test_the_operator_has_no_session(entrance: Entrance) -> None:
    answer = await entrance.sign_in(grant_type="password", account="operator", password=OPERATOR_PASSWORD)
    assert answer.json()["refresh_token"] is None


async def test_no_token_is_found_in_the_database(entrance: Entrance) -> None:
    first = await _signed_in(entrance)
    second = (await entrance.refresh(first["refresh_token"])).json()
    async with entrance.gateway.tx() as tx:
        tables = await tx.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        texts = [
            await tx.fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{table[0]}\" t")
            for table in tables
        ]
    stored = " ".join(texts)
    session, _, secret = second["refresh_token"].split(".")
    assert str(session)[:8] in stored, "the search finds what is there"
    for token in (first, second):
        assert token["access_token"] not in stored
        assert token["refresh_token"].split(".")[2] not in stored
    assert secret not in stored


async def test_the_pages_stay_signed_in_when_the_access_token_is_gone(entrance: Entrance) -> None:
    browser = entrance.gateway.client
    await entrance.staff("chen")
    await browser.post("/sign-in", data={"account": "chen", "password": PASSWORD}, headers=HERE)
    for _ in range(2):
        browser.cookies.delete("linli_access")
        before = browser.cookies["linli_session"]
        assert (await browser.get("/home", follow_redirects=True)).status_code == 200
        assert browser.cookies["linli_access"]
        assert browser.cookies["linli_session"] != before
    unchanged = browser.cookies["linli_session"]
    assert (await browser.get("/home")).status_code == 200
    assert browser.cookies["linli_session"] == unchanged, "not renewed at every page"


async def test_a_stolen_cookie_is_no_good_after_the_person_went_on(entrance: Entrance) -> None:
    browser = entrance.gateway.client
    await entrance.staff("chen")
    await browser.post("/sign-in", data={"account": "chen", "password": PASSWORD}, headers=HERE)
    stolen = browser.cookies["linli_session"]
    browser.cookies.delete("linli_access")
    await browser.get("/home", follow_redirects=True)
    await entrance.gateway.advance(AFTER_GRACE)
    browser.cookies.clear()
    theft = await browser.get("/stay", headers={"Cookie": f"linli_session={stolen}"})
    assert (theft.status_code, theft.headers["location"]) == (303, "/")


async def test_signing_out_on_a_page_ends_the_session_itself(entrance: Entrance) -> None:
    browser = entrance.gateway.client
    await entrance.resident()
    await entrance.ask_code()
    form = {"phone": PHONE, "code": entrance.newest_code()}
    await browser.post("/sign-in", data=form, headers=HERE)
    token = browser.cookies["linli_session"]
    await browser.post("/sign-out", headers=HERE)
    assert "linli_session" not in browser.cookies
    assert (await entrance.refresh(token)).status_code == 401
