"""Nobody comes: the price was not taken, or the order was called off, the application was rejected. The worker looks for another way."""

from uuid import UUID

from platform_kit.db import Tx
from resident_requests.actions.escalate_request import escalate_request
from resident_requests.actions.note_stepped_back import note_stepped_back
from resident_requests.rules.request import Answer


async def note_called_off(tx: Tx, request_id: UUID, answer: Answer) -> None:
    """A request that has gone another way meanwhile stays where it is."""
    came_back = await note_stepped_back(tx, request_id, answer)
    await escalate_request(tx, request_id, None if came_back else answer)
