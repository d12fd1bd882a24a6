"""The state machine of a request against the table in the domain page, written by hand."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_kit.problems import WrongState
from platform_kit.working_time import WorkCalendar, worked
from resident_requests.rules import request as rules
from resident_requests.rules import waiting
from resident_requests.rules.request import Request, State

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
# Nine to six, Monday to Friday; it is four in the afternoon of a Wednesday.
CALENDAR = WorkCalendar("Asia/Shanghai", (((time(9), time(18)),),) * 5 + ((), ()))
FRIDAY_NIGHT = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOMEBODY = UUID(int=1)
WORK = UUID(int=5)

# What another system, from which it came, says is over; nobody here does it.
OVER = {"end elsewhere": "resolved"}
# state → what each verb leads to; a verb that is not listed is refused.
LEGAL = {
    "submitted": {"triage": "triaged", "withdraw": "withdrawn", "merge": "merged", "reject": "rejected"}
    | OVER,
    "triaged": {
        "assign": "assigned",
        "give": "assigned",
        "escalate": "triaged",
        "start themselves": "in_progress",
        "withdraw": "withdrawn",
        "merge": "merged",
        "reject": "rejected",
    }
    | OVER,
    "assigned": {
        "escalate": "assigned",
        "unassign": "triaged",
        "give": "assigned",
        "start": "in_progress",
        "start themselves": "in_progress",
        "resolve": "resolved",
        "withdraw": "withdrawn",
        "merge": "merged",
    }
    | OVER,
    "in_progress": {
        "ask": "awaiting_resident",
        "resolve": "resolved",
        "withdraw": "withdrawn",
        "merge": "merged",
    }
    | OVER,
    "awaiting_resident": {
        "go_on": "in_progress",
        "resolve": "resolved",
        "withdraw": "withdrawn",
        "merge": "merged",
    }
    | OVER,
    "resolved": {"close": "closed", "reopen": "reopened"},
    "closed": {"reopen": "reopened"},
    "reopened": {"triage": "triaged", "withdraw": "withdrawn", "merge": "merged", "reject": "rejected"}
    | OVER,
    "rejected": {},
    "withdrawn": {},
    "merged": {},
}
VERBS = {
    "triage": lambda r: rules.triage(
        r, route="volunteers", skill=None, planned_from=None, planned_until=None, at=NOW, calendar=CALENDAR
    ),
    "escalate": lambda r: replace(rules.escalate(r), escalated=False),
    "assign": lambda r: rules.assign(r, SOMEBODY, WORK, NOW),
    "unassign": rules.unassign,
    "start": lambda r: rules.start(r, NOW),
    "start themselves": lambda r: rules.start_themselves(r, SOMEBODY, NOW),
    "end elsewhere": lambda r: rules.end_elsewhere(r, State.CLOSED, NOW),
    "give": lambda r: rules.give(r, SOMEBODY, NOW),
    "ask": lambda r: rules.ask(r, NOW),
    "go_on": lambda r: rules.go_on(r, NOW),
    "resolve": lambda r: rules.resolve(r, NOW),
    "close": rules.close,
    "reopen": lambda r: rules.reopen(r, at=NOW, window=timedelta(days=7)),
    "withdraw": rules.withdraw,
    "reject": lambda r: rules.reject(r, NOW),
    "merge": lambda r: rules.merge(r, OTHER),
}
SUBMITTED = Request(
    id=UUID(int=7), case_number="000-000-000", resident_id=UUID(int=2), filed_by=UUID(int=2), unit_id=UUID(int=3),
    category="errand", state=State.SUBMITTED, route=None, skill=None, wanted_from=None, wanted_until=None,
    assignee_id=None, resolved_at=None, occurred_at=NOW, version=1,
)  # fmt: skip

OTHER = replace(SUBMITTED, id=UUID(int=8))


def test_what_nobody_took_up_in_time_goes_another_way() -> None:
    triaged = VERBS["triage"](replace(SUBMITTED, responded_at=NOW - timedelta(hours=1)))
    again = VERBS["triage"](replace(rules.escalate(triaged), version=4))
    assert (again.state, again.escalated, again.asked_version) == (State.TRIAGED, False, 5)
    assert again.responded_at == triaged.responded_at


def test_what_somebody_took_up_and_never_began_goes_another_way() -> None:
    taken_up = VERBS["assign"](VERBS["triage"](SUBMITTED))
    with pytest.raises(WrongState):
        VERBS["triage"](taken_up)
    told = rules.escalate(taken_up)
    again = VERBS["triage"](replace(told, version=4))
    assert (again.state, again.escalated, again.asked_version) == (State.TRIAGED, False, 5)
    assert (again.assignee_id, again.taken_up_by) == (None, None)
    for verb in ("unassign", "start", "start themselves", "resolve", "withdraw", "merge"):
        assert not VERBS[verb](told).escalated, verb


@pytest.mark.parametrize(
    ("taken_up", "starts", "until"),
    [
        (0, None, 4), (1, None, 4),
        # It was taken up when it was wanted no more, an hour before the office closes; a provider begins tomorrow at nine.
        (8, None, 25), (0, 24, 26),
    ],
)  # fmt: skip
def test_whoever_took_it_up_has_two_hours_of_the_office_after_it_was_wanted(
    taken_up: int, starts: int | None, until: int
) -> None:
    """Hours after nine in the morning, when it was triaged."""
    nine = NOW - 7 * HOUR
    triaged = _triaged(SUBMITTED, nine)
    starts_at = None if starts is None else nine + starts * HOUR
    last = waiting.begin_until(triaged, CALENDAR, nine + taken_up * HOUR, starts_at=starts_at)
    assert last == nine + until * HOUR


def test_every_state_is_in_the_table() -> None:
    assert set(LEGAL) == {state.value for state in State}


@pytest.mark.parametrize("state", LEGAL)
@pytest.mark.parametrize("verb", VERBS)
def test_only_the_legal_transitions_exist(state: str, verb: str) -> None:
    request = replace(SUBMITTED, state=State(state), resolved_at=NOW)
    if verb in LEGAL[state]:
        assert VERBS[verb](request).state == LEGAL[state][verb]
    else:
        with pytest.raises(WrongState) as refusal:
            VERBS[verb](request)
        assert refusal.value.facts["state"] == state


def test_it_is_in_hand_from_when_it_is_taken_up_or_begun_until_it_is_given_back() -> None:
    later = NOW + timedelta(hours=1)
    triaged = VERBS["triage"](SUBMITTED)
    assigned = rules.assign(triaged, SOMEBODY, WORK, NOW)
    assert (assigned.begun_at, rules.start(assigned, later).begun_at) == (NOW, later)
    assert rules.start_themselves(assigned, SOMEBODY, later).begun_at == later
    assert rules.unassign(assigned).begun_at is None
    assert rules.reopen(rules.resolve(assigned, NOW), at=NOW, window=timedelta(days=7)).begun_at is None


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.REJECTED])
def test_it_ends_elsewhere_as_it_did_there_and_its_clocks_with_it(state: State) -> None:
    waiting = rules.escalate(VERBS["triage"](SUBMITTED))
    over = rules.end_elsewhere(waiting, state, NOW)
    assert (over.state, over.escalated, over.resolved_at, over.responded_at) == (state, False, None, NOW)


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=40))
def test_a_walk_never_leaves_the_table(verbs: list[str]) -> None:
    request, expected = SUBMITTED, "submitted"
    for verb in verbs:
        expected = LEGAL[expected].get(verb, expected)
        try:
            request = VERBS[verb](request)
        except WrongState:
            assert verb not in LEGAL[request.state]
        assert request.state == expected
        assert not request.escalated or request.state in (State.TRIAGED, State.ASSIGNED)
        if request.state in rules.BEING_DONE:
            assert request.begun_at is not None
        elif request.state in rules.OPEN:
            assert request.begun_at is None
        assert (request.assignee_id is None) or request.state not in (
            State.SUBMITTED,
            State.REOPENED,
            State.TRIAGED,
        )


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=40), st.integers(0, 9))
def test_only_whoever_is_asked_now_is_heeded(verbs: list[str], earlier: int) -> None:
    """Whatever happened to it: never one of an earlier round, of another route, or of work that another has by now."""
    request = SUBMITTED
    for verb in verbs:
        try:
            request = replace(VERBS[verb](request), version=request.version + 1)
        except WrongState:
            continue
        if verb == "triage":
            asked = request.version
        now = rules.Answer("volunteers", request.taken_up_by or WORK, request.asked_version)
        assert rules.heeded(request, now) == (request.asked_version is not None)
        assert request.asked_version is None or request.asked_version == asked
        for late in (
            replace(now, request_version=(request.asked_version or 10) - 1 - earlier),
            replace(now, route="paid_service"),
        ):
            assert not rules.heeded(request, late)
        other = replace(now, work_id=UUID(int=6))
        assert not rules.heeded(request, other) or request.taken_up_by is None


@given(
    st.none() | st.timedeltas(timedelta(days=-3), timedelta(days=3)),
    st.none() | st.timedeltas(timedelta(days=4), timedelta(days=9)),
)
def test_help_is_never_wanted_in_the_past(begins: timedelta | None, ends: timedelta | None) -> None:
    triaged = rules.triage(
        SUBMITTED,
        route="volunteers",
        skill=None,
        planned_from=NOW + begins if begins is not None else None,
        planned_until=NOW + ends if ends is not None else None,
        at=NOW,
        calendar=CALENDAR,
    )
    assert triaged.planned_from is not None
    assert triaged.planned_until is not None
    assert NOW <= triaged.planned_from < triaged.planned_until
    assert waiting.take_up_until(triaged, CALENDAR, NOW) >= NOW


def test_one_that_is_reopened_after_the_wanted_time_is_wanted_from_now() -> None:
    filed = replace(SUBMITTED, wanted_from=NOW - timedelta(days=2), wanted_until=NOW - timedelta(days=1))
    again = rules.triage(
        replace(filed, state=State.REOPENED),
        route="volunteers",
        skill=None,
        planned_from=None,
        planned_until=None,
        at=NOW,
        calendar=CALENDAR,
    )
    assert (again.planned_from, again.planned_until) == (NOW, NOW + rules.WANTED_SPAN)


def _triaged(request: Request, at: datetime, **more: object) -> Request:
    facts = {
        "route": "volunteers",
        "skill": None,
        "planned_from": None,
        "planned_until": None,
        "calendar": CALENDAR,
    }
    return rules.triage(request, at=at, **(facts | more))  # type: ignore[arg-type]


@given(st.timedeltas(timedelta(0), timedelta(days=14)))
def test_what_nobody_wants_at_a_time_is_wanted_when_the_unit_is_at_work(passed: timedelta) -> None:
    """And volunteers have time to take it up in which somebody is there to be told."""
    at = FRIDAY_NIGHT + passed
    triaged = _triaged(SUBMITTED, at)
    assert triaged.planned_from is not None
    assert triaged.planned_until == triaged.planned_from + rules.WANTED_SPAN
    assert worked(CALENDAR, at, triaged.planned_from) == timedelta(0)
    assert worked(CALENDAR, triaged.planned_from, triaged.planned_from + timedelta(seconds=1)) > timedelta(0)
    until = waiting.take_up_until(triaged, CALENDAR, at)
    assert triaged.planned_from <= until <= triaged.planned_until
    assert until == triaged.planned_from or worked(CALENDAR, at, until) >= min(
        waiting.GRACE, worked(CALENDAR, at, triaged.planned_until)
    )


def test_what_comes_on_a_friday_night_is_wanted_on_monday_and_taken_up_by_then() -> None:
    for route, until in (("volunteers", MONDAY_MORNING), ("department", MONDAY_MORNING + 29 * HOUR)):
        triaged = _triaged(SUBMITTED, FRIDAY_NIGHT, route=route)
        assert (triaged.planned_from, triaged.planned_until) == (MONDAY_MORNING, MONDAY_MORNING + 2 * HOUR)
        assert waiting.take_up_until(triaged, CALENDAR, FRIDAY_NIGHT) == until


@pytest.mark.parametrize(
    ("at", "theirs", "until"),
    [
        # Ten minutes before the office opens: half an hour of its time.
        (MONDAY_MORNING - HOUR / 6, None, MONDAY_MORNING + HOUR / 2),
        # Wanted in the night, it is not left until Monday; wanted next week, until then.
        (FRIDAY_NIGHT, (FRIDAY_NIGHT, FRIDAY_NIGHT + HOUR), FRIDAY_NIGHT + HOUR),
        (FRIDAY_NIGHT, (MONDAY_MORNING + 99 * HOUR, None), MONDAY_MORNING + 99 * HOUR),
    ],
)
def test_volunteers_have_half_an_hour_of_the_office_but_no_longer_than_it_is_wanted(
    at: datetime, theirs: tuple[datetime, datetime | None] | None, until: datetime
) -> None:
    since, ends = theirs or (None, None)
    triaged = _triaged(replace(SUBMITTED, wanted_from=since, wanted_until=ends), at)
    assert waiting.take_up_until(triaged, CALENDAR, at) == until


def test_given_back_when_it_is_wanted_no_more_it_can_still_be_taken_up() -> None:
    over = replace(SUBMITTED, route="volunteers", planned_from=NOW - 3 * HOUR, planned_until=NOW - HOUR)
    assert waiting.take_up_until(over, CALENDAR, NOW) == NOW + HOUR / 2


@pytest.mark.parametrize(
    ("theirs", "wanted"),
    [
        ((-1, 3), (0, 3)), ((None, 3), (0, 3)), ((10, None), (10, 12)), ((10, 14), (10, 14)), ((-1, None), (0, 2)),
        # What is over counts no more.
        ((-5, None), (58, 60)), ((-5, -4), (58, 60)), ((None, -4), (58, 60)),
    ],
)  # fmt: skip
def test_what_the_resident_wants_is_wanted_then_whatever_the_office_keeps_for_hours(
    theirs: tuple[int | None, int | None], wanted: tuple[int, int]
) -> None:
    since, until = (None if hours is None else FRIDAY_NIGHT + hours * HOUR for hours in theirs)
    triaged = _triaged(replace(SUBMITTED, wanted_from=since, wanted_until=until), FRIDAY_NIGHT)
    assert (triaged.planned_from, triaged.planned_until) == tuple(
        FRIDAY_NIGHT + each * HOUR for each in wanted
    )


@pytest.mark.parametrize(
    "planned", [{}, {"planned_from": NOW + 60 * 24 * HOUR}, {"planned_until": NOW + 99 * HOUR}]
)
@pytest.mark.parametrize("again", ["reopened", "escalated"])
def test_what_was_planned_before_is_wanted_by_nobody_when_it_is_triaged_again(
    planned: dict[str, datetime], again: str
) -> None:
    """Five minutes before the two hours are over that were made up where nobody said a time."""
    triaged = _triaged(SUBMITTED, NOW - 2 * HOUR + HOUR / 12, **planned)
    assert (triaged.wanted_from, triaged.wanted_until) == (None, None)
    if again == "reopened":
        triaged = rules.reopen(VERBS["resolve"](VERBS["assign"](triaged)), at=NOW, window=HOUR)
        assert (triaged.planned_from, triaged.planned_until) == (None, None)
    else:
        triaged = rules.escalate(triaged)
    second = _triaged(triaged, NOW)
    assert (second.planned_from, second.planned_until) == (NOW, NOW + rules.WANTED_SPAN)


def test_a_time_of_the_residents_that_is_to_come_holds_again_when_it_is_triaged_again() -> None:
    since, until = NOW + 30 * HOUR, NOW + 40 * HOUR
    planned = _triaged(
        replace(SUBMITTED, wanted_from=since, wanted_until=until), NOW, planned_from=NOW + 90 * HOUR
    )
    assert planned.planned_from == NOW + 90 * HOUR
    again = _triaged(rules.escalate(planned), NOW + HOUR)
    assert (again.planned_from, again.planned_until) == (since, until)


def test_a_rule_that_routes_is_nobodys_look() -> None:
    """Somebody who takes it up, begins, triages or answers is; the first of them counts."""
    by_rule = _triaged(SUBMITTED, NOW, looked_at=False)
    assert by_rule.responded_at is None
    assert rules.respond(by_rule, NOW + HOUR).responded_at == NOW + HOUR
    taken_up = rules.assign(by_rule, SOMEBODY, WORK, NOW + HOUR)
    assert taken_up.responded_at == NOW + HOUR
    assert rules.start_themselves(taken_up, SOMEBODY, NOW + 2 * HOUR).responded_at == NOW + HOUR
    assert rules.start_themselves(by_rule, SOMEBODY, NOW + HOUR).responded_at == NOW + HOUR
    assert _triaged(rules.escalate(by_rule), NOW + HOUR).responded_at == NOW + HOUR
    assert rules.reject(by_rule, NOW + HOUR).responded_at == NOW + HOUR
    gone = rules.withdraw(by_rule)
    assert rules.respond(gone, NOW + HOUR) == gone


@pytest.mark.parametrize("state", LEGAL)
def test_it_goes_on_only_as_what_is_still_to_be_done(state: str) -> None:
    into = replace(OTHER, state=State(state), merged_into=UUID(int=9) if state == "merged" else None)
    if "merge" in LEGAL[state]:
        assert rules.merge(SUBMITTED, into).merged_into == into.id
    else:
        with pytest.raises(WrongState) as refusal:
            rules.merge(SUBMITTED, into)
        assert (refusal.value.field, refusal.value.facts["state"]) == ("into", state)


@pytest.mark.parametrize("state", LEGAL)
def test_only_what_was_done_is_rated_and_what_was_merged_is_talked_about_elsewhere(state: str) -> None:
    request = replace(SUBMITTED, state=State(state))
    for ask, allowed in (
        (rules.rate, state in ("resolved", "closed")),
        (rules.discuss, state != "merged"),
        (rules.follow, state != "merged"),
    ):
        if allowed:
            ask(request)
        else:
            with pytest.raises(WrongState):
                ask(request)
