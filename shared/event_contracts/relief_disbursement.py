"""Relief: programmes, applications and their reviews, payment runs, payments. Money is Money; no bank details."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from event_contracts.base import EventPayload, Topic
from platform_kit.money import Money

PROGRAMMES = Topic("relief.programmes", retention_days=3650)
APPLICATIONS = Topic("relief.applications", retention_days=3650)
PAYMENT_RUNS = Topic("relief.payment_runs", retention_days=3650)
PAYMENTS = Topic("relief.payments", retention_days=3650)


class ProgrammeOpened(EventPayload):
    type: ClassVar[str] = "relief.programme.opened.v1"
    topic: ClassVar[Topic] = PROGRAMMES
    aggregate: ClassVar[str] = "programme_id"

    programme_id: UUID
    code: str
    name: str
    year: int
    budget: Money


class _ApplicationEvent(EventPayload):
    """`request_id`: the request that it answers, and `request_version` the event by which that was routed to relief."""

    topic: ClassVar[Topic] = APPLICATIONS
    aggregate: ClassVar[str] = "application_id"

    application_id: UUID
    programme_id: UUID
    household_id: UUID
    resident_id: UUID
    unit_id: UUID
    request_id: UUID | None = None
    request_version: int | None = None


class ApplicationSubmitted(_ApplicationEvent):
    type: ClassVar[str] = "relief.application.submitted.v1"

    filed_by: UUID
    asked: Money


class ApplicationVerified(_ApplicationEvent):
    """First level: the community has visited and verified."""

    type: ClassVar[str] = "relief.application.verified.v1"

    reviewer_id: UUID


class NoticePosted(_ApplicationEvent):
    type: ClassVar[str] = "relief.notice.posted.v1"

    until: datetime


class ApplicationReviewed(_ApplicationEvent):
    """Second level: the street office, after the public notice."""

    type: ClassVar[str] = "relief.application.reviewed.v1"

    reviewer_id: UUID


class ApplicationApproved(_ApplicationEvent):
    """Third level: the district. The entitlement runs from `from_on`; `granted` is paid once per period."""

    type: ClassVar[str] = "relief.application.approved.v1"

    reviewer_id: UUID
    granted: Money
    from_on: date


class ApplicationReturned(_ApplicationEvent):
    """`reason` is a code; the reviewer's words stay with the service."""

    type: ClassVar[str] = "relief.application.returned.v1"

    reviewer_id: UUID
    reason: str


class ApplicationRejected(_ApplicationEvent):
    """`reason` is a code; the reviewer's words stay with the service."""

    type: ClassVar[str] = "relief.application.rejected.v1"

    reviewer_id: UUID
    reason: str


class NoticeObjected(_ApplicationEvent):
    """An objection during the notice: back to verification."""

    type: ClassVar[str] = "relief.notice.objected.v1"


class PaymentRunAdvanced(EventPayload):
    """A run moved to `state`; `count` and `total` are over its lines as they stand then."""

    type: ClassVar[str] = "relief.payment_run.advanced.v1"
    topic: ClassVar[Topic] = PAYMENT_RUNS
    aggregate: ClassVar[str] = "payment_run_id"

    payment_run_id: UUID
    programme_id: UUID
    period: str
    state: Literal["draft", "calculated", "checked", "released", "sent", "settled"]
    count: int
    total: Money
    by: UUID


class _PaymentEvent(EventPayload):
    topic: ClassVar[Topic] = PAYMENTS
    aggregate: ClassVar[str] = "payment_id"

    payment_id: UUID
    payment_run_id: UUID
    application_id: UUID
    resident_id: UUID
    unit_id: UUID
    period: str
    amount: Money


class PaymentDue(_PaymentEvent):
    """Attempt 2 and later name the returned payment that they replace in `previous_id`."""

    type: ClassVar[str] = "relief.payment.due.v1"

    attempt: int = 1
    previous_id: UUID | None = None


class PaymentSent(_PaymentEvent):
    type: ClassVar[str] = "relief.payment.sent.v1"


class PaymentPaid(_PaymentEvent):
    type: ClassVar[str] = "relief.payment.paid.v1"

    paid_on: date


class PaymentReturned(_PaymentEvent):
    """The bank sent it back: `code` is the bank's; its words stay with the service, `reason` is a code of ours."""

    type: ClassVar[str] = "relief.payment.returned.v1"

    code: str
    reason: str


class PaymentReissued(_PaymentEvent):
    """A person had the returned payment corrected: the programme's next calculated run pays it as another payment."""

    type: ClassVar[str] = "relief.payment.reissued.v1"
