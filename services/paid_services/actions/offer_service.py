"""A service enters the catalogue."""

import asyncpg

from paid_services import store
from paid_services.problems import CodeTaken
from paid_services.rules.pricing import Service
from platform_kit.db import Tx


async def offer_service(tx: Tx, service: Service) -> Service:
    try:
        await store.insert_service(tx, service)
    except asyncpg.UniqueViolationError as taken:
        raise CodeTaken(field="code", code=service.code) from taken
    return service
