"""The tree of units: district, street offices, communities; a unit's code is its path."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from community_registry.problems import UnitMisplaced

_PARENT_KIND = {"district": None, "street": "district", "community": "street"}


UnitKind = Literal["district", "street", "community"]


@dataclass(frozen=True, slots=True)
class Unit:
    id: UUID
    parent_id: UUID | None
    kind: UnitKind
    code: str
    name: str
    zone: str


def place(unit: Unit, parent: Unit | None) -> Unit:
    """The unit, if its kind and code fit under that parent; UnitMisplaced otherwise."""
    expected = _PARENT_KIND[unit.kind]
    head, _, last = unit.code.rpartition("/")
    fits = (
        parent is None and expected is None and not head
        if parent is None
        else parent.kind == expected and head == parent.code
    )
    if not fits or not last:
        raise UnitMisplaced(field="code", kind=unit.kind, code=unit.code)
    return unit
