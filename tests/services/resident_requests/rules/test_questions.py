"""Answers to a category's questions: what fits is kept as it was given, anything else is refused by its place."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_kit.problems import InvalidInput
from resident_requests.rules.questions import MOST_TEXT, Kind, Option, Question, checked

OPTIONS = (Option("red", "红", "Red"), Option("blue", "蓝", "Blue"))
ASKED = {
    kind: Question(
        kind.value, "问", "asked {x}", kind, required=False, options=OPTIONS if "list" in kind else ()
    )
    for kind in Kind
}
FITS: dict[Kind, list[Any]] = {
    Kind.STRING: ["x", "𠮷", "x" * 200],
    Kind.TEXT: ["a\nb", "x" * MOST_TEXT],
    Kind.NUMBER: [0, -3, 2.5, 2**53],
    Kind.DATETIME: ["2026-11-25T08:00:00+08:00", "2026-11-25T08:00:00Z"],
    Kind.SINGLE: ["red"],
    Kind.MULTI: [["red"], ["blue", "red"]],
}
DOES_NOT: dict[Kind, list[Any]] = {
    Kind.STRING: ["x" * 201, "a\nb", "a\u0000", " ", 3, True, ["x"], {"a": 1}, "\ud800"],
    Kind.TEXT: ["x" * (MOST_TEXT + 1), "a\u0000", 3, {"a": 1}],
    Kind.NUMBER: ["3", True, math.nan, math.inf, 2**53 + 1, 1e300, [3]],
    Kind.DATETIME: ["2026-11-25T08:00:00", "2026-02-30T08:00:00Z", "tomorrow", 1764000000],
    Kind.SINGLE: ["green", ["red"], 1, {"red": 1}],
    Kind.MULTI: ["red", ["green"], ["red", "red"], [["red"]], [1], {"red": 1}],
}


@pytest.mark.parametrize(("kind", "answer"), [(kind, each) for kind, all_ in FITS.items() for each in all_])
def test_what_fits_is_kept_as_it_is(kind: Kind, answer: Any) -> None:
    assert checked([ASKED[kind]], {kind.value: answer}) == {kind.value: answer}


@pytest.mark.parametrize(
    ("kind", "answer"), [(kind, each) for kind, all_ in DOES_NOT.items() for each in all_]
)
def test_what_does_not_is_refused_by_its_place(kind: Kind, answer: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked([ASKED[kind]], {kind.value: answer})
    assert refusal.value.field == f"answers.{kind.value}"


@pytest.mark.parametrize("nothing", [{}, {"string": ""}, {"string": None}])
def test_only_what_must_be_answered_is_missed(nothing: dict[str, Any]) -> None:
    assert checked([ASKED[Kind.STRING]], nothing) == {}
    must = Question("string", "几{号}楼?", "Which {house}?", Kind.STRING, required=True)
    with pytest.raises(InvalidInput) as refusal:
        checked([must], nothing)
    assert refusal.value.field == "answers.string"
    assert "Which {house}?" in refusal.value.detail("en")
    assert "几{号}楼?" in refusal.value.detail("zh")


def test_what_nobody_asked_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked([ASKED[Kind.STRING]], {"other": "x"})
    assert refusal.value.field == "answers.other"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(Kind)), JSON)
def test_whatever_comes_is_kept_as_it_is_or_refused(kind: Kind, answer: Any) -> None:
    try:
        kept = checked([ASKED[kind]], {kind.value: answer})
    except InvalidInput:
        return
    assert kept in ({}, {kind.value: answer})
