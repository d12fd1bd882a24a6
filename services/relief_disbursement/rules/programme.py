"""A programme's money for its year: committed + paid never exceeds the budget."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from platform_kit.money import Money
from platform_kit.problems import InvalidInput, Text
from relief_disbursement.problems import BudgetExhausted

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Programme:
    """`monthly` is the most that one household can be granted per month; `unit_id` the district that runs it.

    `committed` is promised and not yet paid, sent and returned payments included; `paid` has arrived.
    """

    id: UUID
    unit_id: UUID
    code: str
    name: str
    year: int
    budget: Money
    monthly: Money
    committed: Money
    paid: Money
    version: int = 1

    @property
    def left(self) -> Money:
        return self.budget - self.committed - self.paid


def months_granted(from_on: date, year: int) -> int:
    """How many months of `year` an entitlement from `from_on` has."""
    return max(0, (year - from_on.year) * MONTHS + MONTHS + 1 - from_on.month)


def promise(programme: Programme, granted: Money, from_on: date) -> Programme:
    """Promise `granted` for every month that is left of the year, or refuse."""
    needed = Money(granted.amount * months_granted(from_on, programme.year), granted.currency)
    if needed.amount > programme.left.amount:
        raise BudgetExhausted(needed=str(needed), left=str(programme.left))
    return replace(programme, committed=programme.committed + needed)


def settle(programme: Programme, amount: Money) -> Programme:
    """What was promised has been paid."""
    return replace(programme, committed=programme.committed - amount, paid=programme.paid + amount)


def require_currency(programme: Programme, amount: Money, *, field: str) -> None:
    if amount.currency != programme.budget.currency:
        raise InvalidInput(
            field=f"{field}.currency",
            reason=Text(
                f"The programme pays in {programme.budget.currency}.",
                f"该项目以 {programme.budget.currency} 发放。",
            ),
        )


def require_period(programme: Programme, period: str) -> None:
    """`period` is a month like 2026-11; it must be of the programme's year."""
    if int(period[:4]) != programme.year:
        raise InvalidInput(
            field="period",
            reason=Text(f"The programme is for {programme.year}.", f"该项目为 {programme.year} 年度项目。"),
        )
