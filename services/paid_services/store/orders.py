"""Services, providers and orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paid_services.rules.order import Order, State
from paid_services.rules.pricing import Service
from platform_kit.db import Tx
from platform_kit.ids import case_number
from platform_kit.rows import load
from registry_replica.worklist import fetch_worklist


@dataclass(frozen=True, slots=True)
class Provider:
    id: UUID
    person_id: UUID
    unit_id: UUID
    services: tuple[str, ...]
    version: int


async def services(tx: Tx) -> list[Service]:
    rows = await tx.fetch("SELECT * FROM service ORDER BY code")
    return [service for row in rows if (service := load(Service, row))]


async def service(tx: Tx, code: str) -> Service | None:
    return load(Service, await tx.fetchrow("SELECT * FROM service WHERE code = $1", code))


async def insert_service(tx: Tx, service: Service) -> None:
    await tx.execute(
        """
        INSERT INTO service (code, name_zh, name_en, price_minor, currency, per, subsidy_percent, provider_weight,
                             community_weight)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        service.code,
        service.name_zh,
        service.name_en,
        service.price.amount,
        service.price.currency,
        service.per,
        service.subsidy_percent,
        service.provider_weight,
        service.community_weight,
    )


async def provider(tx: Tx, provider_id: UUID) -> Provider | None:
    """None also for who has been erased."""
    row = await tx.fetchrow(
        "SELECT p.* FROM provider p JOIN resident r ON r.id = p.person_id WHERE p.id = $1", provider_id
    )
    return load(Provider, row)


async def provider_of(tx: Tx, person_id: UUID) -> Provider | None:
    return load(Provider, await tx.fetchrow("SELECT * FROM provider WHERE person_id = $1", person_id))


async def holder(tx: Tx, order: Order) -> UUID | None:
    """The person who does it."""
    assigned = await provider(tx, order.provider_id) if order.provider_id else None
    return assigned.person_id if assigned else None


async def insert_provider(tx: Tx, provider: Provider, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO provider (id, person_id, unit_id, services, version, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        provider.id,
        provider.person_id,
        provider.unit_id,
        list(provider.services),
        provider.version,
        at,
    )


async def delete_services_of(tx: Tx, person_id: UUID) -> None:
    await tx.execute("UPDATE provider SET services = '{}' WHERE person_id = $1", person_id)


async def next_order_number(tx: Tx) -> str:
    return case_number(await tx.fetchval("SELECT nextval('order_serial')"))


async def order(tx: Tx, order_id: UUID) -> Order | None:
    return load(Order, await tx.fetchrow("SELECT * FROM service_order WHERE id = $1", order_id))


async def order_for_update(tx: Tx, order_id: UUID) -> Order | None:
    return load(Order, await tx.fetchrow("SELECT * FROM service_order WHERE id = $1 FOR UPDATE", order_id))


async def insert_order(tx: Tx, order: Order, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO service_order (id, order_number, resident_id, unit_id, service, quantity, starts_at, valid_until,
            price_minor, subsidy_minor, to_pay_minor, paid_minor, refunded_minor, subsidy_reversed_minor, fee_minor,
            currency, provider_weight, community_weight, state, version, created_at, request_id, request_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0, 0, $12, $13, $14, $15, $16, $17, $18, $19)
        """,
        order.id,
        order.order_number,
        order.resident_id,
        order.unit_id,
        order.service,
        order.quantity,
        order.starts_at,
        order.valid_until,
        order.price.amount,
        order.subsidy.amount,
        order.to_pay.amount,
        order.price.currency,
        order.provider_weight,
        order.community_weight,
        order.state,
        order.version,
        at,
        order.request_id,
        order.request_version,
    )


async def quoted_for(tx: Tx, request_id: UUID, request_version: int) -> bool:
    """Whether that event of the request has been answered."""
    found = await tx.fetchval(
        "SELECT true FROM service_order WHERE request_id = $1 AND request_version = $2",
        request_id,
        request_version,
    )
    return bool(found)


async def quotes_of_request(tx: Tx, request_id: UUID, *, before: int) -> list[Order]:
    """Those that an earlier event of the request asked for, and that were not taken; locked."""
    rows = await tx.fetch(
        """
        SELECT * FROM service_order WHERE request_id = $1 AND request_version < $2 AND state = 'quoted'
        ORDER BY id FOR UPDATE
        """,
        request_id,
        before,
    )
    return [order for row in rows if (order := load(Order, row))]


async def save_order(tx: Tx, order: Order) -> int:
    """Save the new state under the lock that its reader took; the version counts one event more."""
    version: int = await tx.fetchval(
        """
        UPDATE service_order SET state = $2, provider_id = $3, paid_minor = $4, refunded_minor = $5,
            subsidy_reversed_minor = $6, fee_minor = $7, version = version + 1
        WHERE id = $1 RETURNING version
        """,
        order.id,
        order.state,
        order.provider_id,
        order.paid.amount,
        order.refunded.amount,
        order.subsidy_reversed.amount,
        order.fee.amount,
    )
    return version


async def orders_of_provider(tx: Tx, person_id: UUID) -> list[Order]:
    """What they have to do and did, the next first; at most 200."""
    rows = await tx.fetch(
        """
        SELECT o.* FROM service_order o JOIN provider p ON p.id = o.provider_id
        WHERE p.person_id = $1 ORDER BY o.starts_at, o.id LIMIT 200
        """,
        person_id,
    )
    return [order for row in rows if (order := load(Order, row))]


async def page_for_staff(
    tx: Tx, codes: Sequence[str], state: State | None, limit: int, cursor: str | None
) -> tuple[list[Order], str | None]:
    states = list(State) if state is None else [state]
    rows, following = await fetch_worklist(
        tx, "*", "service_order", codes, states, limit=limit, cursor=cursor
    )
    return [order for row in rows if (order := load(Order, row))], following
