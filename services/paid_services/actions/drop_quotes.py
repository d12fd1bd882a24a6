"""The request for which it was quoted is over, staff do it, or it goes another way: nobody takes that price any more. What was booked
stays booked: it is the resident's to call off."""

from uuid import UUID

from event_contracts.paid_services import OrderCancelled
from paid_services import store
from paid_services.actions.record import record
from paid_services.rules import order as rules
from platform_kit.clock import now
from platform_kit.db import Tx


async def drop_quotes(tx: Tx, request_id: UUID, *, before: int) -> None:
    """`before`: the version of the event that says so; what a later one asked for stays, however often this one is read."""
    quotes = await store.quotes_of_request(tx, request_id, before=before)
    at = await now(tx)
    for quote in quotes:
        await record(tx, rules.cancel(quote, at), OrderCancelled, at, fee=quote.fee)
