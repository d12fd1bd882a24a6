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
from resident_gateway.messages import channel_of
from resident_gateway.registry_phones import registry_phones
from resident_gateway.settings import GatewaySettings


async def _take(tx: Tx, kit: Kit, most: int) -> Sequence[Delivery]:
    return await actions.take_deliveries(tx, kit.sealer, most)


@asynccontextmanager
async def _phones(kit: Kit) -> AsyncIterator[Callable[[Delivery], Awaitable[None]]]:
    async with channel_of(cast(GatewaySettings, kit.settings)) as channel, registry_phones(kit) as phone_of:

        async def send(delivery: Delivery) -> None:
            await channel.deliver(replace(delivery.message, to=await phone_of(delivery)))

        yield send


ERRANDS = (ErrandKind("messages", take=_take, client=_phones, note=actions.note_delivery),)
