"""Ranking against a brute-force oracle that compares every pair."""

from itertools import permutations
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from volunteer_matching.rules.ranking import Candidate, distance, rank_candidates

CODES = ["01/01/001", "01/01/002", "01/02/001", "02/01/001"]

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        volunteer_id=st.uuids(),
        person_id=st.integers(0, 5).map(lambda n: UUID(int=n)),
        unit_code=st.sampled_from(CODES),
        skills=st.frozensets(st.sampled_from(["errand", "repair"])),
        commitments=st.integers(0, 3),
        lapsed=st.integers(0, 2),
    ),
    max_size=5,
    unique_by=lambda candidate: candidate.volunteer_id,
)


def _closeness(one: str, other: str) -> int:
    if one == other:
        return 0
    if one.rsplit("/", 1)[0] == other.rsplit("/", 1)[0]:
        return 1
    return 2 if one.split("/")[0] == other.split("/")[0] else 3


@settings(max_examples=200)
@given(CANDIDATES, st.sampled_from(CODES), st.sampled_from([None, "errand"]), st.integers(1, 4))
def test_the_best_are_asked_first(
    candidates: list[Candidate], code: str, skill: str | None, most: int
) -> None:
    excluded = frozenset({UUID(int=0)})
    ranked = rank_candidates(candidates, unit_code=code, skill=skill, excluded=excluded, most=most)
    able = [c for c in candidates if c.person_id not in excluded and (skill is None or skill in c.skills)]

    def worth(candidate: Candidate) -> tuple[int, int, int, UUID]:
        near = _closeness(candidate.unit_code, code)
        return candidate.lapsed, near, candidate.commitments, candidate.volunteer_id

    best = min(permutations(able, min(most, len(able))), key=lambda row: [worth(c) for c in row], default=())
    assert ranked == list(best)


def test_distance_is_steps_up_to_the_common_unit() -> None:
    assert [distance("01/01/001", code) for code in CODES] == [0, 1, 2, 3]
