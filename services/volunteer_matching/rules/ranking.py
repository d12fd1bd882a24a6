"""Whom to ask first: near, able, and not already burdened."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """`unit_code` is the path of the volunteer's unit; `commitments` counts accepted tasks that are not done, `lapsed` how
    often they were asked for this one and did not answer."""

    volunteer_id: UUID
    person_id: UUID
    unit_code: str
    skills: frozenset[str]
    commitments: int
    lapsed: int = 0


def rank_candidates(
    candidates: Iterable[Candidate],
    *,
    unit_code: str,
    skill: str | None,
    excluded: frozenset[UUID],
    most: int,
) -> list[Candidate]:
    """At most `most`, best first: who was asked least often before anybody is asked again; of these the same community, then the
    same street office, then the rest; the least burdened of each.

    `excluded` are persons, as the resident themself.
    """
    able = [c for c in candidates if c.person_id not in excluded and (skill is None or skill in c.skills)]
    able.sort(key=lambda c: (c.lapsed, distance(c.unit_code, unit_code), c.commitments, c.volunteer_id))
    return able[:most]


def distance(one: str, other: str) -> int:
    """Steps up the tree of units until both paths meet."""
    mine, theirs = one.split("/"), other.split("/")
    shared = next(
        (i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs))
    )
    return max(len(mine), len(theirs)) - shared
