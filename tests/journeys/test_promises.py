"""What was promised is kept or told upwards by the real timers, with the service that should have taken it up stopped."""

from collections.abc import Iterator

import pytest

from journeys.houses import house, wait_for
from journeys.town import Town, start, stop
from local_runtime.up import up

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with house() as built:
        up(built.home, lambda _: None, usual_ports=False)
        yield Town(built)


def test_with_the_volunteers_stopped_the_worker_the_street_and_the_district_are_told_once_each(
    town: Town,
) -> None:
    stop(town.house, "volunteer_matching")
    request = town.post("/requests", {"category": "errand", "words": "请帮我买药"}, town.resident)
    looked_at = town.post("/requests", {"category": "errand", "words": "请帮我买米"}, town.resident)
    town.post(f"/requests/{looked_at['id']}/triage", {"route": "volunteers"}, town.worker)
    # Three weeks at once: every deadline of theirs has passed, whatever holidays lie between.
    assert town.house.linli("clock", "advance", "21d").returncode == 0
    all_of_them = [
        f"{clock}_overdue {level}" for clock in ("response", "resolution") for level in ("street", "district")
    ]
    wait_for(
        lambda: town.told(request), lambda told: len(told) == 4, "both promises missed, both levels told"
    )
    assert town.told(request) == all_of_them
    wait_for(lambda: town.told(looked_at), lambda told: len(told) == 3, "not taken up, and not done in time")
    assert sorted(town.told(looked_at)) == ["not_taken_up worker", *sorted(all_of_them[2:])]
    due = town.get("/requests?order=due", town.street)["items"]
    assert {item["id"] for item in due} >= {request["id"], looked_at["id"]}
    assert all(item["time_left"]["resolution"] < 0 for item in due)
    # The volunteers come back, and what they are asked now tells nobody again.
    start(town.house, "volunteer_matching")
    town.house.settled()
    assert town.house.linli("clock", "advance", "30d").returncode == 0
    town.house.settled()
    assert town.told(request) == all_of_them
    assert len(town.told(looked_at)) == 3
    breaches = town.house.ask("resident_requests", "SELECT count(*) FROM breach")
    assert breaches == 6
