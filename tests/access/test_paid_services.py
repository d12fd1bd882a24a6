from typing import Any

import pytest

from access.houses import page, uncovered_by
from access.judged import PROPERTY
from access.matrix import judge
from access.row import Row

SERVICE = "paid_services"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("row", page(SERVICE), ids=str)
async def test_everybody_gets_what_the_page_says(world: Any, row: Row, record_property: Any) -> None:
    judged = await judge(*world, row)
    record_property(PROPERTY, judged.figures)
    assert not judged.faults, "\n".join(judged.faults)


async def test_every_operation_has_a_row(world: Any) -> None:
    assert uncovered_by(SERVICE, world[0].service) == []
