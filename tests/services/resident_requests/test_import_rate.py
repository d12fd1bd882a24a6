"""How fast reports come in, beside the same SQL statements run by asyncpg alone, in the same batches and the same run."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from event_contracts.community_registry import UnitOpened
from platform_kit import db
from platform_kit.testing import ServiceUnderTest, service_under_test
from proof.figures import Tell, proving

BATCH = 200
ROUNDS, BATCHES = (3, 20) if proving() else (1, 2)
BAR = 0.5
CATEGORIES = {"Graffiti": "graffiti", "Bulky Items": "bulky_items", "Encampment": "encampment"}
# Of one city's export every fiftieth is open; of a backlog that comes in, each.
OPEN = {"": 50, ", every row open": 1}
UNIT = UUID("018f0000-0000-7000-8000-000000000001")


class Recorder:
    """Every statement of a service's connections, in order, while it is `on`."""

    def __init__(self) -> None:
        self.on = False
        self.statements: list[tuple[str, Any]] = []

    def __call__(self, logged: Any) -> None:
        if self.on:
            assert logged.exception is None, logged
            self.statements.append((logged.query, logged.args))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made, prepare = Recorder(), db._prepare

    async def prepare_and_listen(connection: Any) -> None:
        await prepare(connection)
        connection.add_query_logger(made)

    monkeypatch.setattr(db, "_prepare", prepare_and_listen)
    return made


@asynccontextmanager
async def _described(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("resident_requests", servers.postgres_dsn) as service:
        opened = UnitOpened(
            unit_id=UNIT, parent_id=None, kind="community", code="01", name="幸福社区", zone="Asia/Shanghai"
        )
        await service.deliver("registry_replica", opened)
        body = {
            "zone": "Asia/Shanghai", "categories": CATEGORIES, "states": {"Closed": "closed", "Open": "submitted"},
            "areas": {}, "default_area": str(UNIT),
        }  # fmt: skip
        described = await service.put("/import-sources/city", json=body, by=service.caller("operator"))
        assert described.status_code == 200, described.text
        yield service


def _rows(first: int, open_each: int) -> list[dict[str, Any]]:
    kinds = list(CATEGORIES)
    return [
        {"line": number + 2, "values": {
            "srnumber": f"1-{number}", "requesttype": kinds[number % 3], "status": "Open" if number % open_each == 0 else "Closed",
            "createddate": f"1/{number % 28 + 1}/20 {number % 24}:{number % 60:02d}", "servicedate": "1/2/20 0:00",
            "closeddate": "1/2/20 8:43", "requestsource": "Call", "mobileos": "", "anonymous": "N", "assignto": "WV",
            "latitude": f"{30 + number % 997 / 9970:.4f}", "longitude": f"{114 + number % 991 / 9910:.4f}",
            "address": f"{number % 9000} block W VANOWEN ST, 91406", "zipcode": "91406", "nc": "19", "ncname": "LAKE BALBOA NC",
        }}
        for number in range(first, first + BATCH)
    ]  # fmt: skip


async def _imported(service: ServiceUnderTest, round_: int, open_each: int) -> float:
    """Seconds of a round, by HTTP: with events, the audit, stored answers, what is public, and whatever is done with each report."""
    bodies = [
        {"source": "city", "rows": _rows((round_ * BATCHES + batch) * BATCH, open_each)}
        for batch in range(BATCHES)
    ]
    operator = service.caller("operator")
    started = time.perf_counter()
    for body in bodies:
        answer = await service.post("/requests/import", json=body, by=operator)
        assert answer.json()["imported"] == BATCH, answer.text
    return time.perf_counter() - started


async def _run(connection: Any, statements: Sequence[tuple[str, Any]]) -> float:
    started = time.perf_counter()
    for query, args in statements:
        if isinstance(args, list):
            await connection.executemany(query, args)
        elif args:
            await connection.fetch(query, *args)
        else:
            await connection.execute(query)
    return time.perf_counter() - started


async def _held(service: ServiceUnderTest) -> list[Any]:
    async with service.tx() as tx:
        return await tx.fetch(
            """
            SELECT 'request' AS of, count(*) FROM request UNION ALL SELECT 'outbox', count(*) FROM outbox
            UNION ALL SELECT 'public', count(*) FROM public_report UNION ALL SELECT 'audit', count(*) FROM audit
            UNION ALL SELECT 'timer', count(*) FROM timer ORDER BY 1
            """
        )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rows", OPEN)
async def test_an_import_takes_at_most_twice_as_long_as_its_statements(
    servers: Any, recorder: Recorder, figure: Tell, rows: str
) -> None:
    async with _described(servers) as service, _described(servers) as plain:
        async with plain.tx() as tx:
            address = await tx.fetchval("SELECT current_database()")
        connection = await asyncpg.connect(
            plain.owner_dsn.replace(
                "linli_test_owner:linli_test_owner", "linli_test_service:linli_test_service"
            ),
            server_settings=db.SESSION,
        )
        assert await connection.fetchval("SELECT current_database()") == address
        await db._prepare(connection)
        ratios, rates = [], []
        for round_ in range(ROUNDS):
            recorder.statements.clear()
            recorder.on = True
            ours = await _imported(service, round_, OPEN[rows])
            recorder.on = False
            theirs = await _run(connection, list(recorder.statements))
            ratios.append(theirs / ours)
            rates.append((BATCHES * BATCH / ours, BATCHES * BATCH / theirs))
        await connection.close()
        assert await _held(service) == await _held(plain)
        if proving():
            ours, theirs = (median(each) for each in zip(*rates, strict=True))
            figure(
                f"import: rows/s of the service beside its statements alone{rows}",
                f"{median(ratios):.2f} ({ours:,.0f} beside {theirs:,.0f})", f">= {BAR}", met=median(ratios) >= BAR,
            )  # fmt: skip
