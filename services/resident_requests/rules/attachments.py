"""Pictures of a request: while somebody may still need them, and only a few."""

from platform_kit.problems import WrongState
from resident_requests.problems import AttachmentsFull
from resident_requests.rules.request import OPEN, Request, State

MOST_ATTACHMENTS = 6


def next_number(request: Request, attached: int) -> int:
    """The number of one more, where there are so many; they are never taken away."""
    if request.state not in OPEN | {State.RESOLVED}:
        raise WrongState(state=request.state, wanted="attached to")
    if attached >= MOST_ATTACHMENTS:
        raise AttachmentsFull(most=MOST_ATTACHMENTS)
    return attached + 1
