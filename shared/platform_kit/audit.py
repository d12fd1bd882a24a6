"""Who looked at a full sensitive value, whose, what and why."""

from uuid import UUID

from platform_kit.db import Tx
from platform_kit.telemetry import log


async def record_look(tx: Tx, *, actor: UUID, subject: UUID, what: str, reason: str) -> None:  # noqa: ARG001
    """Before the value leaves, in the transaction that reads it."""
    log.info("looked", actor=str(actor), subject=str(subject), what=what, reason=reason)
