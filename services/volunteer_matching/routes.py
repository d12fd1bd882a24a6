"""Volunteers over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from platform_kit.clock import now
from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.paging import Cursor, Limit
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted
from volunteer_matching import actions, problems, schemas, store
from volunteer_matching.policy import POLICY
from volunteer_matching.rules.task import State

router = APIRouter(tags=["gateway"])


@router.post("/volunteers", status_code=201, response_model=schemas.VolunteerView,
             responses=refusals(problems.AlreadyVolunteer))  # fmt: skip
async def register_volunteer(body: schemas.NewVolunteer, command: ByCaller) -> Response:
    volunteer = await actions.register_volunteer(
        command.tx, person_id=command.caller.subject, unit_id=body.unit_id, skills=body.skills
    )
    return command.answer(schemas.VolunteerView.model_validate(volunteer), status=201)


@router.get("/volunteers/me", response_model=schemas.VolunteerView, responses=refusals())
async def read_own_volunteer(read: ForCaller) -> schemas.VolunteerView:
    volunteer = await store.volunteer_of(read.tx, read.caller.subject)
    if volunteer is None:
        raise NotFound(what="volunteer")
    return schemas.VolunteerView.model_validate(volunteer)


@router.get("/volunteers/me/offers", response_model=list[schemas.OfferView])
async def list_own_offers(read: ForCaller) -> list[schemas.OfferView]:
    offers = await store.open_offers_of(read.tx, read.caller.subject)
    return [schemas.OfferView.model_validate(offer) for offer in offers]


@router.get("/volunteers/me/hours", response_model=schemas.HoursView)
async def read_own_hours(read: ForCaller) -> schemas.HoursView:
    return schemas.HoursView.model_validate(await store.hours_of(read.tx, read.caller.subject))


@router.post("/offers/{offer_id}/accept", response_model=schemas.TaskView,
             responses=refusals(problems.TaskTaken, problems.OfferGone, problems.TimeClash))  # fmt: skip
async def accept_offer(offer_id: UUID, command: ByCaller) -> Response:
    task = await actions.accept_offer(command.tx, offer_id, by=command.caller)
    return command.answer(schemas.TaskView.model_validate(task))


@router.post("/offers/{offer_id}/decline", response_model=schemas.TaskView,
             responses=refusals(problems.OfferGone))  # fmt: skip
async def decline_offer(offer_id: UUID, command: ByCaller) -> Response:
    task = await actions.decline_offer(command.tx, offer_id, by=command.caller)
    return command.answer(schemas.TaskView.model_validate(task))


@router.get("/tasks", response_model=schemas.TaskPage)
async def list_tasks(
    read: ForCaller, state: State | None = None, limit: Limit = 50, cursor: Cursor = None
) -> schemas.TaskPage:
    codes = POLICY["list_tasks"].unit_codes(read.caller)
    tasks, following = await store.page_for_staff(read.tx, codes, state, limit, cursor)
    return schemas.TaskPage(items=[schemas.TaskView.model_validate(task) for task in tasks], next=following)


@router.get("/tasks/{task_id}", response_model=schemas.TaskView, responses=refusals())
async def read_task(task_id: UUID, read: ForCaller) -> schemas.TaskView:
    task = await store.task(read.tx, task_id)
    holder = await store.holder(read.tx, task) if task else None
    if task is None or not await permitted(
        read.tx, read.caller, POLICY["read_task"], owner=task.resident_id, holder=holder, unit=task.unit_id,
        at=await now(read.tx),
    ):  # fmt: skip
        raise NotFound(what="task")
    return schemas.TaskView.model_validate(task)


@router.post("/tasks/{task_id}/check-in", response_model=schemas.TaskView, responses=refusals())
async def check_in(task_id: UUID, command: ByCaller) -> Response:
    task = await actions.check_in(command.tx, task_id, by=command.caller)
    return command.answer(schemas.TaskView.model_validate(task))


@router.post("/tasks/{task_id}/check-out", response_model=schemas.TaskView, responses=refusals())
async def check_out(task_id: UUID, command: ByCaller) -> Response:
    task = await actions.check_out(command.tx, task_id, by=command.caller)
    return command.answer(schemas.TaskView.model_validate(task))


@router.post("/tasks/{task_id}/cancel", response_model=schemas.TaskView, responses=refusals())
async def step_back(task_id: UUID, command: ByCaller) -> Response:
    task = await actions.step_back(command.tx, task_id, by=command.caller)
    return command.answer(schemas.TaskView.model_validate(task))


@router.post("/tasks/{task_id}/confirm", response_model=schemas.TaskView, responses=refusals())
async def confirm_task(task_id: UUID, command: ByCaller) -> Response:
    task = await actions.confirm_task(command.tx, task_id, by=command.caller)
    return command.answer(schemas.TaskView.model_validate(task))
