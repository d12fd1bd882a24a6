"""The operator signs in with the house's password and, where there is one, a code of its second factor, each good once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pyotp import TOTP, random_base32

from .conftest import OPERATOR_PASSWORD, STEP, Entrance, open_gateway


@pytest.fixture
def totp() -> TOTP:
    return TOTP(random_base32())


@pytest.fixture
async def entrance(servers: Any, tmp_path: Path, totp: TOTP) -> AsyncIterator[Entrance]:
    secret = tmp_path / "operator.totp"
    secret.write_text(totp.secret + "\n")
    async with open_gateway(servers, tmp_path, operator_totp_file=secret) as gateway:
        yield Entrance(gateway, tmp_path / "messages")


async def _sign_in(entrance: Entrance, **more: str) -> int:
    proof = {"account": "operator", "password": OPERATOR_PASSWORD} | more
    return (await entrance.sign_in(grant_type="password", **proof)).status_code


async def test_the_password_alone_opens_nothing(entrance: Entrance, totp: TOTP) -> None:
    code = totp.at(int(await entrance.moment()))
    assert await _sign_in(entrance) == 401
    assert await _sign_in(entrance, totp="") == 401
    assert await _sign_in(entrance, totp=f"{(int(code) + 1) % 1_000_000:06d}") == 401
    assert await _sign_in(entrance, totp=code, password="a wrong password") == 401
    assert await _sign_in(entrance, totp=code) == 200


async def test_a_code_is_good_once_and_the_next_one_again(entrance: Entrance, totp: TOTP) -> None:
    at = int(await entrance.moment())
    assert [await _sign_in(entrance, totp=totp.at(at)) for _ in range(3)] == [200, 401, 401]
    assert [await _sign_in(entrance, totp=totp.at(at + STEP)) for _ in range(2)] == [200, 401]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (1, 200), (2, 401)])
async def test_its_clock_may_be_one_step_off(entrance: Entrance, totp: TOTP, steps: int, status: int) -> None:
    at = int(await entrance.moment()) + steps * STEP
    assert await _sign_in(entrance, totp=totp.at(at)) == status


async def test_a_code_that_was_used_is_counted_as_a_try(entrance: Entrance, totp: TOTP) -> None:
    code = totp.at(int(await entrance.moment()))
    answers = [await _sign_in(entrance, totp=code) for _ in range(12)]
    assert answers == [200] + [401] * 10 + [429]
