"""Double entry: what a payment, a refund or a fee posts. Debits are positive, credits negative; each sums to zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from platform_kit.money import Money


@dataclass(frozen=True, slots=True)
class Account:
    """kind: cash, subsidy_receivable, fee_receivable, provider_payable, community_fund. `provider_id` for payables."""

    kind: str
    unit_id: UUID
    provider_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    account: Account
    amount: Money


def payment(
    *, unit_id: UUID, provider_id: UUID, to_pay: Money, subsidy: Money, weights: tuple[int, int]
) -> list[Entry]:
    """The resident's part in cash, the subsidy still to come; both split between the provider and the community."""
    provider, community = (to_pay + subsidy).split(weights)
    return _balanced(
        [
            Entry(Account("cash", unit_id), to_pay),
            Entry(Account("subsidy_receivable", unit_id), subsidy),
            Entry(Account("provider_payable", unit_id, provider_id), -provider),
            Entry(Account("community_fund", unit_id), -community),
        ]
    )


def refund(
    *,
    unit_id: UUID,
    provider_id: UUID,
    amount: Money,
    subsidy: Money,
    before: Money,
    weights: tuple[int, int],
) -> list[Entry]:
    """Money goes back to the resident, and the subsidy's part with it; borne in the proportions in which it came.

    `before` is all that went back earlier, subsidy included: many small refunds end where one does.
    """
    back = amount + subsidy
    borne, earlier = (before + back).split(weights), before.split(weights)
    provider, community = borne[0] - earlier[0], borne[1] - earlier[1]
    return _balanced(
        [
            Entry(Account("cash", unit_id), -amount),
            Entry(Account("subsidy_receivable", unit_id), -subsidy),
            Entry(Account("provider_payable", unit_id, provider_id), provider),
            Entry(Account("community_fund", unit_id), community),
        ]
    )


def fee(*, unit_id: UUID, amount: Money) -> list[Entry]:
    """A late cancellation: owed to the community."""
    return _balanced(
        [
            Entry(Account("fee_receivable", unit_id), amount),
            Entry(Account("community_fund", unit_id), -amount),
        ]
    )


def subsidy_to_reverse(*, to_pay: Money, subsidy: Money, refunded: Money, reversed_before: Money) -> Money:
    """The subsidy's part of all refunds so far, less what was reversed before: many small refunds end where one does."""
    if to_pay.amount == 0:
        return subsidy - reversed_before
    return subsidy.share(refunded.amount, to_pay.amount) - reversed_before


def posting_date(today: date, closed_months: Sequence[str]) -> date:
    """Today, or the first day of the next month that is open."""
    day = today
    while f"{day:%Y-%m}" in closed_months:
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day


def _balanced(entries: Sequence[Entry]) -> list[Entry]:
    kept = [entry for entry in entries if entry.amount.amount]
    if sum(entry.amount.amount for entry in kept):
        raise ValueError(f"entries do not sum to zero: {entries}")
    return kept
