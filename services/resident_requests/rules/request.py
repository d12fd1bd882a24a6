"""The life of a request: every transition that there is; any other is refused with the state it is in.

submitted → triaged → assigned → in_progress → resolved → closed; what nobody took up in time can be triaged another way; in_progress ⇄ awaiting_resident; rejected, withdrawn and merged
(into another that is about the same) on the side; resolved and closed can be reopened for a while and are then triaged again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from platform_kit.problems import WrongState
from resident_requests.problems import ReopenWindowPassed, WantedTimeEndsEarly
from resident_requests.rules.emergency import Urgency

SILENCE = timedelta(days=7)
TAKE_UP = timedelta(days=2)
# Help that is wanted now still needs the time in which volunteers are asked.
GRACE = timedelta(minutes=30)
WANTED_SPAN = timedelta(hours=2)


# How it came to us; the last three are written down by staff.
Channel = Literal["app", "web", "counter", "phone", "visit"]
BY_STAFF: frozenset[Channel] = frozenset({"counter", "phone", "visit"})


class State(StrEnum):
    SUBMITTED = "submitted"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    AWAITING_RESIDENT = "awaiting_resident"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


OPEN = frozenset({
    State.SUBMITTED, State.TRIAGED, State.ASSIGNED, State.IN_PROGRESS, State.AWAITING_RESIDENT, State.REOPENED,
})  # fmt: skip
BEING_DONE = frozenset({State.ASSIGNED, State.IN_PROGRESS, State.AWAITING_RESIDENT})
DONE = frozenset({State.RESOLVED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Request:
    """`version` counts its events. `asked_version` is the event by which another service was asked and whose answers move it:
    None when nobody is asked, or staff do it themselves; 0 of what was routed before that was kept. `taken_up_by` is their task or
    order that has it now. `escalated`: nobody took it up in time, and its worker was told. `said_version` is the last event that
    changed what the resident said. `resident_id` is None only for a report of a city's data or of an application.

    `respond_by` and `resolve_by` are what was promised, None for such a report that came in closed; `round` counts how often it was reopened, with
    new promises each time. `routing_rule` is by which it was triaged last, None when somebody decided; and as its category was in
    `routing_category_version`. `author_id` is who wrote it down without a connection, when somebody else sent it. `paused_at` is since when it waits for the resident, or waited when it ended.
    """

    id: UUID
    case_number: str
    resident_id: UUID | None
    filed_by: UUID
    unit_id: UUID
    category: str
    state: State
    route: str | None
    skill: str | None
    wanted_from: datetime | None
    wanted_until: datetime | None
    assignee_id: UUID | None
    resolved_at: datetime | None
    occurred_at: datetime
    version: int
    channel: Channel = "app"
    urgency: Urgency = "normal"
    author_id: UUID | None = None
    category_version: int = 1
    round: int = 0
    respond_by: datetime | None = None
    responded_at: datetime | None = None
    resolve_by: datetime | None = None
    paused_at: datetime | None = None
    routing_rule: str | None = None
    routing_rule_version: int | None = None
    routing_category_version: int | None = None
    merged_into: UUID | None = None
    asked_version: int | None = None
    taken_up_by: UUID | None = None
    escalated: bool = False
    said_version: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What another service says of a request: of which route it is, by which task or order, and for which event of the request that
    was made; None where its event was told before that was kept."""

    route: str
    work_id: UUID
    request_version: int | None


def heeded(request: Request, answer: Answer) -> bool:
    """Whether that is the answer of whoever is asked now. One of an earlier round, of another route or of work that another has
    taken up since moves nothing, however late it comes."""
    asked = request.asked_version
    return (
        asked is not None
        and request.route == answer.route
        and (not asked or answer.request_version in (None, asked))
        and request.taken_up_by in (None, answer.work_id)
    )


def still_said(request: Request, version: int) -> bool:
    """Whether what the resident said is still as it was at that version. Who follows it, what is talked about it and whom it was
    escalated to are events as well, and nothing of it."""
    return request.said_version <= version <= request.version


def correct(request: Request) -> Request:
    """Only what nobody has begun with, and a resident has said, can be put right."""
    _only(request, "corrected", State.SUBMITTED)
    return replace(request, said_version=request.version + 1)


def triage(
    request: Request,
    *,
    route: str,
    skill: str | None,
    wanted_from: datetime | None,
    wanted_until: datetime | None,
    at: datetime,
    category_version: int | None = None,
    rule: str | None = None,
    rule_version: int | None = None,
) -> Request:
    """Say who acts next and when help is wanted: from then, or now; until then, or two hours later. What the resident wanted
    and is over, as with one that was reopened, counts no more. What nobody took up in time goes another way; before, whoever is
    asked is left the time."""
    left_lying = (State.TRIAGED,) if request.escalated else ()
    _only(request, "triaged", State.SUBMITTED, State.REOPENED, *left_lying)
    begins = max(wanted_from or request.wanted_from or at, at)
    theirs = request.wanted_until if request.wanted_until and request.wanted_until > begins else None
    ends = wanted_until or theirs or begins + WANTED_SPAN
    if ends <= begins:
        raise WantedTimeEndsEarly(field="wanted_until")
    return replace(
        request,
        state=State.TRIAGED,
        route=route,
        skill=skill,
        wanted_from=begins,
        wanted_until=ends,
        assignee_id=None,
        responded_at=request.responded_at or at,
        # Whoever is asked is asked by the event that tells of this.
        asked_version=request.version + 1,
        taken_up_by=None,
        escalated=False,
        routing_rule=rule,
        routing_rule_version=rule_version,
        routing_category_version=category_version,
    )


def escalate(request: Request) -> Request:
    """Nobody took it up in time, or nobody comes: staff look. Once for each time that it waits for somebody."""
    _only(request, "escalated", State.TRIAGED)
    return replace(request, escalated=True)


def take_up_until(request: Request, at: datetime) -> datetime:
    """When somebody must have taken it up: a volunteer before the help is wanted, anybody else within two days."""
    if request.route == "volunteers" and request.wanted_from is not None:
        return max(request.wanted_from, at + GRACE)
    return at + TAKE_UP


def assign(request: Request, assignee_id: UUID, work_id: UUID) -> Request:
    """`work_id`: the task or order that has it from now on."""
    _only(request, "assigned", State.TRIAGED)
    return replace(
        request, state=State.ASSIGNED, assignee_id=assignee_id, taken_up_by=work_id, escalated=False
    )


def unassign(request: Request) -> Request:
    """Whoever had taken it up steps back."""
    _only(request, "unassigned", State.ASSIGNED)
    return replace(request, state=State.TRIAGED, assignee_id=None, taken_up_by=None)


def start(request: Request) -> Request:
    """Whoever took it up begins."""
    _only(request, "started", State.ASSIGNED)
    return replace(request, state=State.IN_PROGRESS)


def give(request: Request, person_id: UUID) -> Request:
    """One of the staff is to do it: whoever else was asked, or had it, is not waited for any more."""
    _only(request, "assigned", State.TRIAGED, State.ASSIGNED)
    return replace(
        request,
        state=State.ASSIGNED,
        assignee_id=person_id,
        asked_version=None,
        taken_up_by=None,
        escalated=False,
    )


def start_themselves(request: Request, person_id: UUID) -> Request:
    """One of the staff begins with it: whoever else was asked, or had it, is not waited for any more. Nobody asked them, so that no
    service answers for them."""
    _only(request, "started", State.ASSIGNED, State.TRIAGED)
    return replace(
        request,
        state=State.IN_PROGRESS,
        assignee_id=person_id,
        asked_version=None,
        taken_up_by=None,
        escalated=False,
    )


def ask(request: Request, at: datetime) -> Request:
    """Nothing can go on until the resident says more: the clock stands still."""
    _only(request, "awaiting_resident", State.IN_PROGRESS)
    return replace(request, state=State.AWAITING_RESIDENT, paused_at=at)


def go_on(request: Request, resolve_by: datetime | None) -> Request:
    """The resident has said more; `resolve_by` is later by as long as was waited."""
    _only(request, "answered", State.AWAITING_RESIDENT)
    return replace(request, state=State.IN_PROGRESS, paused_at=None, resolve_by=resolve_by)


def resolve(request: Request, at: datetime) -> Request:
    """Also while it waits for the resident: a volunteer may be done with it meanwhile."""
    _only(request, "resolved", *BEING_DONE)
    return replace(request, state=State.RESOLVED, resolved_at=at)


def close(request: Request) -> Request:
    _only(request, "closed", State.RESOLVED)
    return replace(request, state=State.CLOSED)


def reopen(request: Request, *, at: datetime, window: timedelta) -> Request:
    _only(request, "reopened", *DONE)
    until = (request.resolved_at or request.occurred_at) + window
    if at > until:
        raise ReopenWindowPassed(until=until.isoformat())
    return replace(
        request,
        state=State.REOPENED,
        assignee_id=None,
        resolved_at=None,
        responded_at=None,
        round=request.round + 1,
    )


def withdraw(request: Request) -> Request:
    _only(request, "withdrawn", *OPEN)
    return replace(request, state=State.WITHDRAWN, escalated=False)


def reject(request: Request, at: datetime) -> Request:
    _only(request, "rejected", State.SUBMITTED, State.TRIAGED, State.REOPENED)
    return replace(request, state=State.REJECTED, responded_at=request.responded_at or at, escalated=False)


def merge(request: Request, into: Request) -> Request:
    """It ends here, and goes on as the other; both are still to be done."""
    _only(request, "merged", *OPEN)
    if into.state not in OPEN:
        raise WrongState(state=into.state.value, wanted="merged into", field="into")
    return replace(request, state=State.MERGED, merged_into=into.id, escalated=False)


def follow(request: Request) -> None:
    """Whoever wants to follow one that was merged follows the other."""
    _only(request, "followed", *(set(State) - {State.MERGED}))


def discuss(request: Request) -> None:
    """Of two that were merged one thread remains."""
    _only(request, "discussed", *(set(State) - {State.MERGED}))


def works_on(request: Request, person_id: UUID) -> bool:
    """Whether they wrote it down, or were given it to do."""
    return person_id in (request.filed_by, request.author_id, request.assignee_id)


def rate(request: Request) -> None:
    """What was done, once it is said to be done; when it is reopened, what is done then can be rated again."""
    _only(request, "rated", *DONE)


def _only(request: Request, wanted: str, *states: State) -> None:
    if request.state not in states:
        raise WrongState(state=request.state.value, wanted=wanted)
