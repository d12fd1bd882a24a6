"""A unit says when it is at work; the units below it that say nothing of their own follow."""

from collections.abc import Sequence
from uuid import UUID

from community_registry import store
from community_registry.policy import POLICY
from event_contracts.community_registry import WorkCalendarSet, WorkDay, WorkSpan
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.official_days import Country
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted


async def set_calendar(
    tx: Tx,
    unit_id: UUID,
    *,
    hours: Sequence[Sequence[WorkSpan]],
    days: Sequence[WorkDay],
    country: Country | None,
    by: Caller,
) -> None:
    """What was promised by the old one stays promised."""
    if await store.unit(tx, unit_id) is None or not await permitted(
        tx, by, POLICY["set_calendar"], unit=unit_id
    ):
        raise NotFound(what="unit")
    said = WorkCalendarSet(unit_id=unit_id, hours=tuple(map(tuple, hours)), days=tuple(days), country=country)
    version = await store.save_calendar(tx, unit_id, said.model_dump(mode="json", exclude={"unit_id"}))
    await publish(tx, said, version=version, at=await now(tx))
