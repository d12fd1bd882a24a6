"""Messages as a page: said in plain words on the home page, read there, and how one wants to be told."""

from typing import Any

import pytest

from event_contracts import resident_requests as requests

from .conftest import PHONE
from .notified import NUMBER, Town

HERE = {"Origin": "http://test"}


@pytest.fixture
async def signed_in(town: Town) -> Town:
    await town.entrance.ask_code()
    form = {"phone": PHONE, "code": town.entrance.newest_code()}
    answer = await town.gateway.client.post("/sign-in", data=form, headers=HERE)
    assert answer.status_code == 303
    return town


async def _page(town: Town, path: str = "/notifications") -> str:
    answer = await town.gateway.client.get(path, headers={"Accept-Language": "zh"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_home_says_how_many_are_new_and_the_page_what_they_are(signed_in: Town) -> None:
    request = await signed_in.filed()
    await signed_in.happens(request, requests.RequestRejected, reason="other")
    assert "3 条未读" in await _page(signed_in, "/home")
    text = await _page(signed_in)
    for words in (f"您的求助 {NUMBER} 已收到。", f"您的求助 {NUMBER} 未被受理,原因请登录邻里查看。", "未读"):
        assert words in text
    ids = [item["id"] for item in (await signed_in.page())["items"]]
    await signed_in.filed()
    read = await signed_in.gateway.client.post("/notifications/read", data={"ids": ids}, headers=HERE)
    assert (read.status_code, read.headers["location"]) == (303, "/notifications")
    assert "1 条未读" in await _page(signed_in, "/home")


async def test_how_one_wants_to_be_told_is_saved_and_what_makes_no_sense_is_said(signed_in: Town) -> None:
    async def save(**form: Any) -> str:
        answer = await signed_in.gateway.client.post("/notifications/settings", data=form, headers=HERE)
        return str(answer.headers["location"])

    assert await save(told_in="en", sms="true", starts="21:30", ends="06:30") == "/notifications"
    assert 'value="21:30"' in await _page(signed_in)
    wrong = await save(told_in="en", sms="true", starts="06:00", ends="23:00")
    assert wrong == "/notifications?wrong=true"
    assert 'role="alert"' in await _page(signed_in, wrong)
    assert 'value="21:30"' in await _page(signed_in)
    assert await save(told_in="zh", sms="false") == "/notifications"
    settings = await signed_in.gateway.get("/api/v1/me/notification-settings", by=signed_in.by())
    assert settings.json() == {"language": "zh", "channels": [], "quiet_hours": None}
    rows = await signed_in.gateway.audited("settings_on_page")
    assert [row["outcome"] for row in rows] == ["done", "invalid-input", "done"]
    assert {row["actor"] for row in rows} == {signed_in.resident}


@pytest.mark.parametrize("path", ["/notifications/read", "/notifications/settings"])
async def test_nobody_elses_form_is_taken_and_nobody_who_is_not_signed_in(town: Town, path: str) -> None:
    form = {"ids": [str(town.resident)]}
    foreign = await town.gateway.client.post(path, data=form, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    unknown = await town.gateway.client.post(path, data=form, headers=HERE)
    assert (unknown.status_code, unknown.headers["location"]) == (303, "/stay?to=/notifications")
    [row] = await town.gateway.audited("read_on_page", "settings_on_page")
    assert (row["actor"], row["outcome"], row["status"]) == (None, "not-signed-in", 401)
    page = await town.gateway.client.get("/notifications")
    assert (page.status_code, page.headers["location"]) == (303, "/stay?to=/notifications")
