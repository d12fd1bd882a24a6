"""What a category asks whoever files: each question has a kind, and an answer fits it or is refused by name.

The kinds are those of Open311 GeoReport v2 service attributes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from platform_kit.problems import InvalidInput, Text

MOST_TEXT = 1000
# Numbers that every program reads as the same number.
_LARGEST = 2**53


class Kind(StrEnum):
    STRING = "string"
    TEXT = "text"
    NUMBER = "number"
    DATETIME = "datetime"
    SINGLE = "singlevaluelist"
    MULTI = "multivaluelist"


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Question:
    """`options` only of the lists."""

    code: str
    name_zh: str
    name_en: str
    kind: Kind
    required: bool
    options: tuple[Option, ...] = ()


Answers = Mapping[str, Any]

_MISSING = Text("Please answer: {name_en}", "请填写:{name_zh}")
_UNASKED = Text("This is not asked here.", "该类别没有这个问题。")
_LINE = Text("One line of at most 200 characters.", "请填写一行文字,不超过 200 个字符。")
_TEXT = Text(f"At most {MOST_TEXT} characters.", f"请填写文字,不超过 {MOST_TEXT} 个字符。")
_NUMBER = Text("A number.", "请填写数字。")
_DATETIME = Text(
    "A date and time with its zone, for example 2026-11-25T08:00:00+08:00.",
    "请填写带时区的日期和时间,例如 2026-11-25T08:00:00+08:00。",
)
_OPTION = Text("One of the options.", "请从选项中选择一项。")
_OPTIONS = Text("Some of the options, each once.", "请从选项中选择,每项一次。")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def checked(questions: Sequence[Question], answers: Answers) -> dict[str, Any]:
    """The answers in the order of the questions. InvalidInput names ``answers.<code>``."""
    asked = {question.code: question for question in questions}
    for code in answers:
        if code not in asked:
            raise _refused(code, _UNASKED)
    kept = {}
    for code, question in asked.items():
        answer = answers.get(code)
        if answer in (None, "", []):
            if question.required:
                names = {"name_zh": question.name_zh, "name_en": question.name_en}
                raise InvalidInput(field=f"answers.{code}", reason=_MISSING, **names)
            continue
        fits, otherwise = _KINDS[question.kind]
        if not fits(question, answer):
            raise _refused(code, otherwise)
        kept[code] = answer
    return kept


def _refused(code: str, reason: Text) -> InvalidInput:
    return InvalidInput(field=f"answers.{code}", reason=reason)


def _is_line(_: Question, answer: Any) -> bool:
    return _is_clean(answer, 200) and "\n" not in answer and "\r" not in answer


def _is_text(_: Question, answer: Any) -> bool:
    return _is_clean(answer, MOST_TEXT)


def _is_clean(answer: Any, most: int) -> bool:
    return (
        isinstance(answer, str)
        and len(answer.strip()) > 0
        and len(answer) <= most
        and not _CONTROL.search(answer)
    )


def _is_number(_: Question, answer: Any) -> bool:
    """NaN and infinity are within no bounds."""
    return isinstance(answer, int | float) and not isinstance(answer, bool) and abs(answer) <= _LARGEST


def _is_datetime(_: Question, answer: Any) -> bool:
    try:
        return isinstance(answer, str) and datetime.fromisoformat(answer).tzinfo is not None
    except ValueError:
        return False


def _is_option(question: Question, answer: Any) -> bool:
    return isinstance(answer, str) and any(answer == option.code for option in question.options)


def _are_options(question: Question, answer: Any) -> bool:
    return (
        isinstance(answer, list)
        and all(_is_option(question, each) for each in answer)
        and len(set(answer)) == len(answer)
    )


_KINDS: Mapping[Kind, tuple[Callable[[Question, Any], bool], Text]] = {
    Kind.STRING: (_is_line, _LINE),
    Kind.TEXT: (_is_text, _TEXT),
    Kind.NUMBER: (_is_number, _NUMBER),
    Kind.DATETIME: (_is_datetime, _DATETIME),
    Kind.SINGLE: (_is_option, _OPTION),
    Kind.MULTI: (_are_options, _OPTIONS),
}
