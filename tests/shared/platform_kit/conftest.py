from collections.abc import AsyncIterator
from typing import Any

import pytest

from platform_kit.testing import ServiceUnderTest, service_under_test


@pytest.fixture
async def probe(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("probe_service", servers.postgres_dsn) as service:
        yield service
