"""What relief's routes answer about payment runs, payments and the bank's files."""

from collections import Counter
from datetime import date
from typing import Literal, Self
from uuid import UUID

from asyncpg import Record

from platform_kit.masking import mask_account, mask_name
from platform_kit.money import Money
from platform_kit.problem_answers import Problem, problem_of
from platform_kit.schemas import View
from platform_kit.sealing import SubjectKey
from relief_disbursement.rules.bank_file import BankFile
from relief_disbursement.rules.bank_results import LineOutcome
from relief_disbursement.rules.payment import Payment
from relief_disbursement.rules.payment_run import PaymentRun
from relief_disbursement.rules.sealed import BANK_ACCOUNT, PAYEE_NAME


class PaymentRunView(View):
    id: UUID
    version: int
    programme_id: UUID
    period: str
    state: str
    count: int
    total: Money
    calculated_by: UUID | None
    checked_by: UUID | None
    released_by: UUID | None

    @classmethod
    def of(cls, run: PaymentRun) -> Self:
        return cls.model_validate(run, from_attributes=True)


class BankFileView(View):
    payment_run_id: UUID
    message_id: str
    count: int
    total: Money
    sha256: str

    @classmethod
    def of(cls, payment_run_id: UUID, file: BankFile) -> Self:
        return cls(
            payment_run_id=payment_run_id,
            message_id=file.message_id,
            count=file.count,
            total=file.total,
            sha256=file.sha256,
        )


class BankLineView(View):
    """What became of one line of the bank's file."""

    line: int
    payment_id: UUID | None
    outcome: Literal["applied", "repeated", "refused"]
    problem: Problem | None = None

    @classmethod
    def of(cls, outcome: LineOutcome, language: str) -> Self:
        refusal = outcome.refusal
        return cls(
            line=outcome.line,
            payment_id=outcome.payment_id,
            outcome=outcome.outcome,
            problem=problem_of(refusal, language) if refusal else None,
        )


class BankResultsView(View):
    """The run as it stands after these lines."""

    run: PaymentRunView
    applied: int
    repeated: int
    refused: int
    lines: list[BankLineView]

    @classmethod
    def of(cls, run: PaymentRun, outcomes: list[LineOutcome], language: str) -> Self:
        counted = Counter(outcome.outcome for outcome in outcomes)
        return cls(
            run=PaymentRunView.of(run),
            applied=counted["applied"],
            repeated=counted["repeated"],
            refused=counted["refused"],
            lines=[BankLineView.of(outcome, language) for outcome in outcomes],
        )


class PaymentView(View):
    id: UUID
    version: int
    payment_run_id: UUID
    line: int
    application_id: UUID
    resident_id: UUID
    unit_id: UUID
    period: str
    attempt: int
    previous_id: UUID | None
    amount: Money
    state: str
    answered_on: date | None
    code: str | None

    @classmethod
    def of(cls, payment: Payment) -> Self:
        return cls.model_validate(payment, from_attributes=True)


class RevealedPayment(View):
    """What the bank wrote about a payment that came back; null where it wrote nothing, or it has been erased."""

    bank_reason: str | None


class PaymentListed(PaymentView):
    """Name and account are masked."""

    payee_name: str
    bank_account: str

    @classmethod
    def masked(cls, payment: Payment, sealed: Record, key: SubjectKey) -> Self:
        return cls(
            **PaymentView.of(payment).model_dump(),
            payee_name=mask_name(key.open(sealed["payee_name"], for_=PAYEE_NAME)),
            bank_account=mask_account(key.open(sealed["bank_account"], for_=BANK_ACCOUNT)),
        )
