"""Which pictures show what was done: of whoever works on it, since they began this time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from resident_requests.rules import request as rules
from resident_requests.rules.attachments import shows_what_was_done

from .test_request import NOW, SOMEBODY, SUBMITTED, VERBS, WORK

HOUR = timedelta(hours=1)


def test_only_what_whoever_works_on_it_added_since_they_began() -> None:
    triaged = VERBS["triage"](SUBMITTED)
    assigned = rules.assign(triaged, SOMEBODY, WORK, NOW + HOUR)
    begun = rules.start(assigned, NOW + 2 * HOUR)
    for request, since in (
        (assigned, 1),
        (begun, 2),
        (rules.start_themselves(triaged, triaged.filed_by, NOW + 3 * HOUR), 3),
    ):
        for hours in range(5):
            for side in ("resident", "staff"):
                shows = shows_what_was_done(request, side, NOW + hours * HOUR)  # type: ignore[arg-type]
                assert shows == (side == "staff" and hours >= since)


@pytest.mark.parametrize("again", ["reopen", "unassign"])
def test_what_was_done_the_time_before_is_not_what_is_done_now(again: str) -> None:
    assigned = rules.assign(VERBS["triage"](SUBMITTED), SOMEBODY, WORK, NOW)
    waits = (
        rules.unassign(assigned)
        if again == "unassign"
        else rules.reopen(rules.resolve(assigned, NOW), at=NOW, window=HOUR)
    )
    assert not shows_what_was_done(waits, "staff", NOW + HOUR)
    later = replace(waits, state=rules.State.TRIAGED)
    assert not shows_what_was_done(
        rules.start_themselves(later, later.filed_by, NOW + 2 * HOUR), "staff", NOW + HOUR
    )
