"""What paid services listen to: the registry, and the requests that are routed to one of them."""

from event_contracts.community_registry import ResidentErased
from event_contracts.resident_requests import (
    RequestAssigned,
    RequestMerged,
    RequestRejected,
    RequestResolved,
    RequestStarted,
    RequestTriaged,
    RequestWithdrawn,
)
from paid_services import actions, store
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.envelope import Received
from registry_replica.consumer import registry_replica


async def on_request_triaged(tx: Tx, event: Received[RequestTriaged]) -> None:
    """Without a service there is nothing to quote: staff talk with the resident, and quote themselves. What was quoted the time
    before is not to be had any more."""
    request = event.data
    await actions.drop_quotes(tx, request.request_id, before=event.version)
    if request.route == "paid_service" and request.service is not None and request.resident_id is not None:
        await actions.quote_request(
            tx,
            request_id=request.request_id,
            request_version=event.version,
            resident_id=request.resident_id,
            unit_id=request.unit_id,
            service=request.service,
            wanted_from=request.wanted_from,
        )


async def on_request_over(
    tx: Tx, event: Received[RequestWithdrawn | RequestRejected | RequestMerged | RequestResolved]
) -> None:
    await actions.drop_quotes(tx, event.data.request_id, before=event.version)


async def on_request_assigned(tx: Tx, event: Received[RequestAssigned]) -> None:
    if event.data.given_by_staff:
        await actions.drop_quotes(tx, event.data.request_id, before=event.version)


async def on_request_started(tx: Tx, event: Received[RequestStarted]) -> None:
    if event.data.by == "staff":
        await actions.drop_quotes(tx, event.data.request_id, before=event.version)


async def on_resident_erased(tx: Tx, event: Received[ResidentErased]) -> None:
    """Nothing says any more what they offered; their orders and what they earned stay in the books, under an id."""
    await store.delete_services_of(tx, event.data.resident_id)


CONSUMERS = (
    registry_replica(also_erased=on_resident_erased),
    Consumer(
        "requests",
        start="beginning",
        handlers={
            RequestTriaged: on_request_triaged,
            RequestAssigned: on_request_assigned,
            RequestStarted: on_request_started,
            RequestResolved: on_request_over,
            RequestWithdrawn: on_request_over,
            RequestRejected: on_request_over,
            RequestMerged: on_request_over,
        },
    ),
)
