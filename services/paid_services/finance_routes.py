"""What finance sees of the books: income, transactions, receipts, the month's close."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from paid_services import actions, problems, schemas, store
from paid_services.policy import POLICY
from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.paging import Cursor, Limit
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted

router = APIRouter(tags=["gateway"], prefix="/finance")


Number = Annotated[str, Path(max_length=40)]


@router.get("/income", response_model=schemas.IncomeView)
async def read_income(month: schemas.Month, read: ForCaller) -> schemas.IncomeView:
    codes = POLICY["read_income"].unit_codes(read.caller)
    lines = await store.income_lines(read.tx, month, codes)
    totals = await store.income_totals(read.tx, month, codes)
    return schemas.IncomeView(
        month=month,
        closed=await store.period_closed(read.tx, month),
        lines=[
            schemas.IncomeLine(
                unit_id=line.unit_id, service=line.service, provider_id=line.provider_id, orders=line.orders,
                income=line.provider + line.community, provider=line.provider, community=line.community,
            )
            for line in lines
        ],
        income=totals.provider + totals.community,
        provider=totals.provider,
        community=totals.community,
        cash=totals.cash,
        subsidy=totals.subsidy,
        fees_receivable=totals.fees,
        balance=totals.balance,
    )  # fmt: skip


@router.get("/transactions", response_model=schemas.TransactionPage)
async def list_transactions(
    month: schemas.Month, read: ForCaller, limit: Limit = 50, cursor: Cursor = None
) -> schemas.TransactionPage:
    codes = POLICY["list_transactions"].unit_codes(read.caller)
    posted, following = await store.page_of_transactions(read.tx, month, codes, limit, cursor)
    return schemas.TransactionPage(
        items=[schemas.TransactionView.model_validate(each) for each in posted], next=following
    )


@router.get("/receipts/{number}", response_model=schemas.ReceiptView, responses=refusals())
async def read_receipt(number: Number, read: ForCaller) -> schemas.ReceiptView:
    receipt = await store.receipt(read.tx, number)
    order = await store.order(read.tx, receipt.order_id) if receipt else None
    if (
        receipt is None
        or order is None
        or not await permitted(read.tx, read.caller, POLICY["read_receipt"], unit=order.unit_id)
    ):
        raise NotFound(what="receipt")
    return schemas.ReceiptView.model_validate(receipt)


@router.post("/periods/{month}/close", response_model=schemas.PeriodView,
             responses=refusals(problems.PeriodClosed, problems.PeriodNotOver))  # fmt: skip
async def close_month(month: schemas.Month, command: ByCaller) -> Response:
    closed_by, closed_at = await actions.close_month(command.tx, month, by=command.caller)
    return command.answer(schemas.PeriodView(month=month, closed_by=closed_by, closed_at=closed_at))
