"""A district opens a relief programme with its budget for one year."""

from event_contracts.relief_disbursement import ProgrammeOpened
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.money import Money
from platform_kit.outbox import publish
from platform_kit.policy import IN_UNITS
from platform_kit.problems import NotFound, NotYours
from registry_replica.permitted import permitted
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.problems import CodeTaken
from relief_disbursement.rules.programme import Programme


async def open_programme(
    tx: Tx, *, code: str, name: str, year: int, budget: Money, monthly: Money, by: Caller
) -> Programme:
    posts = POLICY["open_programme"].roles(IN_UNITS)
    district = next((post.unit_id for post in by.posts if post.role in posts), None)
    if district is None:
        raise NotYours()
    if not await permitted(tx, by, POLICY["open_programme"], unit=district):
        # The registry has not told of it yet.
        raise NotFound(what="unit")
    nothing = Money(0, budget.currency)
    programme = Programme(
        id=new_id(),
        unit_id=district,
        code=code,
        name=name,
        year=year,
        budget=budget,
        monthly=monthly,
        committed=nothing,
        paid=nothing,
    )
    at = await now(tx)
    if not await store.insert_programme(tx, programme, by=by.subject, at=at):
        raise CodeTaken(field="code", code=code, year=year)
    opened = ProgrammeOpened(programme_id=programme.id, code=code, name=name, year=year, budget=budget)
    await publish(tx, opened, version=programme.version, at=at)
    return programme
