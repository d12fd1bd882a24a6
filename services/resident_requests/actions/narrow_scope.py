"""Where a list is of: all that somebody's posts reach, or one unit of it with what is below. Of a unit that they do not reach they
learn nothing: 404."""

from collections.abc import Sequence
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.policy import Operation
from platform_kit.problems import NotFound
from registry_replica.store import unit


async def narrow_scope(tx: Tx, operation: Operation, by: Caller, unit_id: UUID | None) -> Sequence[str]:
    """Codes, each with its subtree."""
    codes = operation.unit_codes(by)
    if unit_id is None:
        return codes
    wanted = await unit(tx, unit_id)
    if wanted is None or not any(wanted.code == code or wanted.code.startswith(f"{code}/") for code in codes):
        raise NotFound(what="unit")
    return (wanted.code,)
