"""A request was routed to a paid service: its resident finds the price in their timeline, and takes it or lets it pass."""

from datetime import datetime
from uuid import UUID

from paid_services import store
from paid_services.actions.make_quote import make_quote
from paid_services.rules.order import quote_from
from platform_kit.clock import now
from platform_kit.consumer import NotYet
from platform_kit.db import Tx
from registry_replica.store import unit


async def quote_request(
    tx: Tx,
    *,
    request_id: UUID,
    request_version: int,
    resident_id: UUID,
    unit_id: UUID,
    service: str,
    wanted_from: datetime,
) -> None:
    """NotYet while the request's unit is not known here. Once for each time that it was routed, however often that is told."""
    if await unit(tx, unit_id) is None:
        raise NotYet(f"unit {unit_id}")
    offered = await store.service(tx, service)
    if offered is None or await store.quoted_for(tx, request_id, request_version):
        return
    at = await now(tx)
    await make_quote(
        tx, offered, quantity=1, starts_at=quote_from(wanted_from, at), resident_id=resident_id, unit_id=unit_id,
        at=at, request=(request_id, request_version),
    )  # fmt: skip
