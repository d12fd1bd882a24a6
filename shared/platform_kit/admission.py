"""Who is let in: how often one principal may call, counted in this process's memory.

Each call is worth a piece of the minute; who has used up their minute waits for as long as a piece lasts. So there is no
window at whose edge twice as many get in, one number is kept for each principal, and the time to come again is known.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from time import monotonic

from starlette.types import Scope

from platform_kit.problems import TooManyRequests

# Given the call's scope and its headers by lower-case name; raises a Refusal that is answered before the body is read.
Admission = Callable[[Scope, Mapping[bytes, str]], Awaitable[None]]

MINUTE = 60.0
_NOTHING = 1e-6
_REMEMBERED = 50_000


class Rate:
    """At most `per_minute` at once, and as many in a minute; 0 is no limit. A refused call does not count."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._piece = MINUTE / per_minute if per_minute else 0.0
        self._clock = clock
        self._used_until: OrderedDict[str, float] = OrderedDict()

    def take(self, principal: str, share: int = 1) -> None:
        """One call of theirs, or of one of the `share` people who stand behind that name. Raises TooManyRequests."""
        if not self._piece:
            return
        now, piece = self._clock(), self._piece / share
        used_until = max(self._used_until.get(principal, now), now) + piece
        # The arithmetic of floats must not cost anybody their last call.
        if (wait := used_until - now - MINUTE - _NOTHING) > 0:
            raise TooManyRequests(seconds=ceil(wait))
        self._used_until[principal] = used_until
        self._used_until.move_to_end(principal)
        if len(self._used_until) > _REMEMBERED:
            # Whoever called longest ago; at worst they may call as often as somebody new.
            self._used_until.popitem(last=False)
