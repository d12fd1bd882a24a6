"""Would somebody be told of it now, who was told of it when it happened? They may have left meanwhile, or their consent or post may have
ended."""

from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from resident_gateway.actions.recipients import recipients
from resident_gateway.rules.notification import Subject
from resident_gateway.rules.occasions import Audience, at_least


async def still_told(tx: Tx, audience: Audience, subject: Subject, person_id: UUID, at: datetime) -> bool:
    """As what they were told, or as something nearer to it. NotYet where its unit is not known here yet."""
    for each in at_least(audience):
        if person_id in await recipients(tx, each, subject, at):
            return True
    return False
