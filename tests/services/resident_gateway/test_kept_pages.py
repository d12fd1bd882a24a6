"""A page that was kept is shown again while the database says that it still is what the asker may see, and no longer."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts import resident_requests as requests
from platform_kit.acting import acting_for
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest
from resident_gateway.views.kept_pages import KEPT_SECONDS, KeptPages

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Reader:
    """Reads people's first pages, and knows whether the last one was read from its rows or shown again."""

    def __init__(self, gateway: ServiceUnderTest, pages: KeptPages) -> None:
        self._gateway, self._pages = gateway, pages
        self.again = False

    async def read(
        self, person: UUID, *, by: UUID | None = None, limit: int = 50, language: str = "en"
    ) -> list[Any]:
        seen: list[Any] = []
        async with self._gateway.kit.db.connection() as tx:
            with tx.query_logger(seen.append):
                body = await self._pages.newest(
                    tx,
                    acting_for(Caller(by or person, frozenset({"resident"}))),
                    person,
                    limit=limit,
                    language=language,
                )
                # The driver tells of a statement in the loop's next turn.
                await asyncio.sleep(0)
        self.again = not any("happened_at, version" in each.query for each in seen)
        assert seen, "the database was not asked"
        return list(json.loads(body)["items"])


async def filed(gateway: ServiceUnderTest, resident: UUID, *, at: datetime = NOON) -> UUID:
    event = requests.RequestSubmitted(
        request_id=uuid4(), resident_id=resident, unit_id=uuid4(), case_number="000-000-123",
        category="errand", filed_by=resident, occurred_at=NOON,
    )  # fmt: skip
    await gateway.deliver("timeline", event, at=at)
    return event.request_id


async def test_a_page_that_has_not_changed_is_shown_again(gateway: ServiceUnderTest) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    await filed(gateway, resident)
    first = await reader.read(resident)
    assert (len(first), reader.again) == (1, False)
    assert (await reader.read(resident), reader.again) == (first, True)
    # Somebody without anything, too.
    nobody = uuid4()
    assert await reader.read(nobody) == []
    assert (await reader.read(nobody), reader.again) == ([], True)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'closed'", "number = '000-000-124'", "number = NULL", "state = 'merged', detail = '000-000-456'", "kind = 'task'",
        "amount_minor = 1, currency = 'CNY'", "happened_at = happened_at + interval '1 microsecond'", "version = version + 1",
        "subject_id = gen_random_uuid()",
    ],
)  # fmt: skip
async def test_whatever_changes_in_a_row_is_seen_at_once_whoever_changed_it(
    gateway: ServiceUnderTest, change: str
) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    for hour in range(3):
        await filed(gateway, resident, at=NOON + timedelta(hours=hour))
    before = await reader.read(resident)
    async with gateway.tx() as tx:
        await tx.execute(
            f"UPDATE timeline_item SET {change} WHERE person_id = $1 AND subject_id = $2",
            resident,
            UUID(before[1]["id"]),
        )
    after = await reader.read(resident)
    assert (len(after), reader.again) == (3, False)
    assert after != before


async def test_what_comes_and_what_goes_is_seen_at_once_also_behind_the_pages_end(
    gateway: ServiceUnderTest,
) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    first = await filed(gateway, resident, at=NOON + timedelta(hours=1))
    assert [item["id"] for item in await reader.read(resident, limit=1)] == [str(first)]
    # Older than the page's last: the page itself is the same, but for where it goes on.
    older = await filed(gateway, resident)
    assert len(await reader.read(resident, limit=1)) == 1
    assert reader.again is False
    async with gateway.tx() as tx:
        await tx.execute("DELETE FROM timeline_item WHERE subject_id = $1", first)
    assert [item["id"] for item in await reader.read(resident, limit=1)] == [str(older)]
    async with gateway.tx() as tx:
        await tx.execute("DELETE FROM timeline_item WHERE subject_id = $1", older)
    assert await reader.read(resident, limit=1) == []


async def test_a_kept_page_is_nobodys_whom_the_database_does_not_show_its_rows(
    gateway: ServiceUnderTest,
) -> None:
    """Without any check of ours: row-level security is asked again for each page that is shown again."""
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    await filed(gateway, resident)
    assert len(await reader.read(resident)) == 1
    assert await reader.read(resident, by=uuid4()) == []
    assert len(await reader.read(resident)) == 1


async def test_each_language_and_length_has_a_page_of_its_own(gateway: ServiceUnderTest) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    for hour in range(3):
        await filed(gateway, resident, at=NOON + timedelta(hours=hour))
    for _ in range(2):
        assert (await reader.read(resident))[0]["title"] == "Request"
        assert (await reader.read(resident, language="zh"))[0]["title"] == "求助"
        assert len(await reader.read(resident, limit=2)) == 2
    assert reader.again is True


async def test_no_more_are_kept_than_there_is_room_for_and_none_for_long(gateway: ServiceUnderTest) -> None:
    time = 0.0
    reader = Reader(gateway, KeptPages(most=2, clock=lambda: time))
    people = [uuid4() for _ in range(3)]
    for person in people:
        await reader.read(person)
    for person, again in ((people[2], True), (people[1], True), (people[0], False)):
        await reader.read(person)
        assert reader.again is again
    await reader.read(people[0])
    assert reader.again is True
    time += KEPT_SECONDS + 1
    await reader.read(people[0])
    assert reader.again is False


async def test_the_gateways_own_pages_are_kept_and_follow_what_happens(gateway: ServiceUnderTest) -> None:
    """By HTTP: the page is asked for again and again while events come in and people see what they cause."""
    resident = uuid4()
    asking = gateway.caller("resident", subject=resident)
    for number in range(1, 4):
        request_id = await filed(gateway, resident, at=NOON + timedelta(hours=number))
        for _ in range(2):
            page = (await gateway.get("/api/v1/me/timeline", by=asking)).json()
            assert len(page["items"]) == number
            assert page["items"][0]["id"] == str(request_id)
    about: dict[str, Any] = {"request_id": request_id, "resident_id": resident, "unit_id": uuid4()}
    await gateway.deliver("timeline", requests.RequestStarted(**about), at=NOON + timedelta(hours=9))
    page = (await gateway.get("/api/v1/me/timeline", by=asking)).json()
    assert page["items"][0]["state"] == "in_progress"
