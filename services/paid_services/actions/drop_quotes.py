"""The request for which it was quoted is over: nobody takes that price any more. What was booked stays booked."""

from uuid import UUID

from event_contracts.paid_services import OrderCancelled
from paid_services import store
from paid_services.actions.record import record
from paid_services.rules import order as rules
from platform_kit.clock import now
from platform_kit.db import Tx


async def drop_quotes(tx: Tx, request_id: UUID) -> None:
    quotes = await store.quotes_of_request(tx, request_id)
    at = await now(tx)
    for quote in quotes:
        await record(tx, rules.cancel(quote, at), OrderCancelled, at, fee=quote.fee)
