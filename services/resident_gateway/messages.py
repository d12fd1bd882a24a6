"""Messages to people go through a channel: captured as files in local mode, handed to the SMS provider's webhook elsewhere."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import httpx
import orjson

from platform_kit.ids import new_id
from platform_kit.kit import Kit
from platform_kit.telemetry import log
from resident_gateway.settings import GatewaySettings

CHANNEL = "channel"
# Whoever waits for a code looks at the phone for a minute at most; a provider that hangs must not gather our calls.
SEND_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Message:
    to: str
    text: str
    at: str


class Channel(Protocol):
    """Where messages go. What cannot be sent is logged, without whom it was for, and asked for again by its person."""

    async def send(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True)
class CapturedMessages:
    """One file each, readable by whoever owns the house."""

    folder: Path

    async def send(self, message: Message) -> None:
        """Written whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / f"{new_id()}.json"
        descriptor = os.open(place.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(message))
        place.with_suffix(".new").rename(place)


@dataclass(frozen=True, slots=True)
class SmsWebhook:
    """POST {"to", "text"} with a bearer token; the token is read each time, so that it can be changed under way."""

    http: httpx.AsyncClient
    url: str
    token_file: Path

    async def send(self, message: Message) -> None:
        try:
            headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
            body = {"to": message.to, "text": message.text}
            answer = await self.http.post(self.url, json=body, headers=headers)
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            log.error("message refused", status=error.response.status_code)
        except (httpx.HTTPError, OSError) as error:
            log.error("message not sent", error=type(error).__name__)


@asynccontextmanager
async def open_channel(kit: Kit) -> AsyncIterator[None]:
    """The channel lives as long as the api process: `kit.state[CHANNEL]`. Files are for local mode: elsewhere the settings refuse to start."""
    settings = cast(GatewaySettings, kit.settings)
    if settings.sms_url is None or settings.sms_token_file is None:
        kit.state[CHANNEL] = CapturedMessages(settings.messages_dir)
        yield
        return
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(timeout=SEND_SECONDS, limits=limits, trust_env=False) as http:
        kit.state[CHANNEL] = SmsWebhook(http, settings.sms_url, settings.sms_token_file)
        yield


def captured(folder: Path, most: int = 50) -> Iterator[Message]:
    """The newest first."""
    for place in sorted(folder.glob("*.json"), reverse=True)[:most]:
        yield Message(**orjson.loads(place.read_bytes()))
