"""One verb, one file: what can be done to programmes, applications, payment runs and payments."""

from relief_disbursement.actions.add_evidence import add_evidence
from relief_disbursement.actions.approve_application import approve_application
from relief_disbursement.actions.calculate_payment_run import calculate_payment_run
from relief_disbursement.actions.check_payment_run import check_payment_run
from relief_disbursement.actions.decide_application import decide_application
from relief_disbursement.actions.file_application import file_application
from relief_disbursement.actions.object_to_notice import object_to_notice
from relief_disbursement.actions.open_payment_run import open_payment_run
from relief_disbursement.actions.open_programme import open_programme
from relief_disbursement.actions.read_application import read_application
from relief_disbursement.actions.read_bank_file import read_bank_file
from relief_disbursement.actions.record_bank_results import record_bank_results
from relief_disbursement.actions.reissue_payment import reissue_payment
from relief_disbursement.actions.reject_application import reject_application
from relief_disbursement.actions.release_payment_run import release_payment_run
from relief_disbursement.actions.return_application import return_application
from relief_disbursement.actions.reveal_application import reveal_application
from relief_disbursement.actions.reveal_payment import reveal_payment
from relief_disbursement.actions.review_application import review_application
from relief_disbursement.actions.send_payment_run import send_payment_run
from relief_disbursement.actions.submit_application import submit_application
from relief_disbursement.actions.verify_application import verify_application

__all__ = [
    "add_evidence",
    "approve_application",
    "calculate_payment_run",
    "check_payment_run",
    "decide_application",
    "file_application",
    "object_to_notice",
    "open_payment_run",
    "open_programme",
    "read_application",
    "read_bank_file",
    "record_bank_results",
    "reissue_payment",
    "reject_application",
    "release_payment_run",
    "return_application",
    "reveal_application",
    "reveal_payment",
    "review_application",
    "send_payment_run",
    "submit_application",
    "verify_application",
]
