"""Bodies and answers of resident requests."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from event_contracts.resident_requests import Route
from platform_kit.schemas import Body, Clean, Instant, Line, Note, View, Zone
from platform_kit.working_time import WorkCalendar
from resident_requests.rules.attachments import AddedBy
from resident_requests.rules.city_report import Came, LineOutcome
from resident_requests.rules.clocks import Clock, time_left
from resident_requests.rules.comments import Kind
from resident_requests.rules.emergency import Number, Urgency
from resident_requests.rules.questions import Kind as QuestionKind
from resident_requests.rules.request import Channel, Request, State
from resident_requests.schemas.together import SimilarView

_MINUTE = timedelta(minutes=1)
Hours = Annotated[int, Field(ge=1, le=500)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Clean]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100), Clean]


class Place(Body):
    address: Line | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class NewRequest(Body):
    """`resident_id` is for whom it is, when somebody files for another; `occurred_at` when it happened earlier.

    `id` is made on the device, for what is filed without a connection: sent again it is the same request. `author_id` is who
    wrote it down, when another member of staff sends it. `answers` are to the category's questions. `called`: whoever had to be
    called first has been.
    """

    id: UUID | None = None
    category: Code
    words: Note
    place: Place = Place()
    resident_id: UUID | None = None
    wanted_from: Instant | None = None
    wanted_until: Instant | None = None
    occurred_at: Instant | None = None
    channel: Channel = "app"
    urgency: Urgency = "normal"
    answers: Annotated[dict[str, Any], Field(max_length=50)] = Field(default_factory=dict)
    called: bool = False
    author_id: UUID | None = None


class RequestCorrection(Body):
    """Only what is to be changed. The address can be taken away, the words cannot."""

    words: Note = ""
    address: Line | None = None
    wanted_from: Instant | None = None
    wanted_until: Instant | None = None


class Triage(Body):
    """Without a `route` it goes where the rules say (`GET /requests/{id}/routing`). `service` is the paid one to quote for. Without
    times it is wanted when the resident said, or else as soon as the unit is at work."""

    route: Route | None = None
    skill: Code | None = None
    service: Code | None = None
    wanted_from: Instant | None = None
    wanted_until: Instant | None = None


class Reason(Body):
    reason: Line


class NewComment(Body):
    """`internal`: a note among staff, which the resident does not see."""

    words: Note
    internal: bool = False


class Question(Body):
    words: Note


class Answer(Body):
    words: Note


class CommentKept(View):
    """That it was said. The words are with whoever sent them: an answer that is kept under a key holds none."""

    id: UUID
    kind: Kind
    author_id: UUID
    at: datetime


class CommentView(View):
    """`words` are None when they have been erased. Of `from_neighbour` whose the request is is not told who it was."""

    id: UUID
    kind: Kind
    author_id: UUID | None
    at: datetime
    words: str | None


class CommentPage(View):
    items: list[CommentView]
    next: str | None


class TimeLeft(View):
    """Of what was promised, in minutes of working time; negative when overdue. A clock that has stopped shows what was left then."""

    response: int | None
    resolution: int | None

    @classmethod
    def of(cls, request: Request, calendar: WorkCalendar, at: datetime) -> "TimeLeft":
        left = {clock: time_left(request, clock, calendar, at) for clock in Clock}
        return cls.model_validate(
            {clock: None if value is None else value // _MINUTE for clock, value in left.items()}
        )


class RequestView(View):
    """`escalated`: nobody took it up or began in time, so that it can be triaged another way. `category_version` is the one that it was
    filed under, `routing_category_version` the one by which it was routed. `wanted_from` and `wanted_until` are what holds now: as it was
    triaged, and before, or once it is reopened, as the resident said. `conflicts`: how many other filings came under its id, for staff
    (`GET /requests/{id}/conflicts`)."""

    id: UUID
    case_number: str
    resident_id: UUID | None
    unit_id: UUID
    category: str
    state: State
    route: str | None
    skill: str | None
    wanted_from: datetime | None
    wanted_until: datetime | None
    assignee_id: UUID | None
    resolved_at: datetime | None
    occurred_at: datetime
    version: int
    respond_by: datetime | None
    responded_at: datetime | None
    resolve_by: datetime | None
    paused_at: datetime | None
    channel: Channel
    urgency: Urgency
    author_id: UUID | None
    category_version: int
    routing_rule: str | None
    routing_rule_version: int | None
    routing_category_version: int | None
    escalated: bool
    merged_into: UUID | None
    conflicts: int | None = None
    time_left: TimeLeft | None = None
    words: str | None = None
    address: str | None = None
    reason: str | None = None
    answers: dict[str, Any] | None = None

    @classmethod
    def of(cls, request: Request, **said: Any) -> Self:
        """`said`: words, address, reason and answers, only for whoever may see the one request; `time_left` where it is read, and
        `conflicts` where it is read by staff."""
        planned = {"wanted_from": request.planned_from, "wanted_until": request.planned_until}
        return cls.model_validate(request).model_copy(update=(planned if request.planned_from else {}) | said)


class RequestFiled(RequestView):
    """`similar` was there before and may be the same, of a private category the resident's own: it was filed all the same."""

    similar: tuple[SimilarView, ...] = ()


class RequestPage(View):
    items: list[RequestView]
    next: str | None


class AttachmentKept(View):
    """`size` in bytes; width and height in pixels, as it is kept; `side`: who added it, only `staff` can show what was done; `evidence_round`: it shows what was done in that round. What the file is called is with whoever sent it."""

    number: int
    kind: Literal["image/jpeg", "image/png", "image/webp"]
    size: int
    width: int
    height: int
    added_at: datetime
    side: AddedBy
    evidence_round: int | None


class AttachmentView(AttachmentKept):
    name: str


class OptionView(View):
    code: str
    name_zh: str
    name_en: str


class QuestionView(View):
    code: str
    name_zh: str
    name_en: str
    kind: QuestionKind
    required: bool
    options: tuple[OptionView, ...]


class CategoryView(View):
    """`parent` is the category that it stands under. What is `private` never becomes public; `call` must be called first; under one
    that is not `open` nothing new is filed."""

    code: str
    version: int
    name_zh: str
    name_en: str
    parent: str | None
    route: str
    skill: str | None
    private: bool
    call: str | None
    open: bool
    respond_hours: int
    resolve_hours: int
    escalate_hours: int
    questions: tuple[QuestionView, ...]


class NewOption(Body):
    code: Code
    name_zh: Name
    name_en: Name


def _told_apart(asked: list[Any]) -> list[Any]:
    if len({each.code for each in asked}) < len(asked):
        raise ValueError("a code stands there twice")
    return asked


class NewQuestion(Body):
    """`options` of the two kinds of lists."""

    code: Code
    name_zh: Name
    name_en: Name
    kind: QuestionKind
    required: bool = False
    options: Annotated[list[NewOption], Field(max_length=50), AfterValidator(_told_apart)] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _lists_have_options(self) -> "NewQuestion":
        if (self.kind in (QuestionKind.SINGLE, QuestionKind.MULTI)) != bool(self.options):
            raise ValueError("lists have options, and nothing else has")
        return self


class NewCategory(Body):
    """All of it. Hours are working time, until somebody looks at a request, until it is done, until the district is told."""

    name_zh: Name
    name_en: Name
    parent: Code | None = None
    route: Route
    skill: Code | None = None
    private: bool = True
    call: Number | None = None
    open: bool = True
    respond_hours: Hours
    resolve_hours: Hours
    escalate_hours: Hours
    questions: Annotated[list[NewQuestion], Field(max_length=20), AfterValidator(_told_apart)] = Field(
        default_factory=list
    )


class ConflictView(View):
    """What was sent is kept beside the request that has its id, for staff to look at."""

    kept: UUID
    request: RequestView


class KeptView(View):
    """`content` is what was sent, None when it has been erased."""

    id: UUID
    sent_by: UUID
    at: datetime
    content: dict[str, Any] | None


class NewSource(Body):
    zone: Zone
    categories: Annotated[dict[Word, Code], Field(max_length=500)]
    states: Annotated[
        dict[Word, Literal["submitted", "closed", "withdrawn", "rejected"]], Field(max_length=100)
    ]
    areas: Annotated[dict[Word, UUID], Field(max_length=2000)]
    default_area: UUID | None = None


class SourceView(View):
    """`version` counts what it was: 1, and one more each time that it is described otherwise."""

    name: str
    version: int
    zone: str
    categories: dict[str, str]
    states: dict[str, str]
    areas: dict[str, UUID]
    default_area: UUID | None


class SourceRow(Body):
    """`values` are a line's fields as they came: what is wrong with them is that line's fault, not the call's."""

    line: Annotated[int, Field(ge=1, le=100_000_000)]
    values: Annotated[dict[str, str], Field(max_length=60)]


class ImportRows(Body):
    source: Word
    rows: Annotated[list[SourceRow], Field(min_length=1, max_length=200)]


class RowFault(View):
    field: str
    reason: str


class RowResult(View):
    line: int
    outcome: Came
    request_id: UUID | None = None
    case_number: str | None = None
    errors: tuple[RowFault, ...] = ()


class ImportResult(View):
    """`ended`: what was open here is over at its source, and so it is here."""

    imported: int
    already_there: int
    ended: int
    refused: int
    rows: list[RowResult]

    @classmethod
    def of(cls, outcomes: Sequence[LineOutcome]) -> "ImportResult":
        counts = Counter(outcome.outcome for outcome in outcomes)
        return cls(
            imported=counts["imported"],
            already_there=counts["already_there"],
            ended=counts["ended"],
            refused=counts["refused"],
            rows=[
                RowResult(
                    line=outcome.line,
                    outcome=outcome.outcome,
                    request_id=outcome.request_id,
                    case_number=outcome.case_number,
                    errors=tuple(RowFault.model_validate(fault) for fault in outcome.faults),
                )
                for outcome in outcomes
            ],
        )
