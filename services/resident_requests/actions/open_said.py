"""What a resident said, answered and where, and why staff declined it, opened for whoever may see the request."""

from platform_kit.sealing import Sealer
from resident_requests.rules.sealed import ADDRESS, ANSWERS, REASON, WORDS
from resident_requests.store import Sealed


async def open_said(sealer: Sealer, sealed: Sealed | None) -> dict[str, str | None]:
    """None for what was not said, and for what has been erased."""
    if sealed is None:
        return {}
    purposes = {"words": WORDS, "address": ADDRESS, "reason": REASON, "answers": ANSWERS}
    values = {name: getattr(sealed, name) for name in purposes}
    if sealed.key is None:
        return {name: sealer.open(value, for_=purposes[name]) for name, value in values.items() if value}
    key = await sealer.key(sealed.key)
    return {name: key.open(value, for_=purposes[name]) for name, value in values.items()}
