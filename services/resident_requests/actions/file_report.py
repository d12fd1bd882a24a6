"""An application of others files a report: in a public category, by its key, and for no resident."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from event_contracts.resident_requests import RequestSubmitted
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.problems import InvalidInput, Text, TooManyRequests
from platform_kit.sealing import Sealer
from resident_requests import store
from resident_requests.actions.find_unit import Where, find_unit
from resident_requests.actions.note_likeness import note_likeness
from resident_requests.actions.route_by_rule import route_by_rule
from resident_requests.problems import KeyRefused, ServiceUnknown
from resident_requests.rules.category import Category
from resident_requests.rules.clocks import promised
from resident_requests.rules.filing import print_of
from resident_requests.rules.georeport import answers_of
from resident_requests.rules.likeness import Point, point_at
from resident_requests.rules.publicity import is_offered
from resident_requests.rules.questions import checked
from resident_requests.rules.request import Request, State
from resident_requests.rules.routing import Facts
from resident_requests.rules.sealed import ADDRESS, ANSWERS, OPEN311_KEY, PRINT, WORDS
from resident_requests.store import Open311Key, Said

_HOUR = timedelta(hours=1)
_NOWHERE = Text("Say where: lat and long, or address_string.", "请提供位置:lat 和 long,或 address_string。")


@dataclass(frozen=True, slots=True)
class Sent:
    """As the application sent it."""

    category: str
    words: str | None
    address: str | None
    latitude: float | None
    longitude: float | None
    attributes: Mapping[str, Sequence[str]]

    @property
    def point(self) -> Point | None:
        return point_at(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Taken:
    """`request_id` is None for what had come before."""

    key_id: UUID
    case_number: str
    category: Category
    request_id: UUID | None = None


async def file_report(tx: Tx, sealer: Sealer, sent: Sent, *, api_key: str | None) -> Taken:
    """It lies in the unit where its point is, or else in the key's. What the same key has sent with the same content on this day or the day before and is open is there already: such an
    application has no key of an intent, and sends again when it heard nothing. What has ended meanwhile has happened again."""
    if (sent.latitude is None) != (sent.longitude is None) or (sent.latitude is None and not sent.address):
        raise InvalidInput(field="lat", reason=_NOWHERE)
    async with as_system(tx):
        at = await now(tx)
        key = await _used(tx, sealer, api_key, at)
        content_print = sealer.digest(print_of(asdict(sent)), for_=PRINT)
        source = f"open311/{key.id}"
        numbers = [f"{day:%Y%m%d}/{content_print.hex()}" for day in (at, at - timedelta(days=1))]
        found = await store.filing_of_nobody(tx, key.unit_id, sent.category, source, numbers)
        if found.category is None or not is_offered(found.category):
            raise ServiceUnknown(field="service_code", service_code=sent.category)
        if found.stored is not None:
            return Taken(key.id, found.stored, found.category)
        if found.ended:
            await store.release_number(tx, source, numbers[0])
        home = Where(key.unit_id, found.unit_code, found.calendar)
        where = await find_unit(tx, home, found.category, sent.point)
        answers = checked(found.category.questions, answers_of(found.category.questions, sent.attributes))
        request = promised(
            Request(
                id=new_id(), case_number=found.case_number, resident_id=None, filed_by=key.id, unit_id=where.unit_id,
                category=sent.category, state=State.SUBMITTED, route=None, skill=None, wanted_from=None, wanted_until=None,
                assignee_id=None, resolved_at=None, occurred_at=at, version=1, channel="web",
                category_version=found.category.version,
            ),
            found.category.promise, where.calendar, at,
        )  # fmt: skip
        said = Said(
            words=sealer.seal(sent.words, for_=WORDS) if sent.words else None,
            address=sealer.seal(sent.address, for_=ADDRESS) if sent.address else None,
            answers=sealer.seal(json.dumps(answers, ensure_ascii=False), for_=ANSWERS) if answers else None,
            latitude=sent.latitude,
            longitude=sent.longitude,
            source=source,
            source_number=numbers[0],
        )
        await store.insert_request(tx, request, said, at)
        await note_likeness(tx, sealer, request, words=sent.words or "", point=sent.point)
        submitted = RequestSubmitted(
            request_id=request.id, resident_id=None, unit_id=request.unit_id, case_number=request.case_number,
            category=request.category, filed_by=key.id, occurred_at=at,
        )  # fmt: skip
        await publish(tx, submitted, version=1, at=at)
        facts = Facts(sent.category, where.code, request.urgency, answers)
        await route_by_rule(tx, request, found.category, found.rules, facts, where.calendar, at)
        return Taken(key.id, request.case_number, found.category, request.id)


async def _used(tx: Tx, sealer: Sealer, api_key: str | None, at: datetime) -> Open311Key:
    """The key, which may file one report more."""
    used = await store.use_key(tx, sealer.blind_index(api_key or "", for_=OPEN311_KEY), at)
    if used is None:
        raise KeyRefused(field="api_key")
    key, used_until = used
    if (wait := used_until - at - _HOUR) > timedelta():
        raise TooManyRequests(seconds=ceil(wait.total_seconds()))
    return key
