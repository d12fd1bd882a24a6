"""One payment of an entitlement for a period. What the bank returned is held until a person reissues it."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from platform_kit.money import Money
from platform_kit.problems import WrongState


class PaymentState(StrEnum):
    DUE = "due"
    SENT = "sent"
    PAID = "paid"
    RETURNED = "returned"
    REISSUED = "reissued"


@dataclass(frozen=True, slots=True)
class Payment:
    """(application, period, attempt) is its key for ever. Attempt 2 names attempt 1 in `previous_id`.

    `answered_on` is the bank's date; `code` is the bank's for what came back. Its words are sealed, and not for the rules.
    """

    id: UUID
    payment_run_id: UUID
    line: int
    application_id: UUID
    resident_id: UUID
    unit_id: UUID
    period: str
    attempt: int
    previous_id: UUID | None
    amount: Money
    state: PaymentState = PaymentState.DUE
    answered_on: date | None = None
    code: str | None = None
    version: int = 1

    @property
    def facts(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            "payment_id": self.id,
            "payment_run_id": self.payment_run_id,
            "application_id": self.application_id,
            "resident_id": self.resident_id,
            "unit_id": self.unit_id,
            "period": self.period,
            "amount": self.amount,
        }


def pay(payment: Payment, *, on: date) -> Payment:
    _require(payment, PaymentState.SENT, "pay")
    return replace(payment, state=PaymentState.PAID, answered_on=on)


def give_back(payment: Payment, *, on: date, code: str) -> Payment:
    _require(payment, PaymentState.SENT, "return")
    return replace(payment, state=PaymentState.RETURNED, answered_on=on, code=code)


def reissue(payment: Payment) -> Payment:
    """It may be paid again: the programme's next calculated run takes it up as the next attempt."""
    _require(payment, PaymentState.RETURNED, "reissue")
    return replace(payment, state=PaymentState.REISSUED)


def _require(payment: Payment, state: PaymentState, wanted: str) -> None:
    if payment.state is not state:
        raise WrongState(state=payment.state, wanted=wanted)
