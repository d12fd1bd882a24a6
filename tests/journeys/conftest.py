"""The front door, opened for each test."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from journeys.front_door import Door, open_door


@pytest.fixture
async def door(servers: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(servers, tmp_path) as door:
        yield door
