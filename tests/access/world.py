"""A service with everybody in it, and the things that are made there for the matrix: the part that all worlds share."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import httpx

from access.principals import PLACES, RESIDENTS, People
from event_contracts.community_registry import (
    ConsentRecorded,
    HouseholdRegistered,
    ResidentRegistered,
    UnitOpened,
)
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.testing import ServiceUnderTest

# What tells something: it has a figure in it or is Chinese. Names of states and roles are neither; instants say nothing.
_TELLING = re.compile(r"[0-9\u4e00-\u9fff]")
_INSTANT = re.compile(r"\d{4}-\d{2}(-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?)?")


@dataclass(frozen=True)
class Case:
    """One call about one thing. `target` is the id by which the thing is asked for, wherever it stands in the call.

    `shows`: for lists, what must be there of whom. `masked`: what no answer may hold, whoever asks. `people` play
    principals' parts for this thing alone.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    """The body where it is a file itself."""
    shows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    """What a row's `withheld_from` are not shown, and whoever else may is."""
    beside: frozenset[str] = frozenset()
    """What is A's or B's and that others are rightly told of here: whom they act for, what they were offered."""
    people: Mapping[str, Caller] = field(default_factory=dict)
    miscounted: Callable[[str], str | None] = lambda _: None
    """What is wrong with the sums of the answer that it is given."""

    def about(self, other: str) -> "Case":
        """The same call about something else."""
        if self.target is None:
            raise ValueError("this call is about nothing in particular")
        return replace(
            self,
            path=_replaced(self.path, self.target, other),
            json=_replaced(self.json, self.target, other),
            query=_replaced(self.query, self.target, other),
            target=other,
        )


def _replaced(part: Any, old: str, new: str) -> Any:
    if isinstance(part, Mapping):
        return {key: _replaced(value, old, new) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_replaced(each, old, new) for each in part]
    return part.replace(old, new) if isinstance(part, str) else part


def leaves(part: Any) -> Iterator[str]:
    """Every text in an answer that could tell something."""
    if isinstance(part, Mapping):
        for value in part.values():
            yield from leaves(value)
    elif isinstance(part, list | tuple | set | frozenset):
        for value in part:
            yield from leaves(value)
    elif isinstance(part, str | UUID):
        text = str(part)
        if len(text) >= 4 and _TELLING.search(text) and not _INSTANT.fullmatch(text):
            yield text


class World:
    """One service's. A method named like a row's object makes a fresh one of it, or a `Case` about one that is there."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service
        self.people = People({name: uuid4() for name in PLACES})
        self.secrets: dict[str, set[str]] = defaultdict(set)
        """What is told of A's things and of B's, from the answers that made them."""

    async def settle(self) -> None:
        """Units, residents and consents, as the registry tells of them."""
        units, subjects = self.people.units, self.people.subjects
        for name, place in PLACES.items():
            await self.service.deliver(
                "registry_replica",
                UnitOpened(
                    unit_id=units[name], parent_id=units[place.parent] if place.parent else None, kind=place.kind,
                    code=place.code, name=f"单位 {name}", zone="Asia/Shanghai",
                ),
            )  # fmt: skip
        for name, (_, place) in RESIDENTS.items():
            await self.settle_in(subjects[name], place)
        async with self.service.tx() as tx:
            today = (await now(tx)).date()
        yesterday = today.fromordinal(today.toordinal() - 2)
        for delegate, until in (("delegate_a", None), ("agent_x", None), ("lapsed_delegate", yesterday)):
            await self.service.deliver(
                "registry_replica",
                ConsentRecorded(
                    resident_id=subjects["resident_a"], delegate_id=subjects[delegate], until_on=until
                ),
            )

    async def settle_in(self, resident_id: UUID, place: str) -> None:
        household_id, unit_id = uuid4(), self.people.units[place]
        await self.service.deliver(
            "registry_replica",
            HouseholdRegistered(household_id=household_id, unit_id=unit_id, members=1),
            ResidentRegistered(resident_id=resident_id, household_id=household_id, unit_id=unit_id),
        )

    async def newcomers(self) -> dict[str, Caller]:
        """Everybody who lives here, anew: for what a person can do only once."""
        fresh = {}
        for name, (roles, place) in RESIDENTS.items():
            fresh[name] = Caller(uuid4(), frozenset(roles.split()))
            await self.settle_in(fresh[name].subject, place)
        return fresh

    async def settled(self) -> Case:
        """What is there from the beginning."""
        return Case()

    async def audit(self) -> Case:
        """There is always something in it: whoever asks is written down before they are answered."""
        return Case()

    def id_of(self, name: str) -> str:
        return str(self.people.subjects[name])

    def told(self, owner: str, *parts: Any) -> None:
        """Where somebody lives is told of everybody else who lives there, too."""
        self.secrets[owner].update(set(leaves(parts)) - {str(unit) for unit in self.people.units.values()})

    async def call(self, method: str, path: str, by: str, /, **json: Any) -> Any:
        """A step on the way to the object: it must succeed."""
        answer = await self.ask(method, path, by, json=json or None)
        assert answer.is_success, f"{method} {path} by {by}: {answer.status_code} {answer.text}"
        return answer.json()

    async def ask(
        self,
        method: str,
        path: str,
        by: str,
        *,
        instead: Caller | None = None,
        by_gateway: bool = True,
        headers: Mapping[str, str] = MappingProxyType({}),
        **more: Any,
    ) -> httpx.Response:
        """As the gateway passes it on; without `by_gateway` as somebody else in the network would."""
        sent = {**headers, **self.people.authorization(by, instead), "Accept-Language": "en"}
        if by_gateway:
            # Its own identity alone: who the person is stands in the matrix's own token.
            sent |= self.service.headers(None)
        if method != "GET":
            sent["Idempotency-Key"] = str(uuid4())
        return await self.service.client.request(method, path, headers=sent, **more)

    async def asked_with(
        self, case: Case, operation: str, by: str, *, by_gateway: bool = True
    ) -> httpx.Response:
        method, template = operation.split(" ", 1)
        body: dict[str, Any] = {"json": case.json} if case.content is None else {"content": case.content}
        return await self.ask(
            method,
            template.format_map(case.path),
            by,
            instead=case.people.get(by),
            by_gateway=by_gateway,
            headers=case.headers,
            params=dict(case.query),
            **body,
        )
