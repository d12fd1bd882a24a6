"""Who must be called first: nobody at Linli is quick enough for a fire, a crime or a heart."""

from typing import Literal

from resident_requests.problems import CallFirst

# Fire, police, ambulance.
Number = Literal["119", "110", "120"]
Urgency = Literal["normal", "urgent", "emergency"]


def call_first(number: Number | None, urgency: Urgency, *, called: bool) -> None:
    """CallFirst, until the caller says that they have; `number` is the category's own, if it has one. Whoever calls something an
    emergency without saying which is told all three."""
    if called or (number is None and urgency != "emergency"):
        return
    raise CallFirst(field="called", numbers=[number] if number else ["119", "110", "120"])
