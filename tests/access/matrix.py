"""Asks every operation as every principal, and compares with the page.

For each row: the denied first, all on one object; then a permitted one on that same object, which must succeed. So a denial is for
who asks, and every denied cell has its permitted twin. After each denied call the whole database is as it was.
"""

import json
import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from access.judged import Judged
from access.principals import PAST_THE_GATEWAY, named
from access.row import DENIED, Cell, Row
from access.world import Case, World, leaves

# A refusal is written down by design; nothing else may change.
_WITHOUT_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?![\d:.]|Z|[+-]\d\d)")
_WRITTEN_DOWN = re.compile(r"^(audit|refus|rate|throttl)")
_WANTED = {
    Cell.SIGN_IN: {401},
    Cell.HIDDEN: {403, 404},
    Cell.KNOWS: {403, 404},
    Cell.BARRED: {403, 404, 409},
}


async def judge(world: World, dsn: str, row: Row) -> Judged:
    """`dsn` is a superuser's for the world's own database: what changed is seen past every barrier."""
    connection = await asyncpg.connect(dsn)
    try:
        return await _Judge(world, row, connection).judge()
    finally:
        await connection.close()


class _Judge:
    def __init__(self, world: World, row: Row, connection: Any) -> None:
        self.world, self.row, self.connection = world, row, connection
        self.judged = Judged()

    async def judge(self) -> Judged:
        cells = self.row.cells()
        self.judged.cells = len(cells)
        case = await self._made()
        before = await self._snapshot()
        denied = await self._past_the_gateway(case)
        for name in (name for name, cell in cells.items() if cell in DENIED):
            denied += await self._denied(case, name, cells[name])
            after = await self._snapshot()
            if changed := [table for table in after if before.get(table) != after[table]]:
                self._fault(name, f"was refused, and yet {', '.join(changed)} changed")
            before = after
        for number, name in enumerate(name for name, cell in cells.items() if cell is Cell.MAY):
            if number and not self._reading:
                case = await self._made()
            succeeded = await self._permitted(case, name)
            if number == 0 and succeeded:
                # On the very object of the denied.
                self.judged.denied = denied
        for name, cell in cells.items():
            if cell in (Cell.UNSAID, Cell.UNSAID_SIGN_IN):
                await self._unsaid(case if self._reading else await self._made(), name, cell)
        return self.judged

    @property
    def _reading(self) -> bool:
        return self.row.operation.startswith("GET ")

    async def _made(self) -> Case:
        case: Case = await getattr(self.world, self.row.on)()
        return case

    async def _past_the_gateway(self, case: Case) -> int:
        """Of a service behind it: being on the network gives nothing, whoever's token one has."""
        if not self.world.service.service.behind_gateway:
            return 0
        self.judged.cells += len(PAST_THE_GATEWAY)
        denied = 0
        for name in PAST_THE_GATEWAY:
            answer = await self.world.asked_with(case, self.row.operation, name, by_gateway=False)
            if answer.status_code == 401:
                self._tells_nothing(case, name, answer)
                denied += 1
            else:
                self.judged.leaks += answer.is_success
                self._fault(
                    name, f"got {answer.status_code} past the gateway, should get 401: {answer.text[:200]}"
                )
        return denied

    async def _denied(self, case: Case, name: str, cell: Cell) -> bool:
        answer = await self._ask(case, name)
        if self._status(answer) not in _WANTED[cell]:
            self._fault(name, f"got {answer.status_code}, should get {cell}: {answer.text[:200]}")
            if answer.is_success:
                self.judged.leaks += 1
            return False
        self._tells_nothing(case, name, answer)
        if cell is Cell.HIDDEN and case.target is not None:
            nothing = case.about(str(uuid4()))
            there = await self._ask(nothing, name)
            hidden, missing = _said(answer, case), _said(there, nothing)
            if hidden != missing:
                self.judged.leaks += 1
                self._fault(name, f"learns that it exists: {hidden}, and {missing} for what does not exist")
        return True

    async def _permitted(self, case: Case, name: str) -> bool:
        answer = await self._ask(case, name)
        if not answer.is_success or self._status(answer) >= 400:
            self._fault(name, f"got {answer.status_code}, should get 2xx: {answer.text[:300]}")
            return False
        self._shows_what_is_theirs(case, name, await self._whole(case, name, answer))
        return True

    async def _unsaid(self, case: Case, name: str, cell: Cell) -> None:
        answer = await self._ask(case, name)
        status = self._status(answer)
        if status < 300:
            self._shows_what_is_theirs(case, name, await self._whole(case, name, answer))
        elif status in ({401} if cell is Cell.UNSAID_SIGN_IN else {403, 404}):
            self._tells_nothing(case, name, answer)
        else:
            self._fault(name, f"got {answer.status_code}, should get {cell}: {answer.text[:300]}")

    async def _ask(self, case: Case, name: str) -> httpx.Response:
        answer = await self.world.asked_with(case, self.row.operation, name)
        if answer.is_success and (bare := _WITHOUT_OFFSET.findall(answer.text)):
            # K73: whatever tells an instant says where its clock stands.
            self._fault(name, f"is told {bare[0]} without an offset")
        return answer

    def _status(self, answer: httpx.Response) -> int:
        """Of a call that refuses row by row: the refusal of its rows, when it did nothing."""
        if self.row.by_rows and answer.status_code == 200:
            body = answer.json()
            if body["refused"] == len(body["rows"]):
                return int((body["rows"][0].get("problem") or {}).get("status", 404))
        return answer.status_code

    async def _whole(self, case: Case, name: str, answer: httpx.Response) -> str:
        """All pages of a list, as one text."""
        texts = [answer.text]
        while (
            self._reading and self.row.sees and isinstance(page := answer.json(), dict) and page.get("next")
        ):
            following = replace(case, query={**case.query, "cursor": page["next"]})
            answer = await self._ask(following, name)
            texts.append(answer.text)
        return "\n".join(texts)

    def _tells_nothing(self, case: Case, name: str, answer: httpx.Response) -> None:
        sent = " ".join((*leaves(case.path), *leaves(case.json), *leaves(case.query)))
        body = "\n".join((_plain(answer.text), *answer.headers.values()))
        told = {each for secrets in self.world.secrets.values() for each in secrets if each in body}
        told |= {each for each in case.masked if each in body}
        if told := {each for each in told if each not in sent}:
            self.judged.leaks += 1
            self._fault(name, f"was refused and told {sorted(told)}")

    def _shows_what_is_theirs(self, case: Case, name: str, text: str) -> None:
        text = _plain(text)
        if not self.row.in_full and (shown := sorted(each for each in case.masked if each in text)):
            self.judged.leaks += 1
            self._fault(name, f"sees unmasked {shown}")
        hidden = case.withheld if name in named(self.row.withheld_from) else set[str]()
        if shown := sorted(each for each in hidden if each in text):
            self.judged.leaks += 1
            self._fault(name, f"sees what is withheld {shown}")
        if missing := sorted(each for each in case.withheld - hidden if each not in text):
            self._fault(name, f"does not see {missing}")
        seen = self.row.seen_by(name)
        if seen is None:
            return
        secrets = self.world.secrets
        for owner in ("A", "B"):
            others = set().union(*(secrets[other] for other in secrets if other != owner))
            if owner in seen:
                if missing := sorted(each for each in case.shows[owner] if each not in text):
                    self._fault(name, f"does not find {owner}'s {missing}")
            elif told := sorted(each for each in secrets[owner] - others - case.beside if each in text):
                self.judged.leaks += 1
                self._fault(name, f"sees {owner}'s {told[:5]}")
        if wrong := case.miscounted(text):
            self.judged.leaks += 1
            self._fault(name, wrong)

    def _fault(self, name: str, what: str) -> None:
        self.judged.faults.append(f"{self.world.service.service.name}: {self.row}: {name} {what}")

    async def _snapshot(self) -> dict[str, str]:
        """A digest of every table."""
        tables = await self.connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        names = [row["tablename"] for row in tables if not _WRITTEN_DOWN.match(row["tablename"])]
        digests = ", ".join(
            f"(SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" t)"
            for name in names
        )
        return dict(zip(names, await self.connection.fetchrow(f"SELECT {digests}"), strict=True))


def _plain(text: str) -> str:
    """JSON as people read it: its escapes would hide Chinese."""
    try:
        return "\n".join(json.dumps(json.loads(line), ensure_ascii=False) for line in text.splitlines())
    except ValueError:
        return text


def _said(answer: httpx.Response, case: Case) -> tuple[int, str | None, str]:
    """Status, version and body without the id that was asked for."""
    assert case.target is not None
    return answer.status_code, answer.headers.get("etag"), answer.text.replace(case.target, "<id>")
