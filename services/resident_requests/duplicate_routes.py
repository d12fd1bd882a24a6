"""The same thing asked for twice, over HTTP: found before it is filed, merged by staff, followed by neighbours."""

from uuid import UUID

from fastapi import APIRouter, Response

from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.paging import Cursor, Limit
from resident_requests import actions, problems, store
from resident_requests.policy import POLICY
from resident_requests.rules.likeness import point_at
from resident_requests.schemas import RequestView
from resident_requests.schemas.together import (
    FollowersView,
    Into,
    PublicPage,
    PublicView,
    SimilarView,
    Sought,
    UnfollowedView,
)

router = APIRouter(tags=["gateway"])


@router.post(
    "/requests/similar",
    response_model=list[SimilarView],
    responses=refusals(problems.CategoryUnknown),
    tags=["expensive"],
)
async def find_similar(body: Sought, read: ForCaller) -> list[SimilarView]:
    """A POST that changes nothing: words stand in no address and in no log."""
    point = point_at(body.latitude, body.longitude)
    whose = body.resident_id or read.caller.subject
    asked = actions.Asked(whose, body.category, body.words, point, body.occurred_at)
    found = await actions.find_similar(read.tx, read.kit.sealer, asked, by=read.caller)
    return [SimilarView.model_validate(each) for each in found]


@router.get("/requests/followed", response_model=PublicPage, responses=refusals())
async def list_followed(read: ForCaller, limit: Limit = 50, cursor: Cursor = None) -> PublicPage:
    """Of others' requests what is public, the newest first."""
    found, following = await actions.list_followed(read.tx, read.caller.subject, limit, cursor)
    return PublicPage(items=[PublicView.model_validate(each) for each in found], next=following)


@router.get("/requests/{request_id}/similar", response_model=list[SimilarView], responses=refusals())
async def list_similar(request_id: UUID, read: ForCaller) -> list[SimilarView]:
    request = await actions.look_at(read.tx, request_id, read.caller, POLICY["list_similar"])
    return [SimilarView.model_validate(each) for each in await actions.list_similar(read.tx, request)]


@router.post("/requests/{request_id}/merge", response_model=RequestView, responses=refusals())
async def merge_request(request_id: UUID, body: Into, command: ByCaller) -> Response:
    """It goes on as the other, or as what that was merged into; whoever it concerns is told."""
    request = await actions.merge_request(command.tx, request_id, into=body.into, by=command.caller)
    return command.answer(RequestView.of(request))


@router.get("/requests/{request_id}/merged", response_model=list[RequestView], responses=refusals())
async def list_merged(request_id: UUID, read: ForCaller) -> list[RequestView]:
    """What was merged into it."""
    await actions.look_at(read.tx, request_id, read.caller, POLICY["list_merged"])
    return [RequestView.of(each) for each in await store.merged(read.tx, request_id)]


@router.post("/requests/{request_id}/follow", response_model=PublicView, responses=refusals())
async def follow_request(request_id: UUID, command: ByCaller) -> Response:
    request = await actions.follow_request(command.tx, request_id, by=command.caller)
    return command.answer(PublicView.model_validate(request), about=[command.caller.subject])


@router.post("/requests/{request_id}/unfollow", response_model=UnfollowedView, responses=refusals())
async def unfollow_request(request_id: UUID, command: ByCaller) -> Response:
    request = await actions.unfollow_request(command.tx, request_id, by=command.caller)
    return command.answer(UnfollowedView(id=request.id), about=[command.caller.subject])


@router.get("/requests/{request_id}/followers", response_model=FollowersView, responses=refusals())
async def count_followers(request_id: UUID, read: ForCaller) -> FollowersView:
    """How many they are, and not who."""
    await actions.look_at(read.tx, request_id, read.caller, POLICY["count_followers"])
    return FollowersView(count=await store.count_followers(read.tx, request_id))
