"""What is said about a request: by either side to the other, or among staff alone; and by whose own was merged into it."""

from enum import StrEnum
from typing import Literal

from resident_requests.problems import OnlyStaffKeepNotes

Side = Literal["resident", "neighbour", "staff"]


class Kind(StrEnum):
    """A note is for staff; the resident is never shown it, nor that it is there. A resolution says what was done. A neighbour is
    somebody whose own goes on as this one: to everybody but staff and themself they are no more than that."""

    FROM_RESIDENT = "from_resident"
    FROM_NEIGHBOUR = "from_neighbour"
    FROM_STAFF = "from_staff"
    QUESTION = "question"
    ANSWER = "answer"
    RESOLUTION = "resolution"
    NOTE = "note"


_FROM = {"resident": Kind.FROM_RESIDENT, "neighbour": Kind.FROM_NEIGHBOUR, "staff": Kind.FROM_STAFF}


def kind_of(side: Side, *, internal: bool) -> Kind:
    """Of a comment. Raises OnlyStaffKeepNotes."""
    if not internal:
        return _FROM[side]
    if side != "staff":
        raise OnlyStaffKeepNotes(field="internal")
    return Kind.NOTE


def shown_to(side: Side) -> list[Kind]:
    """What staff ask whose it is, and what those answer, is between them; of neighbours each is shown their own alone."""
    if side == "neighbour":
        return [Kind.FROM_NEIGHBOUR, Kind.FROM_STAFF, Kind.RESOLUTION]
    return [kind for kind in Kind if side == "staff" or kind is not Kind.NOTE]
