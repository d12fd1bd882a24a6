"""Staying signed in: a chain of refresh tokens, each good once; a second use of an old one ends them all (RFC 9700, 4.14.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

IDLE = timedelta(days=30)
LONGEST = timedelta(days=90)
# The answer to a renewal can be lost on its way (a lift, a weak signal), and then the old token is all that the person has.
# Asked again at once it gives the same successor as before: nobody is signed out for a lost answer, there is still one chain,
# and a thief gains nothing by it that the successor itself would not give.
GRACE = timedelta(seconds=60)
# A renewal each ten minutes for ninety days is 12,960. The bound is on what an old token costs us to recognise.
MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Session:
    """`secret_hash` is the keyed hash of the newest token's secret; `step` its number, from 0."""

    id: UUID
    account_id: UUID
    step: int
    secret_hash: bytes
    renewed_at: datetime
    ends_at: datetime
    ended_at: datetime | None


class Renewal(Enum):
    NEXT = "the newest token gives its successor"
    AGAIN = "the one before it, a moment ago: the same successor again"
    REUSED = "an old token came back: somebody else has it too"
    OVER = "the session has ended"


def renewal(session: Session, step: int, at: datetime) -> Renewal:
    """What an authentic token of this session gives at that instant."""
    if session.ended_at is not None or at >= min(session.ends_at, session.renewed_at + IDLE):
        return Renewal.OVER
    if step == session.step:
        return Renewal.NEXT if step < MOST_STEPS else Renewal.OVER
    if step == session.step - 1 and at < session.renewed_at + GRACE:
        return Renewal.AGAIN
    return Renewal.REUSED
