"""How sending a message went: sent; to be tried again later; to nobody, who has no phone; or given up, for the operator to see."""

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.errands import NotDone
from resident_gateway import store
from resident_gateway.actions.end_delivery import end_delivery
from resident_gateway.actions.take_deliveries import Delivery
from resident_gateway.messages import NoPhone
from resident_gateway.rules.notification import TRIES, pause_after


async def note_delivery(tx: Tx, delivery: Delivery, failure: NotDone | None) -> None:
    at, sent = await now(tx), delivery.notification_id
    if failure is None:
        await store.save_ended(tx, sent, "sent", None, at)
    elif isinstance(failure, NoPhone):
        await end_delivery(tx, sent, failed=False, reason=failure.reason, at=at)
    elif failure.final or delivery.attempts >= TRIES:
        await end_delivery(tx, sent, failed=True, reason=failure.reason, at=at)
    else:
        await store.save_next_try(tx, sent, failure.reason, at + pause_after(delivery.attempts))
