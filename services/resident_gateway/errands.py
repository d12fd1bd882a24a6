"""What the worker does outside: it hands messages to whoever brings them to phones."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

from platform_kit.db import Tx
from platform_kit.errands import ErrandKind
from platform_kit.kit import Kit
from resident_gateway import actions
from resident_gateway.actions.take_deliveries import Delivery
from resident_gateway.clients import client_to
from resident_gateway.messages import channel_of
from resident_gateway.settings import GatewaySettings


async def _take(tx: Tx, kit: Kit, most: int) -> Sequence[Delivery]:
    return await actions.take_deliveries(tx, kit.sealer, most)


@asynccontextmanager
async def _phones(kit: Kit) -> AsyncIterator[Callable[[Delivery], Awaitable[None]]]:
    settings = cast(GatewaySettings, kit.settings)
    async with channel_of(settings) as channel, client_to(kit, "community_registry") as registry:

        async def send(delivery: Delivery) -> None:
            message, living = delivery.message, delivery.ask_for
            if living is not None:
                phone = await actions.read_phone(kit, registry, living, reason=f"message {message.id}")
                message = replace(message, to=phone)
            await channel.deliver(message)

        yield send


ERRANDS = (ErrandKind("messages", take=_take, client=_phones, note=actions.note_delivery),)
