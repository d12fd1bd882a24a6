"""Staff's second factor: shown once, confirmed by a first code, needed from then on, each code good once."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pyotp import TOTP

from .conftest import PASSWORD, STEP, Entrance


async def _begin(entrance: Entrance, password: str = PASSWORD) -> httpx.Response:
    body = {"account": "chen", "password": password}
    return await entrance.gateway.client.post("/api/v1/auth/totp", json=body)


async def _confirm(entrance: Entrance, code: str, password: str = PASSWORD) -> httpx.Response:
    body = {"account": "chen", "password": password, "code": code}
    return await entrance.gateway.client.post("/api/v1/auth/totp/confirm", json=body)


async def _secret(entrance: Entrance) -> TOTP:
    uri = (await _begin(entrance)).json()["otpauth_uri"]
    assert urlsplit(uri)[:2] == ("otpauth", "totp")
    return TOTP(parse_qs(urlsplit(uri).query)["secret"][0])


async def _enrolled(entrance: Entrance) -> TOTP:
    """And a minute has passed since."""
    await entrance.staff("chen")
    totp = await _secret(entrance)
    assert (await _confirm(entrance, totp.at(int(await entrance.moment())))).status_code == 204
    await entrance.gateway.advance(timedelta(minutes=1))
    return totp


async def _sign_in(entrance: Entrance, **more: str) -> int:
    answer = await entrance.sign_in(grant_type="password", account="chen", password=PASSWORD, **more)
    return answer.status_code


async def test_a_confirmed_second_factor_is_needed_from_then_on(entrance: Entrance) -> None:
    totp = await _enrolled(entrance)
    assert await _sign_in(entrance) == 401
    assert await _sign_in(entrance, totp="000000") == 401
    assert await _sign_in(entrance, totp="") == 401
    assert await _sign_in(entrance, totp=totp.at(int(await entrance.moment()))) == 200


async def test_until_it_is_confirmed_it_counts_for_nothing(entrance: Entrance) -> None:
    await entrance.staff("chen")
    first = await _secret(entrance)
    assert await _sign_in(entrance) == 200
    assert (await _confirm(entrance, "000000")).status_code == 401
    second = await _secret(entrance)
    assert first.secret != second.secret
    assert (await _confirm(entrance, first.at(int(await entrance.moment())))).status_code == 401
    assert (await _confirm(entrance, second.at(int(await entrance.moment())))).status_code == 204


async def test_a_code_is_good_once(entrance: Entrance) -> None:
    totp = await _enrolled(entrance)
    code = totp.at(int(await entrance.moment()))
    assert [await _sign_in(entrance, totp=code) for _ in range(2)] == [200, 401]


async def test_the_code_that_confirmed_is_used_up(entrance: Entrance) -> None:
    await entrance.staff("chen")
    totp = await _secret(entrance)
    code = totp.at(int(await entrance.moment()))
    assert (await _confirm(entrance, code)).status_code == 204
    assert await _sign_in(entrance, totp=code) == 401


async def test_the_same_code_five_times_at_once_is_good_once(entrance: Entrance) -> None:
    totp = await _enrolled(entrance)
    code = totp.at(int(await entrance.moment()))
    answers = await asyncio.gather(*(_sign_in(entrance, totp=code) for _ in range(5)))
    assert sorted(answers) == [200, 401, 401, 401, 401]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
async def test_a_clock_may_be_one_step_off(entrance: Entrance, steps: int, status: int) -> None:
    totp = await _enrolled(entrance)
    await entrance.gateway.advance(timedelta(minutes=2))
    code = totp.at(int(await entrance.moment()) + steps * STEP)
    assert await _sign_in(entrance, totp=code) == status


async def test_an_older_code_is_not_good_after_a_newer_one(entrance: Entrance) -> None:
    totp = await _enrolled(entrance)
    at = int(await entrance.moment())
    assert await _sign_in(entrance, totp=totp.at(at)) == 200
    assert await _sign_in(entrance, totp=totp.at(at - STEP)) == 401


async def test_a_password_alone_replaces_no_second_factor(entrance: Entrance) -> None:
    totp = await _enrolled(entrance)
    again = await _begin(entrance)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/wrong-state")
    assert (await _confirm(entrance, totp.at(int(await entrance.moment())))).status_code == 409


async def test_only_who_knows_the_password_sets_one_up(entrance: Entrance) -> None:
    await entrance.staff("chen")
    totp = await _secret(entrance)
    assert (await _begin(entrance, "a wrong password")).status_code == 401
    code = totp.at(int(await entrance.moment()))
    assert (await _confirm(entrance, code, "a wrong password")).status_code == 401
    nobody = {"account": "nobody", "password": PASSWORD}
    assert (await entrance.gateway.client.post("/api/v1/auth/totp", json=nobody)).status_code == 401


async def test_guessing_codes_is_counted_as_guessing(entrance: Entrance) -> None:
    await _enrolled(entrance)
    answers = [await _sign_in(entrance, totp=f"{number:06d}") for number in range(11)]
    assert answers == [401] * 10 + [429]


async def test_the_secret_is_sealed_at_rest(entrance: Entrance) -> None:
    totp = await _enrolled(entrance)
    async with entrance.gateway.tx() as tx:
        [row] = await tx.fetch("SELECT * FROM account")
    assert row["totp_secret"]
    for form in (totp.secret.encode(), totp.byte_secret()):
        assert form not in b"".join(
            value if isinstance(value, bytes) else str(value).encode() for value in row
        )


async def test_outside_of_local_mode_staff_need_one(entrance: Entrance) -> None:
    await entrance.staff("chen")
    entrance.gateway.kit.settings.mode = "production"
    told = await entrance.sign_in(grant_type="password", account="chen", password=PASSWORD)
    assert (told.status_code, told.json()["type"]) == (403, "/problems/second-factor-missing")
    wrong = await entrance.sign_in(grant_type="password", account="chen", password="a wrong password")
    assert wrong.status_code == 401
    totp = await _secret(entrance)
    assert (await _confirm(entrance, totp.at(int(await entrance.moment())))).status_code == 204
    await entrance.gateway.advance(timedelta(minutes=1))
    assert await _sign_in(entrance, totp=totp.at(int(await entrance.moment()))) == 200


async def test_residents_need_none(entrance: Entrance) -> None:
    await entrance.resident()
    entrance.gateway.kit.settings.mode = "production"
    await entrance.ask_code()
    answer = await entrance.sign_in(grant_type="code", phone="13800138000", code=entrance.newest_code())
    assert answer.status_code == 200


async def test_the_operator_lets_somebody_begin_anew_who_lost_it(entrance: Entrance) -> None:
    await _enrolled(entrance)
    await entrance.staff("chen")
    assert await _sign_in(entrance) == 200
    assert (await _begin(entrance)).status_code == 200
