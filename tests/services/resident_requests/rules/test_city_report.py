"""What comes of a line whose number is there: the city says that it is over, says the same again, or something else."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resident_requests.rules.city_report import Known, Report, Source, compared, read
from resident_requests.rules.request import OPEN, State

SOURCE = Source(
    "city", "UTC", {"Light": "streetlight", "Lamp": "streetlight"},
    {"Open": "submitted", "Closed": "closed", "Cancelled": "withdrawn"}, {"1": UUID(int=3), "2": UUID(int=3)}, None,
)  # fmt: skip
LINE = {
    "srnumber": "1-1", "requesttype": "Light", "status": "Open", "createddate": "1/1/20 0:23", "updateddate": "",
    "latitude": "34.005", "longitude": "-118.263", "address": "x", "nc": "1",
}  # fmt: skip


def _read(**changed: str) -> Report:
    report = read(LINE | changed, SOURCE)
    assert isinstance(report, Report)
    return report


def _known(report: Report, state: State | None = None, *, kept: bool = True) -> Known:
    return Known(
        UUID(int=7), "000-000-000", report.content, report.facts if kept else None, report.state if kept else None,
        state or report.state, report.occurred_at, report.latitude, report.longitude,
    )  # fmt: skip


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("state", list(State))
def test_it_ends_once_and_only_what_is_open_here(state: State, kept: bool) -> None:
    known = _known(_read(), state, kept=kept)
    assert compared(_read(), known) == "already_there"
    over = compared(_read(status="Closed", updateddate="1/9/20 8:00"), known)
    # Of what came before it was kept nobody knows whether it came open.
    there = "already_there" if kept else "refused"
    assert over == ("ended" if state in OPEN else there)


@pytest.mark.parametrize(
    "change",
    [{"requesttype": "Lamp"}, {"createddate": "1/2/20 0:23"}, {"latitude": "34.1"}, {"longitude": "-118.2"}, {"address": "y"},
     {"nc": "2"}],
)  # fmt: skip
def test_whatever_was_reported_stays_as_it_was_reported(change: dict[str, str]) -> None:
    for status in ("Open", "Closed", "Cancelled"):
        assert compared(_read(status=status, **change), _known(_read())) == "refused"


@given(st.sampled_from(["Open", "Closed", "Cancelled"]), st.sampled_from(["Open", "Closed", "Cancelled"]))
def test_a_city_that_takes_back_or_changes_an_end_is_refused(first: str, then: str) -> None:
    came = compared(_read(status=then, updateddate="1/9/20 8:00"), _known(_read(status=first)))
    assert came == ("ended" if first == "Open" and then != "Open" else "refused")
