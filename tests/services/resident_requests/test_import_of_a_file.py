"""A city's file as `linli city import` sends it: whatever stands in it, it is gone through to its end."""

import csv
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_runtime.city_import import import_file, report_beside
from local_runtime.city_report import Outcome
from local_runtime.demo.client import Client
from platform_kit.app import LARGEST_BODY

from .conftest import Neighbourhood

HEAD = ("srnumber", "requesttype", "status", "createddate", "latitude", "longitude", "address", "nc")
NOTES = tuple(f"note{n}" for n in range(6))


@pytest.fixture
async def city(here: Neighbourhood) -> Neighbourhood:
    body: dict[str, Any] = {
        "zone": "UTC", "categories": {"Light": "streetlight"}, "states": {"Closed": "closed"}, "areas": {"1": str(here.unit)},
    }  # fmt: skip
    answer = await here.service.put("/import-sources/city", json=body, by=here.service.caller("operator"))
    assert answer.status_code == 200, answer.text
    return here


async def _run(city: Neighbourhood, file: Path, sizes: list[int] | None = None) -> list[Outcome]:
    """`sizes`: of the bodies of its calls, in bytes."""

    async def passed_on(request: httpx.Request) -> httpx.Response:
        if sizes is not None and request.method == "POST":
            sizes.append(len(request.content))
        headers = city.service.headers(city.worker) | {
            name: request.headers[name]
            for name in ("Idempotency-Key", "Content-Type")
            if name in request.headers
        }
        answer = await city.service.client.request(
            request.method, request.url.path.removeprefix("/api/v1"), content=request.content, headers=headers
        )
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    report = report_beside(file, "city")
    async with httpx.AsyncClient(
        base_url="http://gateway.test", transport=httpx.MockTransport(passed_on)
    ) as http:
        await import_file(Client(http), file, "city", report, lambda _: None)
    return list(report.outcomes())


def _row(number: int, *notes: str) -> list[str]:
    return [f"1-{number}", "Light", "Closed", "1/1/20 0:23", "34.005", "-118.263", "幸福路", "1", *notes]


def _written(file: Path, rows: list[list[str]], columns: tuple[str, ...] = HEAD) -> None:
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([columns, *rows])


async def test_what_is_refused_with_other_lines_in_it_names_them(city: Neighbourhood, tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    _written(file, [_row(1), _row(2), _row(3)])
    rows = file.read_text().splitlines()
    # One quote was forgotten in each of two lines, so that all between them is one field by the book.
    rows[1] = rows[1].replace("幸福路", '"幸福路')
    rows[2] = rows[2].replace("幸福路", '幸福路"')
    file.write_text("\n".join(rows))
    told = await _run(city, file)
    assert [(each.line, each.outcome) for each in told] == [(2, "refused"), (4, "imported")]
    assert told[0].errors[-1] == "line: it goes on to line 3"


async def test_lines_that_together_are_larger_than_a_call_go_in_several(
    city: Neighbourhood, tmp_path: Path
) -> None:
    file, sizes = tmp_path / "city.csv", list[int]()
    # All within what the service takes of each; 200 of them are 1.4 MB.
    wide = [_row(number, *["路" * 380] * 6) for number in range(200)]
    _written(file, wide, HEAD + NOTES)
    told = await _run(city, file, sizes)
    assert [each.outcome for each in told] == ["imported"] * 200
    assert len(sizes) == 2
    assert max(sizes) <= LARGEST_BODY < sum(sizes)
    # And as many as may be in one, where they are short.
    _written(file, [_row(number) for number in range(200)])
    sizes.clear()
    await _run(city, file, sizes)
    assert len(sizes) == 1


async def test_a_line_that_no_call_can_hold_is_refused_by_name_and_the_others_go_in(
    city: Neighbourhood, tmp_path: Path
) -> None:
    file = tmp_path / "city.csv"
    # Its fields are each within what can be read.
    _written(file, [_row(1, *[""] * 6), _row(2, *["路" * 100_000] * 6), _row(3, *[""] * 6)], HEAD + NOTES)
    told = await _run(city, file)
    assert [(each.line, each.outcome, each.errors) for each in told] == [
        (2, "imported", ()), (3, "refused", ("line: larger than a call may be",)), (4, "imported", ()),
    ]  # fmt: skip


async def test_what_no_row_of_the_service_can_be_is_refused_by_name(
    city: Neighbourhood, tmp_path: Path
) -> None:
    file = tmp_path / "city.csv"
    for columns, outcome in ((60, "imported"), (61, "refused")):
        more = columns - len(HEAD)
        _written(file, [_row(columns, *["x"] * more)], HEAD + tuple(f"c{n}" for n in range(more)))
        assert [each.outcome for each in await _run(city, file)] == [outcome]
    _written(file, [_row(1), [*_row(2)[:6], "幸福\x00路", "1"], _row(3)])
    told = await _run(city, file)
    assert [each.outcome for each in told] == ["imported", "refused", "imported"]
