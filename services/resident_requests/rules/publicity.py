"""What of a request is for everybody. The table `public_report` and its policies say the same once more, in SQL."""

import re

from resident_requests.rules.category import Category
from resident_requests.rules.request import OPEN, State

# What somebody may be called or reached by, in words that they sent to be published: long numbers however they are written, and
# addresses of mail.
_REACHES = re.compile(r"\+?\d(?:[\s\-()]{0,2}\d){6,}[\dXx]?|[^\s@]+@[^\s@]+\.\w+")
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
    """The words as everybody sees them: without what reaches a person."""
    return _REACHES.sub(_LEFT_OUT, words)
