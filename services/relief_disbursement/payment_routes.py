"""Payment runs and payments over HTTP, for whoever keeps the money."""

from typing import cast
from uuid import UUID

from fastapi import APIRouter, Response

from platform_kit.audit import record_look
from platform_kit.edge import ByCaller, ForCaller, ForLook, refusals
from platform_kit.paging import Cursor, Limit, Page
from platform_kit.problems import NotFound, WrongState
from platform_kit.subject_keys import subject_keys
from relief_disbursement import actions, problems, schemas, store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.payment import PaymentState
from relief_disbursement.settings import ReliefSettings

router = APIRouter(tags=["gateway"])


@router.post(
    "/payment-runs", status_code=201, response_model=schemas.PaymentRunView, responses=refusals(NotFound)
)
async def open_payment_run(body: schemas.NewPaymentRun, command: ByCaller) -> Response:
    run = await actions.open_payment_run(
        command.tx, programme_id=body.programme_id, period=body.period, by=command.caller
    )
    return command.answer(schemas.PaymentRunView.of(run), status=201)


@router.get("/payment-runs", response_model=Page[schemas.PaymentRunView])
async def list_payment_runs(
    read: ForCaller, programme_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.PaymentRunView]:
    runs, following = await store.payment_runs(
        read.tx,
        POLICY["list_payment_runs"].unit_codes(read.caller),
        programme_id=programme_id,
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[schemas.PaymentRunView.of(run) for run in runs], next=following)


@router.get(
    "/payment-runs/{payment_run_id}", response_model=schemas.PaymentRunView, responses=refusals(NotFound)
)
async def read_payment_run(payment_run_id: UUID, read: ForCaller) -> schemas.PaymentRunView:
    codes = POLICY["read_payment_run"].unit_codes(read.caller)
    return schemas.PaymentRunView.of(await store.read_payment_run(read.tx, payment_run_id, codes))


@router.post(
    "/payment-runs/{payment_run_id}/calculate",
    response_model=schemas.PaymentRunView,
    responses=refusals(NotFound, WrongState, problems.NothingDue),
)
async def calculate_payment_run(payment_run_id: UUID, command: ByCaller) -> Response:
    run = await actions.calculate_payment_run(command.tx, payment_run_id, by=command.caller)
    return command.answer(schemas.PaymentRunView.of(run))


@router.post(
    "/payment-runs/{payment_run_id}/check",
    response_model=schemas.PaymentRunView,
    responses=refusals(NotFound, WrongState),
)
async def check_payment_run(payment_run_id: UUID, command: ByCaller) -> Response:
    run = await actions.check_payment_run(command.tx, payment_run_id, by=command.caller)
    return command.answer(schemas.PaymentRunView.of(run))


@router.post(
    "/payment-runs/{payment_run_id}/release",
    response_model=schemas.PaymentRunView,
    responses=refusals(NotFound, WrongState, problems.ReleaseNeedsAnother),
)
async def release_payment_run(payment_run_id: UUID, command: ByCaller) -> Response:
    run = await actions.release_payment_run(command.tx, payment_run_id, by=command.caller)
    return command.answer(schemas.PaymentRunView.of(run))


@router.post(
    "/payment-runs/{payment_run_id}/file",
    response_model=schemas.BankFileView,
    tags=["expensive"],
    responses=refusals(
        NotFound, WrongState, problems.OutsideBankCharset, problems.ControlSumDiffers, problems.PayeeErased
    ),
)
async def send_payment_run(payment_run_id: UUID, command: ByCaller) -> Response:
    charset = cast(ReliefSettings, command.kit.settings).bank_charset
    file = await actions.send_payment_run(
        command.tx, command.kit.sealer, payment_run_id, charset=charset, by=command.caller
    )
    return command.answer(schemas.BankFileView.of(payment_run_id, file))


@router.get(
    "/payment-runs/{payment_run_id}/file",
    response_class=Response,
    responses=refusals(NotFound) | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    tags=["expensive"],
)
async def read_bank_file(payment_run_id: UUID, read: ForLook) -> Response:
    run = await store.read_payment_run(
        read.tx, payment_run_id, POLICY["read_bank_file"].unit_codes(read.caller)
    )
    file = await actions.read_bank_file(read.tx, read.kit.sealer, run)
    if file is None:
        raise NotFound(what="bank file")
    # Every account of the run stands in it in full.
    await record_look(
        read.tx,
        actor=read.caller,
        subject=None,
        what="bank_file",
        reason="to hand it to the bank",
        payment_run_id=run.id,
    )
    disposition = f'attachment; filename="{file.message_id}.csv"'
    return Response(
        file.content,
        media_type=f"text/csv; charset={file.charset}",
        headers={"Content-Disposition": disposition},
    )


@router.post(
    "/bank-results",
    response_model=schemas.BankResultsView,
    responses=refusals(NotFound, WrongState),
    tags=["expensive"],
)
async def record_bank_results(body: schemas.BankResults, command: ByCaller) -> Response:
    run, outcomes = await actions.record_bank_results(
        command.tx, command.kit.sealer, body.payment_run_id, body.text, by=command.caller
    )
    return command.answer(schemas.BankResultsView.of(run, outcomes, command.language))


@router.get("/payments", response_model=Page[schemas.PaymentListed])
async def list_payments(
    read: ForCaller,
    payment_run_id: UUID | None = None,
    state: PaymentState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.PaymentListed]:
    rows, following = await store.payments_in_scope(
        read.tx,
        POLICY["list_payments"].unit_codes(read.caller),
        run_id=payment_run_id,
        state=state,
        limit=limit,
        cursor=cursor,
    )
    keys = await subject_keys(read.tx, read.kit.sealer, [row.resident_id for row, _ in rows])
    items = [schemas.PaymentListed.masked(row, sealed, keys[row.resident_id]) for row, sealed in rows]
    return Page(items=items, next=following)


@router.post(
    "/payments/{payment_id}/reveal", response_model=schemas.RevealedPayment, responses=refusals(NotFound)
)
async def reveal_payment(payment_id: UUID, body: schemas.Look, look: ForLook) -> schemas.RevealedPayment:
    bank_reason = await actions.reveal_payment(
        look.tx, look.kit.sealer, payment_id, reason=body.reason, by=look.caller
    )
    return schemas.RevealedPayment(bank_reason=bank_reason)


@router.post(
    "/payments/{payment_id}/reissue",
    response_model=schemas.PaymentView,
    responses=refusals(NotFound, WrongState),
)
async def reissue_payment(payment_id: UUID, body: schemas.Reissue, command: ByCaller) -> Response:
    payment = await actions.reissue_payment(
        command.tx, command.kit.sealer, payment_id, bank_account=body.bank_account, by=command.caller
    )
    return command.answer(schemas.PaymentView.of(payment))
