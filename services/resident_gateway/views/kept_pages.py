"""First pages of timelines as they were written last, kept in this process's memory.

One is shown again only when the database says, to whoever asks and at that moment, that its rows are the same: so nothing
has to tell this process of a change, of an erasure or of a right that ended, and nothing it misses can be shown.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias
from uuid import UUID

from platform_kit.acting import Acting
from platform_kit.db import Tx
from resident_gateway import store
from resident_gateway.views.timeline import written

# Of about 12 KB each.
MOST = 2_000
# What is not shown any more is not held for long either.
KEPT_SECONDS = 600.0

Key: TypeAlias = tuple[UUID, int, str]


@dataclass(frozen=True, slots=True)
class Page:
    print: int
    body: bytes
    until: float


class KeptPages:
    def __init__(self, most: int = MOST, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._clock = most, clock
        # In the order in which they were written.
        self._pages: OrderedDict[Key, Page] = OrderedDict()

    async def newest(self, tx: Tx, acting: Acting, person_id: UUID, *, limit: int, language: str) -> bytes:
        """The first page of that person's timeline as `acting` may see it now, as JSON."""
        self._drop(self._most)
        key = person_id, limit, language
        page = self._pages.get(key)
        if page and page.print == await store.print_of_newest(tx, acting, person_id, limit):
            return page.body
        rows, following, print_ = await store.newest(tx, acting, person_id, limit)
        body = written(rows, following, fresh=True, language=language)
        self._pages.pop(key, None)
        self._drop(self._most - 1)
        self._pages[key] = Page(print_, body, self._clock() + KEPT_SECONDS)
        return body

    def _drop(self, most: int) -> None:
        """All whose time is over, and the oldest until `most` are left."""
        now = self._clock()
        while self._pages:
            oldest = next(iter(self._pages.values()))
            if len(self._pages) <= most and oldest.until > now:
                break
            self._pages.popitem(last=False)
