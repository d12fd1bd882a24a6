"""What this service listens to: the registry, and the requests that are routed to volunteers."""

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
from volunteer_matching import actions, store


async def on_request_triaged(tx: Tx, event: Received[RequestTriaged]) -> None:
    """Whoever was asked the time before is not waited for any more."""
    request = event.data
    await actions.cancel_task(tx, request_id=request.request_id, before=event.version)
    if request.route == "volunteers" and request.resident_id is not None:
        await actions.open_task(
            tx,
            request_id=request.request_id,
            request_version=event.version,
            resident_id=request.resident_id,
            unit_id=request.unit_id,
            skill=request.skill,
            starts_at=request.wanted_from,
            ends_at=request.wanted_until,
        )


async def on_request_over(
    tx: Tx, event: Received[RequestWithdrawn | RequestRejected | RequestMerged]
) -> None:
    await actions.cancel_task(tx, request_id=event.data.request_id, before=event.version)


async def on_request_assigned(tx: Tx, event: Received[RequestAssigned]) -> None:
    if event.data.given_by_staff:
        await actions.cancel_task(tx, request_id=event.data.request_id, before=event.version, begun_too=False)


async def on_request_started(tx: Tx, event: Received[RequestStarted]) -> None:
    if event.data.by == "staff":
        await actions.cancel_task(tx, request_id=event.data.request_id, before=event.version, begun_too=False)


async def on_request_resolved(tx: Tx, event: Received[RequestResolved]) -> None:
    """By the volunteer, then its task is done; or by somebody else, and nobody needs to come."""
    await actions.cancel_task(tx, request_id=event.data.request_id, before=event.version, begun_too=False)


async def on_resident_erased(tx: Tx, event: Received[ResidentErased]) -> None:
    """Nothing says any more what they can do; the hours that they gave stay in the figures, under an id."""
    await store.delete_skills(tx, event.data.resident_id)


CONSUMERS = (
    registry_replica(also_erased=on_resident_erased),
    Consumer(
        "requests",
        start="beginning",
        handlers={
            RequestTriaged: on_request_triaged,
            RequestAssigned: on_request_assigned,
            RequestStarted: on_request_started,
            RequestResolved: on_request_resolved,
            RequestWithdrawn: on_request_over,
            RequestRejected: on_request_over,
            RequestMerged: on_request_over,
        },
    ),
)
