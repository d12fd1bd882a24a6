"""Codes go to phones by the provider's webhook; a provider in trouble is waited for by nobody and tells nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from resident_gateway.messages import CHANNEL

from .conftest import PHONE, Entrance, open_gateway


@dataclass
class SmsProvider:
    """At `url`; answers with `status`, after `delay` seconds."""

    url: str = ""
    status: int = 200
    delay: float = 0
    calls: list[tuple[str | None, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append((request.headers.get("Authorization"), await request.json()))
        await asyncio.sleep(self.delay)
        return web.Response(status=self.status)


@asynccontextmanager
async def sms_provider() -> AsyncIterator[SmsProvider]:
    provider = SmsProvider()
    app = web.Application()
    app.router.add_post("/send", provider.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}/send"
    try:
        yield provider
    finally:
        await runner.cleanup()


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with sms_provider() as provider:
        yield provider


@pytest.fixture
async def entrance(servers: Any, tmp_path: Path, provider: SmsProvider) -> AsyncIterator[Entrance]:
    token = tmp_path / "sms.token"
    token.write_text("the provider's token\n")
    settings = {"sms_url": provider.url, "sms_token_file": token}
    async with open_gateway(servers, tmp_path, **settings) as gateway:
        yield Entrance(gateway, tmp_path / "messages")


async def test_a_code_is_sent_by_the_webhook_and_written_nowhere(
    entrance: Entrance, provider: SmsProvider
) -> None:
    await entrance.resident()
    assert (await entrance.ask_code()).status_code == 202
    [(authorization, body)] = provider.calls
    assert authorization == "Bearer the provider's token"
    assert body["to"] == PHONE
    assert entrance.sent() == []
    code = next(word.rstrip(".") for word in reversed(body["text"].split()) if word.rstrip(".").isdecimal())
    assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=code)).status_code == 200


async def test_nothing_is_sent_to_a_phone_without_an_account(
    entrance: Entrance, provider: SmsProvider
) -> None:
    assert (await entrance.ask_code()).status_code == 202
    assert provider.calls == []


@pytest.mark.parametrize("trouble", ["refuses", "is away"])
async def test_a_provider_in_trouble_changes_no_answer_and_its_log_names_nobody(
    entrance: Entrance, provider: SmsProvider, trouble: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await entrance.resident()
    provider.status = 500
    if trouble == "is away":
        state = entrance.gateway.kit.state
        state[CHANNEL] = replace(state[CHANNEL], url="http://127.0.0.1:1/send")
    assert (await entrance.ask_code()).status_code == 202
    told = "".join(capsys.readouterr())
    assert "message" in told
    assert PHONE not in told
