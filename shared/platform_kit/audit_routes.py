"""What auditors may ask every service: its audit, as pages and as CSV. That they asked is itself written down, before."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from platform_kit.audit_reading import Question, ask, csv_lines, entries
from platform_kit.edge import ForLook
from platform_kit.paging import Cursor, Limit, Page
from platform_kit.policy import ALL_FROM_TOP, each, policy
from platform_kit.schemas import Instant, Line, View

# Its rows carry no unit, so it is read as a whole: by an auditor of the whole house.
AUDIT_POLICY = policy({name: each("auditor", may=ALL_FROM_TOP) for name in ("read_audit", "export_audit")})
Actor = Annotated[UUID | None, Query(description="who did it")]
Subject = Annotated[UUID | None, Query(description="the resident whom it is about")]
Operation = Annotated[Line | None, Query(description="the route's name; `look` for looks at full values")]
From = Annotated[Instant | None, Query(alias="from", description="31 days before `to` unless given")]
To = Annotated[Instant | None, Query(description="not itself part of the period; now unless given")]
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "UTF-8 with a BOM"}
}


class AuditView(View):
    """`seq` is its place in the chain, null until it has one; `key_digest` is one of the caller's key, in hexadecimal."""

    id: UUID
    seq: int | None
    at: datetime
    service: str
    actor: UUID | None
    roles: list[str]
    subject: UUID | None
    operation: str
    object: dict[str, str]
    outcome: str
    status: int
    address: str | None
    correlation_id: str
    key_digest: str | None
    reason: str | None


def csv_headers(service: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="audit-{service}.csv"'}


def audit_router(service: str, root: str) -> APIRouter:
    """The paths carry the service's name: behind the gateway they all stand side by side."""
    router = APIRouter(prefix=f"{root}/audit", tags=["gateway"])

    @router.get(f"/{service}", response_model=Page[AuditView])
    async def read_audit(
        read: ForLook,
        actor: Actor = None,
        subject: Subject = None,
        operation: Operation = None,
        since: From = None,
        to: To = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[AuditView]:
        question = Question(since, to, actor, subject, operation)
        asked = await ask(read.tx, question, by=read.caller, how="read_audit")
        rows, following = await entries(read.tx, asked, limit=limit, cursor=cursor)
        return Page(items=[AuditView.model_validate(dict(row)) for row in rows], next=following)

    @router.get(f"/{service}.csv", response_class=StreamingResponse, responses=CSV)
    async def export_audit(
        read: ForLook,
        actor: Actor = None,
        subject: Subject = None,
        operation: Operation = None,
        since: From = None,
        to: To = None,
    ) -> StreamingResponse:
        question = Question(since, to, actor, subject, operation)
        asked = await ask(read.tx, question, by=read.caller, how="export_audit")
        return StreamingResponse(
            csv_lines(read.kit.db, asked),
            media_type="text/csv; charset=utf-8",
            headers=csv_headers(service),
        )

    return router
