"""A page that was kept is shown again while the database says that it still is what the asker may see, and no longer."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts import resident_requests as requests
from platform_kit.acting import SYSTEM, acting_for
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest
from resident_gateway.views import kept_pages
from resident_gateway.views.kept_pages import LENGTH, PAGES, KeptPages, open_pages

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Reader:
    """Reads people's first pages, and knows whether the last one was read from its rows or shown again."""

    def __init__(self, gateway: ServiceUnderTest, pages: KeptPages) -> None:
        self._gateway, self._pages = gateway, pages
        self.again = False

    async def read(self, person: UUID, *, by: UUID | None = None, language: str = "en") -> dict[str, Any]:
        seen: list[Any] = []
        async with self._gateway.kit.db.connection() as tx:
            with tx.query_logger(seen.append):
                body = await self._pages.newest(
                    tx,
                    acting_for(Caller(by or person, frozenset({"resident"}))),
                    person,
                    language=language,
                )
                # The driver tells of a statement in the loop's next turn.
                await asyncio.sleep(0)
        self.again = not any("happened_at, version" in each.query for each in seen)
        assert seen, "the database was not asked"
        page: dict[str, Any] = json.loads(body)
        return page


async def filed(gateway: ServiceUnderTest, resident: UUID, *, at: datetime = NOON) -> UUID:
    event = requests.RequestSubmitted(
        request_id=uuid4(), resident_id=resident, unit_id=uuid4(), case_number="000-000-123",
        category="errand", filed_by=resident, occurred_at=NOON,
    )  # fmt: skip
    await gateway.deliver("timeline", event, at=at)
    return event.request_id


async def many_filed(gateway: ServiceUnderTest, resident: UUID, count: int) -> list[str]:
    """Ids, the newest first."""
    async with gateway.owner() as owner:
        await owner.execute("SELECT set_config('linli.caller', $1, true)", SYSTEM.setting)
        rows = await owner.fetch(
            """
            INSERT INTO timeline_item (person_id, subject_id, kind, number, detail, state, happened_at, version)
            SELECT $1, gen_random_uuid(), 'request', 'S' || n, 'errand', 'closed', $2::timestamptz - n * interval '1 h', 1
            FROM generate_series(1, $3::int) n RETURNING subject_id, happened_at
            """,
            resident,
            NOON,
            count,
        )
    return [str(row["subject_id"]) for row in sorted(rows, key=lambda row: row["happened_at"], reverse=True)]


async def test_a_page_that_has_not_changed_is_shown_again(gateway: ServiceUnderTest) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    await filed(gateway, resident)
    first = await reader.read(resident)
    assert (len(first["items"]), reader.again) == (1, False)
    assert (await reader.read(resident), reader.again) == (first, True)
    # Somebody without anything, too.
    nobody = uuid4()
    assert (await reader.read(nobody))["items"] == []
    assert ((await reader.read(nobody))["items"], reader.again) == ([], True)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'closed'", "number = '000-000-124'", "number = NULL", "state = 'merged', detail = '000-000-456'",
        "kind = 'task'", "amount_minor = 1, currency = 'CNY'", "happened_at = happened_at + interval '1 microsecond'",
        "version = version + 1", "subject_id = gen_random_uuid()",
    ],
)  # fmt: skip
async def test_whatever_changes_in_a_row_is_seen_at_once_whoever_changed_it(
    gateway: ServiceUnderTest, change: str
) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    for hour in range(3):
        await filed(gateway, resident, at=NOON + timedelta(hours=hour))
    before = (await reader.read(resident))["items"]
    async with gateway.tx() as tx:
        await tx.execute(
            f"UPDATE timeline_item SET {change} WHERE person_id = $1 AND subject_id = $2",
            resident,
            UUID(before[1]["id"]),
        )
    after = (await reader.read(resident))["items"]
    assert (len(after), reader.again) == (3, False)
    assert after != before


async def test_what_comes_and_what_goes_is_seen_at_once_also_behind_the_pages_end(
    gateway: ServiceUnderTest,
) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    ids = await many_filed(gateway, resident, LENGTH + 1)
    first = await reader.read(resident)
    assert [item["id"] for item in first["items"]] == ids[:LENGTH]
    assert first["next"] is not None
    # The page itself stays as it is, but does not go on any more.
    async with gateway.tx() as tx:
        await tx.execute("DELETE FROM timeline_item WHERE subject_id = $1", UUID(ids[-1]))
    assert await reader.read(resident) == first | {"next": None}
    async with gateway.tx() as tx:
        await tx.execute("DELETE FROM timeline_item WHERE subject_id = $1", UUID(ids[0]))
    assert [item["id"] for item in (await reader.read(resident))["items"]] == ids[1:LENGTH]
    newer = await filed(gateway, resident, at=NOON + timedelta(hours=1))
    assert [item["id"] for item in (await reader.read(resident))["items"]] == [str(newer), *ids[1:LENGTH]]
    async with gateway.tx() as tx:
        await tx.execute("DELETE FROM timeline_item WHERE person_id = $1", resident)
    assert (await reader.read(resident))["items"] == []


async def test_a_kept_page_is_nobodys_whom_the_database_does_not_show_its_rows(
    gateway: ServiceUnderTest,
) -> None:
    """Without any check of ours: row-level security is asked again for each page that is shown again."""
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    await filed(gateway, resident)
    assert len((await reader.read(resident))["items"]) == 1
    assert (await reader.read(resident, by=uuid4()))["items"] == []
    assert len((await reader.read(resident))["items"]) == 1


async def test_each_language_has_a_page_of_its_own(gateway: ServiceUnderTest) -> None:
    resident, reader = uuid4(), Reader(gateway, KeptPages())
    await filed(gateway, resident)
    for again in (False, True):
        for language, title in (("en", "Request"), ("zh", "求助")):
            assert (await reader.read(resident, language=language))["items"][0]["title"] == title
            assert reader.again is again


async def test_no_more_are_kept_than_there_is_room_for(gateway: ServiceUnderTest) -> None:
    reader = Reader(gateway, KeptPages(most=2))
    people = [uuid4() for _ in range(3)]
    for person in people:
        await reader.read(person)
    for person, again in ((people[2], True), (people[1], True), (people[0], False)):
        await reader.read(person)
        assert reader.again is again


async def test_the_gateway_keeps_pages_and_shows_what_happens_at_once(gateway: ServiceUnderTest) -> None:
    """By HTTP: the page is asked for again and again while events come in and people see what they cause."""
    resident = uuid4()
    asking = gateway.caller("resident", subject=resident)
    pages: KeptPages = gateway.kit.state[PAGES]
    for number in range(1, 4):
        request_id = await filed(gateway, resident, at=NOON + timedelta(hours=number))
        for _ in range(2):
            page = (await gateway.get("/api/v1/me/timeline", by=asking)).json()
            assert len(page["items"]) == number
            assert page["items"][0]["id"] == str(request_id)
            assert len(pages) == 1
    about: dict[str, Any] = {"request_id": request_id, "resident_id": resident, "unit_id": uuid4()}
    await gateway.deliver("timeline", requests.RequestStarted(**about), at=NOON + timedelta(hours=9))
    page = (await gateway.get("/api/v1/me/timeline", by=asking)).json()
    assert page["items"][0]["state"] == "in_progress"
    # Of another length, or further down, nothing is kept.
    assert len((await gateway.get("/api/v1/me/timeline?limit=2", by=asking)).json()["items"]) == 2
    assert len(pages) == 1


async def test_none_is_held_for_long_though_nobody_asks(
    gateway: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_pages, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(kept_pages, "DROPPED_EVERY_SECONDS", 0.05)
    async with open_pages(gateway.kit):
        asking = gateway.caller("resident")
        assert (await gateway.get("/api/v1/me/timeline", by=asking)).is_success
        pages: KeptPages = gateway.kit.state[PAGES]
        async with asyncio.timeout(10):
            while len(pages):
                await asyncio.sleep(0.01)
