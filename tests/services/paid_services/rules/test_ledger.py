"""The ledger's postings against a plain model of the same books."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from paid_services.rules import ledger
from paid_services.rules.pricing import Service, price_of
from platform_kit.money import Money

UNIT, PROVIDER = UUID(int=1), UUID(int=2)


class Books(RuleBasedStateMachine):
    """Orders are paid and given back in parts; the books always balance, and a full refund leaves nothing behind."""

    def __init__(self) -> None:
        super().__init__()
        self.balances: dict[str, int] = defaultdict(int)
        self.orders: list[dict[str, Money | tuple[int, int]]] = []

    def _post(self, entries: list[ledger.Entry]) -> None:
        assert sum(entry.amount.amount for entry in entries) == 0
        for entry in entries:
            self.balances[entry.account.kind] += entry.amount.amount

    @rule(
        to_pay=st.integers(1, 10_000),
        subsidy=st.integers(0, 10_000),
        provider=st.integers(1, 99),
        fund=st.integers(0, 99),
    )
    def pay(self, to_pay: int, subsidy: int, provider: int, fund: int) -> None:
        weights = (provider, fund)
        self._post(
            ledger.payment(
                unit_id=UNIT,
                provider_id=PROVIDER,
                to_pay=Money(to_pay),
                subsidy=Money(subsidy),
                weights=weights,
            )
        )
        self.orders.append(
            {
                "to_pay": Money(to_pay),
                "subsidy": Money(subsidy),
                "back": Money(0),
                "reversed": Money(0),
                "weights": weights,
            }
        )

    @precondition(lambda self: self.orders)
    @rule(choice=st.integers(0, 10**6), share=st.integers(1, 100))
    def give_back(self, choice: int, share: int) -> None:
        order = self.orders[choice % len(self.orders)]
        left = order["to_pay"] - order["back"]
        amount = Money(max(1, left.amount * share // 100))
        if left.amount == 0:
            return
        before = order["back"] + order["reversed"]
        order["back"] += amount
        reversed_now = ledger.subsidy_to_reverse(
            to_pay=order["to_pay"],
            subsidy=order["subsidy"],
            refunded=order["back"],
            reversed_before=order["reversed"],
        )
        order["reversed"] += reversed_now
        assert reversed_now.amount >= 0
        self._post(
            ledger.refund(
                unit_id=UNIT,
                provider_id=PROVIDER,
                amount=amount,
                subsidy=reversed_now,
                before=before,
                weights=order["weights"],
            )
        )

    @invariant()
    def the_books_balance(self) -> None:
        assert sum(self.balances.values()) == 0
        assert self.balances["cash"] == sum((o["to_pay"] - o["back"]).amount for o in self.orders)
        assert self.balances["subsidy_receivable"] == sum(
            (o["subsidy"] - o["reversed"]).amount for o in self.orders
        )
        for order in self.orders:
            if order["back"] == order["to_pay"]:
                assert order["reversed"] == order["subsidy"]
        if all(order["back"] == order["to_pay"] for order in self.orders):
            assert not any(self.balances.values())


TestBooks = Books.TestCase


@given(st.integers(1, 10**9), st.integers(1, 100), st.integers(0, 100))
def test_a_price_is_its_parts(amount: int, quantity: int, percent: int) -> None:
    service = Service("x", "x", "x", Money(amount), "hour", percent, 85, 15)
    price = price_of(service, quantity)
    assert price.subsidy.amount + price.to_pay.amount == price.price.amount == amount * quantity
    assert abs(price.subsidy.amount * 100 - price.price.amount * percent) * 2 <= 100


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=6).filter(any))
def test_a_split_always_adds_up(amount: int, weights: list[int]) -> None:
    parts = Money(amount).split(weights)
    assert sum(part.amount for part in parts) == amount
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount * total - amount * weight) < total


def test_the_documented_split_of_two_fifty() -> None:
    assert [part.amount for part in Money(250).split([50, 45, 5])] == [125, 113, 12]


def test_a_posting_goes_into_the_next_open_month() -> None:
    assert ledger.posting_date(date(2026, 11, 25), []) == date(2026, 11, 25)
    assert ledger.posting_date(date(2026, 11, 25), ["2026-11"]) == date(2026, 12, 1)
    assert ledger.posting_date(date(2026, 11, 25), ["2026-11", "2026-12"]) == date(2027, 1, 1)
