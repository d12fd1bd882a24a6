"""The best volunteers who did not say no are asked; with nobody to ask the task stays open and is tried again."""

from datetime import timedelta
from uuid import UUID

from event_contracts import volunteer_matching as contracts
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.timers import set_timer
from registry_replica.store import unit
from volunteer_matching import store
from volunteer_matching.actions.record import record
from volunteer_matching.rules import task as rules
from volunteer_matching.rules.offer_life import lapses_at
from volunteer_matching.rules.ranking import rank_candidates
from volunteer_matching.rules.task import Offer

OFFERS = 3
TRIED_AGAIN_AFTER = timedelta(minutes=10)


async def propose_match(tx: Tx, task_id: UUID) -> None:
    """Tried again later, because somebody may register, or become free, in a transaction that this one cannot see."""
    task = await store.task_for_update(tx, task_id)
    where = await unit(tx, task.unit_id) if task is not None else None
    if task is None or where is None or task.state is not rules.State.OPEN:
        return
    best = rank_candidates(
        await store.candidates(tx, task),
        unit_code=where.code,
        skill=task.skill,
        excluded=frozenset({task.resident_id}),
        most=OFFERS,
    )
    at = await now(tx)
    if not best:
        await set_timer(tx, "rematch", task.id, at + TRIED_AGAIN_AFTER)
        return
    expires_at = lapses_at(task.starts_at, at, where.zone)
    offers = [
        Offer(new_id(), task.id, each.volunteer_id, each.person_id, "open", expires_at) for each in best
    ]
    await store.insert_offers(tx, offers)
    await set_timer(tx, "offer_expiry", task.id, expires_at)
    told = tuple(
        contracts.Offer(
            offer_id=offer.id,
            volunteer_id=offer.volunteer_id,
            person_id=offer.person_id,
            expires_at=expires_at,
        )
        for offer in offers
    )
    await record(tx, rules.offer(task), contracts.TaskOffered, at, offers=told)
