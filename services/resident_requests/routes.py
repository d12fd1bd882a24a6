"""Resident requests over HTTP."""

import base64
import json
from datetime import timedelta
from typing import Annotated, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from platform_kit import masking
from platform_kit.calls import SeenVersion
from platform_kit.clock import now
from platform_kit.edge import Brings, ByCaller, Command, ForCaller, Read, commands, refusals
from platform_kit.paging import Cursor, Limit
from platform_kit.picture_parts import TooManyScans
from platform_kit.pictures import (
    PICTURE_ANSWER,
    PICTURE_BODY,
    NotAPicture,
    PictureTooLarge,
    PictureUnreadable,
    drawn_anew,
)
from platform_kit.problems import ChangedMeanwhile, NotFound, NotYours, VersionMissing
from resident_requests import actions, problems, schemas, store
from resident_requests.policy import POLICY
from resident_requests.rules.attachments import MOST_ATTACHMENTS
from resident_requests.rules.category import Category
from resident_requests.rules.questions import Option, Question
from resident_requests.rules.request import Request
from resident_requests.rules.sealed import ATTACHMENT_CONTENT, ATTACHMENT_NAME, CONFLICT
from resident_requests.schemas.together import Resolution, SimilarView
from resident_requests.settings import RequestSettings

router = APIRouter(tags=["gateway"])

WithPicture = Annotated[Command, commands(brings=Brings(drawn_anew, actions.may_attach))]

CategoryCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
FileName = Annotated[str, Query(max_length=400)]
AttachmentNumber = Annotated[int, Path(ge=1, le=MOST_ATTACHMENTS)]


@router.get("/categories", response_model=list[schemas.CategoryView])
async def list_categories(read: ForCaller) -> list[schemas.CategoryView]:
    return [schemas.CategoryView.model_validate(category) for category in await store.categories(read.tx)]


@router.put("/categories/{code}", response_model=schemas.CategoryView,
            responses=refusals(ChangedMeanwhile, VersionMissing))  # fmt: skip
async def set_category(
    code: CategoryCode, body: schemas.NewCategory, command: ByCaller, version: SeenVersion
) -> Response:
    """A new one has been seen at version "0"."""
    questions = tuple(
        Question(
            **question.model_dump(exclude={"options"}),
            options=tuple(Option(**option.model_dump()) for option in question.options),
        )
        for question in body.questions
    )
    wanted = Category(
        code=code, version=version, **body.model_dump(exclude={"questions"}), questions=questions
    )
    category = await actions.set_category(command.tx, wanted, by=command.caller)
    return command.answer(schemas.CategoryView.model_validate(category))


@router.post(
    "/requests",
    status_code=201,
    response_model=schemas.RequestFiled,
    responses=refusals(
        problems.CategoryUnknown,
        problems.CategoryClosed,
        problems.CallFirst,
        problems.IdTaken,
        problems.OtherFilingsFull,
        NotYours,
    )
    | {
        200: {"model": schemas.RequestFiled, "description": "It had arrived before."},
        202: {"model": schemas.ConflictView, "description": "Other content under an id that there was."},
    },
)
async def submit_request(body: schemas.NewRequest, command: ByCaller) -> Response:
    filed = actions.Filed(
        **body.model_dump(exclude={"id", "place", "called", "resident_id"}),
        **body.place.model_dump(),
        resident_id=body.resident_id or command.caller.subject,
    )
    outcome = await actions.submit_request(
        command.tx, command.kit.sealer, filed, request_id=body.id, called=body.called, by=command.caller
    )
    if outcome.kept is not None:
        view = schemas.RequestView.of(outcome.request)
        both = schemas.ConflictView(kept=outcome.kept, request=view)
        return command.answer(both, status=202, about=[view.resident_id])
    similar = tuple(SimilarView.model_validate(each) for each in outcome.similar)
    filed_view = schemas.RequestFiled.of(outcome.request, similar=similar)
    return command.answer(filed_view, status=201 if outcome.fresh else 200)


@router.get("/requests/{request_id}", response_model=schemas.RequestView, responses=refusals())
async def read_request(request_id: UUID, read: ForCaller) -> schemas.RequestView:
    request = await _seen(request_id, read, "read_request")
    said = await actions.open_said(read.kit.sealer, await store.sealed(read.tx, request_id))
    clockwork = await store.clockwork(read.tx, request)
    at = await now(read.tx)
    left = schemas.TimeLeft.of(request, clockwork.calendar, at)
    answers = json.loads(said.pop("answers", None) or "null")
    conflicts = await actions.conflicts_for(read.tx, request, read.caller, at)
    return schemas.RequestView.of(request, time_left=left, answers=answers, conflicts=conflicts, **said)


@router.post("/requests/{request_id}/triage", response_model=schemas.RequestView,
             responses=refusals(problems.WantedTimeEndsEarly))  # fmt: skip
async def triage_request(request_id: UUID, body: schemas.Triage, command: ByCaller) -> Response:
    request = await actions.triage_request(
        command.tx,
        command.kit.sealer,
        request_id,
        route=body.route,
        skill=body.skill,
        service=body.service,
        planned=(body.wanted_from, body.wanted_until),
        by=command.caller,
    )
    return command.answer(schemas.RequestView.of(request))


@router.post("/requests/{request_id}/start", response_model=schemas.RequestView, responses=refusals())
async def start_request(request_id: UUID, command: ByCaller) -> Response:
    request = await actions.start_request(command.tx, request_id, by=command.caller)
    return command.answer(schemas.RequestView.of(request))


@router.post("/requests/{request_id}/resolve", response_model=schemas.RequestView,
             responses=refusals(problems.ShowsNothingDone))  # fmt: skip
async def resolve_request(request_id: UUID, command: ByCaller, body: Resolution | None = None) -> Response:
    shown = body or Resolution()
    request = await actions.resolve_request(
        command.tx,
        command.kit.sealer,
        request_id,
        words=shown.words,
        pictures=shown.pictures,
        by=command.caller,
    )
    return command.answer(schemas.RequestView.of(request))


@router.post("/requests/{request_id}/reject", response_model=schemas.RequestView, responses=refusals())
async def reject_request(request_id: UUID, body: schemas.Reason, command: ByCaller) -> Response:
    request = await actions.reject_request(
        command.tx, command.kit.sealer, request_id, reason=body.reason, by=command.caller
    )
    return command.answer(schemas.RequestView.of(request))


@router.post(
    "/requests/{request_id}/withdraw",
    response_model=schemas.RequestView,
    responses=refusals(problems.OthersConcerned),
)
async def withdraw_request(request_id: UUID, command: ByCaller) -> Response:
    request = await actions.withdraw_request(command.tx, request_id, by=command.caller)
    return command.answer(schemas.RequestView.of(request))


@router.post("/requests/{request_id}/confirm", response_model=schemas.RequestView, responses=refusals())
async def confirm_request(request_id: UUID, command: ByCaller) -> Response:
    request = await actions.confirm_request(command.tx, request_id, by=command.caller)
    return command.answer(schemas.RequestView.of(request))


@router.post("/requests/{request_id}/reopen", response_model=schemas.RequestView,
             responses=refusals(problems.ReopenWindowPassed))  # fmt: skip
async def reopen_request(request_id: UUID, command: ByCaller) -> Response:
    hours = cast(RequestSettings, command.kit.settings).reopen_hours
    request = await actions.reopen_request(
        command.tx, request_id, window=timedelta(hours=hours), by=command.caller
    )
    return command.answer(schemas.RequestView.of(request))


@router.patch("/requests/{request_id}", response_model=schemas.RequestView,
              responses=refusals(problems.WantedTimeEndsEarly, ChangedMeanwhile, VersionMissing))  # fmt: skip
async def correct_request(
    request_id: UUID, body: schemas.RequestCorrection, command: ByCaller, version: SeenVersion
) -> Response:
    """Until somebody has begun with it. Of two who change the same, the later is told both values."""
    request = await actions.correct_request(
        command.tx,
        command.kit.sealer,
        request_id,
        body.model_dump(exclude_unset=True),
        version=version,
        by=command.caller,
    )
    return command.answer(schemas.RequestView.of(request))


@router.get("/requests/{request_id}/conflicts", response_model=list[schemas.KeptView], responses=refusals())
async def list_conflicts(request_id: UUID, read: ForCaller) -> list[schemas.KeptView]:
    """All of them: no more than twenty are kept of one request."""
    request = await _seen(request_id, read, "list_conflicts")
    key = await actions.find_key(read.tx, read.kit.sealer, request)
    return [
        schemas.KeptView(
            id=each.id,
            sent_by=each.sent_by,
            at=each.at,
            content=json.loads(key.open(each.content, for_=CONFLICT) or "null"),
        )
        for each in await store.conflicts(read.tx, request_id)
    ]


@router.post("/requests/{request_id}/ask", response_model=schemas.RequestView,
             responses=refusals(problems.NobodyToAsk))  # fmt: skip
async def ask_resident(request_id: UUID, body: schemas.Question, command: ByCaller) -> Response:
    request = await actions.ask_resident(
        command.tx, command.kit.sealer, request_id, words=body.words, by=command.caller
    )
    return command.answer(schemas.RequestView.of(request))


@router.post("/requests/{request_id}/answer", response_model=schemas.RequestView, responses=refusals())
async def answer_question(request_id: UUID, body: schemas.Answer, command: ByCaller) -> Response:
    request = await actions.answer_question(
        command.tx, command.kit.sealer, request_id, words=body.words, by=command.caller
    )
    return command.answer(schemas.RequestView.of(request))


@router.post("/requests/{request_id}/comments", status_code=201, response_model=schemas.CommentKept,
             responses=refusals(problems.OnlyStaffKeepNotes))  # fmt: skip
async def add_comment(request_id: UUID, body: schemas.NewComment, command: ByCaller) -> Response:
    request, comment = await actions.add_comment(
        command.tx,
        command.kit.sealer,
        request_id,
        words=body.words,
        internal=body.internal,
        by=command.caller,
    )
    kept = schemas.CommentKept.model_validate(comment)
    return command.answer(kept, status=201, about=[comment.neighbour_id or request.resident_id])


@router.get("/requests/{request_id}/comments", response_model=schemas.CommentPage, responses=refusals())
async def list_comments(
    request_id: UUID, read: ForCaller, limit: Limit = 50, cursor: Cursor = None
) -> schemas.CommentPage:
    heard, following = await actions.hear_comments(
        read.tx, read.kit.sealer, request_id, limit=limit, cursor=cursor, by=read.caller
    )
    return schemas.CommentPage(items=[_comment(each) for each in heard], next=following)


@router.post("/requests/{request_id}/attachments", status_code=201, response_model=schemas.AttachmentKept,
             responses=refusals(problems.AttachmentsFull, NotAPicture, PictureTooLarge, PictureUnreadable, TooManyScans),
             openapi_extra=PICTURE_BODY, tags=["expensive"])  # fmt: skip
async def add_attachment(request_id: UUID, command: WithPicture, name: FileName = "") -> Response:
    """The body is the picture itself: JPEG, PNG or WebP, at most 8 MiB. `name` is what the file is called."""
    request, attachment = await actions.add_attachment(
        command.tx, command.kit.sealer, request_id, command.brought, name=name, by=command.caller
    )
    kept = schemas.AttachmentKept.model_validate(attachment)
    return command.answer(kept, status=201, about=[request.resident_id])


@router.get("/requests/{request_id}/attachments", response_model=list[schemas.AttachmentView],
            responses=refusals())  # fmt: skip
async def list_attachments(request_id: UUID, read: ForCaller) -> list[schemas.AttachmentView]:
    request = await _seen(request_id, read, "list_attachments")
    key = await actions.find_key(read.tx, read.kit.sealer, request)
    return [
        _attachment(each, key.open(each.name, for_=ATTACHMENT_NAME))
        for each in await store.attachments(read.tx, request_id)
    ]


@router.get("/requests/{request_id}/attachments/{number}", response_class=Response,
            responses=refusals() | PICTURE_ANSWER)  # fmt: skip
async def read_attachment(request_id: UUID, number: AttachmentNumber, read: ForCaller) -> Response:
    request = await _seen(request_id, read, "read_attachment")
    found = await store.attachment_content(read.tx, request_id, number)
    if found is None:
        raise NotFound(what="attachment")
    attachment, sealed = found
    key = await actions.find_key(read.tx, read.kit.sealer, request)
    content = key.open(sealed, for_=ATTACHMENT_CONTENT)
    if content is None:
        raise NotFound(what="attachment")
    name = quote(key.open(attachment.name, for_=ATTACHMENT_NAME) or "", safe="")
    return Response(
        base64.b64decode(content),
        media_type=attachment.kind,
        headers={"Content-Disposition": f"inline; filename*=UTF-8''{name}"},
    )


async def _seen(request_id: UUID, read: Read, operation: str) -> Request:
    return await actions.look_at(read.tx, request_id, read.caller, POLICY[operation])


def _attachment(attachment: store.Attachment, name: str | None) -> schemas.AttachmentView:
    return schemas.AttachmentView(
        number=attachment.number,
        name=name or masking.ERASED,
        kind=attachment.kind,  # type: ignore[arg-type]
        size=attachment.size,
        width=attachment.width,
        height=attachment.height,
        added_at=attachment.added_at,
        side=attachment.side,
        evidence_round=attachment.evidence_round,
    )


def _comment(heard: actions.Heard) -> schemas.CommentView:
    said = heard.comment
    return schemas.CommentView(
        id=said.id, kind=said.kind, author_id=heard.author_id, words=heard.words, at=said.at
    )
