"""All SQL of the registry. What is sealed comes and goes as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from community_registry.rules.unit import Unit
from platform_kit.db import Tx
from platform_kit.rows import load


@dataclass(frozen=True, slots=True)
class Household:
    id: UUID
    unit_id: UUID
    address: bytes
    version: int


@dataclass(frozen=True, slots=True)
class Resident:
    id: UUID
    household_id: UUID
    unit_id: UUID
    name: bytes
    phone: bytes | None
    phone_index: bytes | None
    id_number: bytes | None
    id_number_index: bytes | None
    born_on: date | None
    version: int


@dataclass(frozen=True, slots=True)
class Staff:
    id: UUID
    name: bytes
    phone: bytes | None
    version: int


@dataclass(frozen=True, slots=True)
class Appointment:
    id: UUID
    staff_id: UUID
    unit_id: UUID
    post: str
    from_on: date
    until_on: date | None


async def units(tx: Tx) -> list[Unit]:
    rows = await tx.fetch("SELECT id, parent_id, kind, code, name, zone FROM unit ORDER BY code")
    return [unit for row in rows if (unit := load(Unit, row))]


async def unit(tx: Tx, unit_id: UUID) -> Unit | None:
    return load(Unit, await tx.fetchrow("SELECT * FROM unit WHERE id = $1", unit_id))


async def insert_unit(tx: Tx, unit: Unit, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO unit (id, parent_id, kind, code, name, zone, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7)
        """,
        unit.id,
        unit.parent_id,
        unit.kind,
        unit.code,
        unit.name,
        unit.zone,
        at,
    )


async def household(tx: Tx, household_id: UUID) -> Household | None:
    return load(Household, await tx.fetchrow("SELECT * FROM household WHERE id = $1", household_id))


async def insert_household(tx: Tx, household: Household, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO household (id, unit_id, address, version, created_at) VALUES ($1, $2, $3, $4, $5)",
        household.id,
        household.unit_id,
        household.address,
        household.version,
        at,
    )


async def residents_of(tx: Tx, household_id: UUID) -> list[Resident]:
    rows = await tx.fetch("SELECT * FROM resident WHERE household_id = $1 ORDER BY id", household_id)
    return [resident for row in rows if (resident := load(Resident, row))]


async def resident(tx: Tx, resident_id: UUID) -> Resident | None:
    return load(Resident, await tx.fetchrow("SELECT * FROM resident WHERE id = $1", resident_id))


async def resident_for_update(tx: Tx, resident_id: UUID) -> Resident | None:
    return load(Resident, await tx.fetchrow("SELECT * FROM resident WHERE id = $1 FOR UPDATE", resident_id))


async def insert_residents(tx: Tx, residents: Sequence[Resident], at: datetime) -> None:
    await tx.executemany(
        """
        INSERT INTO resident (id, household_id, unit_id, name, phone, phone_index, id_number, id_number_index,
                              born_on, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        [
            (r.id, r.household_id, r.unit_id, r.name, r.phone, r.phone_index, r.id_number, r.id_number_index,
             r.born_on, r.version, at)
            for r in residents
        ],
    )  # fmt: skip


async def id_number_taken(tx: Tx, index: bytes) -> bool:
    return bool(await tx.fetchval("SELECT true FROM resident WHERE id_number_index = $1", index))


async def save_consent(
    tx: Tx, resident_id: UUID, delegate_id: UUID, until_on: date | None, by: UUID, at: datetime
) -> int:
    """The new version of the resident, whose lock is held."""
    await tx.execute(
        """
        INSERT INTO consent (resident_id, delegate_id, until_on, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (resident_id, delegate_id) DO UPDATE
        SET until_on = excluded.until_on, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
        """,
        resident_id,
        delegate_id,
        until_on,
        by,
        at,
    )
    version: int = await tx.fetchval(
        "UPDATE resident SET version = version + 1 WHERE id = $1 RETURNING version", resident_id
    )
    return version


async def staff(tx: Tx, staff_id: UUID) -> Staff | None:
    return load(Staff, await tx.fetchrow("SELECT * FROM staff WHERE id = $1", staff_id))


async def staff_for_update(tx: Tx, staff_id: UUID) -> Staff | None:
    return load(Staff, await tx.fetchrow("SELECT * FROM staff WHERE id = $1 FOR UPDATE", staff_id))


async def insert_staff(tx: Tx, staff: Staff, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO staff (id, name, phone, version, created_at) VALUES ($1, $2, $3, $4, $5)",
        staff.id,
        staff.name,
        staff.phone,
        staff.version,
        at,
    )


async def insert_appointment(tx: Tx, appointment: Appointment) -> int:
    """The new version of the staff member, whose lock is held."""
    await tx.execute(
        "INSERT INTO appointment (id, staff_id, unit_id, post, from_on, until_on) VALUES ($1, $2, $3, $4, $5, $6)",
        appointment.id,
        appointment.staff_id,
        appointment.unit_id,
        appointment.post,
        appointment.from_on,
        appointment.until_on,
    )
    version: int = await tx.fetchval(
        "UPDATE staff SET version = version + 1 WHERE id = $1 RETURNING version", appointment.staff_id
    )
    return version


async def appointments_of(tx: Tx, staff_id: UUID) -> list[Appointment]:
    rows = await tx.fetch("SELECT * FROM appointment WHERE staff_id = $1 ORDER BY from_on, id", staff_id)
    return [appointment for row in rows if (appointment := load(Appointment, row))]
