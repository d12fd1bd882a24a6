"""A resident asks for help, or somebody who may asks for them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from event_contracts.resident_requests import RequestSubmitted
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.problems import InvalidInput, NotFound, NotYours, Text
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import key_to_seal
from registry_replica.permitted import permitted
from resident_requests import store
from resident_requests.actions.find_unit import Where, find_unit
from resident_requests.actions.note_likeness import note_likeness
from resident_requests.actions.recall_filing import recall_filing
from resident_requests.actions.route_by_rule import route_by_rule
from resident_requests.policy import POLICY, STAFF
from resident_requests.problems import CategoryClosed, CategoryUnknown, IdTaken, WantedTimeEndsEarly
from resident_requests.rules.clocks import promised
from resident_requests.rules.emergency import Urgency, call_first
from resident_requests.rules.filing import may_be_made, print_of
from resident_requests.rules.likeness import Point, Similar, point_at
from resident_requests.rules.questions import checked
from resident_requests.rules.request import BY_STAFF, Channel, Request, State
from resident_requests.rules.routing import Facts
from resident_requests.rules.sealed import ADDRESS, ANSWERS, PRINT, WORDS
from resident_requests.store import Said

_NO_SUCH_ID = Text(
    "An id is a UUIDv7 that was made within the last 90 days.", "编号必须是最近 90 天内生成的 UUIDv7。"
)
_FUTURE = Text("It cannot have happened in the future.", "发生时间不能晚于现在。")


@dataclass(frozen=True, slots=True)
class Filed:
    """What is asked for, as it was sent. `author_id` is who wrote it down, when somebody else sends it."""

    resident_id: UUID
    category: str
    words: str
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    wanted_from: datetime | None = None
    wanted_until: datetime | None = None
    occurred_at: datetime | None = None
    channel: Channel = "app"
    urgency: Urgency = "normal"
    answers: Mapping[str, Any] = field(default_factory=dict)
    author_id: UUID | None = None

    @property
    def point(self) -> Point | None:
        return point_at(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`fresh`: it was not there before. `kept` is where other content that came under its id is kept beside it;
    `similar` what was there before and may be the same, of a private category the resident's own."""

    request: Request
    fresh: bool = False
    kept: UUID | None = None
    similar: Sequence[Similar] = ()


async def submit_request(
    tx: Tx, sealer: Sealer, filed: Filed, *, request_id: UUID | None = None, called: bool = False, by: Caller
) -> Outcome:
    """`request_id` was made on a device, which sends it until it is told that it has arrived: the same content again is the
    request that there is, other content is kept beside it for staff to look at."""
    found = await store.filing(tx, filed.resident_id, filed.category)
    whose, at = found.whose, found.at
    if whose is None or not await permitted(
        tx, by, POLICY["submit_request"], owner=whose.id, unit=whose.unit_id, at=at
    ):
        raise NotFound(what="resident", field="resident_id")
    key = await key_to_seal(tx, sealer, found.key)
    if request_id is not None and not may_be_made(request_id, at):
        raise InvalidInput(field="id", reason=_NO_SUCH_ID)
    content_print = None
    if request_id is not None:
        # Only what a device gave an id can come twice.
        sent = asdict(filed)
        content_print = sealer.digest(print_of(sent), for_=PRINT)
        earlier = await recall_filing(tx, request_id, sent, content_print, key=key, by=by)
        if earlier is not None:
            return Outcome(earlier[0], kept=earlier[1])
    if found.category is None:
        raise CategoryUnknown(field="category", category=filed.category)
    if not found.category.open:
        raise CategoryClosed(field="category", category=filed.category)
    call_first(found.category.call, filed.urgency, called=called)
    answers = checked(found.category.questions, filed.answers)
    _fits(filed, by, at)
    home = Where(whose.unit_id, found.unit_code, found.calendar)
    where = await find_unit(tx, home, found.category, filed.point)
    request = promised(
        Request(
            id=request_id or new_id(), case_number=found.case_number, resident_id=whose.id, filed_by=by.subject,
            unit_id=where.unit_id, category=filed.category, state=State.SUBMITTED, route=None, skill=None,
            wanted_from=filed.wanted_from, wanted_until=filed.wanted_until, assignee_id=None, resolved_at=None,
            occurred_at=filed.occurred_at or at, version=1, channel=filed.channel, urgency=filed.urgency,
            author_id=filed.author_id, category_version=found.category.version,
        ),
        found.category.promise, where.calendar, at,
    )  # fmt: skip
    said = Said(
        words=key.seal(filed.words, for_=WORDS),
        address=key.seal(filed.address, for_=ADDRESS) if filed.address else None,
        answers=key.seal(json.dumps(answers, ensure_ascii=False), for_=ANSWERS) if answers else None,
        latitude=filed.latitude,
        longitude=filed.longitude,
        content_print=content_print,
    )
    try:
        await store.insert_request(tx, request, said, at)
    except asyncpg.UniqueViolationError as taken:
        raise IdTaken(field="id") from taken
    similar = found.own
    if not found.category.private:
        # What lies in another unit is not shown any more to the worker who wrote it down.
        async with as_system(tx) if where.unit_id != whose.unit_id else nullcontext():
            similar = await note_likeness(tx, sealer, request, words=filed.words, point=filed.point)
    submitted = RequestSubmitted(
        request_id=request.id, resident_id=whose.id, unit_id=where.unit_id, case_number=found.case_number,
        category=filed.category, filed_by=filed.author_id or by.subject, occurred_at=request.occurred_at,
    )  # fmt: skip
    await publish(tx, submitted, version=1, at=at)
    facts = Facts(filed.category, where.code, filed.urgency, answers)
    request = await route_by_rule(tx, request, found.category, found.rules, facts, where.calendar, at)
    return Outcome(request, fresh=True, similar=similar)


def _fits(filed: Filed, by: Caller, at: datetime) -> None:
    """What staff write down is theirs to say: how it came to them, and who of them wrote it."""
    staff = by.has(*STAFF)
    if filed.channel in BY_STAFF and not staff:
        raise NotYours(field="channel")
    if filed.author_id is not None and not staff:
        raise NotYours(field="author_id")
    if filed.wanted_from and filed.wanted_until and filed.wanted_until <= filed.wanted_from:
        raise WantedTimeEndsEarly(field="wanted_until")
    if filed.occurred_at is not None and filed.occurred_at > at:
        raise InvalidInput(field="occurred_at", reason=_FUTURE)
