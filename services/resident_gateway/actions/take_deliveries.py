"""Messages that are due: which are sent now, to which phone, in which words; which wait for the morning; which are not sent, as
they are of no use by now, or nobody's to know.

The phone of a resident without an account of their own is not here: the registry is asked for it when the message is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg import Record

from platform_kit.clock import now
from platform_kit.consumer import NotYet
from platform_kit.db import Tx
from platform_kit.rows import load
from platform_kit.sealing import Sealer, StoredKey
from platform_kit.telemetry import log
from platform_kit.timers import set_timer
from resident_gateway import store
from resident_gateway.actions.end_delivery import end_delivery
from resident_gateway.actions.open_account import PURPOSE
from resident_gateway.actions.still_told import still_told
from resident_gateway.messages import Message
from resident_gateway.rules.account_name import account_key
from resident_gateway.rules.delivery import Decision, decide
from resident_gateway.rules.notification import LEASE, TRIES, UNKNOWN, Subject, pause_after
from resident_gateway.rules.occasions import OCCASIONS, Audience

HELD = "delivery_held"
_NOT_KNOWN = "not known yet"


@dataclass(frozen=True, slots=True)
class Living:
    """A resident, and the unit in which their record lies at the registry."""

    resident_id: UUID
    unit_id: UUID
    unit_code: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """`attempts` counts this one. `ask_for`: whose phone the registry is to be asked for; None where the message has one."""

    notification_id: UUID
    attempts: int
    message: Message
    ask_for: Living | None = None


async def take_deliveries(tx: Tx, sealer: Sealer, most: int) -> Sequence[Delivery]:
    at = await now(tx)
    taken = []
    for row in await store.due_deliveries_for_update(tx, most, at, LEASE):
        asked, phone = _at_the_registry(row), None
        try:
            phone, decision = await _decided(tx, sealer, row, at)
        except NotYet:
            decision = _later(row, _NOT_KNOWN, at)
        except Exception as error:
            # A key that cannot be had now, or a value that does not open: it must not keep back the others.
            log.error("message cannot be made", error=type(error).__name__)
            decision = _later(row, type(error).__name__, at)
        delivery = row["notification_id"]
        if decision.text is not None:
            message = Message(phone or "", decision.text, at.isoformat(), str(delivery))
            taken.append(Delivery(delivery, row["attempts"], message, asked))
        elif decision.again is not None:
            await store.save_next_try(tx, delivery, decision.reason or "", decision.again)
        elif decision.held is not None:
            await store.save_held(tx, delivery)
            await set_timer(tx, HELD, delivery, decision.held)
        else:
            await end_delivery(tx, delivery, failed=decision.failed, reason=decision.reason or "", at=at)
    return taken


async def _decided(tx: Tx, sealer: Sealer, row: Record, at: datetime) -> tuple[str | None, Decision]:
    phone = await _phone(sealer, row)
    if row["account"] is None and row["home_id"] is None and at - row["created_at"] < UNKNOWN:
        return None, _later(row, _NOT_KNOWN, at)
    decision = decide(
        OCCASIONS.get(row["occasion"]),
        store.preferences_of(row),
        number=row["number"],
        state=row["state"],
        has_phone=phone is not None or _at_the_registry(row) is not None,
        signs_in=row["signs_in"],
        zone=ZoneInfo(row["zone"]),
        made_at=row["created_at"],
        at=at,
    )
    if decision.text is not None and not await _still_told(tx, row, at):
        return None, Decision(reason="not told any more")
    return phone, decision


async def _still_told(tx: Tx, row: Record, at: datetime) -> bool:
    """It may have waited for a night, or for the channel: who followed, acted or had a post when it was told may not know now."""
    audience = OCCASIONS[row["occasion"]].to
    subject = load(Subject, row) if row["state"] is not None else None
    if subject is None:
        # What has no states, as an account, is told to whom it is about.
        return audience is Audience.OWNER
    return await still_told(tx, audience, subject, row["person_id"], at)


def _later(row: Record, reason: str, at: datetime) -> Decision:
    if row["attempts"] >= TRIES:
        return Decision(failed=True, reason=reason)
    return Decision(again=at + pause_after(row["attempts"]), reason=reason)


def _at_the_registry(row: Record) -> Living | None:
    """Of a resident who does not sign in with a phone; not of one whose account does not open."""
    if row["account"] is not None or row["home_id"] is None:
        return None
    return Living(row["person_id"], row["home_id"], row["home_code"])


async def _phone(sealer: Sealer, row: Record) -> str | None:
    """None when there is none, or its person was erased."""
    if row["account"] is None:
        return None
    key = await sealer.key(StoredKey(row["person_id"], row["wrapped"], row["kek"]))
    account = key.open(row["account"], for_=PURPOSE)
    return account_key(account) if account is not None else None
