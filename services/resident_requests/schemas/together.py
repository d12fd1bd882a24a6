"""Bodies and answers about the same thing asked for twice, about who follows it, and about what came of it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from platform_kit.schemas import Body, Instant, Note, View
from resident_requests.rules.request import Request

Number = Annotated[int, Field(ge=1, le=6)]


class Resolution(Body):
    """What was done, shown: in words, by numbers of the request's pictures, or both."""

    words: Note | None = None
    pictures: Annotated[list[Number], Field(max_length=6)] = Field(default_factory=list)


class Into(Body):
    """The request that goes on."""

    into: UUID


class NewRating(Body):
    """`stars` from 1 to 5."""

    stars: Annotated[int, Field(ge=1, le=5)]
    words: Note | None = None


class SimilarView(View):
    """What is public of a request that may be the same. `metres` is None where one of the two has no point; `score` is from 0 to 1,
    None for the resident's own of a private category, which are not compared."""

    request_id: UUID
    case_number: str
    category: str
    state: str
    occurred_at: datetime
    metres: int | None
    score: float | None


class PublicView(View):
    """What anybody may know of a public request."""

    id: UUID
    case_number: str
    category: str
    state: str
    occurred_at: datetime
    resolved_at: datetime | None


class OutcomeView(PublicView):
    """What is public of it, and what staff said of it: why it was declined, what was done. None for what was not said, or was said
    before theirs was merged into it."""

    reason: str | None = None
    resolution: str | None = None

    @classmethod
    def of(cls, request: Request, **said: str | None) -> Self:
        return cls.model_validate(request).model_copy(update=said)


class PublicPage(View):
    items: list[PublicView]
    next: str | None


class UnfollowedView(View):
    """It may be private by now."""

    id: UUID


class FollowersView(View):
    count: int


class RatingKept(View):
    """That it was rated. The words are with whoever sent them: an answer that is kept under a key holds none."""

    request_id: UUID
    round: int
    stars: int
    rated_by: UUID
    at: datetime


class RatingView(RatingKept):
    """`words` are None when there were none, or they have been erased."""

    words: str | None


class Sought(Body):
    """What is about to be filed, as far as it is known. `resident_id` is for whom, when it is for another."""

    category: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    words: Note | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    occurred_at: Instant | None = None
    resident_id: UUID | None = None
