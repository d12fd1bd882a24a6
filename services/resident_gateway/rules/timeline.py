"""What a person's timeline says of each event: whose row, what kind of thing, in which state."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.money import Money


@dataclass(frozen=True, slots=True)
class Item:
    """`detail` is a code (a category, a service) that the view puts into words, or the number of what it was merged into; `amount` in minor units."""

    person_id: UUID
    subject_id: UUID
    kind: str
    state: str
    version: int
    happened_at: datetime
    number: str | None = None
    detail: str | None = None
    amount: Money | None = None
