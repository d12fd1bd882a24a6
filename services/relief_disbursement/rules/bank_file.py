"""The file for the bank: one line per payment and a trailer, the same bytes each time from the same lines.

Count and sum are recomputed from the lines; a name that the bank's character set lacks stops the export.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from platform_kit.money import Money
from relief_disbursement.problems import ControlSumDiffers, OutsideBankCharset

HEADER = ("line", "payment_id", "payee_name", "account", "amount_yuan", "purpose")


@dataclass(frozen=True, slots=True)
class BankLine:
    line: int
    payment_id: UUID
    payee_name: str
    account: str
    amount: Money
    purpose: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """`message_id` is the file's name to the bank, once and for all."""

    message_id: str
    charset: str
    pay_on: date
    content: bytes
    count: int
    total: Money

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


class _Text(list[str]):
    write = list.append


def bank_file(
    lines: Sequence[BankLine], *, message_id: str, pay_on: date, charset: str, count: int, total: Money
) -> BankFile:
    """`count` and `total` are what the run says; one date of payment for the whole file."""
    summed = sum((line.amount for line in lines), Money(0, total.currency))
    if (len(lines), summed) != (count, total):
        raise ControlSumDiffers(
            lines_count=len(lines), lines_total=str(summed), count=count, total=str(total)
        )
    for line in lines:
        _require_encodable(line, charset)
    text = _Text()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for line in lines:
        writer.writerow(
            (line.line, line.payment_id, line.payee_name, line.account, yuan(line.amount), line.purpose)
        )
    writer.writerow(("total", message_id, pay_on.isoformat(), count, yuan(total), ""))
    return BankFile(
        message_id=message_id,
        charset=charset,
        pay_on=pay_on,
        content="".join(text).encode(charset),
        count=count,
        total=total,
    )


def yuan(amount: Money) -> str:
    """1250 fen -> ``12.50``; a bank file has no signs and no separators."""
    return f"{amount.amount // 100}.{amount.amount % 100:02d}"


def _require_encodable(line: BankLine, charset: str) -> None:
    for what in ("payee_name", "account", "purpose"):
        text = getattr(line, what)
        try:
            kept = text.encode(charset).decode(charset)
        except UnicodeError:
            kept = ""
        if not text.strip() or kept != text:
            raise OutsideBankCharset(line=line.line, what=what, charset=charset)
