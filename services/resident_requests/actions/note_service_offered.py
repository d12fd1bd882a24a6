"""Paid services offer something that a rule can name from now on."""

from platform_kit.db import Tx
from resident_requests import store


async def note_service_offered(tx: Tx, code: str) -> None:
    await store.insert_offered_service(tx, code)
