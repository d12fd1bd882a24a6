"""The key that opens what was said and shown about a request."""

from platform_kit.db import Tx
from platform_kit.sealing import Sealer, SubjectKey
from platform_kit.subject_keys import subject_keys
from resident_requests.rules.request import Request


async def find_key(tx: Tx, sealer: Sealer, request: Request) -> Sealer | SubjectKey:
    """The resident's; the service's own for an imported report, which is nobody's."""
    if request.resident_id is None:
        return sealer
    return (await subject_keys(tx, sealer, [request.resident_id]))[request.resident_id]
