"""Posts, and the role of the operator, come only with an account that proves two factors."""

from datetime import timedelta
from uuid import UUID

import pytest
from pyotp import parse_uri

from .conftest import PASSWORD, Entrance

UNIT = "018f0000-0000-7000-8000-000000000042"


async def _appointed(entrance: Entrance, subject: UUID) -> None:
    await entrance.unit(UNIT, "01/02/003")
    await entrance.appoint(subject, "finance_lead", UNIT)


async def _rights(entrance: Entrance, token: dict[str, str]) -> tuple[list[str], list[str]]:
    """Roles and posts, as the access token carries them."""
    me = (await entrance.me(token["access_token"])).json()
    return me["roles"], [post["role"] for post in me["posts"]]


async def test_a_code_on_a_phone_opens_no_post_neither_at_once_nor_when_it_is_renewed(
    entrance: Entrance,
) -> None:
    subject = await entrance.resident()
    await _appointed(entrance, subject)
    token = await entrance.signed_in_by_code()
    assert await _rights(entrance, token) == (["resident"], [])
    renewed = (await entrance.refresh(token["refresh_token"])).json()
    assert await _rights(entrance, renewed) == (["resident"], [])
    await entrance.staff("chen", subject=subject)
    assert await _rights(entrance, await entrance.token("chen")) == (["finance_lead"], ["finance_lead"])


@pytest.mark.parametrize("roles", [["operator"], ["resident", "operator"]])
async def test_an_account_with_a_code_is_never_the_operators(entrance: Entrance, roles: list[str]) -> None:
    refused = await entrance.open_account(roles=roles)
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "roles")
    opened = await entrance.open_account(
        account="second.operator", kind="password", password=PASSWORD, roles=["operator"]
    )
    assert opened.status_code == 200
    assert await _rights(entrance, await entrance.token("second.operator")) == (["operator"], [])


async def test_one_that_was_opened_before_this_was_refused_carries_it_no_more(entrance: Entrance) -> None:
    await entrance.resident()
    async with entrance.gateway.tx() as tx:
        await tx.execute("UPDATE account SET roles = '{operator,resident}'")
    assert await _rights(entrance, await entrance.signed_in_by_code()) == (["resident"], [])


async def test_an_account_with_a_code_is_a_residents_a_volunteers_or_a_providers(entrance: Entrance) -> None:
    assert (await entrance.open_account(roles=["resident", "volunteer", "provider"])).status_code == 200
    rights = await _rights(entrance, await entrance.signed_in_by_code())
    assert rights == (["provider", "resident", "volunteer"], [])


async def test_a_session_of_a_password_alone_carries_no_post_where_staff_need_two(entrance: Entrance) -> None:
    """It began where they need not: at home."""
    await _appointed(entrance, await entrance.staff("chen"))
    token = await entrance.token("chen")
    assert await _rights(entrance, token) == (["finance_lead"], ["finance_lead"])
    entrance.gateway.kit.settings.mode = "production"
    renewed = (await entrance.refresh(token["refresh_token"])).json()
    assert await _rights(entrance, renewed) == ([], [])


async def test_with_a_second_factor_posts_come_outside_of_local_mode(entrance: Entrance) -> None:
    await _appointed(entrance, await entrance.staff("chen"))
    entrance.gateway.kit.settings.mode = "production"
    proof = {"account": "chen", "password": PASSWORD}
    begun = await entrance.gateway.client.post("/api/v1/auth/totp", json=proof)
    totp = parse_uri(begun.json()["otpauth_uri"])
    shown = proof | {"code": totp.at(int(await entrance.moment()))}
    assert (await entrance.gateway.client.post("/api/v1/auth/totp/confirm", json=shown)).status_code == 204
    await entrance.gateway.advance(timedelta(minutes=1))
    token = await entrance.token("chen", totp=totp.at(int(await entrance.moment())))
    assert await _rights(entrance, token) == (["finance_lead"], ["finance_lead"])
    renewed = (await entrance.refresh(token["refresh_token"])).json()
    assert await _rights(entrance, renewed) == (["finance_lead"], ["finance_lead"])
