"""The promises of a request over any course of it: time passes, staff answer, ask, solve; the resident answers or comes back."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from platform_kit.working_time import WorkCalendar, worked
from resident_requests.rules import clocks
from resident_requests.rules import request as rules
from resident_requests.rules.clocks import Breach, Clock, Level, Promise
from resident_requests.rules.request import OPEN, Request, State

START = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
DAY = ((time(9), time(12)), (time(14), time(18)))
# The National Day's week lies in it.
CALENDAR = WorkCalendar("Asia/Shanghai", (DAY,) * 5 + ((), ()), country="CN")
HOUR = timedelta(hours=1)
FILED = Request(
    id=UUID(int=7), case_number="000-000-000", resident_id=UUID(int=2), filed_by=UUID(int=2), unit_id=UUID(int=3),
    category="errand", state=State.SUBMITTED, route=None, skill=None, wanted_from=None, wanted_until=None,
    assignee_id=None, resolved_at=None, occurred_at=START, version=1,
)  # fmt: skip


class Course(RuleBasedStateMachine):
    """A timer is kept as the actions keep it; beside it, each clock is counted in the simplest way: minute by minute of working
    time that has passed while it ran. From when it is wanted is what the resident said last, kept here beside the request."""

    @initialize(
        respond=st.integers(1, 20), resolve=st.integers(1, 60), escalate=st.integers(1, 20),
        wanted=st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=20)),
    )  # fmt: skip
    def file(self, respond: int, resolve: int, escalate: int, wanted: timedelta | None) -> None:
        self.at = START
        self.promise = Promise(respond * HOUR, resolve * HOUR, escalate * HOUR)
        self.said = None if wanted is None else START + wanted
        self.begin(replace(FILED, wanted_from=self.said))

    def begin(self, request: Request) -> None:
        self.request = clocks.promised(request, self.promise, CALENDAR, self.at)
        self.begun = self.at
        self.passed = dict.fromkeys(Clock, timedelta())
        self.told: list[Breach] = []
        self.missed: set[Breach] = set()
        self.timer = clocks.next_deadline(self.request, self.promise, CALENDAR, self.at)

    def runs(self, clock: Clock) -> bool:
        if self.request.state not in OPEN:
            return False
        if clock is Clock.RESPONSE:
            return self.request.responded_at is None
        return self.request.state is not State.AWAITING_RESIDENT

    @rule(minutes=st.integers(1, 4000))
    def time_passes(self, minutes: int) -> None:
        """The timer fires when it is due, or somewhat later, as in life."""
        later = self.at + timedelta(minutes=minutes)
        for clock in Clock:
            if self.runs(clock):
                self.passed[clock] += self.passes(clock, self.at, later)
        self.at = later
        self.fire()

    def passes(self, clock: Clock, since: datetime, until: datetime) -> timedelta:
        """Nothing of the second before it is wanted."""
        if clock is Clock.RESOLUTION and self.said is not None:
            since = max(since, self.said)
        return worked(CALENDAR, since, until) if since < until else timedelta()

    def fire(self) -> None:
        while self.timer is not None and self.timer <= self.at:
            self.timer = None
            for breach in clocks.overdue(self.request, self.promise, CALENDAR, self.at):
                if breach not in self.told:
                    self.told.append(breach)
            self.timer = clocks.next_deadline(self.request, self.promise, CALENDAR, self.at)

    @precondition(lambda self: self.request.state is State.SUBMITTED)
    @rule(wanted=st.none() | st.timedeltas(timedelta(days=-9), timedelta(days=30)))
    def put_right(self, wanted: timedelta | None) -> None:
        self.said = None if wanted is None else self.at + wanted
        corrected = replace(rules.correct(self.request), wanted_from=self.said)
        self.request = clocks.wanted_otherwise(corrected, self.request, CALENDAR, self.begun)
        self.passed[Clock.RESOLUTION] = self.passes(Clock.RESOLUTION, self.begun, self.at)
        self.wind()
        self.fire()

    def wind(self) -> None:
        self.timer = clocks.next_look(self.request, self.promise, CALENDAR, self.at) or self.timer

    @precondition(lambda self: self.request.state in (State.SUBMITTED, State.REOPENED))
    @rule(looked_at=st.booleans(), planned=st.none() | st.timedeltas(timedelta(days=-9), timedelta(days=90)))
    def triage(self, looked_at: bool, planned: timedelta | None) -> None:
        """For whenever they say: it puts nothing off that was promised, now or after it was reopened."""
        planned_from = None if planned is None else self.at + planned
        self.request = rules.triage(
            self.request, route="community", skill=None, planned_from=planned_from, planned_until=None, at=self.at,
            calendar=CALENDAR, looked_at=looked_at,
        )  # fmt: skip

    @rule()
    def say_something(self) -> None:
        self.request = rules.respond(self.request, self.at)

    @precondition(lambda self: self.request.state is State.TRIAGED)
    @rule()
    def start(self) -> None:
        self.request = rules.start_themselves(self.request, self.request.filed_by, self.at)

    @precondition(lambda self: self.request.state is State.IN_PROGRESS)
    @rule()
    def ask(self) -> None:
        self.request = rules.ask(self.request, self.at)

    @precondition(lambda self: self.request.state is State.AWAITING_RESIDENT)
    @rule()
    def answer(self) -> None:
        self.request = rules.go_on(self.request, clocks.later_by_the_pause(self.request, CALENDAR, self.at))
        self.wind()
        self.fire()

    @precondition(lambda self: self.request.state in rules.BEING_DONE)
    @rule()
    def resolve(self) -> None:
        self.request = rules.resolve(self.request, self.at)

    @precondition(lambda self: self.request.state is State.RESOLVED)
    @rule()
    def reopen(self) -> None:
        self.begin(rules.reopen(self.request, at=self.at, window=timedelta(days=3650)))

    @invariant()
    def the_time_that_is_left_is_what_was_promised_less_what_has_passed(self) -> None:
        for clock, whole in (
            (Clock.RESPONSE, self.promise.respond),
            (Clock.RESOLUTION, self.promise.resolve),
        ):
            left = clocks.time_left(self.request, clock, CALENDAR, self.at)
            missing = whole - self.passed[clock]
            # Overdue is counted to now, or to when it stopped; what was overdue when it was put aside does not become more.
            assert left == missing

    @invariant()
    def each_breach_is_told_once_and_no_other(self) -> None:
        assert len(set(self.told)) == len(self.told)
        for clock, whole in (
            (Clock.RESPONSE, self.promise.respond),
            (Clock.RESOLUTION, self.promise.resolve),
        ):
            # What was missed and is put right is told already.
            for level, after in ((Level.STREET, whole), (Level.DISTRICT, whole + self.promise.escalate)):
                if self.passed[clock] >= after:
                    self.missed.add(Breach(clock, level))
        assert set(self.told) == self.missed

    @invariant()
    def what_runs_has_a_timer_until_both_levels_know(self) -> None:
        for clock in Clock:
            if self.runs(clock) and Breach(clock, Level.DISTRICT) not in self.told:
                assert self.timer is not None
                assert self.timer > self.at


TestCourse = Course.TestCase


@given(*(st.none() | st.timedeltas(timedelta(days=-9), timedelta(days=30)) for _ in range(2)))
def test_what_is_put_right_is_promised_as_if_it_had_been_filed_so(
    before: timedelta | None, after: timedelta | None
) -> None:
    promise = Promise(HOUR, 24 * HOUR, HOUR)
    filed = [
        clocks.promised(
            replace(FILED, wanted_from=None if wanted is None else START + wanted), promise, CALENDAR, START
        )
        for wanted in (before, after)
    ]
    put_right = replace(filed[0], wanted_from=filed[1].wanted_from)
    assert clocks.wanted_otherwise(put_right, filed[0], CALENDAR, START) == filed[1]
    assert clocks.wanted_otherwise(FILED, FILED, CALENDAR, START) == FILED, "an import is promised nothing"


def test_what_is_wanted_in_december_is_not_missed_in_november() -> None:
    """Filed on a Monday, wanted on the Friday of the week after."""
    filed, wanted = (datetime(2026, *day, 1, 0, tzinfo=UTC) for day in ((11, 23), (12, 4)))
    promise = Promise(4 * HOUR, 24 * HOUR, 8 * HOUR)
    request = clocks.promised(replace(FILED, wanted_from=wanted), promise, CALENDAR, filed)
    assert request.respond_by == datetime(2026, 11, 23, 7, 0, tzinfo=UTC), "somebody looks as soon as ever"
    assert request.resolve_by == datetime(2026, 12, 9, 4, 0, tzinfo=UTC)
    assert clocks.time_left(request, Clock.RESOLUTION, CALENDAR, filed) == promise.resolve


def test_what_was_imported_has_no_clock() -> None:
    assert clocks.time_left(FILED, Clock.RESPONSE, CALENDAR, START) is None
    promise = Promise(HOUR, HOUR, HOUR)
    assert clocks.overdue(FILED, promise, CALENDAR, START + timedelta(days=90)) == []
    assert clocks.next_deadline(replace(FILED), promise, CALENDAR, START) is None
