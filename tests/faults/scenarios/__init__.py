"""The scenarios, in the order of the issue that asked for them."""

from faults.scenario import Scenario
from faults.scenarios import (
    bad_events,
    callers,
    consumers_in_trouble,
    database,
    killed_at_points,
    overloaded,
    stale_relay,
    terminated,
    three_brokers,
    tidied,
)

ALL: tuple[Scenario, ...] = (
    *killed_at_points.SCENARIOS,
    *stale_relay.SCENARIOS,
    *three_brokers.SCENARIOS,
    *database.SCENARIOS,
    *bad_events.SCENARIOS,
    *consumers_in_trouble.SCENARIOS,
    *callers.SCENARIOS,
    *overloaded.SCENARIOS,
    *terminated.SCENARIOS,
    *tidied.SCENARIOS,
)
