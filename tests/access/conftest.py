"""One world for each service: its module's `SERVICE` says whose."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from access.houses import open_world
from access.world import World


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(request: pytest.FixtureRequest, servers: Any) -> AsyncIterator[tuple[World, str]]:
    async with open_world(request.module.SERVICE, servers.postgres_dsn) as opened:
        yield opened
