"""The pages: signing in without scripts, the resident's page, and what they refuse."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from .conftest import PHONE, REST, Entrance
from .test_timeline import submitted

HERE = {"Origin": "http://test"}


async def _signed_in(entrance: Entrance, name: str = "王奶奶") -> UUID:
    subject = uuid4()
    await entrance.open_account(display_name=name, subject=str(subject))
    asked = await entrance.gateway.client.post("/code", data={"phone": PHONE}, headers=HERE)
    assert asked.status_code == 200
    form = {"phone": PHONE, "code": entrance.newest_code()}
    answer = await entrance.gateway.client.post("/sign-in", data=form, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/home")
    return subject


async def test_a_resident_signs_in_and_sees_what_goes_on(entrance: Entrance) -> None:
    resident = await _signed_in(entrance)
    await entrance.gateway.deliver("timeline", submitted(resident))
    page = await entrance.gateway.client.get("/home", headers={"Accept-Language": "zh"})
    assert page.status_code == 200
    for text in ("王奶奶", "求助", "已提交", "000-000-123", "✉"):
        assert text in page.text


async def test_staff_sign_in_with_a_password(entrance: Entrance) -> None:
    await entrance.open_account(account="chen", kind="password", password="a long password", roles=[])
    wrong = await entrance.gateway.client.post(
        "/sign-in", data={"account": "chen", "password": "nonsense"}, headers=HERE
    )
    assert (wrong.status_code, wrong.headers["location"]) == (303, "/?wrong=true")
    assert "set-cookie" not in wrong.headers
    assert 'role="alert"' in (await entrance.gateway.client.get("/?wrong=true")).text
    right = await entrance.gateway.client.post(
        "/sign-in", data={"account": "chen", "password": "a long password"}, headers=HERE
    )
    assert (right.status_code, right.headers["location"]) == (303, "/home")
    assert (await entrance.gateway.client.get("/home")).status_code == 200


async def test_the_session_is_out_of_reach_of_scripts_and_other_sites(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.ask_code()
    form = {"phone": PHONE, "code": entrance.newest_code()}
    answer = await entrance.gateway.client.post("/sign-in", data=form, headers=HERE)
    cookies = answer.headers.get_list("set-cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["linli_access", "linli_session"]
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
    await entrance.ask_code()
    entrance.gateway.kit.settings.mode = "production"
    form = {"phone": PHONE, "code": entrance.newest_code()}
    answer = await entrance.gateway.client.post("/sign-in", data=form, headers=HERE)
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


async def test_signing_out_ends_the_session(entrance: Entrance) -> None:
    await _signed_in(entrance)
    await entrance.gateway.client.post("/sign-out", headers=HERE)
    answer = await entrance.gateway.client.get("/home", follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/")


@pytest.mark.parametrize("path", ["/code", "/sign-in", "/sign-out"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Origin": "http://test.elsewhere.example"},
        {"Referer": "https://elsewhere.example/http://test/"}, {},
    ],
)  # fmt: skip
async def test_a_form_of_another_site_is_refused(
    entrance: Entrance, path: str, headers: dict[str, str]
) -> None:
    await entrance.resident()
    await entrance.ask_code()
    form = {"phone": PHONE, "code": entrance.newest_code()}
    answer = await entrance.gateway.client.post(path, data=form, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert len(entrance.sent()) == 1


async def test_an_old_browser_that_sends_only_a_referer_can_sign_in(entrance: Entrance) -> None:
    await entrance.resident()
    answer = await entrance.gateway.client.post(
        "/code", data={"phone": PHONE}, headers={"Referer": "http://test/"}
    )
    assert answer.status_code == 200
    assert len(entrance.sent()) == 1


async def test_everything_escapes(entrance: Entrance) -> None:
    await _signed_in(entrance, name="<script>alert(1)</script>")
    home = (await entrance.gateway.client.get("/home")).text
    assert "<script" not in home
    assert "&lt;script&gt;" in home
    asked = await entrance.gateway.client.post("/code", data={"phone": '"><script>'}, headers=HERE)
    assert "<script" not in asked.text


@pytest.mark.parametrize("path", ["/", "/home", "/local/messages", "/?wrong=true"])
async def test_every_page_tells_the_browser_what_it_may_do(entrance: Entrance, path: str) -> None:
    headers = (await entrance.gateway.client.get(path)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_the_larger_version_is_remembered(entrance: Entrance) -> None:
    await _signed_in(entrance)
    assert 'class="elder"' not in (await entrance.gateway.client.get("/home")).text
    chosen = await entrance.gateway.client.get("/home?elder=true")
    assert 'class="elder"' in chosen.text
    assert "Max-Age" in chosen.headers["set-cookie"]
    assert 'class="elder"' in (await entrance.gateway.client.get("/home")).text
    assert 'class="elder"' in (await entrance.gateway.client.get("/")).text
    assert 'class="elder"' not in (await entrance.gateway.client.get("/home?elder=false")).text


async def test_captured_messages_are_shown_in_local_mode_only(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.ask_code()
    page = await entrance.gateway.client.get("/local/messages")
    assert entrance.newest_code() in page.text
    entrance.gateway.kit.settings.mode = "production"
    assert (await entrance.gateway.client.get("/local/messages")).status_code == 404
    assert "/local/messages" not in (await entrance.gateway.client.get("/")).text


@pytest.mark.parametrize("form", [{}, {"phone": "\0"}, {"phone": PHONE}, {"account": "chen"}, {"code": "1"}])
async def test_half_a_form_signs_nobody_in(entrance: Entrance, form: Any) -> None:
    answer = await entrance.gateway.client.post("/sign-in", data=form, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?wrong=true")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_it_says_how_it_is(entrance: Entrance, path: str) -> None:
    assert (await entrance.gateway.get(path)).status_code == 200


async def test_who_tried_too_often_is_told_on_the_page_when_to_come_back(entrance: Entrance) -> None:
    browser = entrance.gateway.client
    for path, form in (
        ("/code", {"phone": PHONE}),
        ("/sign-in", {"account": "chen", "password": "nonsense"}),
    ):
        for _ in range(10):
            assert (await browser.post(path, data=form, headers=HERE)).status_code in (200, 303)
            await entrance.gateway.advance(REST)
        refused = await browser.post(path, data=form, headers=HERE | {"Accept-Language": "zh"})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "尝试次数过多" in refused.text
        assert "text/html" in refused.headers["content-type"]
