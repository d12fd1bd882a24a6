"""What a service declares to listen: names, topics by handled types, and where a new listener starts."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from event_contracts.base import EventPayload
from platform_kit.db import Tx
from platform_kit.envelope import Received

Handler = Callable[[Tx, Received[Any]], Awaitable[object]]


class NotYet(Exception):
    """Raised by a handler that meets a reference it does not know: topics are not ordered among each other.

    The event is set aside with its aggregate and tried again until what it depends on has come.
    """


@dataclass(frozen=True)
class Consumer:
    """`start`: "beginning" replays the topics for a new consumer; "now" applies only what comes after its birth.

    `at_once`: people look at what it makes of an event. All others are given theirs in handfuls, about a tenth of a second late: one by
    one they would cost three times as much, at the very moment when somebody waits (decision 0031).

    The Kafka group is ``<service>.<name>``; a name is never reused.
    """

    name: str
    start: Literal["beginning", "now"]
    handlers: Mapping[type[EventPayload], Handler]
    at_once: bool = False

    def __post_init__(self) -> None:
        if not self.handlers:
            raise ValueError(f"consumer {self.name} handles nothing")

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted({event.topic.name for event in self.handlers}))

    @cached_property
    def _by_type(self) -> dict[str, Handler]:
        return {event.type: handler for event, handler in self.handlers.items()}

    def handler(self, event_type: str) -> Handler | None:
        return self._by_type.get(event_type)
