"""The state machine of a request against the table in the domain page, written by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_kit.problems import WrongState
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request, State

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
SOMEBODY = UUID(int=1)
WORK = UUID(int=5)

# state → what each verb leads to; a verb that is not listed is refused.
LEGAL = {
    "submitted": {"triage": "triaged", "withdraw": "withdrawn", "merge": "merged", "reject": "rejected"},
    "triaged": {
        "assign": "assigned",
        "give": "assigned",
        "escalate": "triaged",
        "start themselves": "in_progress",
        "withdraw": "withdrawn",
        "merge": "merged",
        "reject": "rejected",
    },
    "assigned": {
        "unassign": "triaged",
        "give": "assigned",
        "start": "in_progress",
        "start themselves": "in_progress",
        "resolve": "resolved",
        "withdraw": "withdrawn",
        "merge": "merged",
    },
    "in_progress": {
        "ask": "awaiting_resident",
        "resolve": "resolved",
        "withdraw": "withdrawn",
        "merge": "merged",
    },
    "awaiting_resident": {
        "go_on": "in_progress",
        "resolve": "resolved",
        "withdraw": "withdrawn",
        "merge": "merged",
    },
    "resolved": {"close": "closed", "reopen": "reopened"},
    "closed": {"reopen": "reopened"},
    "reopened": {"triage": "triaged", "withdraw": "withdrawn", "merge": "merged", "reject": "rejected"},
    "rejected": {},
    "withdrawn": {},
    "merged": {},
}
VERBS = {
    "triage": lambda r: rules.triage(
        r, route="volunteers", skill=None, wanted_from=None, wanted_until=None, at=NOW
    ),
    "escalate": lambda r: replace(rules.escalate(r), escalated=False),
    "assign": lambda r: rules.assign(r, SOMEBODY, WORK),
    "unassign": rules.unassign,
    "start": rules.start,
    "give": lambda r: rules.give(r, SOMEBODY),
    "start themselves": lambda r: rules.start_themselves(r, SOMEBODY),
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
        assert not request.escalated or request.state is State.TRIAGED
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
        wanted_from=NOW + begins if begins is not None else None,
        wanted_until=NOW + ends if ends is not None else None,
        at=NOW,
    )
    assert triaged.wanted_from is not None
    assert triaged.wanted_until is not None
    assert NOW <= triaged.wanted_from < triaged.wanted_until
    assert rules.take_up_until(triaged, NOW) >= NOW


def test_one_that_is_reopened_after_the_wanted_time_is_wanted_from_now() -> None:
    filed = replace(SUBMITTED, wanted_from=NOW - timedelta(days=2), wanted_until=NOW - timedelta(days=1))
    again = rules.triage(
        replace(filed, state=State.REOPENED),
        route="volunteers",
        skill=None,
        wanted_from=None,
        wanted_until=None,
        at=NOW,
    )
    assert (again.wanted_from, again.wanted_until) == (NOW, NOW + rules.WANTED_SPAN)


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
