"""A staff member gets a post at a unit, for a time."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from community_registry import store
from community_registry.store import Appointment, Staff
from event_contracts.community_registry import Post, StaffAppointed
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.problems import InvalidInput, NotFound, Text

_ENDS_EARLY = Text("It ends before it begins.", "结束日期早于开始日期。")


async def appoint_staff(
    tx: Tx, staff_id: UUID, *, post: Post, unit_id: UUID, from_on: date, until_on: date | None
) -> Staff:
    staff = await store.staff_for_update(tx, staff_id)
    if staff is None:
        raise NotFound(what="staff")
    if await store.unit(tx, unit_id) is None:
        raise NotFound(what="unit", field="unit_id")
    if until_on is not None and until_on < from_on:
        raise InvalidInput(field="until_on", reason=_ENDS_EARLY)
    appointment = Appointment(new_id(), staff_id, unit_id, post, from_on, until_on, None)
    at = await now(tx)
    version = await store.insert_appointment(tx, appointment)
    appointed = StaffAppointed(
        staff_id=staff_id, appointment_id=appointment.id, post=post, unit_id=unit_id, from_on=from_on,
        until_on=until_on,
    )  # fmt: skip
    await publish(tx, appointed, version=version, at=at)
    return replace(staff, version=version)
