"""What relief's routes answer about programmes, applications and notices."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from asyncpg import Record
from pydantic import Field

from platform_kit.masking import ERASED, mask_account, mask_name
from platform_kit.money import Money
from platform_kit.schemas import Body, Line, View
from platform_kit.sealing import SubjectKey
from relief_disbursement.rules.application import WAITS_FOR, Application, Level
from relief_disbursement.rules.opened import Opened, Part
from relief_disbursement.rules.programme import Programme
from relief_disbursement.rules.sealed import PAYEE_NAME


class ProgrammeView(View):
    id: UUID
    version: int
    unit_id: UUID
    code: str
    name: str
    year: int
    budget: Money
    monthly: Money
    committed: Money
    paid: Money
    left: Money

    @classmethod
    def of(cls, programme: Programme) -> Self:
        return cls.model_validate(programme, from_attributes=True)


class ApplicationView(View):
    """`waits_for` is the review that is next, or null; `request_id` the request that it answers."""

    id: UUID
    version: int
    programme_id: UUID
    household_id: UUID
    resident_id: UUID
    unit_id: UUID
    state: str
    waits_for: Level | None
    round: int
    asked: Money
    granted: Money | None
    from_on: date | None
    notice_until: datetime | None
    request_id: UUID | None

    @classmethod
    def of(cls, application: Application) -> Self:
        return cls(**_application_fields(application))


class ApplicationListed(ApplicationView):
    """For worklists: the payee's name is masked."""

    payee_name: str

    @classmethod
    def masked(cls, application: Application, sealed: Record, key: SubjectKey) -> Self:
        return cls(
            **_application_fields(application),
            payee_name=mask_name(key.open(sealed["payee_name"], for_=PAYEE_NAME)),
        )


class EvidenceView(View):
    """`note` is null for staff, who see it for a reason alone."""

    added_by: UUID
    at: datetime
    note: str | None


class ApplicationDetail(ApplicationView):
    """`reason` in the applicant's words, `decision_reason` in the officers'. The account is masked; the payee's name is, too, and
    the evidence withheld, for whoever does not act for the resident."""

    reason: str
    decision_reason: str | None
    payee_name: str
    bank_account: str
    evidence: list[EvidenceView]

    @classmethod
    def of_opened(cls, application: Application, opened: Opened) -> Self:
        return cls(
            **_application_fields(application),
            reason=opened.reason or ERASED,
            decision_reason=opened.decision_reason,
            payee_name=opened.payee_name or ERASED,
            bank_account=mask_account(opened.bank_account),
            evidence=[EvidenceView.model_validate(note) for note in opened.evidence or ()],
        )


class Look(Body):
    """`reason` is kept with the record of who looked: no personal facts in it."""

    reason: Line


class Reveal(Look):
    parts: Annotated[list[Part], Field(min_length=1, max_length=3)]


class Revealed(View):
    """In full what was asked for; null what was not, or has been erased."""

    payee_name: str | None
    bank_account: str | None
    evidence: list[EvidenceView] | None


class ObjectionView(View):
    """An objector learns nothing of the application."""

    application_id: UUID


class NoticeView(View):
    """What everybody may see: the name is masked."""

    application_id: UUID
    payee_name: str
    unit: str
    programme: str
    asked: Money
    until: datetime

    @classmethod
    def masked(cls, row: Record, key: SubjectKey) -> Self:
        return cls(
            application_id=row["id"],
            payee_name=mask_name(key.open(row["payee_name"], for_=PAYEE_NAME)),
            unit=row["unit"],
            programme=row["programme"],
            asked=Money(row["asked_minor"], row["currency"]),
            until=row["notice_until"],
        )


def _application_fields(application: Application) -> dict[str, Any]:
    return {
        "id": application.id,
        "version": application.version,
        "programme_id": application.programme_id,
        "household_id": application.household_id,
        "resident_id": application.resident_id,
        "unit_id": application.unit_id,
        "state": application.state,
        "waits_for": WAITS_FOR.get(application.state),
        "round": application.round,
        "asked": application.asked,
        "granted": application.granted,
        "from_on": application.from_on,
        "notice_until": application.notice_until,
        "request_id": application.request_id,
    }
