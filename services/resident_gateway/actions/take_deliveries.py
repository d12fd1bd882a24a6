"""Messages that are due: which are sent now, to which phone, in which words; which wait for the morning; which are not sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg import Record

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer, StoredKey
from platform_kit.telemetry import log
from platform_kit.timers import set_timer
from resident_gateway import store
from resident_gateway.actions.open_account import PURPOSE
from resident_gateway.messages import Message
from resident_gateway.rules.account_name import account_key
from resident_gateway.rules.delivery import Decision, decide
from resident_gateway.rules.notification import LEASE
from resident_gateway.rules.occasions import OCCASIONS

HELD = "delivery_held"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`attempts` counts this one."""

    notification_id: UUID
    attempts: int
    message: Message


async def take_deliveries(tx: Tx, sealer: Sealer, most: int) -> Sequence[Delivery]:
    at = await now(tx)
    taken = []
    for row in await store.due_deliveries_for_update(tx, most, at, LEASE):
        try:
            phone = await _phone(sealer, row)
            decision = decide(
                OCCASIONS[row["occasion"]],
                store.preferences_of(row),
                number=row["number"],
                state=row["state"],
                has_phone=phone is not None,
                zone=ZoneInfo(row["zone"]),
                made_at=row["created_at"],
                at=at,
            )
        except Exception as error:
            # One that cannot be read must not keep back the others.
            log.error("message cannot be made", error=type(error).__name__)
            phone, decision = None, Decision(failed=type(error).__name__)
        if decision.text is not None and phone is not None:
            message = Message(phone, decision.text, at.isoformat(), str(row["notification_id"]))
            taken.append(Delivery(row["notification_id"], row["attempts"], message))
        elif decision.until is not None:
            await store.save_held(tx, row["notification_id"])
            await set_timer(tx, HELD, row["notification_id"], decision.until)
        else:
            ended = "failed" if decision.failed else "dropped"
            reason = decision.failed or decision.dropped
            await store.save_ended(tx, row["notification_id"], ended, reason, at)
    return taken


async def _phone(sealer: Sealer, row: Record) -> str | None:
    """None when there is none, or its person was erased."""
    if row["account"] is None:
        return None
    key = await sealer.key(StoredKey(row["person_id"], row["wrapped"], row["kek"]))
    account = key.open(row["account"], for_=PURPOSE)
    return account_key(account) if account is not None else None
