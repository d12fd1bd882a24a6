"""Bodies and answers of volunteer matching."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from platform_kit.schemas import Body, View
from volunteer_matching.rules.task import State

Skill = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class NewVolunteer(Body):
    """`unit_id`: where they help; their own community unless they say another."""

    skills: Annotated[list[Skill], Field(min_length=1, max_length=20)]
    unit_id: UUID | None = None


class VolunteerView(View):
    id: UUID
    person_id: UUID
    unit_id: UUID
    skills: list[str]
    version: int


class OfferView(View):
    id: UUID
    task_id: UUID
    unit_id: UUID
    skill: str | None
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


class TaskView(View):
    id: UUID
    request_id: UUID
    resident_id: UUID
    unit_id: UUID
    skill: str | None
    starts_at: datetime
    ends_at: datetime
    state: State
    volunteer_id: UUID | None
    minutes: int | None
    version: int


class TaskPage(View):
    items: list[TaskView]
    next: str | None


class HoursView(View):
    """Only what was confirmed counts."""

    confirmed_minutes: int
    confirmed_tasks: int
