"""Services, providers and orders over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from paid_services import actions, problems, schemas, store
from paid_services.policy import POLICY
from paid_services.rules.order import Order, State
from paid_services.rules.pricing import Service
from platform_kit.clock import now
from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.paging import Cursor, Limit
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted

router = APIRouter(tags=["gateway"])


@router.get("/services", response_model=list[schemas.ServiceView])
async def list_services(read: ForCaller) -> list[schemas.ServiceView]:
    return [schemas.ServiceView.model_validate(service) for service in await store.services(read.tx)]


@router.post("/services", status_code=201, response_model=schemas.ServiceView,
             responses=refusals(problems.CodeTaken))  # fmt: skip
async def offer_service(body: schemas.NewService, command: ByCaller) -> Response:
    wanted = Service(
        body.code, body.name_zh, body.name_en, body.price.money(), body.per, body.subsidy_percent,
        body.provider_weight, body.community_weight,
    )  # fmt: skip
    service = await actions.offer_service(command.tx, wanted)
    return command.answer(schemas.ServiceView.model_validate(service), status=201)


@router.post("/providers", status_code=201, response_model=schemas.ProviderView,
             responses=refusals(problems.AlreadyProvider, problems.ServiceUnknown))  # fmt: skip
async def register_provider(body: schemas.NewProvider, command: ByCaller) -> Response:
    provider = await actions.register_provider(
        command.tx, person_id=command.caller.subject, unit_id=body.unit_id, services=body.services
    )
    return command.answer(schemas.ProviderView.model_validate(provider), status=201)


@router.get("/providers/me/orders", response_model=list[schemas.OrderView])
async def list_own_orders(read: ForCaller) -> list[schemas.OrderView]:
    return [_view(order) for order in await store.orders_of_provider(read.tx, read.caller.subject)]


@router.post("/quotes", status_code=201, response_model=schemas.OrderView,
             responses=refusals(problems.ServiceUnknown))  # fmt: skip
async def quote_order(body: schemas.NewQuote, command: ByCaller) -> Response:
    order = await actions.quote_order(
        command.tx,
        service=body.service,
        quantity=body.quantity,
        starts_at=body.starts_at,
        resident_id=body.resident_id or command.caller.subject,
        by=command.caller,
    )
    return command.answer(_view(order), status=201)


@router.post("/orders", status_code=201, response_model=schemas.OrderView,
             responses=refusals(problems.QuoteExpired))  # fmt: skip
async def book_order(body: schemas.Booking, command: ByCaller) -> Response:
    order = await actions.book_order(command.tx, body.quote_id, by=command.caller)
    return command.answer(_view(order), status=201)


@router.get("/orders", response_model=schemas.OrderPage)
async def list_orders(
    read: ForCaller, state: State | None = None, limit: Limit = 50, cursor: Cursor = None
) -> schemas.OrderPage:
    codes = POLICY["list_orders"].unit_codes(read.caller)
    orders, following = await store.page_for_staff(read.tx, codes, state, limit, cursor)
    return schemas.OrderPage(items=[_view(order) for order in orders], next=following)


@router.get("/orders/{order_id}", response_model=schemas.OrderView, responses=refusals())
async def read_order(order_id: UUID, read: ForCaller) -> schemas.OrderView:
    order = await store.order(read.tx, order_id)
    holder = await store.holder(read.tx, order) if order else None
    if order is None or not await permitted(
        read.tx, read.caller, POLICY["read_order"], owner=order.resident_id, holder=holder, unit=order.unit_id,
        at=await now(read.tx),
    ):  # fmt: skip
        raise NotFound(what="order")
    receipt = await store.receipt_of_order(read.tx, order_id)
    return _view(order, receipt.number if receipt else None)


@router.post("/orders/{order_id}/assign", response_model=schemas.OrderView,
             responses=refusals(problems.ProviderUnfit, problems.ProviderIsResident))  # fmt: skip
async def assign_order(order_id: UUID, body: schemas.Assignment, command: ByCaller) -> Response:
    order = await actions.assign_order(command.tx, order_id, provider_id=body.provider_id, by=command.caller)
    return command.answer(_view(order))


@router.post("/orders/{order_id}/start", response_model=schemas.OrderView, responses=refusals())
async def start_order(order_id: UUID, command: ByCaller) -> Response:
    return command.answer(_view(await actions.start_order(command.tx, order_id, by=command.caller)))


@router.post("/orders/{order_id}/complete", response_model=schemas.OrderView, responses=refusals())
async def complete_order(order_id: UUID, command: ByCaller) -> Response:
    return command.answer(_view(await actions.complete_order(command.tx, order_id, by=command.caller)))


@router.post("/orders/{order_id}/confirm", response_model=schemas.OrderView, responses=refusals())
async def confirm_order(order_id: UUID, command: ByCaller) -> Response:
    return command.answer(_view(await actions.confirm_order(command.tx, order_id, by=command.caller)))


@router.post("/orders/{order_id}/dispute", response_model=schemas.OrderView, responses=refusals())
async def dispute_order(order_id: UUID, command: ByCaller) -> Response:
    return command.answer(_view(await actions.dispute_order(command.tx, order_id, by=command.caller)))


@router.post("/orders/{order_id}/cancel", response_model=schemas.OrderView, responses=refusals())
async def cancel_order(order_id: UUID, command: ByCaller) -> Response:
    return command.answer(_view(await actions.cancel_order(command.tx, order_id, by=command.caller)))


@router.post("/orders/{order_id}/pay", response_model=schemas.OrderView,
             responses=refusals(problems.AmountDiffers))  # fmt: skip
async def pay_order(order_id: UUID, body: schemas.Payment, command: ByCaller) -> Response:
    order, receipt = await actions.pay_order(
        command.tx, order_id, method=body.method, amount=body.amount.money(), by=command.caller
    )
    return command.answer(_view(order, receipt.number))


@router.post("/orders/{order_id}/refund", response_model=schemas.OrderView,
             responses=refusals(problems.MoreThanPaid))  # fmt: skip
async def refund_order(order_id: UUID, body: schemas.Refund, command: ByCaller) -> Response:
    order = await actions.refund_order(command.tx, order_id, amount=body.amount.money(), by=command.caller)
    return command.answer(_view(order))


def _view(order: Order, receipt_number: str | None = None) -> schemas.OrderView:
    return schemas.OrderView.model_validate(order).model_copy(update={"receipt_number": receipt_number})
