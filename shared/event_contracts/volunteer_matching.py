"""Volunteers and the tasks that they are offered, accept and do."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from event_contracts.base import EventPayload, Topic

VOLUNTEERS = Topic("volunteers.volunteers", retention_days=3650)
TASKS = Topic("volunteers.tasks", retention_days=3650)


class VolunteerRegistered(EventPayload):
    """`person_id` is the resident behind the volunteer: the subject that they sign in as."""

    type: ClassVar[str] = "volunteers.volunteer.registered.v1"
    topic: ClassVar[Topic] = VOLUNTEERS
    aggregate: ClassVar[str] = "volunteer_id"

    volunteer_id: UUID
    person_id: UUID
    unit_id: UUID
    skills: tuple[str, ...]


class _TaskEvent(EventPayload):
    """`request_version`: the event of the request that asked for it, so that the request knows which of its rounds is answered."""

    topic: ClassVar[Topic] = TASKS
    aggregate: ClassVar[str] = "task_id"

    task_id: UUID
    request_id: UUID
    resident_id: UUID
    unit_id: UUID
    request_version: int | None = None


class TaskOpened(_TaskEvent):
    type: ClassVar[str] = "volunteers.task.opened.v1"

    skill: str | None
    starts_at: datetime
    ends_at: datetime


class Offer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    offer_id: UUID
    volunteer_id: UUID
    person_id: UUID
    expires_at: datetime


class TaskOffered(_TaskEvent):
    type: ClassVar[str] = "volunteers.task.offered.v1"

    offers: tuple[Offer, ...]


class TaskReopened(_TaskEvent):
    """Back to open: every offer declined or expired, or the volunteer stepped back."""

    type: ClassVar[str] = "volunteers.task.reopened.v1"

    why: Literal["declined", "expired", "stepped_back"]


class TaskAccepted(_TaskEvent):
    type: ClassVar[str] = "volunteers.task.accepted.v1"

    offer_id: UUID
    volunteer_id: UUID
    person_id: UUID


class TaskCheckedIn(_TaskEvent):
    type: ClassVar[str] = "volunteers.task.checked_in.v1"

    volunteer_id: UUID
    person_id: UUID


class TaskDone(_TaskEvent):
    type: ClassVar[str] = "volunteers.task.done.v1"

    volunteer_id: UUID
    person_id: UUID
    minutes: int


class TaskConfirmed(_TaskEvent):
    type: ClassVar[str] = "volunteers.task.confirmed.v1"

    volunteer_id: UUID
    person_id: UUID
    minutes: int


class TaskEscalated(_TaskEvent):
    """Nobody is left to ask before the deadline: a community worker must find help."""

    type: ClassVar[str] = "volunteers.task.escalated.v1"


class TaskCancelled(_TaskEvent):
    type: ClassVar[str] = "volunteers.task.cancelled.v1"
