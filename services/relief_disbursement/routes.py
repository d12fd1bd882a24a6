"""Relief over HTTP: programmes, applications and their reviews, notices. The money has a file of its own."""

from uuid import UUID

from fastapi import APIRouter, Response

from platform_kit.bulk import Batch, BulkOutcome
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.edge import ByCaller, ForCaller, ForLook, refusals
from platform_kit.paging import Cursor, Limit, Page
from platform_kit.problems import NotFound, NotYours, WrongState
from platform_kit.subject_keys import subject_keys
from relief_disbursement import actions, problems, schemas, store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.application import POST_OF, State

router = APIRouter(tags=["gateway"])


@router.post(
    "/programmes",
    status_code=201,
    response_model=schemas.ProgrammeView,
    responses=refusals(problems.CodeTaken),
)
async def open_programme(body: schemas.NewProgramme, command: ByCaller) -> Response:
    programme = await actions.open_programme(
        command.tx,
        code=body.code,
        name=body.name,
        year=body.year,
        budget=body.budget,
        monthly=body.monthly,
        by=command.caller,
    )
    return command.answer(schemas.ProgrammeView.of(programme), status=201)


@router.get("/programmes", response_model=list[schemas.ProgrammeView])
async def list_programmes(read: ForCaller) -> list[schemas.ProgrammeView]:
    return [schemas.ProgrammeView.of(programme) for programme in await store.programmes(read.tx)]


@router.post(
    "/applications",
    status_code=201,
    response_model=schemas.ApplicationView,
    responses=refusals(
        NotFound,
        problems.AlreadyOpen,
        problems.ProgrammeEnded,
        problems.RequestNotWaiting,
        problems.AppliedForAlready,
    ),
)
async def file_application(body: schemas.NewApplication, command: ByCaller) -> Response:
    application = await actions.file_application(
        command.tx,
        command.kit.sealer,
        programme_id=body.programme_id,
        resident_id=body.resident_id,
        asked=body.asked,
        words=body.reason,
        payee_name=body.payee_name,
        bank_account=body.bank_account,
        submit=body.submit,
        request_id=body.request_id,
        by=command.caller,
    )
    return command.answer(schemas.ApplicationView.of(application), status=201)


@router.post(
    "/applications/reviews", response_model=BulkOutcome, responses=refusals(NotYours), tags=["expensive"]
)
async def decide_applications(body: schemas.Reviews, batch: Batch) -> Response:
    if not batch.caller.has(POST_OF[body.level]):
        raise NotYours()

    async def decide(tx: Tx, application_id: UUID) -> schemas.ApplicationView:
        application = await actions.decide_application(
            tx,
            batch.kit.sealer,
            application_id,
            level=body.level,
            decision=body.decision,
            reason=body.reason or "",
            by=batch.caller,
        )
        return schemas.ApplicationView.of(application)

    return batch.answer(await batch.each(body.ids, key=str, do=decide))


@router.get("/applications", response_model=Page[schemas.ApplicationListed])
async def list_applications(
    read: ForCaller, state: State | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.ApplicationListed]:
    codes = POLICY["list_applications"].unit_codes(read.caller)
    rows, following = await store.applications_in_scope(
        read.tx, codes, state=state, limit=limit, cursor=cursor
    )
    keys = await subject_keys(read.tx, read.kit.sealer, [row.resident_id for row, _ in rows])
    items = [schemas.ApplicationListed.masked(row, sealed, keys[row.resident_id]) for row, sealed in rows]
    return Page(items=items, next=following)


@router.get(
    "/applications/{application_id}", response_model=schemas.ApplicationDetail, responses=refusals(NotFound)
)
async def read_application(application_id: UUID, read: ForCaller) -> schemas.ApplicationDetail:
    application, opened = await actions.read_application(
        read.tx, read.kit.sealer, application_id, by=read.caller
    )
    return schemas.ApplicationDetail.of_opened(application, opened)


@router.post(
    "/applications/{application_id}/reveal",
    response_model=schemas.Revealed,
    responses=refusals(NotFound, NotYours),
)
async def reveal_application(application_id: UUID, body: schemas.Reveal, look: ForLook) -> schemas.Revealed:
    opened = await actions.reveal_application(
        look.tx, look.kit.sealer, application_id, body.parts, reason=body.reason, by=look.caller
    )
    return schemas.Revealed.model_validate(opened)


@router.post(
    "/applications/{application_id}/submit",
    response_model=schemas.ApplicationView,
    responses=refusals(NotFound, WrongState, problems.ProgrammeEnded, problems.AppliedForAlready),
)
async def submit_application(application_id: UUID, command: ByCaller) -> Response:
    application = await actions.submit_application(command.tx, application_id, by=command.caller)
    return command.answer(schemas.ApplicationView.of(application))


@router.post(
    "/applications/{application_id}/evidence",
    status_code=201,
    response_model=schemas.ApplicationView,
    responses=refusals(NotFound, WrongState),
)
async def add_evidence(application_id: UUID, body: schemas.NewEvidence, command: ByCaller) -> Response:
    application = await actions.add_evidence(
        command.tx, command.kit.sealer, application_id, body.note, by=command.caller
    )
    return command.answer(schemas.ApplicationView.of(application), status=201)


@router.post(
    "/applications/{application_id}/verify",
    response_model=schemas.ApplicationView,
    responses=refusals(NotFound, WrongState, problems.FiledByYou, problems.ReviewedByYou),
)
async def verify_application(application_id: UUID, command: ByCaller) -> Response:
    application = await actions.verify_application(command.tx, application_id, by=command.caller)
    return command.answer(schemas.ApplicationView.of(application))


@router.post(
    "/applications/{application_id}/review",
    response_model=schemas.ApplicationView,
    responses=refusals(
        NotFound, WrongState, problems.NoticeStillOpen, problems.FiledByYou, problems.ReviewedByYou
    ),
)
async def review_application(application_id: UUID, command: ByCaller) -> Response:
    application = await actions.review_application(command.tx, application_id, by=command.caller)
    return command.answer(schemas.ApplicationView.of(application))


@router.post(
    "/applications/{application_id}/approve",
    response_model=schemas.ApplicationView,
    responses=refusals(
        NotFound,
        WrongState,
        problems.BudgetExhausted,
        problems.GrantAboveCap,
        problems.FiledByYou,
        problems.ReviewedByYou,
    ),
)
async def approve_application(application_id: UUID, body: schemas.Approval, command: ByCaller) -> Response:
    application = await actions.approve_application(
        command.tx, application_id, granted=body.granted, by=command.caller
    )
    return command.answer(schemas.ApplicationView.of(application))


@router.post(
    "/applications/{application_id}/return",
    response_model=schemas.ApplicationView,
    responses=refusals(NotFound, NotYours, WrongState, problems.NoticeStillOpen, problems.ReviewedByYou),
)
async def return_application(application_id: UUID, body: schemas.Reason, command: ByCaller) -> Response:
    application = await actions.return_application(
        command.tx, command.kit.sealer, application_id, reason=body.reason, by=command.caller
    )
    return command.answer(schemas.ApplicationView.of(application))


@router.post(
    "/applications/{application_id}/reject",
    response_model=schemas.ApplicationView,
    responses=refusals(NotFound, NotYours, WrongState, problems.NoticeStillOpen, problems.ReviewedByYou),
)
async def reject_application(application_id: UUID, body: schemas.Reason, command: ByCaller) -> Response:
    application = await actions.reject_application(
        command.tx, command.kit.sealer, application_id, reason=body.reason, by=command.caller
    )
    return command.answer(schemas.ApplicationView.of(application))


@router.get("/notices", response_model=Page[schemas.NoticeView])
async def list_notices(read: ForCaller, limit: Limit = 50, cursor: Cursor = None) -> Page[schemas.NoticeView]:
    rows, following = await store.notices(read.tx, await now(read.tx), limit=limit, cursor=cursor)
    keys = await subject_keys(read.tx, read.kit.sealer, [row["resident_id"] for row in rows])
    return Page(
        items=[schemas.NoticeView.masked(row, keys[row["resident_id"]]) for row in rows], next=following
    )


@router.post(
    "/notices/{application_id}/objections",
    status_code=201,
    response_model=schemas.ObjectionView,
    responses=refusals(NotFound, WrongState, problems.NoticeOver),
)
async def object_to_notice(application_id: UUID, body: schemas.Objection, command: ByCaller) -> Response:
    application = await actions.object_to_notice(
        command.tx, command.kit.sealer, application_id, body.reason, by=command.caller
    )
    view = schemas.ObjectionView(application_id=application_id)
    return command.answer(view, status=201, about=[application.resident_id])
