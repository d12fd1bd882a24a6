"""What is said about a request: by either side to the other, or among staff alone."""

from enum import StrEnum
from typing import Literal

from resident_requests.problems import OnlyStaffKeepNotes

Side = Literal["resident", "staff"]


class Kind(StrEnum):
    """A note is for staff; the resident is never shown it, nor that it is there. A resolution says what was done."""

    FROM_RESIDENT = "from_resident"
    FROM_STAFF = "from_staff"
    QUESTION = "question"
    ANSWER = "answer"
    RESOLUTION = "resolution"
    NOTE = "note"


def kind_of(side: Side, *, internal: bool) -> Kind:
    """Of a comment. Raises OnlyStaffKeepNotes."""
    if not internal:
        return Kind.FROM_STAFF if side == "staff" else Kind.FROM_RESIDENT
    if side == "resident":
        raise OnlyStaffKeepNotes(field="internal")
    return Kind.NOTE


def shown_to(side: Side) -> list[Kind]:
    return [kind for kind in Kind if side == "staff" or kind is not Kind.NOTE]
