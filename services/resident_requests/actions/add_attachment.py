"""Whoever may act on a request adds a picture to it. It is no event: nobody else needs to know, and it stays sealed here."""

import base64
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.pictures import Picture, display_name
from platform_kit.sealing import Sealer
from resident_requests import store
from resident_requests.actions.find_key import find_key
from resident_requests.actions.side_of import side_of
from resident_requests.actions.take import take
from resident_requests.actions.where_they_work import where_they_work
from resident_requests.policy import POLICY, STAFF
from resident_requests.rules.attachments import AddedBy, next_number
from resident_requests.rules.request import Request, discuss, works_on
from resident_requests.rules.sealed import ATTACHMENT_CONTENT, ATTACHMENT_NAME


async def add_attachment(
    tx: Tx, sealer: Sealer, request_id: UUID, picture: Picture, *, name: str, by: Caller
) -> tuple[Request, store.Attachment]:
    async with where_they_work(tx, request_id, by):
        request, at = await take(tx, request_id, by, POLICY["add_attachment"])
        discuss(request)
        number = next_number(request, len(await store.attachments(tx, request_id)))
        key = await find_key(tx, sealer, request)
        shown = display_name(name, picture.kind)
        attachment = store.Attachment(
            request_id, number, picture.kind, key.seal(shown, for_=ATTACHMENT_NAME), len(picture.content),
            picture.width, picture.height, by.subject, at, await _side(tx, request, by),
        )  # fmt: skip
        content = key.seal(base64.b64encode(picture.content).decode(), for_=ATTACHMENT_CONTENT)
        await store.insert_attachment(tx, attachment, content)
    return request, attachment


async def _side(tx: Tx, request: Request, by: Caller) -> AddedBy:
    """Whoever has it to do, and staff who wrote it down, work on it also where it is not theirs to see."""
    if by.subject == request.assignee_id or (by.has(*STAFF) and works_on(request, by.subject)):
        return "staff"
    return "staff" if await side_of(tx, request, by) == "staff" else "resident"
