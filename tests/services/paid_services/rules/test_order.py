"""The state machine of an order against the table in the domain page, written by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paid_services.rules import order as rules
from paid_services.rules.order import Order, State
from platform_kit.money import Money
from platform_kit.problems import Refusal, WrongState

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
DUE = Money(700)
LEGAL = {
    "quoted": {"book": "booked", "cancel": "cancelled"},
    "booked": {"assign": "assigned", "cancel": "cancelled"},
    "assigned": {"assign": "assigned", "start": "in_service", "cancel": "cancelled"},
    "in_service": {"complete": "completed"},
    "completed": {"confirm": "confirmed", "dispute": "disputed"},
    "confirmed": {"pay": "paid"},
    "paid": {"dispute": "disputed", "refund": "refunded"},
    "disputed": {"confirm": "paid", "refund": "refunded"},
    "cancelled": {},
    "refunded": {},
}
VERBS = {
    "book": lambda o: rules.book(o, NOW),
    "assign": lambda o: rules.assign(o, UUID(int=9)),
    "start": rules.start,
    "complete": rules.complete,
    "confirm": rules.confirm,
    "dispute": rules.dispute,
    "pay": lambda o: rules.pay(o, DUE),
    "refund": lambda o: rules.refund(o, DUE),
    "cancel": lambda o: rules.cancel(o, NOW),
}
QUOTED = Order(
    id=UUID(int=1), order_number="000-000-000", resident_id=UUID(int=2), unit_id=UUID(int=3), service="x", quantity=1,
    starts_at=NOW + timedelta(days=2), valid_until=NOW + timedelta(days=1), price=Money(1000), subsidy=Money(300),
    to_pay=DUE, provider_weight=85, community_weight=15, state=State.QUOTED, provider_id=None, paid=Money(0),
    refunded=Money(0), subsidy_reversed=Money(0), fee=Money(0), version=1,
)  # fmt: skip


@pytest.mark.parametrize("state", LEGAL)
@pytest.mark.parametrize("verb", VERBS)
def test_only_the_legal_transitions_exist(state: str, verb: str) -> None:
    order = replace(QUOTED, state=State(state), paid=DUE if state in ("paid", "disputed") else Money(0))
    if verb in LEGAL[state]:
        assert VERBS[verb](order).state == LEGAL[state][verb]
    else:
        with pytest.raises(WrongState):
            VERBS[verb](order)


def test_a_dispute_before_payment_ends_in_confirmed() -> None:
    assert rules.confirm(replace(QUOTED, state=State.DISPUTED)).state is State.CONFIRMED


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=40))
def test_a_walk_keeps_its_money_right(verbs: list[str]) -> None:
    order = QUOTED
    for verb in verbs:
        try:
            order = VERBS[verb](order)
        except Refusal:
            continue
        assert order.refunded.amount <= order.paid.amount <= order.to_pay.amount
        assert (order.state is State.REFUNDED) == (order.paid.amount > 0 and order.refunded == order.paid)


@given(st.lists(st.integers(-50, 900), max_size=8))
def test_refunds_stop_at_what_was_paid(amounts: list[int]) -> None:
    order, back = replace(QUOTED, state=State.PAID, paid=DUE), 0
    for amount in amounts:
        acceptable = 0 < amount <= 700 - back
        try:
            order = rules.refund(order, Money(amount))
        except Refusal:
            assert not acceptable
        else:
            assert acceptable
            back += amount
    assert order.refunded.amount == back


@pytest.mark.parametrize(
    ("before", "fee"), [(timedelta(hours=24), 0), (timedelta(hours=23, minutes=59), 140)]
)
def test_cancelling_is_free_until_a_day_before(before: timedelta, fee: int) -> None:
    booked = replace(QUOTED, state=State.BOOKED)
    assert rules.cancel(booked, booked.starts_at - before).fee.amount == fee


def test_a_quote_costs_nothing_to_leave() -> None:
    assert rules.cancel(QUOTED, QUOTED.starts_at - timedelta(minutes=1)).fee.amount == 0
