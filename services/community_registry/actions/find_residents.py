"""Whoever asks finds themself and who let them act for them; staff find who has exactly a certain phone in their units.

A search by phone is a look, also one that finds nobody: who knows what a masked phone shows of it could try all the rest.
"""

from uuid import UUID

from community_registry import store
from community_registry.policy import POLICY
from community_registry.rules.sealed import PHONE
from community_registry.store import Resident
from platform_kit.audit import record_look
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer

# Not the purpose of the blind index: what the audit keeps for good must not tell who had which phone once they are erased.
SEARCHED = "audit.phone"


async def find_residents(
    tx: Tx, sealer: Sealer, phone: str | None, *, by: Caller, limit: int, cursor: str | None
) -> tuple[list[Resident], str | None]:
    """`phone` as it is kept (digits alone). The page, and the cursor of the one after it."""
    found = await store.page_of_residents(
        tx,
        by.subject,
        POLICY["list_residents"].unit_codes(by),
        sealer.blind_index(phone, for_=PHONE) if phone is not None else None,
        await now(tx),
        limit=limit,
        cursor=cursor,
    )
    if phone is not None:
        digest = sealer.blind_index(phone, for_=SEARCHED).hex()
        subjects: list[UUID | None] = [resident.id for resident in found[0]]
        for whose in subjects or [None]:
            await record_look(
                tx, actor=by, subject=whose, what="resident by phone", reason="search", phone=digest
            )
    return found
