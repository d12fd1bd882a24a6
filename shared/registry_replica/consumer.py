"""Keeps the replica. A service that needs it lists REGISTRY_REPLICA among its consumers."""

from event_contracts.community_registry import (
    ConsentRecorded,
    HouseholdRegistered,
    ResidentRegistered,
    UnitOpened,
)
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.envelope import Received


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


REGISTRY_REPLICA = Consumer(
    "registry_replica",
    start="beginning",
    handlers={
        UnitOpened: on_unit_opened,
        HouseholdRegistered: on_household_registered,
        ResidentRegistered: on_resident_registered,
        ConsentRecorded: on_consent_recorded,
    },
)
