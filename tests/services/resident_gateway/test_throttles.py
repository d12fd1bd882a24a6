"""How often one may ask for codes and try to sign in: counted exactly, told with Retry-After, alike for nobody's account."""

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from pwdlib import PasswordHash

from .conftest import OPERATOR_PASSWORD, PASSWORD, PHONE, Entrance

NOBODY = "13900139000"


def _phones(count: int) -> list[str]:
    return [f"137{number:08d}" for number in range(count)]


@pytest.mark.parametrize("phone", [PHONE, NOBODY])
async def test_a_phone_gets_ten_codes_an_hour(entrance: Entrance, phone: str) -> None:
    await entrance.resident()
    for _ in range(10):
        assert (await entrance.ask_new_code(phone)).status_code == 202
    await entrance.gateway.advance(timedelta(minutes=20))
    refused = await entrance.ask_code(phone)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-tries")
    seconds = int(refused.headers["retry-after"])
    assert 1760 <= seconds <= 1860
    await entrance.gateway.advance(timedelta(seconds=seconds))
    assert (await entrance.ask_code(phone)).status_code == 202
    assert len(entrance.sent()) == (11 if phone == PHONE else 0)


async def test_an_hour_is_any_hour_and_not_one_of_the_clock(entrance: Entrance) -> None:
    await entrance.ask_code()
    await entrance.gateway.advance(timedelta(minutes=50))
    for _ in range(9):
        assert (await entrance.ask_new_code()).status_code == 202
    await entrance.gateway.advance(timedelta(minutes=5))
    assert [(await entrance.ask_new_code()).status_code for _ in range(2)] == [202, 429]


@pytest.mark.parametrize("phone", [PHONE, NOBODY])
async def test_asked_again_within_a_minute_the_code_that_was_sent_stands(
    entrance: Entrance, phone: str
) -> None:
    """By the person or by a stranger: nothing is sent, nothing void, nothing counted, and nobody learns who has an account."""
    await entrance.resident()
    assert (await entrance.ask_code(phone)).json() == {"expires_in": 300}
    await entrance.gateway.advance(timedelta(seconds=30))
    for _ in range(12):
        again = await entrance.ask_code(phone)
        assert again.status_code == 202
        assert 260 <= again.json()["expires_in"] <= 270
    assert len(entrance.sent()) == (1 if phone == PHONE else 0)
    if phone == PHONE:
        first = await entrance.sign_in(grant_type="code", phone=phone, code=entrance.newest_code())
        assert first.status_code == 200
    for _ in range(9):
        assert (await entrance.ask_new_code(phone)).status_code == 202
    assert (await entrance.ask_new_code(phone)).status_code == 429


async def test_whose_code_is_used_up_need_not_wait_for_another(entrance: Entrance) -> None:
    await entrance.resident()
    for _ in range(2):
        assert (await entrance.signed_in_by_code())["refresh_token"]
    assert len(entrance.sent()) == 2


async def test_of_thirty_who_ask_at_once_for_one_phone_one_has_a_code_sent(entrance: Entrance) -> None:
    await entrance.resident()
    answers = await asyncio.gather(*(entrance.ask_code() for _ in range(30)))
    assert Counter(answer.status_code for answer in answers) == {202: 30}
    assert len(entrance.sent()) == 1
    for _ in range(9):
        assert (await entrance.ask_new_code()).status_code == 202
    assert (await entrance.ask_new_code()).status_code == 429


async def test_an_address_that_asks_for_many_phones_at_once_is_counted_exactly(entrance: Entrance) -> None:
    answers = await asyncio.gather(*(entrance.ask_code(phone) for phone in _phones(120)))
    assert Counter(answer.status_code for answer in answers) == {202: 100, 429: 20}


async def test_another_phone_is_counted_by_itself_however_it_is_typed(entrance: Entrance) -> None:
    for spelling in (PHONE, "138 0013 8000", "+86 13800138000", "138-0013-8000", "１３８００１３８０００"):
        for _ in range(2):
            assert (await entrance.ask_new_code(spelling)).status_code == 202
    assert (await entrance.ask_new_code("+8613800138000")).status_code == 429
    assert (await entrance.ask_code(NOBODY)).status_code == 202


async def test_an_address_asks_for_a_hundred_codes_an_hour(entrance: Entrance) -> None:
    answers = [await entrance.ask_code(phone) for phone in _phones(101)]
    assert [answer.status_code for answer in answers] == [202] * 100 + [429]


@pytest.mark.parametrize("known", [True, False])
async def test_an_account_is_tried_ten_times_in_a_quarter_of_an_hour(entrance: Entrance, known: bool) -> None:
    """And neither the answers nor their order tell whether there is such an account."""
    await entrance.staff("chen" if known else "somebody else")
    for _ in range(10):
        answer = await entrance.sign_in(grant_type="password", account="chen", password="a wrong password")
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/wrong-credentials")
    right = await entrance.sign_in(grant_type="password", account="chen", password=PASSWORD)
    assert right.status_code == 429
    assert 0 < int(right.headers["retry-after"]) <= 900
    assert right.json()["detail"]
    await entrance.gateway.advance(timedelta(minutes=15))
    later = await entrance.sign_in(grant_type="password", account="chen", password=PASSWORD)
    assert later.status_code == (200 if known else 401)


async def _guesses(entrance: Entrance, address: str, times: int = 10) -> list[int]:
    answers = [
        await entrance.sign_in(
            address=address, grant_type="password", account="chen", password="a wrong password"
        )
        for _ in range(times)
    ]
    return [answer.status_code for answer in answers]


async def test_a_stranger_elsewhere_locks_nobody_out(behind_a_proxy: Entrance) -> None:
    entrance = behind_a_proxy
    await entrance.staff("chen")
    assert await _guesses(entrance, "203.0.113.7", 40) == [401] * 10 + [429] * 30
    at_home = {"address": "198.51.100.1", "grant_type": "password", "account": "chen", "password": PASSWORD}
    assert (await entrance.sign_in(**at_home)).status_code == 200
    assert await _guesses(entrance, "198.51.100.1", 11) == [401] * 10 + [429]


async def test_from_all_addresses_an_account_is_tried_a_hundred_times(behind_a_proxy: Entrance) -> None:
    """And whoever succeeds meanwhile gives those who guess no tries back."""
    entrance = behind_a_proxy
    await entrance.staff("chen")
    right = {"grant_type": "password", "account": "chen", "password": PASSWORD}
    for number in range(10):
        assert await _guesses(entrance, f"203.0.113.{number}", 11) == [401] * 10 + [429]
        if number < 9:
            assert (await entrance.sign_in(address="198.51.100.1", **right)).status_code == 200
    refused = await entrance.sign_in(address="198.51.100.1", **right)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    await entrance.gateway.advance(timedelta(minutes=15))
    assert (await entrance.sign_in(address="198.51.100.1", **right)).status_code == 200


async def test_a_form_that_was_refused_uses_up_none_of_the_tries_of_others(behind_a_proxy: Entrance) -> None:
    entrance = behind_a_proxy
    await entrance.staff("chen")
    form = {"account": "chen", "password": "a wrong password"}
    for _ in range(120):
        await entrance.gateway.client.post(
            "/sign-in", data=form, headers={"X-Forwarded-For": "203.0.113.7", "Origin": "http://test"}
        )
    answer = await entrance.sign_in(
        address="198.51.100.1", grant_type="password", account="chen", password=PASSWORD
    )
    assert answer.status_code == 200


async def _by_page(entrance: Entrance, path: str, address: str, **form: str) -> int:
    headers = {"X-Forwarded-For": address, "Origin": "http://test"}
    return (await entrance.gateway.client.post(path, data=form, headers=headers)).status_code


async def test_an_address_that_has_no_more_codes_uses_up_nobodys_by_the_page(
    behind_a_proxy: Entrance,
) -> None:
    entrance = behind_a_proxy
    answers = [await _by_page(entrance, "/code", "203.0.113.7", phone=phone) for phone in _phones(100)]
    answers += [await _by_page(entrance, "/code", "203.0.113.7", phone=PHONE) for _ in range(10)]
    assert answers == [200] * 100 + [429] * 10
    assert (await entrance.ask_code()).status_code == 202


async def test_an_address_that_has_no_more_tries_uses_up_nobodys_by_the_page(
    behind_a_proxy: Entrance,
) -> None:
    entrance, theirs = behind_a_proxy, {"X-Forwarded-For": "203.0.113.7"}
    assert (await _use_up(entrance, theirs)).status_code == 429
    for _ in range(10):
        assert await _by_page(entrance, "/sign-in", "203.0.113.7", phone=PHONE, code="0") == 429
    others = [
        await _fail(entrance, PHONE, {"X-Forwarded-For": f"198.51.100.{number % 10}"})
        for number in range(100)
    ]
    assert [answer.status_code for answer in others] == [401] * 100


async def test_guessing_at_once_is_counted_as_exactly_as_one_by_one(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.ask_code()
    guesses = (entrance.sign_in(grant_type="code", phone=PHONE, code=f"not{number}") for number in range(25))
    answers = await asyncio.gather(*guesses)
    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 15}


async def test_who_succeeds_starts_anew(entrance: Entrance) -> None:
    await entrance.staff("chen")
    for _ in range(2):
        for _ in range(9):
            await entrance.sign_in(grant_type="password", account="chen", password="a wrong password")
        await entrance.token("chen")
    assert (await entrance.token("chen"))["refresh_token"]


async def test_the_operator_is_counted_like_everybody(entrance: Entrance) -> None:
    for _ in range(10):
        await entrance.sign_in(grant_type="password", account="operator", password="a guess")
    answer = await entrance.sign_in(grant_type="password", account="operator", password=OPERATOR_PASSWORD)
    assert answer.status_code == 429


async def test_an_address_fails_sixty_times_in_a_quarter_of_an_hour(entrance: Entrance) -> None:
    await entrance.staff("chen")
    for phone in _phones(59):
        answer = await entrance.sign_in(grant_type="code", phone=phone, code="000000")
        assert answer.status_code == 401
    assert (await entrance.token("chen"))["access_token"], "who succeeds is no failure of the address"
    late = [await entrance.sign_in(grant_type="code", phone=phone, code="0") for phone in _phones(62)[60:]]
    assert [answer.status_code for answer in late] == [401, 429]
    assert (
        await entrance.sign_in(grant_type="password", account="chen", password=PASSWORD)
    ).status_code == 429


async def test_failures_of_an_address_at_once_are_counted_exactly(entrance: Entrance) -> None:
    answers = await asyncio.gather(
        *(entrance.sign_in(grant_type="code", phone=phone, code="000000") for phone in _phones(80))
    )
    assert Counter(answer.status_code for answer in answers) == {401: 60, 429: 20}


async def _use_up(entrance: Entrance, headers: dict[str, str]) -> httpx.Response:
    for phone in _phones(60):
        await _fail(entrance, phone, headers)
    return await _fail(entrance, NOBODY, headers)


async def _fail(entrance: Entrance, phone: str, headers: dict[str, str]) -> httpx.Response:
    body = {"grant_type": "code", "phone": phone, "code": "000000"}
    return await entrance.gateway.client.post("/api/v1/auth/token", json=body, headers=headers)


async def test_nobody_chooses_their_address_themselves(entrance: Entrance) -> None:
    assert (await _use_up(entrance, {"X-Forwarded-For": "203.0.113.7"})).status_code == 429
    assert (await _fail(entrance, "13600000000", {"X-Forwarded-For": "203.0.113.8"})).status_code == 429


async def test_behind_a_proxy_of_ours_the_address_is_the_callers(behind_a_proxy: Entrance) -> None:
    entrance = behind_a_proxy
    theirs = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    assert (await _use_up(entrance, theirs)).status_code == 429
    lied = {"X-Forwarded-For": "192.0.2.9, 203.0.113.7"}
    assert (await _fail(entrance, "13600000000", lied)).status_code == 429
    assert (await _fail(entrance, "13600000001", {"X-Forwarded-For": "203.0.113.8"})).status_code == 401


async def test_neither_phones_nor_addresses_are_readable_in_the_counts(entrance: Entrance) -> None:
    await entrance.ask_code()
    await entrance.sign_in(grant_type="code", phone=PHONE, code="000000")
    async with entrance.gateway.tx() as tx:
        rows = await tx.fetch("SELECT * FROM throttle")
    stored = b" ".join(row["key"] for row in rows)
    assert len(rows) == 5
    assert PHONE.encode() not in stored
    assert b"127.0.0.1" not in stored


async def test_counts_that_count_no_more_are_removed(entrance: Entrance) -> None:
    for phone in _phones(5):
        await entrance.ask_code(phone)
    await entrance.gateway.advance(timedelta(hours=2))
    await entrance.ask_code(NOBODY)
    async with entrance.gateway.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM throttle") == 2
        assert await tx.fetchval("SELECT count(*) FROM one_time_code") == 1


async def test_a_password_is_hashed_also_for_an_account_that_is_not_there(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes the time of an answer is done for everybody, so that the time tells nothing."""
    await entrance.staff("chen")
    await entrance.resident()
    verified = []
    verify = PasswordHash.verify

    def counted(hasher: PasswordHash, password: str, hashed: str) -> bool:
        verified.append(hashed[:9])
        return verify(hasher, password, hashed)

    monkeypatch.setattr(PasswordHash, "verify", counted)
    for account in ("chen", "nobody", PHONE, "operator"):
        await entrance.sign_in(grant_type="password", account=account, password="a wrong password")
        assert verified == ["$argon2id"], account
        verified.clear()


async def test_a_code_is_made_also_for_a_phone_without_an_account(entrance: Entrance) -> None:
    await entrance.resident()
    rows = []
    for phone in (PHONE, NOBODY):
        await entrance.ask_code(phone)
        async with entrance.gateway.tx() as tx:
            rows.append(await tx.fetchval("SELECT count(*) FROM one_time_code"))
    assert rows == [1, 2]
