"""A staff member's post ends now; within minutes no token of theirs carries it any more."""

from dataclasses import replace
from uuid import UUID

from community_registry import store
from community_registry.store import Staff
from event_contracts.community_registry import AppointmentEnded
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.outbox import publish
from platform_kit.problems import NotFound, WrongState


async def end_appointment(tx: Tx, staff_id: UUID, appointment_id: UUID) -> Staff:
    staff = await store.staff_for_update(tx, staff_id)
    appointment = next(
        (each for each in await store.appointments_of(tx, staff_id) if each.id == appointment_id), None
    )
    if staff is None or appointment is None:
        raise NotFound(what="appointment")
    if appointment.ended_at is not None:
        raise WrongState(state="ended", wanted="end")
    at = await now(tx)
    version = await store.save_appointment_ended(tx, appointment, at)
    ended = AppointmentEnded(staff_id=staff_id, appointment_id=appointment_id)
    await publish(tx, ended, version=version, at=at)
    return replace(staff, version=version)
