"""The state machine of a task against the table in the domain page, written by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_kit.problems import Refusal, WrongState
from volunteer_matching.problems import OfferGone, TaskTaken
from volunteer_matching.rules import task as rules
from volunteer_matching.rules.task import Offer, State, Task

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
HOLDER = UUID(int=5)
LEGAL = {
    "open": {"offer": "offered", "escalate": "escalated", "cancel": "cancelled"},
    "offered": {"accept": "accepted", "reopen": "open", "escalate": "escalated", "cancel": "cancelled"},
    "accepted": {"check_in": "checked_in", "reopen": "open", "cancel": "cancelled"},
    "checked_in": {"check_out": "done", "cancel": "cancelled"},
    "done": {"confirm": "confirmed"},
    "confirmed": {},
    "escalated": {"cancel": "cancelled"},
    "cancelled": {},
}
OFFER = Offer(UUID(int=9), UUID(int=1), HOLDER, UUID(int=6), "open", NOW + timedelta(minutes=5))
VERBS = {
    "offer": rules.offer,
    "accept": lambda t: rules.accept(t, OFFER, NOW),
    "reopen": rules.reopen,
    "check_in": lambda t: rules.check_in(t, NOW),
    "check_out": lambda t: rules.check_out(t, NOW + timedelta(minutes=10)),
    "confirm": rules.confirm,
    "escalate": rules.escalate,
    "cancel": rules.cancel,
}
OPEN = Task(
    id=UUID(int=1), request_id=UUID(int=2), resident_id=UUID(int=3), unit_id=UUID(int=4), skill=None, starts_at=NOW,
    ends_at=NOW + timedelta(hours=2), state=State.OPEN, volunteer_id=None, checked_in_at=None, minutes=None, version=1,
)  # fmt: skip


@pytest.mark.parametrize("state", LEGAL)
@pytest.mark.parametrize("verb", VERBS)
def test_only_the_legal_transitions_exist(state: str, verb: str) -> None:
    task = replace(OPEN, state=State(state))
    if verb in LEGAL[state]:
        assert VERBS[verb](task).state == LEGAL[state][verb]
    else:
        with pytest.raises(WrongState):
            VERBS[verb](task)


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=40))
def test_a_walk_has_one_holder_exactly_while_it_is_held(verbs: list[str]) -> None:
    task = OPEN
    for verb in verbs:
        expected = LEGAL[task.state].get(verb, task.state.value)
        try:
            task = VERBS[verb](task)
        except Refusal:
            assert verb not in LEGAL[task.state]
        assert task.state == expected
        if task.state is not State.CANCELLED:
            assert (task.volunteer_id == HOLDER) == (
                task.state in ("accepted", "checked_in", "done", "confirmed")
            )


@pytest.mark.parametrize("state", ["accepted", "checked_in", "done"])
def test_who_comes_second_is_told_that_it_is_taken(state: str) -> None:
    taken = replace(OPEN, state=State(state), volunteer_id=UUID(int=77))
    with pytest.raises(TaskTaken):
        rules.accept(taken, replace(OFFER, state="withdrawn"), NOW)


@pytest.mark.parametrize("state", ["declined", "expired", "withdrawn"])
def test_an_offer_that_is_gone_cannot_be_accepted(state: str) -> None:
    with pytest.raises(OfferGone):
        rules.accept(replace(OPEN, state=State.OFFERED), replace(OFFER, state=state), NOW)


def test_an_offer_ends_at_its_last_instant() -> None:
    offered = replace(OPEN, state=State.OFFERED)
    with pytest.raises(OfferGone):
        rules.accept(offered, OFFER, OFFER.expires_at)
    assert rules.accept(offered, OFFER, OFFER.expires_at - timedelta(microseconds=1)).volunteer_id == HOLDER


@given(st.timedeltas(timedelta(0), timedelta(hours=9)))
def test_begun_minutes_count_whole(length: timedelta) -> None:
    task = replace(OPEN, state=State.CHECKED_IN, checked_in_at=NOW)
    minutes = rules.check_out(task, NOW + length).minutes
    assert minutes is not None
    assert max(1, length.total_seconds() / 60 - 1) <= minutes <= length.total_seconds() / 60 + 1


@given(
    st.timedeltas(timedelta(days=-1), timedelta(days=1)),
    st.timedeltas(timedelta(minutes=1), timedelta(hours=5)),
)
def test_somebody_must_hold_it_when_it_starts_but_the_neighbours_are_asked_first(
    starts_in: timedelta, length: timedelta
) -> None:
    begins = NOW + starts_in
    due = rules.deadline(replace(OPEN, starts_at=begins, ends_at=begins + length), NOW)
    assert due >= NOW
    if starts_in >= timedelta(minutes=30):
        assert due == begins
    elif begins + length <= NOW:
        assert due == NOW
    else:
        assert due == min(begins + length, NOW + timedelta(minutes=30))
