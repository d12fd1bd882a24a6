"""What relief listens to: the registry, and the requests that are routed here."""

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
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.envelope import Received
from registry_replica.consumer import registry_replica
from relief_disbursement import store


async def on_request_triaged(tx: Tx, event: Received[RequestTriaged]) -> None:
    """A city's report is nobody's, and nobody applies for it."""
    request = event.data
    await store.end_request(tx, request.request_id, before=event.version)
    if request.route == "relief" and request.resident_id is not None:
        await store.keep_request(
            tx,
            request.request_id,
            event.version,
            resident_id=request.resident_id,
            unit_id=request.unit_id,
            at=event.at,
        )


async def on_request_over(
    tx: Tx, event: Received[RequestWithdrawn | RequestRejected | RequestMerged | RequestResolved]
) -> None:
    await store.end_request(tx, event.data.request_id, before=event.version)


async def on_request_assigned(tx: Tx, event: Received[RequestAssigned]) -> None:
    if event.data.given_by_staff:
        await store.end_request(tx, event.data.request_id, before=event.version)


async def on_request_started(tx: Tx, event: Received[RequestStarted]) -> None:
    if event.data.by == "staff":
        await store.end_request(tx, event.data.request_id, before=event.version)


async def on_resident_erased(tx: Tx, event: Received[ResidentErased]) -> None:
    """No request waits any more; applications stay in the books, under an id."""
    await store.delete_requests_of(tx, event.data.resident_id)


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
