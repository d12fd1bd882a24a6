"""May this caller do that with this row? Asked of the operation's row in the service's policy and of the replica; the registry,
whose own tables have the same names and columns, asks as well."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.policy import ALL, ALL_FROM_TOP, ASSIGNED, OWN, OWN_OR_LET, Operation
from registry_replica.store import delegate_of, units_within


async def permitted(
    tx: Tx,
    caller: Caller,
    operation: Operation,
    *,
    owner: UUID | None = None,
    holder: UUID | None = None,
    unit: UUID | None = None,
    at: datetime | None = None,
) -> bool:
    """`owner` is whose row it is, `holder` who was given it to do, `unit` where it lies; `at` the moment at which a consent
    must hold. What is not told permits nothing."""
    rules = operation.rules_for(caller)
    if not rules.isdisjoint((ALL, ALL_FROM_TOP)):
        return True
    if caller.subject == owner and not rules.isdisjoint((OWN, OWN_OR_LET)):
        return True
    if caller.subject == holder and ASSIGNED in rules:
        return True
    posted = operation.unit_codes(caller)
    if unit is not None and posted and await units_within(tx, [unit], posted):
        return True
    if OWN_OR_LET in rules and owner is not None and at is not None:
        return await delegate_of(tx, owner, caller.subject, at)
    return False


async def permitted_in_all(tx: Tx, caller: Caller, operation: Operation, units: Collection[UUID]) -> bool:
    """In each of these units."""
    if not operation.rules_for(caller).isdisjoint((ALL, ALL_FROM_TOP)):
        return True
    return await units_within(tx, units, operation.unit_codes(caller))
