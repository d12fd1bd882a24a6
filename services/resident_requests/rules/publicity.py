"""What of a request is for everybody. The table `public_report` and its policies say the same once more, in SQL."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from resident_requests.rules.category import Category
from resident_requests.rules.request import OPEN, State

# What somebody may be called or reached by, in words that they sent to be published, as it is read: digits of any kind (0), seven of
# them or more with at most three marks (.) between two of them, and an X that ends the number of an identity card; and addresses
# of mail.
_NUMBER = re.compile(r"\+?0(?:[.+]{0,3}0){6,}X?")
_MAIL = re.compile(
    r"(?<![^\s@])[^\s@]+\s{0,3}@\s{0,3}[^\s@]+(?:\.\w+|。[a-z]+|\s{1,3}[.。]\s{1,3}\w+)", re.IGNORECASE
)
# What is drawn as a nought, and letters that are drawn as nothing.
_NOUGHT, _BLANKS = "\u25cb", frozenset("\u115f\u1160\u3164\uffa0")
_LEFT_OUT = "…"


def is_public(category: Category) -> bool:
    """Whether requests of it are shown to everybody, with what is public of them. One that is private now, or was when they were
    filed, shows none of them, however they came: by a resident, an import or an application of others."""
    return not category.private


def is_offered(category: Category) -> bool:
    """Whether applications of others may file under it: what begins with a call (110, 119, 120) has no place there."""
    return is_public(category) and category.open and category.call is None


def is_open(state: State) -> bool:
    return state in OPEN


def published(words: str) -> str:
    """The words as everybody sees them: without what reaches a person, however it is written; the rest as it came."""
    shown, place = [], 0
    for start, end in sorted([*_found(_NUMBER, _counted, words), *_found(_MAIL, _written, words)]):
        if start >= place:
            shown += [words[place:start], _LEFT_OUT]
        place = max(place, end)
    return "".join([*shown, words[place:]])


def _found(pattern: re.Pattern[str], read: Callable[[str], str], words: str) -> Iterator[tuple[int, int]]:
    """Where in the words something stands that is read so, with the marks on its last sign."""
    seen = [(each, place) for place, char in enumerate(words) for each in read(char)]
    places = [*(place for _, place in seen), len(words)]
    for match in pattern.finditer("".join(each for each, _ in seen)):
        yield places[match.start()], max(places[match.end() - 1] + 1, places[match.end()])


@lru_cache(maxsize=10_000)
def _written(char: str) -> str:
    """Full-width, circled and other forms as the plain ones; what is not seen as nothing."""
    return "" if unicodedata.category(char) in ("Cf", "Mn", "Me") else unicodedata.normalize("NFKC", char)


@lru_cache(maxsize=10_000)
def _counted(char: str) -> str:
    """Digits as 0, in whatever script; letters as a, but X; signs as a point; several where it is drawn as several."""
    plain = _written(char)
    if len(plain) > 1 and any(map(_is_digit, plain)):
        return "".join("0" if _is_digit(each) else "." for each in plain)
    if plain in ("", "+"):
        return plain
    if _is_digit(char):
        return "0"
    if unicodedata.category(char)[0] != "L" or unicodedata.category(char) == "Lm" or char in _BLANKS:
        return "."
    return "X" if plain in "xX" else "a"


def _is_digit(char: str) -> bool:
    return (
        char == _NOUGHT
        or unicodedata.category(char)[0] == "N"
        or unicodedata.numeric(char, None) in range(10)
    )
