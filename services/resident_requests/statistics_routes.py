"""How many requests there were, over all that there are: by unit, category, state and month."""

from uuid import UUID

from fastapi import APIRouter

from platform_kit.edge import ForCaller, refusals
from platform_kit.problems import InvalidInput, Text
from platform_kit.schemas import Instant, View
from resident_requests import store
from resident_requests.policy import POLICY
from resident_requests.rules.request import State

router = APIRouter(tags=["gateway", "expensive"])

_BACKWARDS = Text("It ends before it begins.", "结束时间早于开始时间。")


class StatisticsView(View):
    """`month` by the calendar of the unit's own zone: "2026-11"."""

    unit_id: UUID
    category: str
    state: State
    month: str
    requests: int


@router.get("/requests/statistics", response_model=list[StatisticsView], responses=refusals())
async def read_statistics(read: ForCaller, since: Instant, until: Instant) -> list[StatisticsView]:
    """Of what happened from the one on, and before the other."""
    if until <= since:
        raise InvalidInput(field="until", reason=_BACKWARDS)
    codes = POLICY["read_statistics"].unit_codes(read.caller)
    return [
        StatisticsView.model_validate(each) for each in await store.statistics(read.tx, codes, since, until)
    ]
