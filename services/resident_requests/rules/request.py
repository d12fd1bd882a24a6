"""The life of a request: every transition that there is; any other is refused with the state it is in.

submitted → triaged → assigned → in_progress → resolved → closed; what nobody took up or began in time can be triaged another way; in_progress ⇄ awaiting_resident; rejected, withdrawn and merged
(into another that is about the same) on the side; resolved and closed can be reopened for a while and are then triaged again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from platform_kit.problems import WrongState
from platform_kit.working_time import WorkCalendar, due
from resident_requests.problems import NobodyToAsk, ReopenWindowPassed, WantedTimeEndsEarly
from resident_requests.rules.emergency import Urgency

SILENCE = timedelta(days=7)
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
    None when nobody is asked, or staff do it themselves; 0 of what was routed before that was kept. `taken_up_by` is their task,
    order or application that has it now. `escalated`: nobody took it up in time, or nobody came, and its worker was told. `said_version` is the last event that
    changed what the resident said. `resident_id` is None only for a report of a city's data or of an application.

    `wanted_from` and `wanted_until` are as the resident said: nothing else moves a promise. `planned_from` and `planned_until` are when it was triaged for,
    None until that is done in its round.

    `respond_by` and `resolve_by` are what was promised, None for such a report that came in closed; `round` counts how often it was
    reopened, with new promises each time. `resolve_from` is when the second clock begins, None: with the first. `responded_at` is
    when somebody first looked at it in that round: a rule that routes it is nobody. `paused_at` is since when it waits for the
    resident, or waited when it ended. `begun_at` is since when somebody has it in hand this time. `routing_rule` is by which it was triaged last, None when somebody decided; and as its
    category was in `routing_category_version`. `author_id` is who wrote it down without a connection, when somebody else sent it.
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
    resolve_from: datetime | None = None
    paused_at: datetime | None = None
    routing_rule: str | None = None
    routing_rule_version: int | None = None
    routing_category_version: int | None = None
    merged_into: UUID | None = None
    asked_version: int | None = None
    taken_up_by: UUID | None = None
    escalated: bool = False
    said_version: int = 1
    begun_at: datetime | None = None
    planned_from: datetime | None = None
    planned_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What another service says of a request: of which route it is, by which task, order or application, and for which event of the request that
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
    planned_from: datetime | None,
    planned_until: datetime | None,
    at: datetime,
    calendar: WorkCalendar,
    looked_at: bool = True,
    category_version: int | None = None,
    rule: str | None = None,
    rule_version: int | None = None,
) -> Request:
    """Say who acts next and for when help is planned; what the resident wants stays as they said it. What nobody took up or began in
    time goes another way; before, whoever is asked is left the time. `looked_at`: somebody did, and not a rule alone."""
    left_lying = (State.TRIAGED, State.ASSIGNED) if request.escalated else ()
    _only(request, "triaged", State.SUBMITTED, State.REOPENED, *left_lying)
    begins, ends = _planned(request, planned_from, planned_until, calendar, at)
    return replace(
        request,
        state=State.TRIAGED,
        route=route,
        skill=skill,
        planned_from=begins,
        planned_until=ends,
        assignee_id=None,
        responded_at=(request.responded_at or at) if looked_at else request.responded_at,
        # Whoever is asked is asked by the event that tells of this.
        asked_version=request.version + 1,
        taken_up_by=None,
        begun_at=None,
        escalated=False,
        routing_rule=rule,
        routing_rule_version=rule_version,
        routing_category_version=category_version,
    )


def _planned(
    request: Request,
    since: datetime | None,
    until: datetime | None,
    calendar: WorkCalendar,
    at: datetime,
) -> tuple[datetime, datetime]:
    """From when, until when: as whoever triages says, or else as the resident said, for two hours where no end was said. What the
    resident wanted and is over, as with one that was reopened, counts no more: then, and where nobody said anything, it is planned
    as soon as the unit is at work. What was planned before says nothing."""
    theirs = request.wanted_until or (request.wanted_from and request.wanted_from + WANTED_SPAN)
    said = since or until or (theirs is not None and theirs > at)
    begins = max(since or request.wanted_from or at, at) if said else due(calendar, at, timedelta())
    ends = until or begins + WANTED_SPAN
    if until is None and request.wanted_until and request.wanted_until > begins:
        ends = request.wanted_until
    if ends <= begins:
        raise WantedTimeEndsEarly(field="wanted_until")
    return begins, ends


def respond(request: Request, at: datetime) -> Request:
    """Somebody answers, takes it up or begins: the first who does so keeps the first promise."""
    if request.state not in OPEN or request.responded_at is not None:
        return request
    return replace(request, responded_at=at)


def escalate(request: Request) -> Request:
    """Nobody took it up in time, or nobody comes: staff look. Once for each time that it waits for somebody."""
    _only(request, "escalated", State.TRIAGED, State.ASSIGNED)
    return replace(request, escalated=True)


def assign(request: Request, assignee_id: UUID, work_id: UUID, at: datetime) -> Request:
    """`work_id`: the task, order or application that has it from now on; one that has it already may be given to somebody else."""
    same_work = (State.ASSIGNED,) if request.taken_up_by == work_id else ()
    _only(request, "assigned", State.TRIAGED, *same_work)
    return replace(
        respond(request, at),
        state=State.ASSIGNED,
        assignee_id=assignee_id,
        taken_up_by=work_id,
        escalated=False,
        begun_at=at,
    )


def unassign(request: Request) -> Request:
    """Others are asked for a task that was left; an order or application that is called off is over, and with it the asking."""
    _only(request, "unassigned", State.ASSIGNED)
    asked = request.asked_version if request.route == "volunteers" else None
    return replace(
        request,
        state=State.TRIAGED,
        assignee_id=None,
        taken_up_by=None,
        asked_version=asked,
        escalated=False,
        begun_at=None,
    )


def start(request: Request, at: datetime) -> Request:
    """Whoever took it up begins: what they saw before was not yet done."""
    _only(request, "started", State.ASSIGNED)
    return replace(request, state=State.IN_PROGRESS, escalated=False, begun_at=at)


def give(request: Request, person_id: UUID, at: datetime) -> Request:
    """One of the staff is to do it: whoever else was asked, or had it, is not waited for any more."""
    _only(request, "assigned", State.TRIAGED, State.ASSIGNED)
    return replace(
        respond(request, at), state=State.ASSIGNED, assignee_id=person_id, asked_version=None, taken_up_by=None,
        escalated=False, begun_at=at,
    )  # fmt: skip


def start_themselves(request: Request, person_id: UUID, at: datetime) -> Request:
    """One of the staff begins with it: whoever else was asked, or had it, is not waited for any more. Nobody asked them, so that no
    service answers for them."""
    _only(request, "started", State.ASSIGNED, State.TRIAGED)
    return replace(
        respond(request, at),
        state=State.IN_PROGRESS,
        assignee_id=person_id,
        asked_version=None,
        taken_up_by=None,
        escalated=False,
        begun_at=at,
    )


def ask(request: Request, at: datetime) -> Request:
    """Nothing can go on until the resident says more: the clock stands still. Raises NobodyToAsk of a city's or an application's."""
    _only(request, "awaiting_resident", State.IN_PROGRESS)
    if request.resident_id is None:
        raise NobodyToAsk
    return replace(request, state=State.AWAITING_RESIDENT, paused_at=at)


def go_on(request: Request, resolve_by: datetime | None) -> Request:
    """The resident has said more; `resolve_by` is later by as long as was waited."""
    _only(request, "answered", State.AWAITING_RESIDENT)
    return replace(request, state=State.IN_PROGRESS, paused_at=None, resolve_by=resolve_by)


def resolve(request: Request, at: datetime) -> Request:
    """Also while it waits for the resident: a volunteer may be done with it meanwhile."""
    _only(request, "resolved", *BEING_DONE)
    return replace(request, state=State.RESOLVED, resolved_at=at, escalated=False)


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
        planned_from=None,
        planned_until=None,
        assignee_id=None,
        resolved_at=None,
        responded_at=None,
        begun_at=None,
        round=request.round + 1,
    )


def withdraw(request: Request) -> Request:
    _only(request, "withdrawn", *OPEN)
    return replace(request, state=State.WITHDRAWN, escalated=False)


def reject(request: Request, at: datetime) -> Request:
    _only(request, "rejected", State.SUBMITTED, State.TRIAGED, State.REOPENED)
    return replace(request, state=State.REJECTED, responded_at=request.responded_at or at, escalated=False)


def end_elsewhere(request: Request, state: State, at: datetime, *, joined: bool = False) -> Request:
    """Another system, from which it came, says that it is over: `state` is how. Nobody here need have begun with it. `joined`: others'
    own goes on as it, of which that system knows nothing. Whatever it says, for them it is resolved: they may say that it is not."""
    _only(request, state.value, *OPEN)
    over = replace(request, responded_at=request.responded_at or at, escalated=False)
    if state in (State.WITHDRAWN, State.REJECTED) and not joined:
        return replace(over, state=state)
    return replace(over, state=State.RESOLVED, resolved_at=at)


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
    return wrote_down(request, person_id) or person_id == request.assignee_id


def wrote_down(request: Request, person_id: UUID) -> bool:
    return person_id in (request.filed_by, request.author_id)


def as_it_came(request: Request) -> Request:
    """What whoever wrote it down was told then, for one who may not see what has become of it."""
    return Request(
        id=request.id, case_number=request.case_number, resident_id=request.resident_id, filed_by=request.filed_by,
        unit_id=request.unit_id, category=request.category, state=State.SUBMITTED, route=None, skill=None, wanted_from=None,
        wanted_until=None, assignee_id=None, resolved_at=None, occurred_at=request.occurred_at, version=1,
        channel=request.channel, urgency=request.urgency, author_id=request.author_id,
        category_version=request.category_version,
    )  # fmt: skip


def rate(request: Request) -> None:
    """What was done, once it is said to be done; when it is reopened, what is done then can be rated again."""
    _only(request, "rated", *DONE)


def _only(request: Request, wanted: str, *states: State) -> None:
    if request.state not in states:
        raise WrongState(state=request.state.value, wanted=wanted)
