"""The run's and the payment's machines, and the budget, against what the domain says."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from platform_kit.money import Money
from platform_kit.problems import WrongState
from relief_disbursement.problems import BudgetExhausted, NothingDue, ReleaseNeedsAnother
from relief_disbursement.rules import payment as payments
from relief_disbursement.rules import payment_run as runs
from relief_disbursement.rules import programme as programmes
from relief_disbursement.rules.payment import Payment, PaymentState
from relief_disbursement.rules.payment_run import PaymentRun
from relief_disbursement.rules.programme import Programme

ANN, BEN = UUID(int=1), UUID(int=2)
VERBS = {
    "calculate": lambda run, by: runs.calculate(run, by=by, count=2, total=Money(300)),
    "check": lambda run, by: runs.check(run, by=by),
    "release": lambda run, by: runs.release(run, by=by),
    "send": lambda run, _: runs.send(run),
    "settle": lambda run, _: runs.settle(run),
}
ORDER = ["draft", "calculated", "checked", "released", "sent", "settled"]
STEPS = dict(zip(VERBS, ORDER[1:], strict=True))


class PaymentRunMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.run = PaymentRun(id=uuid4(), programme_id=uuid4(), period="2026-11", total=Money(0))
        self.calculated_by = None
        self.frozen = None

    @rule(verb=st.sampled_from(sorted(VERBS)), by=st.sampled_from([ANN, BEN]))
    def attempt(self, verb, by):
        at = ORDER.index(self.run.state.value)
        legal = at + 1 < len(ORDER) and ORDER[at + 1] == STEPS[verb]
        same_person = verb == "release" and by == self.calculated_by
        if not legal or same_person:
            with pytest.raises(ReleaseNeedsAnother if legal else WrongState):
                VERBS[verb](self.run, by)
            return
        self.run = VERBS[verb](self.run, by)
        assert self.run.state.value == STEPS[verb]
        if verb == "calculate":
            self.calculated_by = by
        if verb == "release":
            self.frozen = (self.run.count, self.run.total, self.run.calculated_by, self.run.released_by)

    @invariant()
    def a_released_run_never_changes(self):
        if self.frozen:
            run = self.run
            assert (run.count, run.total, run.calculated_by, run.released_by) == self.frozen
            assert run.calculated_by != run.released_by


TestPaymentRunMachine = PaymentRunMachine.TestCase


def test_a_run_without_lines_is_not_calculated():
    run = PaymentRun(id=uuid4(), programme_id=uuid4(), period="2026-11", total=Money(0))
    with pytest.raises(NothingDue):
        runs.calculate(run, by=ANN, count=0, total=Money(0))


PAYMENT_VERBS = {
    "pay": lambda payment: payments.pay(payment, on=date(2026, 12, 1)),
    "give_back": lambda payment: payments.give_back(payment, on=date(2026, 12, 1), code="AC01"),
    "reissue": payments.reissue,
}
PAYMENT_MOVES = {
    ("sent", "pay"): "paid",
    ("sent", "give_back"): "returned",
    ("returned", "reissue"): "reissued",
}


@pytest.mark.parametrize("state", list(PaymentState))
@pytest.mark.parametrize("verb", sorted(PAYMENT_VERBS))
def test_a_payment_only_moves_as_the_domain_says(state, verb):
    payment = Payment(
        id=uuid4(),
        payment_run_id=uuid4(),
        line=1,
        application_id=uuid4(),
        resident_id=uuid4(),
        unit_id=uuid4(),
        period="2026-11",
        attempt=1,
        previous_id=None,
        amount=Money(100),
        state=state,
    )
    target = PAYMENT_MOVES.get((state.value, verb))
    if target is None:
        with pytest.raises(WrongState):
            PAYMENT_VERBS[verb](payment)
    else:
        assert PAYMENT_VERBS[verb](payment).state.value == target


def programme(budget: int) -> Programme:
    nothing = Money(0)
    return Programme(
        id=uuid4(),
        unit_id=uuid4(),
        code="DB",
        name="低保",
        year=2026,
        budget=Money(budget),
        monthly=Money(10**9),
        committed=nothing,
        paid=nothing,
    )


class BudgetMachine(RuleBasedStateMachine):
    """Grants and payments in any order: what was promised and what was paid never exceed the budget."""

    @initialize(budget=st.integers(1, 10_000))
    def begin(self, budget):
        self.budget = budget
        self.programme = programme(budget)
        self.promised: list[int] = []
        self.paid = 0

    @rule(granted=st.integers(1, 2_000), month=st.integers(1, 12))
    def grant(self, granted, month):
        months = 13 - month
        fits = sum(self.promised) + self.paid + granted * months <= self.budget
        try:
            self.programme = programmes.promise(self.programme, Money(granted), date(2026, month, 1))
        except BudgetExhausted:
            assert not fits
            return
        assert fits
        self.promised += [granted] * months

    @rule()
    def pay_one(self):
        if self.promised:
            amount = self.promised.pop()
            self.paid += amount
            self.programme = programmes.settle(self.programme, Money(amount))

    @invariant()
    def it_adds_up(self):
        assert self.programme.committed == Money(sum(self.promised))
        assert self.programme.paid == Money(self.paid)
        assert self.programme.left.amount >= 0


TestBudgetMachine = BudgetMachine.TestCase


@given(st.integers(1, 12))
def test_a_grant_is_promised_for_each_month_that_is_left(month):
    assert programmes.months_granted(date(2026, month, 1), 2026) == len(range(month, 13))
