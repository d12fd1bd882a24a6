"""What came of a request, over HTTP: whoever is affected says that it is not done, the resident how good it was."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from fastapi import APIRouter, Response

from platform_kit.edge import ByCaller, ForCaller, refusals
from resident_requests import actions, problems, store
from resident_requests.policy import POLICY
from resident_requests.rules.sealed import RATING
from resident_requests.schemas.together import NewRating, OutcomeView, PublicView, RatingKept, RatingView
from resident_requests.settings import RequestSettings

router = APIRouter(tags=["gateway"])


@router.post("/requests/{request_id}/dispute", response_model=PublicView,
             responses=refusals(problems.ReopenWindowPassed))  # fmt: skip
async def dispute_request(request_id: UUID, command: ByCaller) -> Response:
    """By whose it is, or who follows it. Reopened once: whoever comes after the first is told that it is (409)."""
    hours = cast(RequestSettings, command.kit.settings).reopen_hours
    request = await actions.dispute_request(
        command.tx, request_id, window=timedelta(hours=hours), by=command.caller
    )
    return command.answer(PublicView.model_validate(request), about=[request.resident_id])


@router.get("/requests/{request_id}/outcome", response_model=OutcomeView, responses=refusals())
async def read_outcome(request_id: UUID, read: ForCaller) -> OutcomeView:
    """Also for somebody whose own was merged into it."""
    became = await actions.read_outcome(read.tx, read.kit.sealer, request_id, by=read.caller)
    return OutcomeView.of(became.request, reason=became.reason, resolution=became.resolution)


@router.post("/requests/{request_id}/rating", status_code=201, response_model=RatingKept,
             responses=refusals(problems.RatedAlready))  # fmt: skip
async def rate_request(request_id: UUID, body: NewRating, command: ByCaller) -> Response:
    """Once each time that it is said to be done."""
    request, rating = await actions.rate_request(
        command.tx,
        command.kit.sealer,
        request_id,
        stars=body.stars,
        words=body.words,
        by=command.caller,
    )
    return command.answer(RatingKept.model_validate(rating), status=201, about=[request.resident_id])


@router.get("/requests/{request_id}/ratings", response_model=list[RatingView], responses=refusals())
async def list_ratings(request_id: UUID, read: ForCaller) -> list[RatingView]:
    request = await actions.look_at(read.tx, request_id, read.caller, POLICY["list_ratings"])
    key = await actions.find_key(read.tx, read.kit.sealer, request)
    return [
        RatingView(
            request_id=each.request_id,
            round=each.round,
            stars=each.stars,
            rated_by=each.rated_by,
            at=each.at,
            words=key.open(each.words, for_=RATING) if each.words else None,
        )
        for each in await store.ratings(read.tx, request_id)
    ]
