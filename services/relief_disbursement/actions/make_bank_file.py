"""Make the bank file of a run from its stored lines: the same bytes each time."""

import asyncio
from collections.abc import Sequence
from datetime import date

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.sealing import Sealer
from relief_disbursement import store
from relief_disbursement.rules.bank_file import BankFile, BankLine, bank_file
from relief_disbursement.rules.payment_run import PaymentRun
from relief_disbursement.rules.sealed import BANK_ACCOUNT, PAYEE_NAME


async def make_bank_file(tx: Tx, sealer: Sealer, run: PaymentRun, *, charset: str, pay_on: date) -> BankFile:
    """Opening and writing the lines runs beside the event loop: a district's file has many."""
    programme = await store.read_programme(tx, run.programme_id)
    rows = await store.bank_lines(tx, run.id)
    return await asyncio.to_thread(_written, sealer, run, programme.name, rows, charset, pay_on)


def _written(
    sealer: Sealer, run: PaymentRun, programme: str, rows: Sequence[Record], charset: str, pay_on: date
) -> BankFile:
    lines = [
        BankLine(
            line=row["line"],
            payment_id=row["id"],
            payee_name=sealer.open(row["payee_name"], for_=PAYEE_NAME),
            account=sealer.open(row["bank_account"], for_=BANK_ACCOUNT),
            amount=Money(row["amount_minor"], row["currency"]),
            purpose=f"{programme} {row['period']}",
        )
        for row in rows
    ]
    return bank_file(
        lines, message_id=run.id.hex, pay_on=pay_on, charset=charset, count=run.count, total=run.total
    )
