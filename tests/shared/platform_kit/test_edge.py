"""Commands at the edge: one effect per key, nothing half done, the commit before the answer."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from platform_kit.app import AT_ONCE_PER_CONNECTION
from platform_kit.testing import ServiceUnderTest
from probe_service.service import Raised

_KEYS_HELD = """
    SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
"""


async def _counts(probe: ServiceUnderTest, counter: UUID) -> int:
    async with probe.tx() as tx:
        return int(
            await tx.fetchval("SELECT coalesce((SELECT version FROM counter WHERE id = $1), 0)", counter)
        )


async def test_fifty_calls_at_once_with_one_key_have_one_effect(probe: ServiceUnderTest) -> None:
    by, counter = probe.caller("resident"), uuid4()
    body = {"counter_id": str(counter)}
    answers = await asyncio.gather(*(probe.post("/raise", json=body, by=by, key="one") for _ in range(50)))
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert all(a.json()["type"] == "/problems/in-progress" for a in answers if a.status_code == 409)
    assert await _counts(probe, counter) == 1
    assert len(await probe.published(Raised)) == 1


async def test_a_twin_is_answered_while_the_first_is_still_at_work(probe: ServiceUnderTest) -> None:
    """It does not wait with it: a connection that waited would be missing for others."""
    by, body = probe.caller("resident"), {"counter_id": str(uuid4())}
    await probe.post("/raise", json=body, by=by, key="before")
    async with probe.tx() as tx:
        await tx.execute("SELECT FROM counter FOR UPDATE")
        first = asyncio.create_task(probe.post("/raise", json=body, by=by, key="one"))
        async with asyncio.timeout(10):
            while not await tx.fetchval(_KEYS_HELD):
                await asyncio.sleep(0.01)
            twin = await probe.post("/raise", json=body, by=by, key="one")
        assert (twin.status_code, twin.json()["type"]) == (409, "/problems/in-progress")
        assert not first.done()
    assert (await first).status_code == 201
    assert await _counts(probe, UUID(body["counter_id"])) == 2


async def test_a_key_belongs_to_its_principal_and_its_call(probe: ServiceUnderTest) -> None:
    by, other, counter = probe.caller("resident"), probe.caller("resident"), uuid4()
    body = {"counter_id": str(counter)}
    first = await probe.post("/raise", json=body, by=by, key="k")
    assert (await probe.post("/raise", json=body, by=by, key="k")).content == first.content
    assert (await probe.post("/raise", json=body | {"note": "y"}, by=by, key="k")).status_code == 422
    assert (await probe.post("/raise?x=1", json=body, by=by, key="k")).status_code == 422
    assert (await probe.post("/raise", json=body, by=other, key="k")).status_code == 201
    assert await _counts(probe, counter) == 2


async def test_a_refused_command_changes_nothing_and_keeps_no_answer(probe: ServiceUnderTest) -> None:
    by, counter = probe.caller("resident"), uuid4()
    body = {"counter_id": str(counter), "times": 1001}
    assert (await probe.post("/raise", json=body, by=by, key="k")).status_code == 409
    assert await _counts(probe, counter) == 0
    assert await probe.published() == []
    assert (await probe.post("/raise", json=body | {"times": 1}, by=by, key="k")).status_code == 201


async def test_a_failing_commit_is_no_success(probe: ServiceUnderTest) -> None:
    """A deferred constraint fails at COMMIT; the caller must not have been told 201 by then."""
    async with probe.owner() as tx:
        await tx.execute(
            "ALTER TABLE counter ADD CONSTRAINT no_twins UNIQUE (version) DEFERRABLE INITIALLY DEFERRED"
        )
    by = probe.caller("resident")
    assert (await probe.post("/raise", json={"counter_id": str(uuid4())}, by=by)).status_code == 201
    with pytest.raises(Exception, match="no_twins"):
        await probe.post("/raise", json={"counter_id": str(uuid4())}, by=by)
    assert len(await probe.published(Raised)) == 1


async def test_each_row_of_a_bulk_is_its_own_command(probe: ServiceUnderTest) -> None:
    by, good = probe.caller("resident"), [str(uuid4()) for _ in range(3)]
    body = {"ids": [good[0], str(UUID(int=0)), *good[1:]]}
    first = (await probe.post("/raise-many", json=body, by=by, key="b")).json()
    assert (first["done"], first["refused"]) == (3, 1)
    assert first["rows"][1]["problem"]["status"] == 404
    again = (await probe.post("/raise-many", json=body, by=by, key="b")).json()
    assert again == first
    assert len(await probe.published(Raised)) == 3


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b'{"counter_id": "x"}', 422),
        (b"{" + b" " * 1_100_000 + b"}", 413),
        (b"\xff\xfe", 400),
    ],
)
async def test_a_bad_body_is_a_problem_in_the_callers_language(
    probe: ServiceUnderTest, content: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    answer = await probe.post("/raise", content=content, by=probe.caller("resident"), headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_who_has_no_right_or_no_token_is_refused(probe: ServiceUnderTest) -> None:
    body: dict[str, Any] = {"counter_id": str(uuid4())}
    assert (await probe.post("/raise", json=body)).status_code == 401
    assert (await probe.post("/raise", json=body, by=probe.caller("volunteer"))).status_code == 403
    forged = await probe.post("/raise", json=body, headers={"Authorization": "Bearer " + "a" * 9000})
    assert forged.status_code == 401
    assert (await probe.get("/nowhere")).status_code == 404
    assert (await probe.get("/raise")).status_code == 405


@pytest.mark.parametrize("key", ["", "\u00e9", "x" * 201, None])
async def test_a_key_that_cannot_be_one_is_named(probe: ServiceUnderTest, key: str | None) -> None:
    headers = {"Authorization": f"Bearer {probe.token(probe.caller('resident'))}"}
    if key is not None:
        headers["Idempotency-Key"] = key.encode("latin-1")  # type: ignore[assignment]
    answer = await probe.client.post("/raise", json={"counter_id": str(uuid4())}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "Idempotency-Key"


async def test_more_at_once_than_can_be_answered_are_turned_away_and_told_when_to_come_again(
    probe: ServiceUnderTest,
) -> None:
    by, most = probe.caller("resident"), AT_ONCE_PER_CONNECTION * probe.kit.settings.pool_size
    counters = [uuid4() for _ in range(most + 40)]
    calls = [
        asyncio.create_task(probe.post("/raise", json={"counter_id": str(each), "linger": 0.02}, by=by))
        for each in counters
    ]
    health = asyncio.create_task(probe.get("/livez"))
    answers = await asyncio.gather(*calls)
    away = [answer for answer in answers if answer.status_code != 201]
    assert (await health).status_code == 200
    assert len(away) == 40
    for answer in away:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["type"] == "/problems/overloaded"
    done = {each for each, answer in zip(counters, answers, strict=True) if answer.status_code == 201}
    for counter in counters:
        assert await _counts(probe, counter) == (counter in done)
    again = await probe.post("/raise", json={"counter_id": str(counters[-1])}, by=by)
    assert again.status_code == 201
