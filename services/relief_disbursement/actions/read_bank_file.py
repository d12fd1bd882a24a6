"""The bank file of a run that was sent, made again and held against what was handed over."""

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from relief_disbursement import store
from relief_disbursement.actions.make_bank_file import make_bank_file
from relief_disbursement.problems import BankFileDiffers
from relief_disbursement.rules.bank_file import BankFile
from relief_disbursement.rules.payment_run import PaymentRun


async def read_bank_file(tx: Tx, sealer: Sealer, run: PaymentRun) -> BankFile | None:
    """None while the run has not been sent."""
    handed_over = await store.bank_file_of(tx, run.id)
    if handed_over is None:
        return None
    file = await make_bank_file(tx, sealer, run, charset=handed_over["charset"], pay_on=handed_over["pay_on"])
    if file.sha256 != handed_over["sha256"]:
        raise BankFileDiffers()
    return file
