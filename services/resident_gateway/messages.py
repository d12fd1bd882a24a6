"""Messages to people go through a channel: captured as files in local mode, handed to the SMS provider's webhook elsewhere."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import httpx
import orjson
from prometheus_client import Counter

from platform_kit.errands import NotDone
from platform_kit.ids import new_id
from platform_kit.kit import Kit
from platform_kit.telemetry import log
from resident_gateway.settings import GatewaySettings

CHANNEL = "channel"
# Whoever waits for a code looks at the phone for a minute at most; a provider that hangs must not gather our calls.
SEND_SECONDS = 5.0
# What a provider says of us or of the moment, and not of the message: another time, or with another token, it will be sent.
ABOUT_US = (401, 403, 407, 408, 425, 429)
GIVEN_UP = Counter("messages_given_up", "Messages that reached no phone and are not tried again", ("reason",))


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the same however often it is sent, so that the provider can know it again; a one-time code has none."""

    to: str
    text: str
    at: str
    id: str | None = None


class NoPhone(NotDone):
    """The registry has none of this person: nothing failed, and nothing can be sent."""

    def __init__(self) -> None:
        super().__init__("no phone", final=True)


class Channel(Protocol):
    """Where messages go. `send` logs what cannot be sent, without whom it was for, and its person asks again; `deliver` raises
    NotDone, for whoever tries again by themself."""

    async def send(self, message: Message) -> None: ...

    async def deliver(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True)
class CapturedMessages:
    """One file each, readable by whoever owns the house."""

    folder: Path

    async def send(self, message: Message) -> None:
        await self.deliver(message)

    async def deliver(self, message: Message) -> None:
        """Written whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / f"{new_id()}.json"
        descriptor = os.open(place.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(message))
        place.with_suffix(".new").rename(place)


@dataclass(frozen=True, slots=True)
class SmsWebhook:
    """POST {"to", "text"} with a bearer token; the token is read each time, so that it can be changed under way.

    A message that may be sent again comes with its "id", in the body and as Idempotency-Key.
    """

    http: httpx.AsyncClient
    url: str
    token_file: Path

    async def send(self, message: Message) -> None:
        try:
            await self.deliver(message)
        except NotDone as failure:
            log.error("message not sent", reason=failure.reason)

    async def deliver(self, message: Message) -> None:
        try:
            headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
            body = {"to": message.to, "text": message.text}
            if message.id is not None:
                headers["Idempotency-Key"] = body["id"] = message.id
            answer = await self.http.post(self.url, json=body, headers=headers)
        except (httpx.HTTPError, OSError) as error:
            raise NotDone(type(error).__name__, away=True) from None
        if answer.is_success:
            return
        refused = answer.is_client_error and answer.status_code not in ABOUT_US
        raise NotDone(f"answered {answer.status_code}", final=refused, away=not refused)


@asynccontextmanager
async def channel_of(settings: GatewaySettings) -> AsyncIterator[Channel]:
    """Files are for local mode: elsewhere the settings refuse to start."""
    if settings.sms_url is None or settings.sms_token_file is None:
        yield CapturedMessages(settings.messages_dir)
        return
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(timeout=SEND_SECONDS, limits=limits, trust_env=False) as http:
        yield SmsWebhook(http, settings.sms_url, settings.sms_token_file)


@asynccontextmanager
async def open_channel(kit: Kit) -> AsyncIterator[None]:
    """The channel lives as long as the api process: `kit.state[CHANNEL]`."""
    async with channel_of(cast(GatewaySettings, kit.settings)) as channel:
        kit.state[CHANNEL] = channel
        yield


def captured(folder: Path, most: int = 50) -> Iterator[Message]:
    """The newest first."""
    for place in sorted(folder.glob("*.json"), reverse=True)[:most]:
        yield Message(**orjson.loads(place.read_bytes()))
