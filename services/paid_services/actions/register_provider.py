"""A resident offers their work."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from event_contracts.paid_services import ProviderRegistered
from paid_services import store
from paid_services.problems import AlreadyProvider, ServiceUnknown
from paid_services.store.orders import Provider
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from registry_replica.store import resident, unit


async def register_provider(
    tx: Tx, *, person_id: UUID, unit_id: UUID | None, services: Sequence[str]
) -> Provider:
    person = await resident(tx, person_id)
    if person is None:
        raise NotFound(what="resident")
    works_in = unit_id or person.unit_id
    if await unit(tx, works_in) is None:
        raise NotFound(what="unit", field="unit_id")
    for place, code in enumerate(services):
        if await store.service(tx, code) is None:
            raise ServiceUnknown(field=f"services[{place}]", code=code)
    provider = Provider(new_id(), person_id, works_in, tuple(sorted(set(services))), 1)
    at = await now(tx)
    try:
        await store.insert_provider(tx, provider, at)
    except asyncpg.UniqueViolationError as taken:
        raise AlreadyProvider from taken
    registered = ProviderRegistered(
        provider_id=provider.id, person_id=person_id, unit_id=works_in, services=provider.services
    )
    await publish(tx, registered, version=1, at=at)
    return provider
