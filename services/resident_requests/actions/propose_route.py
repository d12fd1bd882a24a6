"""What the rules, as they are now, say of a request as it stands: staff triage by it, or decide otherwise."""

import json

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from registry_replica.store import unit
from resident_requests import store
from resident_requests.actions.open_said import open_said
from resident_requests.rules.category import Category
from resident_requests.rules.request import Request
from resident_requests.rules.routing import Facts, Proposal, propose


async def propose_route(tx: Tx, sealer: Sealer, request: Request, category: Category) -> Proposal:
    """Of what has been erased no answer is known: rules that ask for one do not fit."""
    where = await unit(tx, request.unit_id)
    said = await open_said(sealer, await store.sealed(tx, request.id))
    facts = Facts(
        request.category,
        where.code if where else None,
        request.urgency,
        json.loads(said.get("answers") or "{}"),
    )
    return propose(await store.routing_rules_of(tx, request.category), facts, category)
