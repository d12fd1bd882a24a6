"""Requests that were routed to relief, and which of them an application answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from relief_disbursement.problems import AppliedForAlready, RequestNotWaiting
from relief_disbursement.rules.application import Application


@dataclass(frozen=True, slots=True)
class Routed:
    """A request that waits for relief since its event `request_version`; `applied_for`: an application answers that one."""

    request_id: UUID
    request_version: int
    applied_for: bool


def answered_by_application(waiting: Sequence[Routed], request_id: UUID | None) -> Routed | None:
    """Of one resident's: the one that is named, or the only one that nobody has applied for. More than one is theirs to name."""
    if request_id is None:
        free = [each for each in waiting if not each.applied_for]
        return free[0] if len(free) == 1 else None
    named = next((each for each in waiting if each.request_id == request_id), None)
    if named is None:
        raise RequestNotWaiting(field="request_id")
    if named.applied_for:
        raise AppliedForAlready(field="request_id")
    return named


def answers_now(waiting: Sequence[Routed], application: Application) -> int | None:
    """The event of its request that the application answers when it is handed in: the newest that routed it here, unless another
    answers that or it does not wait here any more."""
    free = (each for each in waiting if each.request_id == application.request_id and not each.applied_for)
    return next((each.request_version for each in free), application.request_version)
