"""A service enters the catalogue."""

import asyncpg

from event_contracts.paid_services import ServiceOffered
from paid_services import store
from paid_services.problems import CodeTaken
from paid_services.rules.pricing import Service
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.outbox import publish


async def offer_service(tx: Tx, service: Service) -> Service:
    try:
        await store.insert_service(tx, service)
    except asyncpg.UniqueViolationError as taken:
        raise CodeTaken(field="code", code=service.code) from taken
    await publish(tx, ServiceOffered(service=service.code), version=1, at=await now(tx))
    return service
