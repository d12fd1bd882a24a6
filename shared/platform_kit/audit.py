"""Who did what, for whom, when, from where, and what became of it: one row, in the transaction of what it tells of.

Ids and names only. What people wrote never comes here, a look's reason excepted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from platform_kit import telemetry
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import InvalidInput, Text

DONE = "done"
LOOK = "look"
_LONGEST_REASON = 500
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_ENTRY = """
    INSERT INTO audit (actor, roles, subject, operation, object, outcome, status, address, correlation_id, key_digest, reason)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id
"""
_RECORD = "WITH entry AS ({entry}) INSERT INTO audit_waiting (audit_id) SELECT id FROM entry".replace(
    "{entry}", _ENTRY
)
# What else is to be written travels in the same statement; its parameters begin at $12.
RECORD_BESIDE = _RECORD.replace(
    " INSERT INTO audit_waiting", ", beside AS ({beside}) INSERT INTO audit_waiting"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`subject` is the person whom it is about; `object` the ids of what it was done to; `outcome` "done" or why not.

    The place that it came from is the call's that is being answered.
    """

    operation: str
    caller: Caller | None = None
    subject: UUID | None = None
    object: Mapping[str, str] = field(default_factory=dict)
    outcome: str = DONE
    status: int = 200
    key_digest: bytes | None = None
    reason: str | None = None
    correlation_id: str = field(default_factory=telemetry.correlation_id.get)
    address: str = field(default_factory=telemetry.caller_address.get)

    def done(self, body: BaseModel, status: int) -> "Entry":
        """What the answer tells beside its status: the `id` of what was made, the `resident_id` or `subject` whom it is about."""
        made, about = getattr(body, "id", None), getattr(body, "resident_id", getattr(body, "subject", None))
        return replace(
            self,
            status=status,
            object={**self.object, "id": str(made)} if isinstance(made, UUID) else self.object,
            subject=about if isinstance(about, UUID) else self.subject,
        )

    def refused(self, outcome: str, status: int) -> "Entry":
        """The path of a refused call holds whatever was typed there: only what is a UUID is kept of it."""
        ids = {name: value for name, value in self.object.items() if uuid_or_none(value)}
        return replace(self, outcome=outcome, status=status, object=ids)

    def values(self) -> tuple[Any, ...]:
        """$1 to $11 of RECORD_BESIDE."""
        return (
            self.caller.subject if self.caller else None,
            sorted(self.caller.roles) if self.caller else [],
            self.subject,
            self.operation,
            self.object,
            self.outcome,
            self.status,
            self.address or None,
            self.correlation_id,
            self.key_digest,
            self.reason,
        )


async def record(tx: Tx, entry: Entry) -> None:
    await tx.execute(_RECORD, *entry.values())


async def record_all(tx: Tx, entries: Sequence[Entry]) -> None:
    """All of them in one round trip."""
    await tx.executemany(_RECORD, [entry.values() for entry in entries])


async def record_look(
    tx: Tx, *, actor: Caller, subject: UUID | None, what: str, reason: str, **ids: UUID | str
) -> None:
    """Somebody is about to see a sensitive value in full: await this before the answer is given, so that none is seen unrecorded.

    `subject` is whose value it is (None: many people's or nobody's, then `ids` say of what, as ids or digests); `what` names
    it, such as ``resident.id_number``; `reason` is the looker's own. On a read's connection the row is committed at once; in a
    transaction with it. InvalidInput(field="reason") without a reason, or with one of more than 500 characters.
    """
    if not 0 < len(reason.strip()) <= _LONGEST_REASON:
        raise InvalidInput(
            field="reason", reason=Text("Say why, in 1 to 500 characters.", "请说明理由(1 至 500 个字符)。")
        )
    named = {"what": what} | {name: str(value) for name, value in ids.items()}
    await record(
        tx, Entry(operation=LOOK, caller=actor, subject=subject, object=named, reason=reason.strip())
    )


def uuid_or_none(text: object) -> UUID | None:
    return UUID(text) if isinstance(text, str) and _UUID.fullmatch(text) else None
