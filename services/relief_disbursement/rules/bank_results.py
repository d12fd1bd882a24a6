"""What the bank answers, line by line: a CSV with a header that names its columns, in any order."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from platform_kit.money import Money
from platform_kit.problems import Refusal
from relief_disbursement.problems import (
    AnsweredOtherwise,
    UnknownPayment,
    UnreadableLine,
    WrongAmount,
)
from relief_disbursement.rules import payment as payments
from relief_disbursement.rules.payment import Payment, PaymentState

YUAN = re.compile(r"(\d{1,13})(?:\.(\d{1,2}))?", re.ASCII)
REQUIRED = ("payment_id", "result", "date")
LONGEST = 200
# AC01, RJ13, PM1I2001 and their like. The code is listed and published: an account number is none.
CODE = re.compile(r"(?!.*[0-9]{8})[A-Za-z0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """One line of the bank's file. `amount` is None when the bank leaves it out; `reason` is whatever somebody wrote there."""

    payment_id: UUID
    result: PaymentState
    on: date
    amount: Money | None
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What became of line `line` of the bank's text; `refusal` says why it was refused."""

    line: int
    payment_id: UUID | None
    outcome: Literal["applied", "repeated", "refused"]
    refusal: Refusal | None = None


def read_results(text: str) -> list[tuple[int, BankAnswer | UnreadableLine]]:
    """Every line after the header with its number; what cannot be read is said, the rest goes on."""
    reader = csv.DictReader(re.split(r"(?<=\n)", text.lstrip("\ufeff")), strict=True)
    answers: list[tuple[int, BankAnswer | UnreadableLine]] = []
    while True:
        try:
            row = next(reader, None)
            if row is None:
                return answers
            answers.append((reader.line_num, _answer(row)))
        except csv.Error as fault:
            answers.append((reader.line_num, UnreadableLine(fault=str(fault))))
        except UnreadableLine as refusal:
            answers.append((reader.line_num, refusal))


def apply_all(
    read: Sequence[tuple[int, BankAnswer | UnreadableLine]], payments_of_run: Sequence[Payment]
) -> tuple[list[Payment], list[LineOutcome]]:
    """The payments that changed, and what became of every line. A payment changes at most once."""
    by_id = {payment.id: payment for payment in payments_of_run}
    changed: list[Payment] = []
    outcomes: list[LineOutcome] = []
    for line, answer in read:
        if isinstance(answer, UnreadableLine):
            outcomes.append(LineOutcome(line, None, "refused", answer))
            continue
        try:
            payment = apply(answer, by_id.get(answer.payment_id))
        except Refusal as refusal:
            outcomes.append(LineOutcome(line, answer.payment_id, "refused", refusal))
            continue
        if payment is not None:
            by_id[payment.id] = payment
            changed.append(payment)
        outcomes.append(LineOutcome(line, answer.payment_id, "applied" if payment else "repeated"))
    return changed, outcomes


def apply(answer: BankAnswer, payment: Payment | None) -> Payment | None:
    """The payment with its answer, or None when the same answer was applied before."""
    if payment is None:
        raise UnknownPayment()
    if answer.amount is not None and answer.amount.amount != payment.amount.amount:
        raise WrongAmount(amount=str(payment.amount), given=str(answer.amount))
    seen = PaymentState.RETURNED if payment.state is PaymentState.REISSUED else payment.state
    if seen is answer.result:
        return None
    if seen is not PaymentState.SENT:
        raise AnsweredOtherwise(state=payment.state)
    if answer.result is PaymentState.PAID:
        return payments.pay(payment, on=answer.on)
    return payments.give_back(payment, on=answer.on, code=answer.code)


def _answer(row: Mapping[str | None, str | list[str] | None]) -> BankAnswer:
    if None in row:
        raise UnreadableLine(fault="more fields than the header has")
    cells = {str(name).strip(): str(cell or "").strip() for name, cell in row.items()}
    missing = [name for name in REQUIRED if not cells.get(name)]
    if missing:
        raise UnreadableLine(fault=f"{', '.join(missing)} missing")
    result = cells["result"].lower()
    if result not in ("paid", "returned"):
        raise UnreadableLine(fault="result is neither paid nor returned")
    code, reason = cells.get("code", ""), cells.get("reason", "")
    if result == "returned" and not (code and reason):
        raise UnreadableLine(fault="a returned payment needs the bank's code and reason")
    if result == "returned" and CODE.fullmatch(code) is None:
        raise UnreadableLine(fault="code is no code like AC01")
    if len(reason) > LONGEST:
        raise UnreadableLine(fault="reason too long")
    return BankAnswer(
        payment_id=_payment_id(cells["payment_id"]),
        result=PaymentState(result),
        on=_date(cells["date"]),
        amount=_amount(cells["amount"]) if cells.get("amount") else None,
        code=code,
        reason=reason,
    )


def _payment_id(cell: str) -> UUID:
    try:
        return UUID(cell)
    except ValueError:
        raise UnreadableLine(fault="payment_id is no id") from None


def _date(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise UnreadableLine(fault="date is no date like 2026-11-25") from None


def _amount(cell: str) -> Money:
    match = YUAN.fullmatch(cell)
    if match is None:
        raise UnreadableLine(fault="amount is no sum like 12.50")
    return Money(int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")))
