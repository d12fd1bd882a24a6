"""Pictures of a request: while somebody may still need them, and only a few; which of them show what was done."""

from datetime import datetime
from typing import Literal

from platform_kit.problems import WrongState
from resident_requests.problems import AttachmentsFull
from resident_requests.rules.request import OPEN, Request, State

MOST_ATTACHMENTS = 6
# A volunteer or a provider who has it counts as staff here.
AddedBy = Literal["resident", "staff"]


def next_number(request: Request, attached: int) -> int:
    """The number of one more, where there are so many; they are never taken away."""
    if request.state not in OPEN | {State.RESOLVED}:
        raise WrongState(state=request.state, wanted="attached to")
    if attached >= MOST_ATTACHMENTS:
        raise AttachmentsFull(most=MOST_ATTACHMENTS)
    return attached + 1


def shows_what_was_done(request: Request, side: AddedBy, added_at: datetime) -> bool:
    """Somebody who works on it added it, after they began this time: what the resident showed was still to be done, and what was
    done the time before was not enough."""
    return side == "staff" and request.begun_at is not None and added_at >= request.begun_at
