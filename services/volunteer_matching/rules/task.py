"""The life of a task: every transition that there is; any other is refused with the state it is in.

open → offered → accepted → checked_in → done → confirmed; back to open when all offers lapse or the volunteer steps back;
escalated when nobody is left to ask before it starts; cancelled when the request is withdrawn.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from platform_kit.problems import WrongState
from volunteer_matching.problems import OfferGone, TaskTaken


class State(StrEnum):
    OPEN = "open"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CHECKED_IN = "checked_in"
    DONE = "done"
    CONFIRMED = "confirmed"
    ESCALATED = "escalated"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Task:
    """`volunteer_id` is its one holder, from accepted on. `minutes` are served, not planned. `request_version` is the event of the
    request that asked for it, None where that was not kept yet."""

    id: UUID
    request_id: UUID
    resident_id: UUID
    unit_id: UUID
    skill: str | None
    starts_at: datetime
    ends_at: datetime
    state: State
    volunteer_id: UUID | None
    checked_in_at: datetime | None
    minutes: int | None
    version: int
    request_version: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """`state`: open, accepted, declined, expired, withdrawn (somebody else was first, or the task is gone)."""

    id: UUID
    task_id: UUID
    volunteer_id: UUID
    person_id: UUID
    state: str
    expires_at: datetime


TIME_TO_ASK = timedelta(minutes=30)


def deadline(task: Task, at: datetime) -> datetime:
    """When somebody must hold it: when it should start. What is wanted at once is asked for one round of offers first,
    as long as it would still be of use."""
    return max(at, min(task.ends_at, max(task.starts_at, at + TIME_TO_ASK)))


def offer(task: Task) -> Task:
    _only(task, "offered", State.OPEN)
    return replace(task, state=State.OFFERED)


def accept(task: Task, offer: Offer, at: datetime) -> Task:
    """The first who accepts holds it; everybody after that is told so."""
    if task.state is not State.OFFERED:
        if task.volunteer_id is not None and offer.state in ("open", "withdrawn"):
            raise TaskTaken(state=task.state.value)
        _only(task, "accepted", State.OFFERED)
    if offer.state != "open":
        raise OfferGone(state=offer.state)
    if offer.expires_at <= at:
        raise OfferGone(state="expired")
    return replace(task, state=State.ACCEPTED, volunteer_id=offer.volunteer_id)


def reopen(task: Task) -> Task:
    """Every offer was declined or has expired, or the volunteer stepped back."""
    _only(task, "reopened", State.OFFERED, State.ACCEPTED)
    return replace(task, state=State.OPEN, volunteer_id=None)


def check_in(task: Task, at: datetime) -> Task:
    _only(task, "checked_in", State.ACCEPTED)
    return replace(task, state=State.CHECKED_IN, checked_in_at=at)


def check_out(task: Task, at: datetime) -> Task:
    """Minutes served, begun ones counted whole, at least one."""
    _only(task, "checked_out", State.CHECKED_IN)
    began = task.checked_in_at or at
    return replace(task, state=State.DONE, minutes=max(1, -(-int((at - began).total_seconds()) // 60)))


def confirm(task: Task) -> Task:
    _only(task, "confirmed", State.DONE)
    return replace(task, state=State.CONFIRMED)


def escalate(task: Task) -> Task:
    _only(task, "escalated", State.OPEN, State.OFFERED)
    return replace(task, state=State.ESCALATED)


def cancel(task: Task) -> Task:
    _only(task, "cancelled", State.OPEN, State.OFFERED, State.ACCEPTED, State.CHECKED_IN, State.ESCALATED)
    return replace(task, state=State.CANCELLED)


def _only(task: Task, wanted: str, *states: State) -> None:
    if task.state not in states:
        raise WrongState(state=task.state.value, wanted=wanted)
