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


async def _told(entrance: Entrance, answers: list[httpx.Response]) -> list[object]:
    """Of each of these calls, the only ones since the account was opened: what the caller sees, and what its row says."""
    rows = (await entrance.gateway.audited())[-len(answers) :]
    return [
        (answer.status_code, answer.json(), row["outcome"], row["status"], row["actor"], row["object"])
        for answer, row in zip(answers, rows, strict=True)
    ]


async def test_a_password_alone_replaces_no_second_factor_and_nobody_learns_that_it_is_right(
    entrance: Entrance,
) -> None:
    totp = await _enrolled(entrance)
    right, wrong = await _told(entrance, [await _begin(entrance), await _begin(entrance, "a wrong password")])
    assert right == wrong
    code = totp.at(int(await entrance.moment()))
    confirmed = [await _confirm(entrance, code), await _confirm(entrance, code, "a wrong password")]
    right, wrong = await _told(entrance, confirmed)
    assert right == wrong
    assert confirmed[0].json()["type"] == "/problems/wrong-credentials"
    assert await _sign_in(entrance, totp=code) == 200, "and the code is not used up"


async def test_a_code_before_there_is_a_secret_tells_nothing_of_the_password(entrance: Entrance) -> None:
    await entrance.staff("chen")
    answers = [await _confirm(entrance, "000000"), await _confirm(entrance, "000000", "a wrong password")]
    right, wrong = await _told(entrance, answers)
    assert right == wrong
    assert answers[0].status_code == 401


@pytest.mark.parametrize("password", [PASSWORD, "a wrong password"])
async def test_beginning_anew_with_a_confirmed_factor_counts_as_a_wrong_try(
    entrance: Entrance, password: str
) -> None:
    await _enrolled(entrance)
    answers = [(await _begin(entrance, password)).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


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


async def test_who_finds_a_right_password_is_seen_where_the_second_factor_is_missing(
    entrance: Entrance,
) -> None:
    """And where they go on guessing. The pages and the interface leave the same rows."""
    await entrance.staff("chen")
    entrance.gateway.kit.settings.mode = "production"
    page = entrance.gateway.client.post
    for password, outcome, status in (
        ("a wrong password", "wrong-credentials", 401), (PASSWORD, "second-factor-missing", 403),
    ):  # fmt: skip
        await entrance.sign_in(grant_type="password", account="chen", password=password)
        await page(
            "/sign-in", data={"account": "chen", "password": password}, headers={"Origin": "http://test"}
        )
        rows = (await entrance.gateway.audited("issue", "sign_in"))[-2:]
        assert [(row["operation"], row["outcome"], row["status"]) for row in rows] == [
            ("issue", outcome, status), ("sign_in", outcome, status),
        ]  # fmt: skip
    for _ in range(10):
        await _begin(entrance, "a wrong password")
    late = await entrance.sign_in(grant_type="password", account="chen", password=PASSWORD)
    assert late.status_code == 429
    rows = await entrance.gateway.audited("issue", "sign_in", "begin_totp")
    assert (rows[-1]["operation"], rows[-1]["outcome"], rows[-1]["status"]) == (
        "issue",
        "too-many-tries",
        429,
    )
    assert len({row["object"]["account"] for row in rows}) == 1, "all of them at one account"
    assert {row["actor"] for row in rows} == {None}
    sent = len(rows)
    assert sent == 2 * 2 + 10 + 1, "one row each"


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
