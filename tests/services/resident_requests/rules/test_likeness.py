"""What looks like the same thing: said in the same words, near in space."""

import math
import unicodedata
from datetime import UTC, datetime
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from platform_kit.geometry import metres_between
from resident_requests.rules.likeness import (
    ALIKE,
    MOST_OFFERED,
    MOST_PIECES,
    RADIUS_METRES,
    Candidate,
    Point,
    cell_of,
    cell_without_point,
    cells_near,
    most_alike,
    overlap,
    pieces,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATIN, HAN = "abcdefghijklmnopqrstuvwxyz0123456789", "路灯不亮垃圾楼道漏水小区门口𠮷"
words = st.text(st.sampled_from(LATIN + LATIN.upper() + HAN + " ,。、-\n"), max_size=60)
# As far north and south as people live.
points = st.builds(Point, st.floats(-70, 70), st.floats(-179, 179))


def _alike(one: str, other: str) -> float:
    mine, theirs = set(pieces(one)), set(pieces(other))
    return overlap(len(mine & theirs), len(mine), len(theirs))


@given(words, words)
def test_it_is_the_same_from_both_sides_and_between_nothing_and_one(one: str, other: str) -> None:
    assert _alike(one, other) == _alike(other, one)
    assert 0 <= _alike(one, other) <= 1


@given(words)
def test_what_says_something_is_wholly_like_itself(said: str) -> None:
    assert _alike(said, said) == (1.0 if pieces(said) else 0.0)


@given(words)
def test_width_and_case_and_composition_say_nothing(said: str) -> None:
    full_width = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in said)
    for other in (full_width, said.upper(), said.lower(), unicodedata.normalize("NFD", said)):
        assert pieces(other) == pieces(said)


@given(st.text(max_size=5000))
def test_of_any_text_there_are_so_many_pieces_at_most_and_each_once(said: str) -> None:
    found = pieces(said)
    assert len(found) <= MOST_PIECES
    assert len(set(found)) == len(found)


def test_pieces_are_pairs_of_chinese_and_threes_of_a_word() -> None:
    assert pieces("路灯不亮") == ("路灯", "灯不", "不亮")
    assert pieces("灯") == ("灯",)
    assert pieces("Lamp, out") == ("  l", " la", "lam", "amp", "mp ", "  o", " ou", "out", "ut ")
    assert pieces("3号楼𠮷野家") == ("  3", " 3 ", "号楼", "楼𠮷", "𠮷野", "野家")
    assert pieces(" ,。\n") == ()


def test_the_same_matter_in_other_words_is_more_alike_than_another_matter() -> None:
    lamp = "3号楼门口的路灯不亮了,晚上很黑"
    assert _alike(lamp, "三号楼门口路灯不亮") > ALIKE
    assert _alike("street light out at gate 3", "The street light at gate 3 is out") > ALIKE
    for other in ("垃圾堆在小区西门没人收", "a dead cat in the road"):
        assert _alike(lamp, other) < 0.1


@given(points, st.floats(0, RADIUS_METRES), st.floats(0, 2 * math.pi))
def test_what_is_within_the_radius_is_in_a_cell_that_is_looked_into(
    point: Point, metres: float, towards: float
) -> None:
    north = math.cos(towards) * metres / 111_320
    east = math.sin(towards) * metres / 111_320 / math.cos(math.radians(point.latitude))
    there = Point(point.latitude + north, point.longitude + east)
    assert cell_of(there) in cells_near(point)
    assert abs(metres_between(point.position, there.position) - metres) < 0.01 * RADIUS_METRES


@given(points, st.uuids())
def test_a_unit_is_no_cell_of_any_point(point: Point, unit: UUID) -> None:
    assert cell_without_point(unit) not in cells_near(point)
    assert all(-(2**63) <= cell < 2**63 for cell in (*cells_near(point), cell_without_point(unit)))


def _candidate(at: Point | None = None, pieces: int = 0, shared: int = 0) -> Candidate:
    place = (at.latitude, at.longitude) if at else (None, None)
    return Candidate(uuid4(), "000-000-000", "streetlight", "submitted", NOON, *place, pieces, shared)


HERE = Point(30.581, 114.317)
candidates = st.builds(
    _candidate,
    st.none() | st.builds(Point, st.floats(30.577, 30.585), st.floats(114.313, 114.321)),
    st.just(40),
    st.integers(0, 40),
)


@given(st.lists(candidates, max_size=30), st.none() | st.just(HERE))
def test_few_are_offered_the_most_alike_first_and_none_that_is_far(
    found: list[Candidate], point: Point | None
) -> None:
    offered = most_alike(found, pieces_of_mine=40, point=point)
    scores = [each.score or 0 for each in offered]
    assert scores == sorted(scores, reverse=True)
    assert len(offered) <= MOST_OFFERED
    assert all(ALIKE <= score <= 1 for score in scores)
    assert all(each.metres is None or each.metres <= RADIUS_METRES for each in offered)


def test_where_nobody_has_said_a_word_the_place_alone_counts_and_without_both_nothing_is_alike() -> None:
    [found] = most_alike([_candidate(HERE)], pieces_of_mine=0, point=HERE)
    assert (found.metres, found.score) == (0, 1.0)
    assert most_alike([_candidate(pieces=10)], pieces_of_mine=0, point=HERE) == []
    far = Point(HERE.latitude + 0.01, HERE.longitude)
    assert most_alike([_candidate(far, 10, 10)], pieces_of_mine=10, point=HERE) == []
