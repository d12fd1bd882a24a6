"""Bodies and answers of relief's routes."""

from relief_disbursement.schemas.applications import (
    ApplicationDetail,
    ApplicationListed,
    ApplicationView,
    EvidenceView,
    NoticeView,
    ObjectionView,
    ProgrammeView,
)
from relief_disbursement.schemas.bodies import (
    Approval,
    BankResults,
    NewApplication,
    NewEvidence,
    NewPaymentRun,
    NewProgramme,
    Objection,
    Reason,
    Reissue,
    Reviews,
)
from relief_disbursement.schemas.payments import (
    BankFileView,
    BankLineView,
    BankResultsView,
    PaymentListed,
    PaymentRunView,
    PaymentView,
)

__all__ = [
    "ApplicationDetail",
    "ApplicationListed",
    "ApplicationView",
    "Approval",
    "BankFileView",
    "BankLineView",
    "BankResults",
    "BankResultsView",
    "EvidenceView",
    "NewApplication",
    "NewEvidence",
    "NewPaymentRun",
    "NewProgramme",
    "NoticeView",
    "Objection",
    "ObjectionView",
    "PaymentListed",
    "PaymentRunView",
    "PaymentView",
    "ProgrammeView",
    "Reason",
    "Reissue",
    "Reviews",
]
