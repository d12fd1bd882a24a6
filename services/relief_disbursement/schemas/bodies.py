"""What relief's routes take. Amounts are minor units, positive; accounts are folded to plain digits."""

import unicodedata
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from platform_kit.money import Money
from platform_kit.schemas import Body, Line, Note
from relief_disbursement.rules.application import Level

LARGEST = 10**14
BANK_FILE_CHARACTERS = 1_000_000


def _positive(amount: Money) -> Money:
    if not 0 < amount.amount <= LARGEST:
        raise ValueError("the amount must be positive, and at most a trillion yuan")
    return amount


def _folded(account: object) -> object:
    """Full-width digits, spaces and dashes as people type them."""
    if not isinstance(account, str):
        return account
    return unicodedata.normalize("NFKC", account).replace(" ", "").replace("-", "")


def _unmasked(name: str) -> str:
    """What lists show sent back is nobody's name."""
    if "*" in name:
        raise ValueError("this is a masked name; write it in full")
    return name


Amount = Annotated[Money, AfterValidator(_positive)]
BankAccount = Annotated[str, BeforeValidator(_folded), StringConstraints(pattern=r"^[0-9]{8,32}$")]
PayeeName = Annotated[Line, AfterValidator(_unmasked)]
ProgrammeCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Period = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
BankText = Annotated[
    str, StringConstraints(min_length=1, max_length=BANK_FILE_CHARACTERS, pattern=r"^[^\x00]*$")
]
Decision = Literal["approve", "return", "reject"]


class NewProgramme(Body):
    code: ProgrammeCode
    name: Line
    year: Annotated[int, Field(ge=2000, le=2100)]
    budget: Amount
    monthly: Amount

    @model_validator(mode="after")
    def one_currency(self) -> Self:
        if self.budget.currency != "CNY" or self.monthly.currency != "CNY":
            raise ValueError("relief is paid in CNY")
        return self


class NewApplication(Body):
    """`request_id`: the resident's request that it answers. Without it, the only one of theirs that waits for relief, if any."""

    programme_id: UUID
    resident_id: UUID
    asked: Amount
    reason: Note
    payee_name: PayeeName
    bank_account: BankAccount
    submit: bool = True
    request_id: UUID | None = None


class NewEvidence(Body):
    note: Note


class Approval(Body):
    """Without `granted` what was asked is granted, up to the programme's cap."""

    granted: Amount | None = None


class Reason(Body):
    """For the resident, and for whoever acts for them."""

    reason: Line


class Objection(Body):
    reason: Note


class Reviews(Body):
    """One decision for exactly these applications."""

    level: Level
    decision: Decision
    reason: Line | None = None
    ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def a_refusal_has_a_reason(self) -> Self:
        if self.decision != "approve" and not self.reason:
            raise ValueError("a return or a rejection needs a reason")
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("an application is listed twice")
        return self


class NewPaymentRun(Body):
    programme_id: UUID
    period: Period


class BankResults(Body):
    """`text` is the bank's CSV with columns payment_id, result, date and, as needed, amount, code, reason."""

    payment_run_id: UUID
    text: BankText


class Reissue(Body):
    """A correct account, kept for the months to come too; null pays to the same one again."""

    bank_account: BankAccount | None = None
