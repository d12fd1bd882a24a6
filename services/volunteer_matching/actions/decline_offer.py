"""A volunteer declines; when everybody has, the next are asked."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskReopened
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.timers import clear_timer
from volunteer_matching import store
from volunteer_matching.actions.propose_match import propose_match
from volunteer_matching.actions.record import record
from volunteer_matching.actions.take import take_offered
from volunteer_matching.policy import POLICY
from volunteer_matching.problems import OfferGone
from volunteer_matching.rules import task as rules
from volunteer_matching.rules.task import Task


async def decline_offer(tx: Tx, offer_id: UUID, *, by: Caller) -> Task:
    task, offer = await take_offered(tx, offer_id, by, POLICY["decline_offer"])
    if offer.state != "open":
        raise OfferGone(state=offer.state)
    await store.save_offer(tx, offer.id, "declined")
    async with as_system(tx):
        # Others were asked as well, and others will be: rows that are not the caller's.
        if await store.has_open_offers(tx, task.id):
            return task
        await clear_timer(tx, "offer_expiry", task.id)
        reopened = await record(tx, rules.reopen(task), TaskReopened, await now(tx), why="declined")
        await propose_match(tx, task.id)
        return await store.task(tx, task.id) or reopened
