"""Every topic of the house, gathered from the contracts: runtime, compose and Kubernetes all derive from this."""

from event_contracts import (  # noqa: F401 - importing a module declares its contracts
    community_registry,
    paid_services,
    relief_disbursement,
    resident_requests,
    volunteer_matching,
)
from event_contracts.base import CATALOG, Topic


def _topics() -> tuple[Topic, ...]:
    by_name: dict[str, Topic] = {}
    ours = (event for event in CATALOG.values() if event.__module__.startswith("event_contracts."))
    for event in ours:
        if by_name.setdefault(event.topic.name, event.topic) != event.topic:
            raise TypeError(f"topic {event.topic.name} is declared twice, differently")
    return tuple(sorted(by_name.values(), key=lambda topic: topic.name))


TOPICS = _topics()
