"""First pages of timelines as they were written last, kept in this process's memory.

One is shown again only when the database says, to whoever asks and at that moment, that its rows are the same: so nothing
has to tell this process of a change, of an erasure or of a right that ended, and nothing it misses can be shown.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias
from uuid import UUID

from platform_kit.acting import Acting
from platform_kit.db import Tx
from platform_kit.kit import Kit
from resident_gateway import store
from resident_gateway.schemas import TIMELINE_LENGTH
from resident_gateway.views.timeline import page_of, written

PAGES = "pages"
# The usual length, and no other: so nobody has more pages than there are languages, and each is of about 12 KB.
LENGTH = TIMELINE_LENGTH
MOST = 2_000
# What is not shown any more, as somebody's who was erased, is not held for long either.
KEPT_SECONDS = 600.0
DROPPED_EVERY_SECONDS = 30.0

Key: TypeAlias = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Page:
    print: int
    body: bytes
    since: float


class KeptPages:
    def __init__(self, most: int = MOST) -> None:
        self._most = most
        # In the order in which they were written.
        self._pages: OrderedDict[Key, Page] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pages)

    async def newest(self, tx: Tx, acting: Acting, person_id: UUID, *, language: str) -> bytes:
        """The first page of that person's timeline as `acting` may see it now, as JSON."""
        key = person_id, language
        page = self._pages.get(key)
        if page and page.print == await store.print_of_newest(tx, acting, person_id, LENGTH):
            return page.body
        rows, following, print_ = await store.newest(tx, acting, person_id, LENGTH)
        body = written(page_of(rows, following, fresh=True, language=language))
        self._pages.pop(key, None)
        self._pages[key] = Page(print_, body, monotonic())
        if len(self._pages) > self._most:
            self._pages.popitem(last=False)
        return body

    def drop(self, kept: float) -> None:
        """Those that were written more than `kept` seconds ago."""
        until = monotonic() - kept
        while self._pages and next(iter(self._pages.values())).since < until:
            self._pages.popitem(last=False)


@asynccontextmanager
async def open_pages(kit: Kit) -> AsyncIterator[None]:
    """Pages live as long as the api process: `kit.state[PAGES]`."""
    pages = kit.state[PAGES] = KeptPages()

    async def drop() -> None:
        while True:
            await asyncio.sleep(DROPPED_EVERY_SECONDS)
            pages.drop(KEPT_SECONDS)

    dropping = asyncio.create_task(drop())
    try:
        yield
    finally:
        dropping.cancel()
