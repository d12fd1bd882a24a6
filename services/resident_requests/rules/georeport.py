"""What is asked in the words of Open311 GeoReport v2, understood or refused by the name of its parameter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from platform_kit.problems import InvalidInput, Text
from resident_requests.rules.questions import Kind, Question

Status = Literal["open", "closed"]
# At most so many requests in one answer, of so long a time.
MOST = 1000
SPAN = timedelta(days=90)
# The clock of an application may be wrong, and so may its zone.
_AHEAD = timedelta(days=1)
# Far from either end of what a calendar has.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)

_DATE = Text(
    "A date and time with its zone, for example 2026-11-25T08:00:00Z.",
    "请填写带时区的日期和时间,例如 2026-11-25T08:00:00Z。",
)
_ORDER = Text("It ends before it begins.", "结束时间早于开始时间。")
_LONG = Text("At most 90 days at once.", "一次最多查询 90 天。")
_STATUS = Text("open or closed.", "只能是 open 或 closed。")
_MANY = Text(f"At most {MOST} at once.", f"一次最多 {MOST} 个。")


@dataclass(frozen=True, slots=True)
class Asked:
    """`numbers` are case numbers; where there are any, nothing else counts. `codes` is None for all categories."""

    numbers: tuple[str, ...]
    codes: tuple[str, ...] | None
    open: tuple[bool, ...]
    since: datetime
    until: datetime


def understood(
    *, ids: Sequence[str], codes: Sequence[str], start: str, end: str, status: Sequence[str], at: datetime
) -> Asked:
    """Lists as they came: each may hold several, divided by commas; what is empty was not said."""
    numbers, wanted = _split(ids, "service_request_id"), _split(codes, "service_code")
    if numbers:
        return Asked(numbers, None, (), at, at)
    statuses = _split(status, "status") or ("open", "closed")
    if not set(statuses) <= {"open", "closed"}:
        raise InvalidInput(field="status", reason=_STATUS)
    since, until = _span(_instant(start, "start_date"), _instant(end, "end_date"), at)
    return Asked((), wanted or None, tuple(sorted({each == "open" for each in statuses})), since, until)


def _split(texts: Sequence[str], field: str) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))
    if len(parts) > MOST:
        raise InvalidInput(field=field, reason=_MANY)
    return parts


def _span(start: datetime | None, end: datetime | None, at: datetime) -> tuple[datetime, datetime]:
    """The last 90 days where neither was said; 90 days from, or until, the one that was."""
    until = end or (start + SPAN if start else at + _AHEAD)
    since = start or (end or at) - SPAN
    if until < since:
        raise InvalidInput(field="end_date", reason=_ORDER)
    if start and end and until - since > SPAN:
        raise InvalidInput(field="end_date", reason=_LONG)
    return since, until


def _instant(text: str, field: str) -> datetime | None:
    """A `+` that was not encoded has become a space."""
    written = text.strip().replace(" ", "+")
    if not written:
        return None
    try:
        instant = datetime.fromisoformat(written)
        if instant.tzinfo is None:
            raise InvalidInput(field=field, reason=_DATE)
        return min(max(instant.astimezone(UTC), _EARLIEST), _LATEST)
    except (ValueError, OverflowError) as wrong:
        raise InvalidInput(field=field, reason=_DATE) from wrong


def answers_of(questions: Sequence[Question], attributes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """`attribute[code]` of a form, as the questions want them: all that a form holds is text."""
    kinds = {question.code: question.kind for question in questions}
    return {code: _answer(kinds.get(code), values) for code, values in attributes.items()}


def _answer(kind: Kind | None, values: Sequence[str]) -> Any:
    if kind is Kind.MULTI:
        return [value for value in values if value]
    # Of what is asked once the first counts; what does not fit its kind is refused where all answers are.
    value = values[0] if values else ""
    if kind is Kind.NUMBER and value:
        try:
            return float(value)
        except ValueError:
            return value
    return value
