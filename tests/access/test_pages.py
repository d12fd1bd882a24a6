"""The pages themselves: they speak of principals and objects that there are, and of every operation."""

import pytest

from access.houses import WORLDS, page
from access.row import Row, uncovered
from resident_gateway.forwarding import documents, operations

DOCUMENT = {"paths": {"/things": {"get": {}, "post": {"tags": ["elsewhere"]}}}}


@pytest.mark.parametrize("name", WORLDS)
def test_every_row_permits_somebody_and_its_object_can_be_made(name: str) -> None:
    rows = page(name)
    for row in rows:
        row.cells()
    assert [str(row) for row in rows if not hasattr(WORLDS[name], row.on)] == []
    assert len({str(row) for row in rows}) == len(rows), "a row stands twice"


def test_whatever_the_gateway_forwards_has_a_row_at_the_service_that_answers() -> None:
    told = {(name, row.operation) for name in WORLDS for row in page(name)}
    forwarded = {(each.service, f"{each.method} {each.path}") for each in operations(documents())}
    assert forwarded - told == set()


def test_an_operation_without_a_row_and_a_row_without_an_operation_are_named() -> None:
    rows = (Row("GET /things", on="things", may="operator"), Row("GET /nothing", on="things", may="operator"))
    assert uncovered(rows, [DOCUMENT]) == [
        "no row says who may POST /things",
        "a row speaks of GET /nothing, which is no operation",
    ]
    assert uncovered(rows[:1], [DOCUMENT], own="elsewhere") == []


@pytest.mark.parametrize(
    "row",
    [
        Row("GET /things", on="things"),
        Row("GET /things", on="things", may="operator", knows="operator"),
        Row("GET /things", on="things", may="operator", unsaid="everybody"),
    ],
)
def test_a_row_that_contradicts_itself_or_permits_nobody_is_refused(row: Row) -> None:
    with pytest.raises(ValueError, match=r"says two things|permits nobody"):
        row.cells()


def test_a_name_that_is_nobodys_is_refused() -> None:
    with pytest.raises(KeyError, match="neighbour"):
        Row("GET /things", on="things", may="neighbour").cells()
