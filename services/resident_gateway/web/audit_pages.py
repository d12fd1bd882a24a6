"""The audit as auditors read it: one service at a time, by person, operation and day, and the same as CSV."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from platform_kit import edge
from platform_kit.audit import uuid_or_none
from platform_kit.audit_reading import Question, ask, csv_lines, entries
from platform_kit.audit_routes import AUDIT_POLICY, AuditView, csv_headers
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.kit import Kit
from platform_kit.paging import Cursor, Page
from platform_kit.problems import NotFound, NotYours
from resident_gateway import clients, store
from resident_gateway.forwarding import origin_headers, streamed_answer
from resident_gateway.web.pages import _HEADERS, ACCESS, _caller, _page

router = APIRouter(include_in_schema=False)

OWN = "resident_gateway"
Typed = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Filters:
    """The form as it was sent; empty is any. What is no number, or no day, finds nothing, and the page says so."""

    service: str
    actor: str
    operation: str
    day: str

    def readable(self) -> bool:
        return not (self.actor and uuid_or_none(self.actor) is None) and not (
            self.day and _day(self.day) is None
        )

    def question(self, zone: ZoneInfo) -> Question:
        day = _day(self.day)
        since = datetime.combine(day, time(), zone) if day else None
        until = datetime.combine(day + timedelta(days=1), time(), zone) if day else None
        return Question(since, until, uuid_or_none(self.actor), None, self.operation or None)

    def query(self, **more: str) -> str:
        named = {"service": self.service, "actor": self.actor, "operation": self.operation, "day": self.day}
        return urlencode({name: value for name, value in (named | more).items() if value})


def _filters(service: Typed = OWN, actor: Typed = "", operation: Typed = "", day: Typed = "") -> Filters:
    return Filters(service, actor.strip(), operation.strip(), day.strip())


Asked = Annotated[Filters, Depends(_filters)]


@router.get("/audit")
async def audit_page(request: Request, asked: Asked, cursor: Cursor = None) -> Response:
    kit, caller = cast(Kit, request.app.state.kit), _auditor(request)
    if caller is None:
        return RedirectResponse("/stay?to=/audit", 303, headers=_HEADERS)
    zone = await _zone(kit, caller)
    page = Page[AuditView](items=[])
    if asked.readable():
        found = await _entries(request, kit, caller, asked, zone, cursor)
        if isinstance(found, Response):
            return found
        page = found
    services = [OWN, *kit.state[clients.CLIENTS]]
    return _page(request, "audit.html", asked=asked, services=services, page=page, zone=zone)


@router.get("/audit.csv")
async def audit_csv(request: Request, asked: Asked) -> Response:
    kit, caller = cast(Kit, request.app.state.kit), _auditor(request)
    if caller is None or not asked.readable():
        return RedirectResponse("/stay?to=/audit", 303, headers=_HEADERS)
    question = asked.question(await _zone(kit, caller))
    if asked.service != OWN:
        return await streamed_answer(
            *_forwarded(request, kit, asked.service, f"{asked.service}.csv", question)
        )
    async with _reading(kit, caller) as tx:
        put = await ask(tx, question, by=caller, how="export_audit")
    return StreamingResponse(
        csv_lines(kit.db, put), media_type="text/csv; charset=utf-8", headers=csv_headers(OWN)
    )


async def _entries(
    request: Request, kit: Kit, caller: Caller, asked: Filters, zone: ZoneInfo, cursor: str | None
) -> Page[AuditView] | Response:
    """A page; or what the service answered instead."""
    question = asked.question(zone)
    if asked.service == OWN:
        async with _reading(kit, caller) as tx:
            put = await ask(tx, question, by=caller, how="read_audit")
            rows, following = await entries(tx, put, limit=50, cursor=cursor)
        return Page(items=[AuditView.model_validate(dict(row)) for row in rows], next=following)
    client, call = _forwarded(request, kit, asked.service, asked.service, question, cursor)
    answer = await clients.ask(client, call)
    if answer.status_code != 200:
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))
    return Page[AuditView].model_validate(orjson.loads(answer.content))


def _forwarded(
    request: Request, kit: Kit, service: str, path: str, question: Question, cursor: str | None = None
) -> tuple[clients.Client, clients.Call]:
    """The same question to a service, as this person: it looks for itself whether they may."""
    client: clients.Client | None = kit.state[clients.CLIENTS].get(service)
    if client is None:
        raise NotFound(what="service")
    named: dict[str, Any] = {
        "from": question.since and question.since.isoformat(),
        "to": question.until and question.until.isoformat(),
        "actor": question.actor,
        "operation": question.operation,
        "cursor": cursor,
    }
    query = urlencode({name: value for name, value in named.items() if value}).encode()
    headers = {"authorization": f"Bearer {request.cookies[ACCESS]}", **origin_headers(client)}
    return client, clients.Call("GET", f"/audit/{path}", query, headers, b"")


def _auditor(request: Request) -> Caller | None:
    """None for nobody; NotYours for anybody else."""
    caller = _caller(request)
    if caller is not None and not AUDIT_POLICY["read_audit"].lets_in(caller):
        raise NotYours
    return caller


def _reading(kit: Kit, caller: Caller) -> AbstractAsyncContextManager[Tx]:
    return edge.Question(kit=kit, asker=caller, language="zh").reading()


async def _zone(kit: Kit, caller: Caller) -> ZoneInfo:
    async with _reading(kit, caller) as tx:
        return ZoneInfo(await store.zone_of(tx, caller.subject))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2199 else None
