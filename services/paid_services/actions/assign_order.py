"""The community's worker gives it to a provider who offers that service."""

from uuid import UUID

from event_contracts.paid_services import OrderAssigned
from paid_services import store
from paid_services.actions.record import record
from paid_services.actions.take import take
from paid_services.policy import POLICY
from paid_services.problems import ProviderIsResident, ProviderUnfit
from paid_services.rules import order as rules
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotFound


async def assign_order(tx: Tx, order_id: UUID, *, provider_id: UUID, by: Caller) -> Order:
    order, at = await take(tx, order_id, by, POLICY["assign_order"])
    provider = await store.provider(tx, provider_id)
    if provider is None:
        raise NotFound(what="provider", field="provider_id")
    if order.service not in provider.services:
        raise ProviderUnfit(field="provider_id", service=order.service)
    if provider.person_id == order.resident_id:
        raise ProviderIsResident(field="provider_id")
    assigned = rules.assign(order, provider_id)
    return await record(
        tx, assigned, OrderAssigned, at, provider_id=provider_id, person_id=provider.person_id,
        starts_at=order.starts_at,
    )  # fmt: skip
