"""What another system left open is promised when it comes in: in the lists of what is due, told when it is missed, never all at once."""

from collections import Counter
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from event_contracts.community_registry import UnitOpened, WorkCalendarSet, WorkSpan
from event_contracts.resident_requests import RequestEscalated

from .conftest import Neighbourhood

HOUR = timedelta(hours=1)
ALL_DAY = ((WorkSpan(opens=time(0), closes=time(23, 59, 59)),),) * 7


async def _described(here: Neighbourhood, *others: UUID) -> None:
    """Working time is nearly all time: what a test expects can be counted by its clock."""
    await here.service.deliver(
        "registry_replica", WorkCalendarSet(unit_id=here.unit, hours=ALL_DAY, days=(), country=None)
    )
    body = {
        "zone": "UTC",
        "categories": {"Light": "streetlight"},
        "states": {"Open": "submitted", "Closed": "closed"},
        "areas": {str(area): str(unit) for area, unit in enumerate((here.unit, *others))},
    }
    operator = here.service.caller("operator")
    assert (await here.service.put("/import-sources/city", json=body, by=operator)).status_code == 200


async def _import(here: Neighbourhood, numbers: range, status: str = "Open", area: int = 0) -> list[str]:
    rows = [
        {"line": number + 2, "values": {
            "srnumber": f"{area}-{number}", "requesttype": "Light", "status": status, "createddate": "1/1/20 0:23",
            "latitude": "34.005", "longitude": "-118.263", "address": "x", "nc": str(area),
        }}
        for number in numbers
    ]  # fmt: skip
    body = {"source": "city", "rows": rows}
    answer = await here.service.post("/requests/import", json=body, by=here.service.caller("operator"))
    assert answer.json()["imported"] == len(numbers), answer.text
    return [row["case_number"] for row in answer.json()["rows"]]


async def _due(here: Neighbourhood) -> list[Any]:
    answer = await here.service.get("/requests?order=due&limit=100", by=here.worker)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_what_is_open_is_promised_from_when_it_came_and_stands_among_what_is_due(
    here: Neighbourhood,
) -> None:
    await _described(here)
    await _import(here, range(10, 13), "Closed")
    numbers = await _import(here, range(1))
    own = await here.submit(category="streetlight")
    late = await _import(here, range(1, 2))
    due = await _due(here)
    assert [each["case_number"] for each in due] == [*numbers, own["case_number"], *late]
    for promise in ("respond_by", "resolve_by"):
        imported, filed = (datetime.fromisoformat(each[promise]) for each in due[:2])
        assert abs(filed - imported) < timedelta(minutes=5), "what is filed now is promised as long"
    async with here.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM timer") == 3


async def test_of_a_backlog_one_begins_each_quarter_of_an_hour_over_all_batches(here: Neighbourhood) -> None:
    other = uuid4()
    opened = UnitOpened(
        unit_id=other, parent_id=None, kind="community", code="01/02/004", name="x", zone="Asia/Shanghai"
    )
    await here.service.deliver("registry_replica", opened)
    await _described(here, other)
    numbers = [*await _import(here, range(8)), *await _import(here, range(8, 12))]
    await _import(here, range(4), area=1)
    due = await _due(here)
    assert [each["case_number"] for each in due] == numbers, "in the order of the lines"
    by = [datetime.fromisoformat(each["respond_by"]) for each in due]
    # A second is missing to each day, and is no working time.
    steps = Counter(round((after - before) / timedelta(minutes=15)) for before, after in pairwise(by))
    assert steps == {1: 11}
    # Another community has turns of its own; and a turn that is long over waits for nobody.
    await here.service.advance(timedelta(days=1))
    [late] = await _import(here, range(20, 21))
    filed = await here.submit(category="streetlight")
    promised = {each["case_number"]: datetime.fromisoformat(each["respond_by"]) for each in await _due(here)}
    assert abs(promised[late] - promised[filed["case_number"]]) < timedelta(minutes=5)
    async with here.service.tx() as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM request WHERE unit_id = $1 AND due_at IS NOT NULL", other)
            == 4
        )


async def test_what_is_missed_is_told_by_the_usual_timers_and_a_few_at_a_time(here: Neighbourhood) -> None:
    await _described(here)
    await _import(here, range(20))
    [first, *_] = await _due(here)
    missed = datetime.fromisoformat(first["respond_by"])
    await here.service.fire_timers()
    assert not await here.service.published(RequestEscalated)
    async with here.service.tx() as tx:
        at = await tx.fetchval("SELECT linli_now()")
    await here.service.advance(missed - at + timedelta(minutes=62))
    await here.service.fire_timers()
    told = await here.service.published(RequestEscalated)
    assert {(each.data.why, each.data.level) for each in told} == {("response_overdue", "street")}
    assert len(told) == 5, "four more in an hour, of twenty"
    await here.service.fire_timers()
    assert len(await here.service.published(RequestEscalated)) == 5
    triaged = await here.service.post(
        f"/requests/{(await _due(here))[-1]['id']}/triage", json={"route": "department"}, by=here.worker
    )
    assert triaged.status_code == 200
    await here.service.advance(timedelta(days=2))
    await here.service.fire_timers()
    street = [each for each in await here.service.published(RequestEscalated) if each.data.level == "street"]
    responses = [each for each in street if each.data.why == "response_overdue"]
    assert len(responses) == 19, "somebody has looked at one"


async def test_a_source_that_is_described_anew_keeps_its_turn(here: Neighbourhood) -> None:
    await _described(here)
    await _import(here, range(8))
    await _described(here)
    await _import(here, range(8, 9))
    by = [datetime.fromisoformat(each["respond_by"]) for each in await _due(here)]
    assert by[-1] - by[0] >= 2 * HOUR
