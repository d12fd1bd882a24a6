"""The application's machine, against a table written from the domain: every other transition is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from platform_kit.money import Money
from platform_kit.problems import WrongState
from relief_disbursement.problems import (
    FiledByYou,
    GrantAboveCap,
    NoticeOver,
    NoticeStillOpen,
    ProgrammeEnded,
    ReviewedByYou,
)
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application, Level, State

CAP = Money(80_000)
START = datetime(2026, 11, 25, 8, tzinfo=UTC)
PEOPLE = [UUID(int=n) for n in range(1, 8)]
RESIDENT = PEOPLE[0]


def draft(asked: int = 60_000) -> Application:
    return Application(
        id=uuid4(),
        programme_id=uuid4(),
        household_id=uuid4(),
        resident_id=RESIDENT,
        unit_id=uuid4(),
        asked=Money(asked),
        parties=(RESIDENT,),
    )


def submitted(by: UUID = RESIDENT) -> Application:
    return rules.submit(draft(), by=by, on=date(2026, 11, 25), year=2026)


def on_notice() -> Application:
    return rules.post_notice(rules.verify(submitted(), by=PEOPLE[1], at=START), at=START)


def test_the_notice_lasts_seven_full_days():
    posted = on_notice()
    assert posted.notice_until == START + timedelta(days=7)
    with pytest.raises(NoticeStillOpen):
        rules.review(posted, by=PEOPLE[2], at=START + timedelta(days=7) - timedelta(microseconds=1))
    assert rules.review(posted, by=PEOPLE[2], at=START + timedelta(days=7)).state is State.STREET_REVIEWED


def test_an_objection_in_time_goes_back_to_verification_and_one_too_late_is_refused():
    back = rules.object_to(on_notice(), at=START + timedelta(days=6))
    assert (back.state, back.round, back.notice_until) == (State.SUBMITTED, 2, None)
    with pytest.raises(NoticeOver):
        rules.object_to(on_notice(), at=START + timedelta(days=7))


def test_the_entitlement_runs_from_the_month_of_the_first_submission():
    first = submitted()
    again = rules.submit(
        rules.send_back(first, by=PEOPLE[1], at=START, reason=b"more"),
        by=RESIDENT,
        on=date(2027, 2, 3),
        year=2026,
    )
    assert first.from_on == again.from_on == date(2026, 11, 1)
    assert rules.submit(draft(), by=RESIDENT, on=date(2026, 12, 9), year=2027).from_on == date(2027, 1, 1)
    with pytest.raises(ProgrammeEnded):
        rules.submit(draft(), by=RESIDENT, on=date(2027, 1, 1), year=2026)


@given(asked=st.integers(1, 10**12), granted=st.none() | st.integers(1, 10**12), cap=st.integers(1, 10**12))
def test_a_grant_is_never_above_the_cap(asked, granted, cap):
    reviewed = replace(submitted(), asked=Money(asked), state=State.STREET_REVIEWED)
    wanted = None if granted is None else Money(granted)
    if granted is not None and granted > cap:
        with pytest.raises(GrantAboveCap):
            rules.approve(reviewed, by=PEOPLE[3], at=START, monthly_cap=Money(cap), granted=wanted)
        return
    approved = rules.approve(reviewed, by=PEOPLE[3], at=START, monthly_cap=Money(cap), granted=wanted)
    assert approved.granted == Money(min(asked, cap) if granted is None else granted)


VERBS = {
    "submit": lambda a, by, at: rules.submit(a, by=by, on=at.date(), year=2026),
    "verify": lambda a, by, at: rules.post_notice(rules.verify(a, by=by, at=at), at=at),
    "review": lambda a, by, at: rules.review(a, by=by, at=at),
    "approve": lambda a, by, at: rules.approve(a, by=by, at=at, monthly_cap=CAP),
    "return": lambda a, by, at: rules.send_back(a, by=by, at=at, reason=b"evidence"),
    "reject": lambda a, by, at: rules.reject(a, by=by, at=at, reason=b"income"),
    "object": lambda a, _, at: rules.object_to(a, at=at),
}
ALLOWED = {
    ("draft", "submit"): "submitted",
    ("returned_for_evidence", "submit"): "submitted",
    ("submitted", "verify"): "on_notice",
    ("submitted", "return"): "returned_for_evidence",
    ("submitted", "reject"): "rejected",
    ("on_notice", "review"): "street_reviewed",
    ("on_notice", "return"): "returned_for_evidence",
    ("on_notice", "reject"): "rejected",
    ("on_notice", "object"): "submitted",
    ("street_reviewed", "approve"): "active",
    ("street_reviewed", "return"): "returned_for_evidence",
    ("street_reviewed", "reject"): "rejected",
}
REVIEWS = ("verify", "review", "approve", "return", "reject")


class ApplicationMachine(RuleBasedStateMachine):
    """Random people do random things at random times; the model keeps its own record of who did what."""

    @initialize()
    def begin(self):
        self.application = draft()
        self.at = START
        self.filers = {RESIDENT}
        self.reviewers: set[UUID] = set()
        self.posted_at: datetime | None = None

    @precondition(lambda self: self.application.state is State.ON_NOTICE)
    @rule(hours=st.sampled_from([1, 100, 167, 168]))
    def wait(self, hours):
        self.at += timedelta(hours=hours)

    @rule(verb=st.sampled_from(sorted(VERBS)), by=st.sampled_from(PEOPLE))
    def attempt(self, verb, by):
        before = self.application
        expected = self._expected(verb, by)
        if isinstance(expected, type):
            with pytest.raises(expected):
                VERBS[verb](before, by, self.at)
            return
        self.application = VERBS[verb](before, by, self.at)
        assert self.application.state.value == expected
        self._record(verb, by)

    def _expected(self, verb, by):
        target = ALLOWED.get((self.application.state.value, verb))
        if target is None:
            return WrongState
        over = self.posted_at is None or self.at - self.posted_at >= timedelta(days=7)
        if verb == "object":
            return NoticeOver if over else target
        if verb in REVIEWS:
            if self.application.state is State.ON_NOTICE and not over:
                return NoticeStillOpen
            if by in self.filers:
                return FiledByYou
            if by in self.reviewers:
                return ReviewedByYou
        return target

    def _record(self, verb, by):
        if verb in ("submit", "object"):
            self.reviewers = set()
            self.posted_at = None
        if verb == "submit":
            self.filers.add(by)
        if verb in REVIEWS:
            self.reviewers.add(by)
        if verb == "verify":
            self.posted_at = self.at

    @invariant()
    def an_active_one_was_reviewed_by_three_people_who_did_not_file_it(self):
        if self.application.state is State.ACTIVE:
            assert len(self.reviewers) == 3
            assert not self.reviewers & self.filers
            assert self.application.granted is not None
            assert self.application.from_on is not None


TestApplicationMachine = ApplicationMachine.TestCase


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("level", list(Level))
def test_a_bulk_return_only_takes_what_waits_for_its_level(state, level):
    waiting = {
        State.SUBMITTED: Level.VERIFY,
        State.ON_NOTICE: Level.REVIEW,
        State.STREET_REVIEWED: Level.APPROVE,
    }
    application = replace(submitted(), state=state)
    if waiting.get(state) is level:
        back = rules.send_back(application, level, by=PEOPLE[4], at=START, reason=b"x")
        assert back.state is State.RETURNED_FOR_EVIDENCE
    else:
        with pytest.raises(WrongState):
            rules.send_back(application, level, by=PEOPLE[4], at=START, reason=b"x")
