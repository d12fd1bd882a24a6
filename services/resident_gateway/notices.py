"""Which events people are told of: one line for each occasion. Another service's events are added in the same way.

The words, the urgency and who is told stand in `rules/occasions.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from event_contracts import resident_requests as requests
from event_contracts.base import EventPayload
from platform_kit.consumer import Consumer, Handler
from platform_kit.db import Tx
from platform_kit.envelope import Received
from resident_gateway import actions
from resident_gateway.rules import occasions as told
from resident_gateway.rules.notification import Subject
from resident_gateway.rules.occasions import Occasion


def _always(_: Any, __: str | None) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Notice:
    """`when(event, state before)`: of which events of this type it is told."""

    occasion: Occasion
    when: Callable[[Any, str | None], bool] = _always


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event of one type does: the state that its subject is in from then on ("": the same as before), and what people
    are told. `actor` is the field that says who brought it about, who need not be told."""

    state: str
    notices: tuple[Notice, ...] = ()
    actor: str | None = None


def _where(field: str, *values: str) -> Callable[[Any, str | None], bool]:
    return lambda event, _: getattr(event, field) in values


# Whoever started it without having been assigned first has taken it up by that; who has it instead of another is no news.
_ANEW: Callable[[Any, str | None], bool] = lambda _, before: before != "assigned"  # noqa: E731

HAPPENINGS: dict[type[EventPayload], Happening] = {
    requests.RequestSubmitted: Happening(
        "submitted", (Notice(told.RECEIVED), Notice(told.TO_TRIAGE)), "filed_by"
    ),
    requests.RequestImported: Happening("imported"),
    # Also whoever sent it: what their device sends they have not compared.
    requests.RequestFiledOtherwise: Happening("", (Notice(told.FILED_OTHERWISE),)),
    requests.RequestTriaged: Happening("triaged"),
    requests.RequestAssigned: Happening("assigned", (Notice(told.TAKEN_UP, _ANEW),), "assignee_id"),
    requests.RequestUnassigned: Happening("triaged"),
    requests.RequestStarted: Happening("in_progress", (Notice(told.TAKEN_UP, _ANEW),)),
    requests.RequestAwaitsResident: Happening("awaiting_resident", (Notice(told.QUESTION),)),
    requests.RequestWentOn: Happening("in_progress", (Notice(told.ANSWER_TO_READ, _where("by", "answer")),)),
    requests.RequestCommented: Happening(
        "",
        (
            Notice(told.COMMENTED, _where("side", "staff")),
            Notice(told.JOINED_COMMENTED, _where("side", "staff")),
            Notice(told.COMMENT_TO_READ, _where("side", "resident")),
        ),
        "author_id",
    ),
    requests.RequestResolved: Happening(
        "resolved",
        (Notice(told.RESOLVED), Notice(told.JOINED_RESOLVED), Notice(told.FOLLOWED_RESOLVED)),
        "resolved_by",
    ),
    requests.RequestClosed: Happening(
        "closed",
        (
            Notice(told.CLOSED, _where("by", "silence")),
            Notice(told.CONFIRMED, _where("by", "resident")),
            Notice(told.JOINED_CLOSED),
            Notice(told.FOLLOWED_CLOSED),
        ),
        "closed_by",
    ),
    requests.RequestReopened: Happening(
        "reopened",
        (
            Notice(told.REOPENED),
            Notice(told.JOINED_REOPENED),
            Notice(told.FOLLOWED_REOPENED),
            Notice(told.REOPENED_TO_TRIAGE),
        ),
        "reopened_by",
    ),
    requests.RequestWithdrawn: Happening(
        "withdrawn",
        (Notice(told.WITHDRAWN), Notice(told.JOINED_WITHDRAWN), Notice(told.FOLLOWED_WITHDRAWN)),
        "withdrawn_by",
    ),
    requests.RequestRejected: Happening(
        "rejected", (Notice(told.REJECTED), Notice(told.JOINED_REJECTED), Notice(told.FOLLOWED_REJECTED))
    ),
    requests.RequestMerged: Happening("merged", (Notice(told.MERGED),)),
    requests.RequestEscalated: Happening(
        "",
        (
            Notice(told.NOT_TAKEN_UP, _where("why", "not_taken_up")),
            Notice(told.NOT_BEGUN, _where("why", "not_begun")),
            Notice(told.MISSED_STREET, _where("level", "street")),
            Notice(told.MISSED_DISTRICT, _where("level", "district")),
        ),
    ),
}


def _tells(happening: Happening) -> Handler:
    async def tell(tx: Tx, event: Received[Any]) -> None:
        noted = await actions.note_subject(tx, _subject(event, happening.state), event.at)
        if noted is None:
            return
        subject, before = noted
        actor = getattr(event.data, happening.actor) if happening.actor else None
        for notice in happening.notices:
            if notice.when(event.data, before):
                await actions.notify(
                    tx,
                    notice.occasion,
                    subject,
                    instance=event.version,
                    happened_at=event.at,
                    actor=actor,
                )

    return tell


async def on_request_followed(tx: Tx, event: Received[requests.RequestFollowed]) -> None:
    if await actions.note_subject(tx, _subject(event, ""), event.at):
        await actions.note_followers(
            tx, event.data.request_id, follow=event.data.follower_ids, joined=event.data.joined_ids
        )


async def on_request_unfollowed(tx: Tx, event: Received[requests.RequestUnfollowed]) -> None:
    if await actions.note_subject(tx, _subject(event, ""), event.at):
        await actions.note_followers(tx, event.data.request_id, left=event.data.follower_id)


async def on_request_hidden(tx: Tx, event: Received[requests.RequestHidden]) -> None:
    if await actions.note_subject(tx, _subject(event, ""), event.at):
        await actions.note_hidden(tx, event.data.request_id, event.data.follower_ids)


def _subject(event: Received[Any], state: str) -> Subject:
    """Events name whose it is, where it lies and its number alike, as far as they say it."""
    data = event.data
    return Subject(
        subject_id=getattr(data, data.aggregate),
        kind=data.aggregate.removesuffix("_id"),
        owner_id=getattr(data, "resident_id", None),
        unit_id=getattr(data, "unit_id", None),
        number=getattr(data, "case_number", None),
        state=state,
        state_version=event.version,
        version=event.version,
    )


NOTIFICATIONS = Consumer(
    "notifications",
    start="beginning",
    handlers={
        **{event: _tells(happening) for event, happening in HAPPENINGS.items()},
        requests.RequestFollowed: on_request_followed,
        requests.RequestUnfollowed: on_request_unfollowed,
        requests.RequestHidden: on_request_hidden,
    },
)
