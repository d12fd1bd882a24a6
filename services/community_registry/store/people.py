"""Households, residents and staff. What is sealed comes and goes as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from platform_kit.sealing import StoredKey
from registry_replica.store import SUBTREE


class _Keyed:
    """A row that comes with its data key as it is stored."""

    __slots__ = ()
    id: UUID
    wrapped: bytes | None
    kek: str | None

    @property
    def key(self) -> StoredKey:
        return StoredKey(self.id, self.wrapped, self.kek)


@dataclass(frozen=True, slots=True)
class Household(_Keyed):
    """`wrapped` and `kek` are its data key as it is stored; `address` is None once nobody is left."""

    id: UUID
    unit_id: UUID
    address: bytes | None
    version: int
    wrapped: bytes | None
    kek: str | None


@dataclass(frozen=True, slots=True)
class Resident(_Keyed):
    """`address` is the household's, under the key that `home_wrapped` and `home_kek` are."""

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
    wrapped: bytes | None
    kek: str | None
    address: bytes | None
    home_wrapped: bytes | None
    home_kek: str | None

    @property
    def home_key(self) -> StoredKey:
        return StoredKey(self.household_id, self.home_wrapped, self.home_kek)


@dataclass(frozen=True, slots=True)
class Staff(_Keyed):
    id: UUID
    name: bytes
    phone: bytes | None
    version: int
    wrapped: bytes | None
    kek: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """Of a contact, for a piece of work."""

    resident_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    id: UUID
    staff_id: UUID
    unit_id: UUID
    post: str
    from_on: date
    until_on: date | None
    ended_at: datetime | None


# The keys come with the rows. An erased resident is nobody's answer.
_RESIDENTS = """
    SELECT r.*, k.wrapped, k.kek, h.address, home.wrapped AS home_wrapped, home.kek AS home_kek
    FROM resident r JOIN household h ON h.id = r.household_id
    LEFT JOIN subject_key k ON k.subject = r.id LEFT JOIN subject_key home ON home.subject = h.id
    WHERE r.name IS NOT NULL
"""
_STAFF = (
    "SELECT s.*, k.wrapped, k.kek FROM staff s LEFT JOIN subject_key k ON k.subject = s.id WHERE s.id = $1"
)
_CONSENT_HOLDS = "(c.until_on IS NULL OR c.until_on >= ({at}::timestamptz AT TIME ZONE u.zone)::date)"


async def household(tx: Tx, household_id: UUID) -> Household | None:
    row = await tx.fetchrow(
        """
        SELECT h.*, k.wrapped, k.kek FROM household h LEFT JOIN subject_key k ON k.subject = h.id
        WHERE h.id = $1 AND h.address IS NOT NULL
        """,
        household_id,
    )
    return load(Household, row)


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
    rows = await tx.fetch(f"{_RESIDENTS} AND r.household_id = $1 ORDER BY r.id", household_id)
    return [resident for row in rows if (resident := load(Resident, row))]


async def resident(tx: Tx, resident_id: UUID) -> Resident | None:
    return load(Resident, await tx.fetchrow(f"{_RESIDENTS} AND r.id = $1", resident_id))


async def resident_for_update(tx: Tx, resident_id: UUID) -> Resident | None:
    return load(Resident, await tx.fetchrow(f"{_RESIDENTS} AND r.id = $1 FOR UPDATE OF r", resident_id))


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


async def page_of_residents(
    tx: Tx,
    person: UUID,
    codes: Sequence[str],
    phone_index: bytes | None,
    at: datetime,
    *,
    limit: int,
    cursor: str | None,
) -> tuple[list[Resident], str | None]:
    """The person and who let them; with a phone also whoever has it in the units of these codes. All of it, if with a phone, has
    that phone: nobody else's is counted either."""
    rows, following = await fetch_page(
        tx,
        f"""
        {_RESIDENTS} AND ($2::bytea IS NULL OR r.phone_index = $2) AND r.id IN (
            SELECT $1::uuid
            UNION SELECT c.resident_id FROM consent c JOIN resident d ON d.id = c.resident_id
                JOIN unit u ON u.id = d.unit_id WHERE c.delegate_id = $1 AND {_CONSENT_HOLDS.format(at="$4")}
            UNION SELECT s.id FROM resident s JOIN unit u ON u.id = s.unit_id
                WHERE s.phone_index = $2 AND {SUBTREE.format(code="u.code", prefixes="$3")}
        )
        """,
        (person, phone_index, list(codes), at),
        limit=limit,
        cursor=cursor,
    )
    return [resident for row in rows if (resident := load(Resident, row))], following


async def save_person(tx: Tx, resident: Resident) -> int:
    """The new version of the resident, whose lock is held; the address is saved for the whole household."""
    await tx.execute(
        "UPDATE household SET address = $2 WHERE id = $1 AND address IS DISTINCT FROM $2",
        resident.household_id,
        resident.address,
    )
    version: int = await tx.fetchval(
        """
        UPDATE resident SET name = $2, phone = $3, phone_index = $4, id_number = $5, id_number_index = $6,
            version = version + 1
        WHERE id = $1 RETURNING version
        """,
        resident.id,
        resident.name,
        resident.phone,
        resident.phone_index,
        resident.id_number,
        resident.id_number_index,
    )
    return version


async def lock_household(tx: Tx, household_id: UUID) -> None:
    await tx.execute("SELECT FROM household WHERE id = $1 FOR UPDATE", household_id)


async def save_nothing_of(tx: Tx, resident_id: UUID) -> int:
    """The last version of an erased resident. What they let others do, and what others may see of them, ends."""
    await tx.execute("DELETE FROM consent WHERE $1 IN (resident_id, delegate_id)", resident_id)
    await tx.execute("DELETE FROM contact_grant WHERE $1 IN (resident_id, holder)", resident_id)
    version: int = await tx.fetchval(
        """
        UPDATE resident SET name = NULL, phone = NULL, phone_index = NULL, id_number = NULL, id_number_index = NULL,
            born_on = NULL, version = version + 1
        WHERE id = $1 RETURNING version
        """,
        resident_id,
    )
    return version


async def save_no_address_of_nobody(tx: Tx, household_id: UUID) -> bool:
    """The address goes if nobody is left in the household, whose lock is held; whether it did."""
    gone = await tx.fetchval(
        """
        UPDATE household h SET address = NULL WHERE id = $1
            AND NOT EXISTS (SELECT FROM resident r WHERE r.household_id = h.id AND r.name IS NOT NULL)
        RETURNING true
        """,
        household_id,
    )
    return bool(gone)


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
    return load(Staff, await tx.fetchrow(_STAFF, staff_id))


async def staff_for_update(tx: Tx, staff_id: UUID) -> Staff | None:
    return load(Staff, await tx.fetchrow(f"{_STAFF} FOR UPDATE OF s", staff_id))


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


async def save_appointment_ended(tx: Tx, appointment: Appointment, at: datetime) -> int:
    """The new version of the staff member, whose lock is held."""
    version: int = await tx.fetchval(
        """
        WITH ended AS (UPDATE appointment SET ended_at = $3 WHERE id = $2)
        UPDATE staff SET version = version + 1 WHERE id = $1 RETURNING version
        """,
        appointment.staff_id,
        appointment.id,
        at,
    )
    return version


async def appointments_of(tx: Tx, staff_id: UUID) -> list[Appointment]:
    rows = await tx.fetch("SELECT * FROM appointment WHERE staff_id = $1 ORDER BY from_on, id", staff_id)
    return [appointment for row in rows if (appointment := load(Appointment, row))]


async def save_work(tx: Tx, work_id: UUID, resident_id: UUID, until: datetime) -> None:
    """Work for somebody, which nobody holds yet."""
    await tx.execute(
        """
        INSERT INTO contact_grant (work_id, resident_id, until) VALUES ($1, $2, $3)
        ON CONFLICT (work_id) DO UPDATE SET until = excluded.until
        """,
        work_id,
        resident_id,
        until,
    )


async def save_holder(tx: Tx, work_id: UUID, holder: UUID | None) -> None:
    await tx.execute("UPDATE contact_grant SET holder = $2 WHERE work_id = $1", work_id, holder)


async def delete_work(tx: Tx, work_id: UUID) -> None:
    await tx.execute("DELETE FROM contact_grant WHERE work_id = $1", work_id)


async def contact_granted(tx: Tx, work_id: UUID, holder: UUID, at: datetime) -> Grant | None:
    row = await tx.fetchrow(
        "SELECT resident_id, until FROM contact_grant WHERE work_id = $1 AND holder = $2 AND until > $3",
        work_id,
        holder,
        at,
    )
    return load(Grant, row)
