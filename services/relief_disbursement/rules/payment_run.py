"""A payment run: calculated by one person, released by another, and never changed after that."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from platform_kit.money import Money
from platform_kit.problems import WrongState
from relief_disbursement.problems import NothingDue, ReleaseNeedsAnother


class RunState(StrEnum):
    DRAFT = "draft"
    CALCULATED = "calculated"
    CHECKED = "checked"
    RELEASED = "released"
    SENT = "sent"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class PaymentRun:
    """`period` is a month like 2026-11; `count` and `total` are over the lines as they were calculated."""

    id: UUID
    programme_id: UUID
    period: str
    total: Money
    count: int = 0
    state: RunState = RunState.DRAFT
    calculated_by: UUID | None = None
    checked_by: UUID | None = None
    released_by: UUID | None = None
    version: int = 1

    @property
    def facts(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            "payment_run_id": self.id,
            "programme_id": self.programme_id,
            "period": self.period,
            "state": self.state.value,
            "count": self.count,
            "total": self.total,
        }


def require_draft(run: PaymentRun) -> None:
    """Only a draft takes lines."""
    _require(run, RunState.DRAFT, "calculate")


def calculate(run: PaymentRun, *, by: UUID, count: int, total: Money) -> PaymentRun:
    require_draft(run)
    if count == 0:
        raise NothingDue(period=run.period)
    return replace(run, state=RunState.CALCULATED, calculated_by=by, count=count, total=total)


def check(run: PaymentRun, *, by: UUID) -> PaymentRun:
    """Somebody looked it over; the calculator may, since the release is another person's in any case."""
    _require(run, RunState.CALCULATED, "check")
    return replace(run, state=RunState.CHECKED, checked_by=by)


def release(run: PaymentRun, *, by: UUID) -> PaymentRun:
    _require(run, RunState.CHECKED, "release")
    if by == run.calculated_by:
        raise ReleaseNeedsAnother()
    return replace(run, state=RunState.RELEASED, released_by=by)


def send(run: PaymentRun) -> PaymentRun:
    _require(run, RunState.RELEASED, "send")
    return replace(run, state=RunState.SENT)


def require_sent(run: PaymentRun) -> None:
    """The bank answers what was sent to it; a settled run only takes repeats."""
    if run.state not in (RunState.SENT, RunState.SETTLED):
        raise WrongState(state=run.state, wanted="take_results")


def settle(run: PaymentRun) -> PaymentRun:
    """Every line has an answer."""
    _require(run, RunState.SENT, "settle")
    return replace(run, state=RunState.SETTLED)


def _require(run: PaymentRun, state: RunState, wanted: str) -> None:
    if run.state is not state:
        raise WrongState(state=run.state, wanted=wanted)
