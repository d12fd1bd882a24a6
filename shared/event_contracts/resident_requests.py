"""What happened to a resident's request. The words of the request stay with the service; events carry references."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from event_contracts.base import EventPayload, Topic

REQUESTS = Topic("requests.requests", retention_days=3650)

Route = Literal["volunteers", "relief", "paid_service", "department", "community"]


class _RequestEvent(EventPayload):
    """`resident_id` is None for what no resident filed: a report of a city's open data, or of an application by Open311."""

    topic: ClassVar[Topic] = REQUESTS
    aggregate: ClassVar[str] = "request_id"

    request_id: UUID
    resident_id: UUID | None
    unit_id: UUID


class RequestSubmitted(_RequestEvent):
    type: ClassVar[str] = "requests.request.submitted.v1"

    case_number: str
    category: str
    filed_by: UUID
    occurred_at: datetime


class RequestCorrected(_RequestEvent):
    """Which parts of it are new; what they are stays with the service."""

    type: ClassVar[str] = "requests.request.corrected.v1"

    changed: tuple[Literal["words", "address", "wanted_from", "wanted_until"], ...]


class RequestFiledOtherwise(_RequestEvent):
    """Something else came under its id, sent by somebody's device; `filing_id` is where it is kept beside it, with its words."""

    type: ClassVar[str] = "requests.request.filed_otherwise.v1"

    filing_id: UUID
    sent_by: UUID


class RequestImported(_RequestEvent):
    """A report of another system; `state` is where it stood there. What is open is promised from when it came in."""

    type: ClassVar[str] = "requests.request.imported.v1"

    case_number: str
    category: str
    source: str
    source_number: str
    state: str
    occurred_at: datetime


class RequestTriaged(_RequestEvent):
    """`route` says who acts next; a service takes up the requests of its own route. `service` is which of the paid ones is wanted."""

    type: ClassVar[str] = "requests.request.triaged.v1"

    case_number: str
    category: str
    route: Route
    skill: str | None
    wanted_from: datetime
    wanted_until: datetime
    service: str | None = None


class RequestAssigned(_RequestEvent):
    """A provider of a paid service, who does the order `order_id`, counts as staff here, as does whoever filed the application for relief
    `application_id`. Staff without either were given it by staff: nobody else is waited for."""

    type: ClassVar[str] = "requests.request.assigned.v1"

    assignee_kind: Literal["volunteer", "staff"]
    assignee_id: UUID
    order_id: UUID | None = None
    application_id: UUID | None = None

    @property
    def given_by_staff(self) -> bool:
        return self.assignee_kind == "staff" and self.order_id is None and self.application_id is None


class RequestUnassigned(_RequestEvent):
    """Whoever had taken it up stepped back; it is triaged again and waits for another."""

    type: ClassVar[str] = "requests.request.unassigned.v1"


class RequestStarted(_RequestEvent):
    """`by`: staff began with it themselves, and nobody else is waited for; or whoever had taken it up. Older events do not say.
    `assignee_id`: who of the staff."""

    type: ClassVar[str] = "requests.request.started.v1"

    by: Literal["staff", "assignee"] | None = None
    assignee_id: UUID | None = None


class RequestAwaitsResident(_RequestEvent):
    """Staff have asked something; until it is answered its clock stands still."""

    type: ClassVar[str] = "requests.request.awaits_resident.v1"


class RequestWentOn(_RequestEvent):
    """The question was answered, or nothing was said for so long that staff must decide without."""

    type: ClassVar[str] = "requests.request.went_on.v1"

    by: Literal["answer", "silence"]


class RequestCommented(_RequestEvent):
    """Somebody said something, which stays with the service. Notes among staff are no event. `by_neighbour`: for somebody whose
    own was merged into it, not for whose it is."""

    type: ClassVar[str] = "requests.request.commented.v1"

    comment_id: UUID
    author_id: UUID
    side: Literal["resident", "staff"]
    by_neighbour: bool = False


class RequestResolved(_RequestEvent):
    type: ClassVar[str] = "requests.request.resolved.v1"

    resolved_by: UUID


class RequestClosed(_RequestEvent):
    """`closed_by`: who confirmed it, the resident or whoever acts for them; None where nobody said anything, and in older events."""

    type: ClassVar[str] = "requests.request.closed.v1"

    by: Literal["resident", "silence"]
    closed_by: UUID | None = None


class RequestReopened(_RequestEvent):
    """`by_follower`: a neighbour says that it is not done, not whose it is."""

    type: ClassVar[str] = "requests.request.reopened.v1"

    reopened_by: UUID
    by_follower: bool = False


class RequestMerged(_RequestEvent):
    """It is about the same as another, and goes on as that one."""

    type: ClassVar[str] = "requests.request.merged.v1"

    into: UUID
    into_case_number: str


class RequestFollowed(_RequestEvent):
    """These follow it from now on: of what happens to it they may know what is public. `merged`: with that request they came.
    `joined_ids`: whose own goes on as it from now on, at whatever remove; they are told what its resident is."""

    type: ClassVar[str] = "requests.request.followed.v1"

    follower_ids: tuple[UUID, ...]
    case_number: str
    category: str
    state: str
    merged: UUID | None = None
    joined_ids: tuple[UUID, ...] = ()


class RequestUnfollowed(_RequestEvent):
    type: ClassVar[str] = "requests.request.unfollowed.v1"

    follower_id: UUID


class RequestHidden(_RequestEvent):
    """Not everybody may see it any more: these followed it until now, and may know nothing of it from now on."""

    type: ClassVar[str] = "requests.request.hidden.v1"

    follower_ids: tuple[UUID, ...]


class RequestRated(_RequestEvent):
    """`stars` from 1 to 5, of what was done in that round; the words stay with the service."""

    type: ClassVar[str] = "requests.request.rated.v1"

    round: int
    stars: int


class RequestWithdrawn(_RequestEvent):
    """`withdrawn_by` is not said by events from before it was asked."""

    type: ClassVar[str] = "requests.request.withdrawn.v1"

    withdrawn_by: UUID | None = None


class RequestRejected(_RequestEvent):
    """`reason` is a code; the words of whoever declined it stay with the service."""

    type: ClassVar[str] = "requests.request.rejected.v1"

    reason: str


class RequestEscalated(_RequestEvent):
    """Nobody took it up in time, whoever did has not come (`why` is "not_begun"), or a promise was missed: `level` is who must look
    now."""

    type: ClassVar[str] = "requests.request.escalated.v1"

    level: Literal["worker", "street", "district"]
    why: str
