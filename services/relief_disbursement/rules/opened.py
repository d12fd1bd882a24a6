"""What is kept of an application in plain text, and what a masked reader is shown of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from platform_kit.masking import mask_name

# What is shown in full for a reason alone.
Part = Literal["payee_name", "bank_account", "evidence"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Note:
    """A note of evidence; `note` is None where it is withheld."""

    added_by: UUID
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """None is what was not said, has been erased, or was not asked for. `reason` is the applicant's, `decision_reason` the
    officers'."""

    reason: str | None
    payee_name: str | None
    bank_account: str | None
    decision_reason: str | None
    evidence: tuple[Note, ...] | None

    @property
    def masked(self) -> "Opened":
        """For whoever reviews it: what was asked for and why, that there is evidence and since when, and not what is in it."""
        return replace(
            self,
            payee_name=mask_name(self.payee_name),
            evidence=tuple(replace(each, note=None) for each in self.evidence or ()),
        )

    def only(self, parts: frozenset[Part]) -> "Opened":
        return Opened(
            reason=None,
            payee_name=self.payee_name if "payee_name" in parts else None,
            bank_account=self.bank_account if "bank_account" in parts else None,
            decision_reason=None,
            evidence=self.evidence if "evidence" in parts else None,
        )
