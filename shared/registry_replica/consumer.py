"""Keeps the replica, and destroys what the service holds of a resident who is erased.

A service lists REGISTRY_REPLICA among its consumers; `registry_replica(…)` where more goes with a resident than their key.
"""

from event_contracts.community_registry import (
    ConsentRecorded,
    HouseholdRegistered,
    ResidentCorrected,
    ResidentErased,
    ResidentRegistered,
    UnitOpened,
    UnitPlaced,
    WorkCalendarSet,
)
from platform_kit.consumer import Consumer, Handler
from platform_kit.db import Tx
from platform_kit.envelope import Received
from platform_kit.subject_keys import erase_subject


async def on_unit_opened(tx: Tx, event: Received[UnitOpened]) -> None:
    unit = event.data
    await tx.execute(
        """
        INSERT INTO unit (id, parent_id, kind, code, name, zone) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO NOTHING
        """,
        unit.unit_id,
        unit.parent_id,
        unit.kind,
        unit.code,
        unit.name,
        unit.zone,
    )


async def on_work_calendar_set(tx: Tx, event: Received[WorkCalendarSet]) -> None:
    content = event.data.model_dump(mode="json", include={"hours", "days", "country"})
    await tx.execute(
        """
        INSERT INTO work_calendar (unit_id, content) VALUES ($1, $2)
        ON CONFLICT (unit_id) DO UPDATE SET content = excluded.content
        """,
        event.data.unit_id,
        content,
    )


async def on_household_registered(tx: Tx, event: Received[HouseholdRegistered]) -> None:
    household = event.data
    await tx.execute(
        "INSERT INTO household (id, unit_id, members) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        household.household_id,
        household.unit_id,
        household.members,
    )


async def on_resident_registered(tx: Tx, event: Received[ResidentRegistered]) -> None:
    resident = event.data
    await tx.execute(
        "INSERT INTO resident (id, household_id, unit_id) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        resident.resident_id,
        resident.household_id,
        resident.unit_id,
    )


async def on_consent_recorded(tx: Tx, event: Received[ConsentRecorded]) -> None:
    consent = event.data
    await tx.execute(
        """
        INSERT INTO consent (resident_id, delegate_id, until_on) VALUES ($1, $2, $3)
        ON CONFLICT (resident_id, delegate_id) DO UPDATE SET until_on = excluded.until_on
        """,
        consent.resident_id,
        consent.delegate_id,
        consent.until_on,
    )


async def on_resident_erased(tx: Tx, event: Received[ResidentErased]) -> None:
    """Nobody acts for them any more, and they for nobody; to whoever asks there is no such resident."""
    resident_id = event.data.resident_id
    await tx.execute("DELETE FROM consent WHERE $1 IN (resident_id, delegate_id)", resident_id)
    await tx.execute("DELETE FROM resident WHERE id = $1", resident_id)
    await erase_subject(tx, resident_id)


def registry_replica(
    also_erased: Handler | None = None, corrected: Handler | None = None, placed: Handler | None = None
) -> Consumer:
    """`also_erased`: what of this service's own goes with an erased resident, in the same transaction; `corrected`: what follows
    from a resident's record that was put right, of which the replica keeps nothing; `placed`: keeps where units lie (`places`)."""

    async def erased(tx: Tx, event: Received[ResidentErased]) -> None:
        await on_resident_erased(tx, event)
        if also_erased is not None:
            await also_erased(tx, event)

    return Consumer(
        "registry_replica",
        start="beginning",
        # Whoever has just been registered is filed for.
        at_once=True,
        handlers={
            UnitOpened: on_unit_opened,
            WorkCalendarSet: on_work_calendar_set,
            HouseholdRegistered: on_household_registered,
            ResidentRegistered: on_resident_registered,
            ConsentRecorded: on_consent_recorded,
            ResidentErased: erased,
            **({ResidentCorrected: corrected} if corrected is not None else {}),
            **({UnitPlaced: placed} if placed is not None else {}),
        },
    )


REGISTRY_REPLICA = registry_replica()
