"""What staff work from, over HTTP: lists and figures, of all their units, of one of them, or of what one person was given; and who is
given it."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from platform_kit.clock import now
from platform_kit.edge import ByCaller, ForCaller, Read, refusals
from platform_kit.paging import Cursor, Limit
from platform_kit.problems import InvalidInput, Text
from resident_requests import actions, problems, schemas, store
from resident_requests.policy import POLICY
from resident_requests.rules.request import State
from resident_requests.schemas.work import AssigneeFiguresView, Assignment, FiguresView

router = APIRouter(tags=["gateway"])

_ONE_OF_TWO = Text("By state, or in the order of what is due.", "按状态筛选与按时限排序不能同时使用。")

Unit = Annotated[UUID | None, Query(description="with all below it; one that the caller reaches")]
Assignee = Annotated[Literal["me"] | UUID | None, Query(description="whoever was given it, or began with it")]


@router.get("/requests", response_model=schemas.RequestPage, responses=refusals())
async def list_requests(
    read: ForCaller,
    state: State | None = None,
    unit: Unit = None,
    assignee: Assignee = None,
    order: Literal["newest", "due"] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> schemas.RequestPage:
    """In the order `due`: what has been promised and whose clock runs, the most urgent first, in any state."""
    codes = await _scope(read, "list_requests", unit)
    whose = _person(read, assignee)
    if order == "due":
        if state is not None:
            raise InvalidInput(field="state", reason=_ONE_OF_TWO)
        found = await store.page_by_due(read.tx, codes, limit, cursor, assignee_id=whose)
    else:
        found = await store.page_for_staff(read.tx, codes, state, limit, cursor, assignee_id=whose)
    requests, following = found
    at, calendars = await now(read.tx), await store.calendars(read.tx, [each.unit_id for each in requests])
    conflicts = await store.count_conflicts(read.tx, [each.id for each in requests])
    items = [
        schemas.RequestView.of(
            each,
            time_left=schemas.TimeLeft.of(each, calendars[each.unit_id], at),
            conflicts=conflicts[each.id],
        )
        for each in requests
    ]
    return schemas.RequestPage(items=items, next=following)


@router.get("/requests/figures", response_model=list[FiguresView], responses=refusals())
async def read_figures(read: ForCaller, unit: Unit = None, assignee: Assignee = None) -> list[FiguresView]:
    """Counted over all that is open, whatever a page of a list holds."""
    codes = await _scope(read, "read_figures", unit)
    found = await store.figures(read.tx, codes, await now(read.tx), assignee_id=_person(read, assignee))
    return [FiguresView.model_validate(each) for each in found]


@router.get("/requests/figures/assignees", response_model=list[AssigneeFiguresView], responses=refusals())
async def read_assignee_figures(
    read: ForCaller, unit: Unit = None, assignee: Assignee = None
) -> list[AssigneeFiguresView]:
    """The same by who has it; `assignee_id` null: nobody has."""
    codes = await _scope(read, "read_assignee_figures", unit)
    found = await store.assignee_figures(
        read.tx, codes, await now(read.tx), assignee_id=_person(read, assignee)
    )
    return [AssigneeFiguresView.model_validate(each) for each in found]


@router.post("/requests/{request_id}/assign", response_model=schemas.RequestView,
             responses=refusals(problems.NotOfItsStaff))  # fmt: skip
async def assign_request(request_id: UUID, body: Assignment, command: ByCaller) -> Response:
    request = await actions.assign_request(command.tx, request_id, body.assignee_id, by=command.caller)
    return command.answer(schemas.RequestView.of(request))


async def _scope(read: Read, operation: str, unit: UUID | None) -> Sequence[str]:
    return await actions.narrow_scope(read.tx, POLICY[operation], read.caller, unit)


def _person(read: Read, assignee: Literal["me"] | UUID | None) -> UUID | None:
    return read.caller.subject if assignee == "me" else assignee
