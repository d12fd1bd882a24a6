"""An application and its three reviews: community, public notice, street, district.

Every function takes the application as it stands and gives it as it is then, or refuses. No two reviews of
one round are by the same person, and none by somebody who filed it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from platform_kit.money import Money
from platform_kit.problems import WrongState
from relief_disbursement.problems import (
    FiledByYou,
    GrantAboveCap,
    NoticeOver,
    NoticeStillOpen,
    ProgrammeEnded,
    ReviewedByYou,
)

NOTICE = timedelta(days=7)


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    COMMUNITY_VERIFIED = "community_verified"
    ON_NOTICE = "on_notice"
    STREET_REVIEWED = "street_reviewed"
    ACTIVE = "active"
    RETURNED_FOR_EVIDENCE = "returned_for_evidence"
    REJECTED = "rejected"


class Level(StrEnum):
    """The three reviews, in their order."""

    VERIFY = "verify"
    REVIEW = "review"
    APPROVE = "approve"


WAITS_FOR = {
    State.SUBMITTED: Level.VERIFY,
    State.ON_NOTICE: Level.REVIEW,
    State.STREET_REVIEWED: Level.APPROVE,
}
POST_OF = {Level.VERIFY: "worker", Level.REVIEW: "street", Level.APPROVE: "district"}
TAKES_EVIDENCE = frozenset({State.DRAFT, State.SUBMITTED, State.RETURNED_FOR_EVIDENCE})


@dataclass(frozen=True, slots=True)
class Application:
    """`parties` are the resident and everybody who filed it; `reviewers` those who reviewed in this `round`.

    `asked` and `granted` are per month. `reason`, why it was returned or rejected, is sealed. The entitlement runs from `from_on`, the first day of a month.
    It may answer a request, for the event `request_version` that routed it here.
    """

    id: UUID
    programme_id: UUID
    household_id: UUID
    resident_id: UUID
    unit_id: UUID
    asked: Money
    parties: tuple[UUID, ...]
    state: State = State.DRAFT
    round: int = 0
    reviewers: tuple[UUID, ...] = ()
    from_on: date | None = None
    notice_until: datetime | None = None
    granted: Money | None = None
    reason: bytes | None = None
    version: int = 0
    request_id: UUID | None = None
    request_version: int | None = None

    @property
    def entitlement(self) -> tuple[Money, date]:
        """What an approved application is granted per month, and from when."""
        if self.granted is None or self.from_on is None:
            raise WrongState(state=self.state, wanted="pay")
        return self.granted, self.from_on

    @property
    def facts(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            "application_id": self.id,
            "programme_id": self.programme_id,
            "household_id": self.household_id,
            "resident_id": self.resident_id,
            "unit_id": self.unit_id,
            "request_id": self.request_id,
            "request_version": self.request_version,
        }


def submit(application: Application, *, by: UUID, on: date, year: int) -> Application:
    """A new round begins. `on` is the local date.

    The entitlement runs from the month of the first submission, so that the length of the reviews is nobody's
    loss (but never from before the programme's `year`).
    """
    if application.state not in (State.DRAFT, State.RETURNED_FOR_EVIDENCE):
        raise WrongState(state=application.state, wanted="submit")
    if application.from_on is None and on.year > year:
        raise ProgrammeEnded(year=year)
    parties = application.parties if by in application.parties else (*application.parties, by)
    return replace(
        _next_round(application),
        parties=parties,
        from_on=application.from_on or max(on.replace(day=1), date(year, 1, 1)),
        reason=None,
    )


def verify(application: Application, *, by: UUID, at: datetime) -> Application:
    """First level: somebody of the community has visited and verified."""
    reviewed = _reviewed(application, Level.VERIFY, by, at)
    return replace(reviewed, state=State.COMMUNITY_VERIFIED)


def post_notice(application: Application, *, at: datetime) -> Application:
    """Seven full days in public, from now."""
    if application.state is not State.COMMUNITY_VERIFIED:
        raise WrongState(state=application.state, wanted="post_notice")
    return replace(application, state=State.ON_NOTICE, notice_until=at + NOTICE)


def object_to(application: Application, *, at: datetime) -> Application:
    """Somebody objected during the notice: back to verification, as a new round."""
    if application.state is not State.ON_NOTICE or application.notice_until is None:
        raise WrongState(state=application.state, wanted="object")
    if at >= application.notice_until:
        raise NoticeOver(until=application.notice_until.isoformat())
    return replace(_next_round(application), notice_until=None)


def review(application: Application, *, by: UUID, at: datetime) -> Application:
    """Second level: the street office, once the notice has run its full time."""
    return replace(_reviewed(application, Level.REVIEW, by, at), state=State.STREET_REVIEWED)


def approve(
    application: Application, *, by: UUID, at: datetime, monthly_cap: Money, granted: Money | None = None
) -> Application:
    """Third level: the district grants what was asked, up to the cap, or what it names. Active at once."""
    reviewed = _reviewed(application, Level.APPROVE, by, at)
    if granted is None:
        granted = application.asked if application.asked.amount < monthly_cap.amount else monthly_cap
    if granted.amount > monthly_cap.amount:
        raise GrantAboveCap(field="granted", cap=str(monthly_cap))
    return replace(reviewed, state=State.ACTIVE, granted=granted)


def send_back(
    application: Application, level: Level | None = None, *, by: UUID, at: datetime, reason: bytes | None
) -> Application:
    """Whoever it waits for asks for more evidence; with `level`, only if it waits for that level."""
    reviewed = _reviewed(application, level or waits_for(application, "return"), by, at)
    return replace(reviewed, state=State.RETURNED_FOR_EVIDENCE, reason=reason, notice_until=None)


def reject(
    application: Application, level: Level | None = None, *, by: UUID, at: datetime, reason: bytes | None
) -> Application:
    reviewed = _reviewed(application, level or waits_for(application, "reject"), by, at)
    return replace(reviewed, state=State.REJECTED, reason=reason, notice_until=None)


def waits_for(application: Application, wanted: str) -> Level:
    """The review that it waits for; with none, `wanted` is refused."""
    level = WAITS_FOR.get(application.state)
    if level is None:
        raise WrongState(state=application.state, wanted=wanted)
    return level


def take_evidence(application: Application) -> None:
    """Evidence can be added until a review is past, and again once it was asked for."""
    if application.state not in TAKES_EVIDENCE:
        raise WrongState(state=application.state, wanted="add_evidence")


def _next_round(application: Application) -> Application:
    return replace(application, state=State.SUBMITTED, round=application.round + 1, reviewers=())


def _reviewed(application: Application, level: Level, by: UUID, at: datetime) -> Application:
    if waits_for(application, level) is not level:
        raise WrongState(state=application.state, wanted=level)
    if application.notice_until is not None and at < application.notice_until:
        raise NoticeStillOpen(until=application.notice_until.isoformat())
    if by in application.parties:
        raise FiledByYou()
    if by in application.reviewers:
        raise ReviewedByYou()
    return replace(application, reviewers=(*application.reviewers, by))
