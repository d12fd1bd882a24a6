"""What is kept of a resident in plain text, and what a masked reader is shown of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from community_registry.rules import identity
from platform_kit.masking import mask_address, mask_id, mask_name, mask_phone
from platform_kit.problems import InvalidInput, NotYours, Text

Part = Literal["name", "phone", "id_number", "address"]
PARTS: tuple[Part, ...] = get_args(Part)

# What a resident, or who acts for them, corrects themself; the rest is checked against papers by a worker.
OWN: frozenset[Part] = frozenset(("phone", "address"))

_MASKED = Text("This is a masked value; write it in full.", "这是脱敏后的内容,请填写完整内容。")
_EMPTIED = Text("It can be changed, not emptied.", "可以更改,不能清空。")


@dataclass(frozen=True, slots=True)
class Person:
    """None is what is not known."""

    name: str | None
    phone: str | None
    id_number: str | None
    address: str | None

    @property
    def masked(self) -> "Person":
        return Person(
            mask_name(self.name),
            mask_phone(self.phone) if self.phone else None,
            mask_id(self.id_number) if self.id_number else None,
            mask_address(self.address) if self.address else None,
        )


def corrections(person: Person, sent: Mapping[str, str | None], may: frozenset[Part]) -> dict[Part, str]:
    """What of `sent` is new. What comes back as it was shown, masked, means "as it is", whoever sends it.

    NotYours for a part that the sender may not change; InvalidInput for a mask of something else, or for nothing at all.
    """
    shown = person.masked
    changed: dict[Part, str] = {}
    for part in PARTS:
        if part not in sent or (value := sent[part]) == getattr(shown, part):
            continue
        if part not in may:
            raise NotYours(field=part)
        if value is None:
            raise InvalidInput(field=part, reason=_EMPTIED)
        if "*" in value:
            raise InvalidInput(field=part, reason=_MASKED)
        if (plain := _normal(part, value)) != getattr(person, part):
            changed[part] = plain
    return changed


def _normal(part: Part, value: str) -> str:
    if part == "phone":
        return identity.phone(value, field=part)
    return identity.id_number(value, field=part) if part == "id_number" else value
