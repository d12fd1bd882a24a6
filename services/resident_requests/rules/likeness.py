"""What makes two requests look like the same thing: they lie near each other, happened at about the same time, and are said in
the same words.

Words are compared by their pieces, which is what pg_trgm does, and what it cannot do here: they are sealed. Chinese has no spaces,
so its pieces are pairs of characters; of everything else they are three letters of a word with its edges. The score is symmetric
and between 0 and 1.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from platform_kit.geometry import METRES_IN_A_DEGREE, Position, metres_between

# Further apart in space or in time they are not the same thing.
RADIUS_METRES = 300.0
LOOK_BACK = timedelta(days=60)
# Of what is said, the beginning says what it is about.
MOST_PIECES = 128
# What is offered: only what is as alike as that, and no more than can be read on a phone.
ALIKE, MOST_OFFERED = 0.3, 5
# Of those that may be alike, the newest of each cell; of a community, where nobody has said a point.
OF_A_CELL, OF_A_UNIT = 20, 60

# A little wider than the radius: what is within it lies in the same cell or in one beside it.
_CELL_METRES = 330.0
_ROW_DEGREES = _CELL_METRES / METRES_IN_A_DEGREE
# Ideographs with their extensions, kana, hangul.
_WITHOUT_SPACES = (
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Point:
    """WGS 84, in degrees."""

    latitude: float
    longitude: float

    @property
    def position(self) -> Position:
        return self.longitude, self.latitude


def point_at(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else Point(latitude, longitude)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is public of an open request that may be the same; `pieces` is how many its words have, `shared` how many of them are
    also in what is compared with it."""

    request_id: UUID
    case_number: str
    category: str
    state: str
    occurred_at: datetime
    latitude: float | None
    longitude: float | None
    pieces: int
    shared: int


@dataclass(frozen=True, slots=True)
class Similar:
    """What is offered of a request that is there already. `metres` is None where one of the two has no point; `score` is from 0 to 1,
    None for one's own, which is not compared."""

    request_id: UUID
    case_number: str
    category: str
    state: str
    occurred_at: datetime
    metres: int | None
    score: float | None


# As it is published (decision 0022): what is told of distances is told from there.
COARSE = 3
# Words are alike by quarters: what a single piece more or less changes, nobody can see.
_QUARTERS = 4


def coarse(point: Point) -> Point:
    """To a tenth of a kilometre: what a resident says of a place may be their home."""
    return Point(round(point.latitude, COARSE), round(point.longitude, COARSE))


def pieces(words: str) -> tuple[str, ...]:
    """Each once, in the order of the words; full and half width, upper and lower case are the same."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", words).casefold())
    found: dict[str, None] = {}
    for kind, run in groupby(folded, key=_kind):
        if kind is not None:
            found |= dict.fromkeys(_of_a_run("".join(run), without_spaces=kind))
    return tuple(found)[:MOST_PIECES]


def _kind(character: str) -> bool | None:
    """True: of a script without spaces; False: of a word; None: between words."""
    if any(first <= ord(character) <= last for first, last in _WITHOUT_SPACES) and character.isalnum():
        return True
    return False if character.isalnum() or unicodedata.combining(character) else None


def _of_a_run(run: str, *, without_spaces: bool) -> Iterable[str]:
    if without_spaces:
        return (run[at : at + 2] for at in range(max(1, len(run) - 1)))
    edged = f"  {run} "
    return (edged[at : at + 3] for at in range(len(edged) - 2))


def overlap(shared: int, mine: int, theirs: int) -> float:
    """Twice what is shared by what there is together (Sørensen): 1 for the same pieces, 0 for none in common."""
    return 2 * shared / (mine + theirs) if mine + theirs else 0.0


def cell_of(point: Point) -> int:
    """A square of about 330 metres that holds the point."""
    row = math.floor(point.latitude / _ROW_DEGREES)
    return _cell(row, _column(row, point.longitude))


def cells_near(point: Point) -> list[int]:
    """The point's cell and those around it: all that is within the radius. The date line crosses no district."""
    middle = math.floor(point.latitude / _ROW_DEGREES)
    return [
        _cell(row, _column(row, point.longitude) + beside)
        for row in (middle - 1, middle, middle + 1)
        for beside in (-1, 0, 1)
    ]


def _column(row: int, longitude: float) -> int:
    """Degrees of longitude are shorter towards the poles: counted at the edge of the row that is nearer to one, a column is
    nowhere in it too narrow."""
    latitude = max(abs(row), abs(row + 1)) * _ROW_DEGREES
    width = _ROW_DEGREES / max(math.cos(math.radians(latitude)), 0.01)
    return math.floor(longitude / width)


def _cell(row: int, column: int) -> int:
    return (row << 32) + column


def cell_without_point(unit_id: UUID) -> int:
    """Where nobody has said a point all of the unit is one cell, of a number that no point has."""
    return -(1 << 62) - (unit_id.int >> 67)


def most_alike(candidates: Sequence[Candidate], *, pieces_of_mine: int, point: Point | None) -> list[Similar]:
    """Those that are offered, the most alike first."""
    compared = (_compared(each, pieces_of_mine, point) for each in candidates)
    alike = [(each.score or 0.0, each) for each in compared if each is not None]
    alike = [(score, each) for score, each in alike if score >= ALIKE]
    alike.sort(key=lambda one: (-one[0], one[1].metres or 0, one[1].request_id))
    return [each for _, each in alike[:MOST_OFFERED]]


def _compared(candidate: Candidate, mine: int, point: Point | None) -> Similar | None:
    """None when it is too far away. The score is the mean of what is known of the two: how near, and how alike in words."""
    metres, known = None, list[float]()
    there = point_at(candidate.latitude, candidate.longitude)
    if point is not None and there is not None:
        metres = metres_between(point.position, there.position)
        if metres > RADIUS_METRES:
            return None
        known.append(1 - metres / RADIUS_METRES)
    if mine and candidate.pieces:
        known.append(math.floor(overlap(candidate.shared, mine, candidate.pieces) * _QUARTERS) / _QUARTERS)
    return Similar(
        request_id=candidate.request_id,
        case_number=candidate.case_number,
        category=candidate.category,
        state=candidate.state,
        occurred_at=candidate.occurred_at,
        metres=None if metres is None else round(metres),
        score=round(sum(known) / len(known), 3) if known else 0.0,
    )
