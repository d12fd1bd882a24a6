from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_kit.problems import InvalidInput
from resident_requests.rules.georeport import MOST, SPAN, Asked, answers_of, understood
from resident_requests.rules.publicity import published
from resident_requests.rules.questions import Kind, Question

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)


def asked(**said: object) -> Asked:
    nothing = {"ids": [], "codes": [], "start": "", "end": "", "status": []}
    return understood(**(nothing | said), at=AT)  # type: ignore[arg-type]


def test_without_a_word_it_is_the_last_ninety_days_of_everything() -> None:
    found = asked()
    assert (found.numbers, found.codes, set(found.open)) == ((), None, {True, False})
    assert found.since == AT - SPAN
    assert AT <= found.until <= AT + timedelta(days=1)


def test_one_end_of_a_span_gives_the_other() -> None:
    assert asked(start="2020-01-01T00:00:00+08:00").until == datetime(2020, 3, 30, 16, tzinfo=UTC)
    assert asked(end="2020-03-31T00:00:00Z").since == datetime(2020, 1, 1, tzinfo=UTC)
    # A plus that was not encoded.
    assert asked(start="2020-01-01T00:00:00 08:00") == asked(start="2020-01-01T00:00:00+08:00")


def test_ninety_days_are_the_most() -> None:
    assert asked(start="2020-01-01T00:00:00Z", end="2020-03-31T00:00:00Z").until.day == 31
    with pytest.raises(InvalidInput, match="90"):
        asked(start="2020-01-01T00:00:00Z", end="2020-03-31T00:00:01Z")


def test_numbers_make_everything_else_nothing() -> None:
    found = asked(ids=["1, 2,,1"], status=["nonsense"], start="nonsense")
    assert (found.numbers, found.open) == (("1", "2"), ())
    with pytest.raises(InvalidInput):
        asked(ids=[",".join(map(str, range(MOST + 1)))])


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_understood_or_refused_by_name(start: str, end: str) -> None:
    try:
        found = asked(start=start, end=end)
    except InvalidInput as refusal:
        assert refusal.field in ("start_date", "end_date")  # noqa: PT017
    else:
        assert timedelta() <= found.until - found.since <= SPAN + timedelta(days=1)


@given(st.datetimes(timezones=st.timezones()))
def test_any_instant_is_understood(instant: datetime) -> None:
    found = asked(start=instant.isoformat())
    assert found.since.tzinfo is UTC
    assert found.until - found.since == SPAN


def test_answers_of_a_form_become_what_the_questions_ask() -> None:
    kinds = {"n": Kind.NUMBER, "many": Kind.MULTI, "one": Kind.SINGLE}
    questions = [Question(code, code, code, kind, False) for code, kind in kinds.items()]
    form = {"n": ["2.5"], "many": ["a", "", "b"], "one": ["a", "b"], "unasked": ["x"]}
    assert answers_of(questions, form) == {"n": 2.5, "many": ["a", "b"], "one": "a", "unasked": "x"}
    assert answers_of(questions, {"n": ["three"]}) == {"n": "three"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("电话13812345678。", "电话…。"),
        ("call +86 (27) 8888-1234 now", "call … now"),
        ("id 11010519491231002X", "id …"),
        ("write to a.b@c.org", "write to …"),
        ("2026-11-26 路灯 A-17, 3 盏, 430071", "… 路灯 A-17, 3 盏, 430071"),
        ("1200 block of Main St", "1200 block of Main St"),
    ],
)
def test_what_reaches_a_person_is_not_published(words: str, shown: str) -> None:
    assert published(words) == shown
