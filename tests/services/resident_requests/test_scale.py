"""What a request, a list and a search touch does not grow with what lies behind them, nor does the way they are looked up.

The long form fills two million requests and takes some minutes; the short one is of the same kind.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import ResidentRegistered
from platform_kit.acting import acting_for
from platform_kit.auth import Caller, Post
from platform_kit.clock import now
from platform_kit.testing import ServiceUnderTest
from proof.figures import Tell, proving
from resident_requests import store
from resident_requests.actions import Asked, Filed, find_similar, submit_request
from touched import Operation, role_of, tell_growth, tidy, touched

from .city import COMMONEST, grow, lay_out, unit_of, worker_of

FEW, MANY = (20_000, 2_000_000) if proving() else (10_000, 40_000)
HOME = unit_of(7)
PAGE = 20
WORDS = "Bulky Items 700 block S WESTMORELAND AVE, 90005"


@pytest.mark.timeout(1800)
async def test_filing_lists_and_the_search_touch_the_same_however_much_lies_behind_them(
    requests: ServiceUnderTest, figure: Tell
) -> None:
    resident = requests.caller("resident")
    await requests.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=resident.subject, household_id=uuid4(), unit_id=HOME),
    )
    sealer = requests.kit.sealer
    async with requests.owner() as owner:
        busiest = await lay_out(owner, sealer)
    code = f"01/01/{busiest.unit:03d}"
    worker = Caller(
        worker_of(busiest.unit), frozenset({"worker"}), (Post("worker", unit_of(busiest.unit), code),)
    )
    street = Caller(uuid4(), frozenset({"street"}), (Post("street", uuid4(), "01/01"),))
    district = Caller(uuid4(), frozenset({"district"}), (Post("district", uuid4(), "01"),))

    async def file_private(tx: Any) -> None:
        await submit_request(tx, sealer, Filed(resident.subject, "errand", "请帮我买药"), by=resident)

    async def file_public(tx: Any) -> None:
        filed = Filed(
            resident.subject,
            COMMONEST,
            WORDS,
            latitude=busiest.point.latitude,
            longitude=busiest.point.longitude,
        )
        await submit_request(tx, sealer, filed, by=resident)

    def newest(*codes: str, whose: UUID | None = None) -> Operation:
        async def list_newest(tx: Any) -> None:
            page, following = await store.page_for_staff(tx, codes, None, PAGE, None, assignee_id=whose)
            assert (len(page), following is None) == (PAGE, False), "there is more than a page"

        return list_newest

    def by_clock(*codes: str, whose: UUID | None = None) -> Operation:
        async def list_by_clock(tx: Any) -> None:
            page, following = await store.page_by_due(tx, codes, PAGE, None, assignee_id=whose)
            assert (len(page), following is None) == (PAGE, False), "there is more than a page"

        return list_by_clock

    async def list_counted(tx: Any) -> None:
        page, _ = await store.page_for_staff(tx, [code], None, PAGE, None)
        assert any((await store.count_conflicts(tx, [each.id for each in page])).values())

    async def search(tx: Any) -> None:
        asked = Asked(resident.subject, COMMONEST, WORDS, busiest.point)
        assert await find_similar(tx, sealer, asked, by=resident)

    async def own(tx: Any) -> None:
        assert await store.own_open(tx, resident.subject, "errand")

    operations: dict[str, tuple[Operation, Caller]] = {
        "filing in private": (file_private, resident),
        "filing in public": (file_public, resident),
        "a worker's list, the newest first": (newest(code), worker),
        "a worker's list, with what else came under its ids": (list_counted, worker),
        "a worker's list, by the clock": (by_clock(code), worker),
        "a worker's own, the newest first": (newest(code, whose=worker.subject), worker),
        "a worker's own, by the clock": (by_clock(code, whose=worker.subject), worker),
        "one unit of a street's, the newest first": (newest(code), street),
        "one unit of a street's, by the clock": (by_clock(code), street),
        "one worker's of a district's, the newest first": (newest("01", whose=worker.subject), district),
        "one worker's of a district's, by the clock": (by_clock("01", whose=worker.subject), district),
        "a district's list, the newest first": (newest("01"), district),
        "a district's list, by the clock": (by_clock("01"), district),
        "the search for the same, near and in like words": (search, resident),
        "the search for the same, of a resident's own": (own, resident),
    }
    async with requests.tx() as tx:
        at = await now(tx)
    await requests.post("/requests", json={"category": "errand", "words": "请帮我买米"}, by=resident)
    points = []
    async with role_of(requests) as role:
        for first, last in ((1, FEW), (FEW + 1, MANY)):
            async with requests.owner() as owner:
                await grow(owner, first, last, most=MANY, at=at - timedelta(minutes=1))
            await tidy(requests.owner_dsn)
            points.append(
                {
                    name: await touched(role, operation, acting_for(by))
                    for name, (operation, by) in operations.items()
                }
            )
    for name in operations:
        tell_growth(figure, name, points[0][name], points[1][name], rows=(FEW, MANY))
