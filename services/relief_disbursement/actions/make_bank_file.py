"""Make the bank file of a run from its stored lines: the same bytes each time."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.sealing import Sealer, SubjectKey
from platform_kit.subject_keys import subject_keys
from relief_disbursement import store
from relief_disbursement.problems import PayeeErased
from relief_disbursement.rules.bank_file import BankFile, BankLine, bank_file
from relief_disbursement.rules.payment_run import PaymentRun
from relief_disbursement.rules.sealed import BANK_ACCOUNT, PAYEE_NAME


async def make_bank_file(tx: Tx, sealer: Sealer, run: PaymentRun, *, charset: str, pay_on: date) -> BankFile:
    """Opening and writing the lines runs beside the event loop: a district's file has many."""
    programme = await store.read_programme(tx, run.programme_id)
    rows = await store.bank_lines(tx, run.id)
    keys = await subject_keys(tx, sealer, [row["resident_id"] for row in rows])
    return await asyncio.to_thread(_written, keys, run, programme.name, rows, charset, pay_on)


def _written(
    keys: Mapping[UUID, SubjectKey],
    run: PaymentRun,
    programme: str,
    rows: Sequence[Record],
    charset: str,
    pay_on: date,
) -> BankFile:
    lines = []
    for row in rows:
        key = keys[row["resident_id"]]
        payee_name = key.open(row["payee_name"], for_=PAYEE_NAME)
        account = key.open(row["bank_account"], for_=BANK_ACCOUNT)
        if payee_name is None or account is None:
            raise PayeeErased(line=row["line"])
        lines.append(
            BankLine(
                line=row["line"],
                payment_id=row["id"],
                payee_name=payee_name,
                account=account,
                amount=Money(row["amount_minor"], row["currency"]),
                purpose=f"{programme} {row['period']}",
            )
        )
    return bank_file(
        lines, message_id=run.id.hex, pay_on=pay_on, charset=charset, count=run.count, total=run.total
    )
