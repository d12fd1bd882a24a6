"""Who did what is written down once, with what it tells of, or on its own when it was refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from platform_kit import audit_refusals, telemetry
from platform_kit.acting import Acting
from platform_kit.audit import Entry, record_look
from platform_kit.problems import InvalidInput
from platform_kit.testing import ServiceUnderTest

from .audit_rows import fill


def _told(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


async def test_a_command_leaves_one_row_that_says_who_did_what_to_whom_when_and_from_where(
    probe: ServiceUnderTest,
) -> None:
    by, resident = probe.caller("worker", "volunteer"), uuid4()
    headers = {"X-Caller-Address": "2001:DB8::1", "X-Correlation-Id": "call-17"}
    before = datetime.now(UTC)
    answer = await probe.post(f"/residents/{resident}/visits", json={}, by=by, key="k-1", headers=headers)
    assert answer.status_code == 201
    [row] = await probe.audited()
    assert before - timedelta(seconds=5) < row["at"] < datetime.now(UTC) + timedelta(seconds=5)
    assert _told(row, "service", "operation") == ("probe_service", "post_visit")
    assert _told(row, "actor", "roles") == (by.subject, ["volunteer", "worker"])
    assert row["subject"] == resident
    assert row["object"] == {"resident_id": str(resident), "id": str(resident)}
    assert _told(row, "outcome", "status", "reason") == ("done", 201, None)
    assert _told(row, "address", "correlation_id") == ("2001:db8::1", "call-17")
    assert len(row["key_digest"]) == 32
    assert b"k-1" not in row["key_digest"]


async def test_an_address_that_is_none_is_not_believed(probe: ServiceUnderTest) -> None:
    for given in ("everywhere", "1.2.3.4, 5.6.7.8", "'; --"):
        await probe.post(
            "/raise",
            json={"counter_id": str(uuid4())},
            by=probe.caller("resident"),
            headers={"X-Caller-Address": given},
        )
    assert {row["address"] for row in await probe.audited()} == {"127.0.0.1"}


async def test_a_call_made_again_under_its_key_leaves_no_second_row(probe: ServiceUnderTest) -> None:
    by, body = probe.caller("resident"), {"counter_id": str(uuid4())}
    answers = await asyncio.gather(*(probe.post("/raise", json=body, by=by, key="one") for _ in range(20)))
    assert 201 in {answer.status_code for answer in answers}
    await probe.post("/raise", json=body, by=by, key="one")
    assert [row["outcome"] for row in await probe.audited()] == ["done"]


@pytest.mark.parametrize(
    ("roles", "body", "outcome", "status"),
    [
        (("resident",), {}, "not-yours", 403),
        (("worker",), {"gone": True}, "not-found", 404),
        (("worker",), {"active": True}, "invalid-input", 422),
    ],
)
async def test_a_refused_command_leaves_one_row_with_its_reason(
    probe: ServiceUnderTest, roles: tuple[str, ...], body: Any, outcome: str, status: int
) -> None:
    by, resident = probe.caller(*roles), uuid4()
    answer = await probe.post(f"/residents/{resident}/visits", json=body, by=by)
    assert answer.status_code == status
    [row] = await probe.audited()
    assert _told(row, "actor", "subject", "operation") == (by.subject, resident, "post_visit")
    assert _told(row, "outcome", "status") == (outcome, status)
    assert row["object"] == {"resident_id": str(resident)}


async def test_a_refusal_of_the_domain_leaves_its_row_though_everything_else_is_rolled_back(
    probe: ServiceUnderTest,
) -> None:
    resident = uuid4()
    body = {"counter_id": str(uuid4()), "give_up": True, "resident_id": str(resident)}
    assert (await probe.post("/raise", json=body, by=probe.caller("resident"))).status_code == 422
    del body["resident_id"]
    assert (await probe.post("/raise", json=body, by=probe.caller("resident"))).status_code == 409
    first, second = await probe.audited()
    assert _told(first, "outcome", "status", "subject") == ("invalid-input", 422, resident)
    assert _told(second, "outcome", "status", "subject") == ("given-up", 409, None)
    async with probe.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM counter") == 0


async def test_what_was_typed_into_a_refused_path_is_not_kept(probe: ServiceUnderTest) -> None:
    by = probe.caller("worker")
    assert (await probe.post("/residents/13800138000/visits", json={}, by=by)).status_code == 422
    [row] = await probe.audited()
    assert "13800138000" not in repr(row)


async def test_nobodys_calls_and_calls_that_are_no_command_leave_nothing(probe: ServiceUnderTest) -> None:
    by, body = probe.caller("resident"), {"counter_id": str(uuid4())}
    assert (await probe.post("/raise", json=body)).status_code == 401
    assert (await probe.post("/raise", json=body, headers={"Authorization": "Bearer x"})).status_code == 401
    assert (await probe.post("/raise", json=body, by=by, key="é".encode("latin-1"))).status_code == 400  # type: ignore[arg-type]
    assert (await probe.post("/raise", content=b"{", by=by)).status_code in (400, 422)
    rows = [row for row in await probe.audited() if row["outcome"] != "invalid-input"]
    assert rows == []


async def test_what_fails_leaves_nothing(probe: ServiceUnderTest) -> None:
    """A commit that fails took its row with it: what did not happen is not told."""
    async with probe.owner() as tx:
        await tx.execute(
            "ALTER TABLE counter ADD CONSTRAINT no_twins UNIQUE (version) DEFERRABLE INITIALLY DEFERRED"
        )
    by = probe.caller("resident")
    assert (await probe.post("/raise", json={"counter_id": str(uuid4())}, by=by)).status_code == 201
    with pytest.raises(asyncpg.UniqueViolationError):
        await probe.post("/raise", json={"counter_id": str(uuid4())}, by=by)
    assert len(await probe.audited()) == 1
    async with probe.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM audit_waiting") == 1


async def test_each_row_of_a_bulk_leaves_its_own(probe: ServiceUnderTest) -> None:
    by, good, bad = probe.caller("resident"), uuid4(), UUID(int=0)
    body = {"ids": [str(good), str(bad)]}
    for _ in range(2):
        assert (await probe.post("/raise-many", json=body, by=by, key="b")).status_code == 200
    rows = await probe.audited()
    done = [row for row in rows if row["outcome"] == "done"]
    assert [row["object"] for row in done] == [{"row": str(good), "id": str(good)}]
    refused = [row for row in rows if row["outcome"] != "done"]
    # The refused one kept no answer, so it was tried, and refused, twice.
    assert [_told(row, "object", "outcome", "status") for row in refused] == [
        ({"row": str(bad)}, "not-found", 404)
    ] * 2
    assert (await probe.post("/raise-many", json=body, by=probe.caller("worker"))).status_code == 403
    assert _told((await probe.audited())[-1], "operation", "outcome") == ("post_raise_many", "not-yours")


async def test_signing_in_tells_who_it_turned_out_to_be_and_failing_to_tells_that(
    probe: ServiceUnderTest,
) -> None:
    somebody = uuid4()
    assert (await probe.client.post(f"/tickets?by={somebody}")).status_code == 200
    assert (await probe.client.post("/tickets")).status_code == 409
    right, wrong = await probe.audited()
    assert _told(right, "actor", "roles", "outcome", "status") == (somebody, ["resident"], "done", 200)
    assert _told(wrong, "actor", "roles", "outcome", "status") == (None, [], "given-up", 409)
    assert "secret" not in repr(right)


async def test_signing_in_that_is_taken_back_leaves_one_row_too_and_what_is_no_try_none(
    probe: ServiceUnderTest,
) -> None:
    by = probe.caller("worker")
    assert (await probe.client.post("/tickets?too_often=true")).status_code == 429
    assert (await probe.client.post("/tickets?by=nobody")).status_code == 422
    assert (await probe.client.post("/tickets", headers={"Authorization": "Bearer x"})).status_code == 401
    assert (await probe.post("/tickets?by=nobody", by=by)).status_code == 422
    nobodys, theirs = await probe.audited()
    assert _told(nobodys, "actor", "outcome", "status") == (None, "too-many-requests", 429)
    assert nobodys["object"] == {"account": "a digest"}
    assert _told(theirs, "actor", "outcome", "status") == (by.subject, "invalid-input", 422)


async def test_of_a_flood_of_refused_tries_only_so_many_wait_for_the_table(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_refusals, "PATIENCE_SECONDS", 0.05)
    async with probe.owner() as tx:
        await tx.execute("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
        answers = await asyncio.gather(*(probe.client.post("/tickets?too_often=true") for _ in range(30)))
        assert {answer.status_code for answer in answers} == {429}
        assert probe.kit.db.in_use() <= 2
    async with asyncio.timeout(30):
        while len(await probe.audited()) < 30:
            await asyncio.sleep(0.01)


async def test_a_look_is_written_down_with_its_reason_and_none_is_taken_without(
    probe: ServiceUnderTest,
) -> None:
    by, resident, run = probe.caller("finance"), uuid4(), uuid4()
    async with probe.kit.db.connection() as connection:
        await record_look(
            connection, actor=by, subject=resident, what="resident.id_number", reason=" 核对身份 ", run_id=run
        )
        for reason in ("", "  ", "x" * 501):
            with pytest.raises(InvalidInput) as refused:
                await record_look(connection, actor=by, subject=resident, what="x", reason=reason)
            assert refused.value.field == "reason"
    [row] = await probe.audited()
    assert _told(row, "operation", "actor", "subject", "reason") == ("look", by.subject, resident, "核对身份")
    assert row["object"] == {"what": "resident.id_number", "run_id": str(run)}


async def test_no_more_is_sent_to_the_database_for_a_command_than_its_answer_needs(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look for an earlier answer, and ONE statement that keeps the answer and the row; the key's lock comes with BEGIN."""
    asked: list[str] = []
    transaction = probe.kit.db.transaction

    @asynccontextmanager
    async def noted(acting: Acting, *, lock: int | None = None) -> AsyncIterator[Any]:
        assert lock is not None
        async with transaction(acting, lock=lock) as tx:
            with tx.query_logger(lambda query: asked.append(query.query.split()[0])):
                yield tx

    monkeypatch.setattr(probe.kit.db, "transaction", noted)
    by = probe.caller("worker")
    assert (await probe.post(f"/residents/{uuid4()}/visits", json={}, by=by)).status_code == 201
    assert asked == ["SELECT", "WITH"]


async def test_a_refusal_that_cannot_be_written_down_is_answered_all_the_same_and_counted(
    probe: ServiceUnderTest,
) -> None:
    lost = telemetry.AUDIT_LOST.labels("probe_service")
    before = lost._value.get()
    async with probe.owner() as tx:
        await tx.execute("ALTER TABLE audit ADD CONSTRAINT nothing_refused CHECK (outcome = 'done')")
    body = {"gone": True}
    answer = await probe.post(f"/residents/{uuid4()}/visits", json=body, by=probe.caller("worker"))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert lost._value.get() == before + 1
    assert await probe.audited() == []


async def test_a_table_that_cannot_be_written_holds_a_refusal_up_for_a_moment_only(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody locks the table: refusals are answered meanwhile, all of them on one connection, and stand there afterwards."""
    monkeypatch.setattr(audit_refusals, "PATIENCE_SECONDS", 0.05)
    by = probe.caller("worker")
    async with probe.owner() as tx:
        await tx.execute("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
        calls = [probe.post(f"/residents/{uuid4()}/visits", json={"gone": True}, by=by) for _ in range(30)]
        answers = await asyncio.gather(*calls)
        assert {answer.status_code for answer in answers} == {404}
        assert probe.kit.db.in_use() <= 2
    async with asyncio.timeout(30):
        while len(await probe.audited()) < 30:
            await asyncio.sleep(0.01)


async def test_refusals_beyond_a_bound_are_told_by_the_log_instead_of_filling_the_memory(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_refusals, "MOST_WAITING", 10)
    monkeypatch.setattr(audit_refusals, "PATIENCE_SECONDS", 0.05)
    lost = telemetry.AUDIT_LOST.labels("probe_service")
    before = lost._value.get()
    entry = Entry(operation="x", caller=probe.caller("worker"))
    async with probe.owner() as tx:
        await tx.execute("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
        notes = probe.kit.refusals
        await notes.note(probe.kit.db, [entry])
        await asyncio.gather(*(notes.note(probe.kit.db, [entry]) for _ in range(25)))
    assert lost._value.get() == before + 15
    async with asyncio.timeout(30):
        while len(await probe.audited()) < 11:
            await asyncio.sleep(0.01)


def _as_superuser(dsn: str, probe: ServiceUnderTest) -> str:
    return urlsplit(dsn)._replace(path=urlsplit(probe.owner_dsn).path).geturl()


@pytest.mark.parametrize("table", ["audit", "audit_chain"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "DELETE FROM {} WHERE false", "TRUNCATE {}"]
)
async def test_what_stands_in_the_audit_stays_even_for_its_owner(
    probe: ServiceUnderTest, servers: Any, table: str, statement: str
) -> None:
    await fill(probe, 2)
    column = {"audit": "status", "audit_chain": "seq"}[table]
    for setting in ("origin", "replica"):
        connection = await asyncpg.connect(_as_superuser(servers.postgres_dsn, probe))
        try:
            await connection.execute(f"SET session_replication_role = {setting}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                await connection.execute(statement.format(table, column, column))
        finally:
            await connection.close()
    assert len(await probe.audited()) == 2


async def test_only_ids_can_be_named_as_what_it_was_done_to(probe: ServiceUnderTest) -> None:
    for value in ('{"n": 1}', '{"n": null}', '{"n": ["x"]}', '{"n": {"m": "x"}}'):
        with pytest.raises(asyncpg.CheckViolationError):
            async with probe.tx() as tx:
                await tx.execute(
                    "INSERT INTO audit (roles, operation, object, outcome, status, correlation_id)"
                    f" VALUES ('{{}}', 'x', '{value}', 'done', 200, '')"
                )
