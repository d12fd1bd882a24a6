"""One notification for each recipient, subject and occasion; how its sending goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from resident_gateway.rules.occasions import Audience, Occasion, Urgency
from resident_gateway.rules.quiet_hours import USUAL, QuietHours

# What is told a day late is shown to whom it is about, and rings nobody; what is a month old is not told at all. A topic that is
# read for the first time holds years.
NEWS, HISTORY = timedelta(hours=24), timedelta(days=30)
TRIES = 8
# Until then somebody else may not take what is being sent.
LEASE = timedelta(seconds=60)
# Somebody may be asked for by a worker in the minute in which they are registered: what the registry tells comes by another topic.
UNKNOWN = timedelta(minutes=10)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_NAMESPACE = UUID("6f0a3f0c-5d0b-5c0e-9c6e-6c696e6c6921")


@dataclass(frozen=True, slots=True)
class Subject:
    """What people are told about, as the last of its events says. `state_version` is the event that brought it into its state.

    `owner_id` is None for what is nobody's.
    """

    subject_id: UUID
    kind: str
    owner_id: UUID | None
    unit_id: UUID | None
    number: str | None
    state: str
    state_version: int
    version: int


@dataclass(frozen=True, slots=True)
class Preferences:
    """`quiet` None: at any hour. `sms`: whether messages are sent to their phone at all."""

    language: str = "zh"
    sms: bool = True
    quiet: QuietHours | None = USUAL


def notification_id(person_id: UUID, subject_id: UUID, occasion: str, instance: int) -> UUID:
    """The same for the same, wherever and however often it is made: the provider knows a message again by it.

    `instance` is the version of the event behind it: a second question is another occasion to tell.
    """
    return uuid5(_NAMESPACE, f"{person_id} {subject_id} {occasion} {instance}")


def is_news(happened_at: datetime, at: datetime) -> bool:
    return at - happened_at <= NEWS


def told_how(occasion: Occasion, happened_at: datetime, at: datetime) -> Urgency | None:
    """None: not at all. Staff have their work lists for what is old."""
    if is_news(happened_at, at):
        return occasion.urgency
    theirs = (
        occasion.to in (Audience.OWNER, Audience.JOINED, Audience.FOLLOWERS) and at - happened_at <= HISTORY
    )
    return Urgency.SHOWN if theirs else None


def pause_after(attempts: int) -> timedelta:
    """Twice as long each time, up to an hour."""
    return min(_FIRST_PAUSE * (1 << (attempts - 1)), _LONGEST_PAUSE)
