"""Every service with its page and its world."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from access.row import Row, uncovered
from access.world import World
from access.worlds.community_registry import Registry
from access.worlds.paid_services import PaidServices
from access.worlds.relief_disbursement import Relief
from access.worlds.resident_gateway import OPERATOR_PASSWORD, Gateway
from access.worlds.resident_requests import Requests
from access.worlds.volunteer_matching import Volunteers
from gateway_files import gateway_files
from platform_kit.testing import ServiceUnderTest, service_under_test

WORLDS: dict[str, type[World]] = {
    "community_registry": Registry,
    "resident_requests": Requests,
    "volunteer_matching": Volunteers,
    "relief_disbursement": Relief,
    "paid_services": PaidServices,
    "resident_gateway": Gateway,
}


def page(name: str) -> tuple[Row, ...]:
    """What the texts say of this service."""
    rows: tuple[Row, ...] = import_module(f"access.expected.{name}").ROWS
    return rows


@asynccontextmanager
async def open_world(name: str, postgres_dsn: str) -> AsyncIterator[tuple[World, str]]:
    """The service on a database of its own with everybody in it, and a superuser's address of that database."""
    with TemporaryDirectory() as folder:
        settings = _gateway_settings(Path(folder)) if name == "resident_gateway" else {}
        async with service_under_test(name, postgres_dsn, **settings) as service:
            world = WORLDS[name](service)
            await world.settle()
            async with service.tx() as tx:
                database = await tx.fetchval("SELECT current_database()")
            yield world, urlsplit(postgres_dsn)._replace(path=f"/{database}").geturl()


def _gateway_settings(folder: Path) -> dict[str, Any]:
    # Everybody signs in within a minute here: how often somebody may is judged elsewhere.
    return {**gateway_files(folder, OPERATOR_PASSWORD), "sign_in_per_minute": 0}


def uncovered_by(name: str, service: ServiceUnderTest) -> list[str]:
    """Operations without a row, rows without an operation: of the running app, and of the committed document."""
    document = service.app.openapi()
    if name == "resident_gateway":
        return uncovered(page(name), [document], own=" ".join(set(WORLDS) - {name}))
    committed = json.loads((Path(__file__).parents[2] / f"shared/service_apis/{name}.json").read_text())
    return uncovered(page(name), [document, committed])
