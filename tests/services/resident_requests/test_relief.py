"""What relief makes of an application moves the request that was routed there, and no other; reading it all again adds nothing."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.relief_disbursement import (
    ApplicationApproved,
    ApplicationRejected,
    ApplicationReturned,
    ApplicationSubmitted,
)
from event_contracts.resident_requests import (
    RequestAssigned,
    RequestEscalated,
    RequestResolved,
    RequestTriaged,
    RequestUnassigned,
)
from platform_kit.money import Money
from replay import read_again, rows

from .conftest import Neighbourhood


class _Application:
    """Of a request, for that event of it; and what becomes of it."""

    def __init__(self, here: Neighbourhood, request: Any, version: int | None) -> None:
        self.here = here
        self.clerk, self.officer = uuid4(), uuid4()
        self.about = {
            "application_id": uuid4(), "programme_id": uuid4(), "household_id": uuid4(), "unit_id": here.unit,
            "resident_id": here.resident.subject, "request_version": version,
            "request_id": UUID(request["id"]) if version is not None else None,
        }  # fmt: skip

    def submitted(self) -> ApplicationSubmitted:
        return ApplicationSubmitted(**self.about, filed_by=self.clerk, asked=Money(60_000, "CNY"))

    def returned(self) -> ApplicationReturned:
        return ApplicationReturned(**self.about, reviewer_id=self.officer, reason="more_evidence")

    def approved(self) -> ApplicationApproved:
        return ApplicationApproved(
            **self.about, reviewer_id=self.officer, granted=Money(60_000, "CNY"), from_on=date(2026, 11, 1)
        )

    def rejected(self) -> ApplicationRejected:
        return ApplicationRejected(**self.about, reviewer_id=self.officer, reason="declined")

    async def is_(self, *happened: str) -> None:
        await self.here.service.deliver("applications", *(getattr(self, each)() for each in happened))


async def _asked_at(here: Neighbourhood, request: Any) -> int:
    told = await here.service.published(RequestTriaged)
    return max(each.version for each in told if str(each.data.request_id) == request["id"])


async def _routed(here: Neighbourhood) -> tuple[Any, _Application]:
    request = await here.triaged("relief")
    return request, _Application(here, request, await _asked_at(here, request))


async def _call(here: Neighbourhood, request: Any, verb: str, **body: Any) -> None:
    by = here.resident if verb == "reopen" else here.worker
    answer = await here.service.post(f"/requests/{request['id']}/{verb}", json=body or None, by=by)
    assert answer.status_code == 200, answer.text


async def _not_taken_up(here: Neighbourhood) -> int:
    told = await here.service.published(RequestEscalated)
    return sum(event.data.why == "not_taken_up" for event in told)


async def _days_pass(here: Neighbourhood) -> None:
    """Two working days, whatever holidays are between; fewer than a review may take."""
    await here.service.advance(timedelta(days=14))
    await here.service.fire_timers()


async def test_an_application_takes_it_up_and_what_is_granted_resolves_it(here: Neighbourhood) -> None:
    request, application = await _routed(here)
    await application.is_("submitted")
    assert await here.state(request["id"]) == "assigned"
    [assigned] = await here.service.published(RequestAssigned)
    assert (assigned.data.assignee_kind, assigned.data.assignee_id, assigned.data.order_id) == (
        "staff",
        application.clerk,
        None,
    )
    await _days_pass(here)
    assert await _not_taken_up(here) == 0, "it waits for nobody any more"
    await application.is_("approved")
    assert await here.state(request["id"]) == "resolved"
    [resolved] = await here.service.published(RequestResolved)
    assert resolved.data.resolved_by == application.officer


async def test_one_that_is_declined_gives_it_back_and_tells_the_worker_at_once_and_once(
    here: Neighbourhood,
) -> None:
    request, application = await _routed(here)
    await application.is_("submitted", "rejected")
    shown = (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()
    assert (shown["state"], shown["assignee_id"], shown["escalated"]) == ("triaged", None, True)
    assert len(await here.service.published(RequestUnassigned)) == 1
    assert await _not_taken_up(here) == 1
    await _days_pass(here)
    assert await _not_taken_up(here) == 1
    await _call(here, request, "triage", route="relief")
    again = _Application(here, request, await _asked_at(here, request))
    await again.is_("submitted", "approved")
    assert await here.state(request["id"]) == "resolved"


async def test_one_that_is_sent_back_and_handed_in_again_stays_with_it(here: Neighbourhood) -> None:
    request, application = await _routed(here)
    await application.is_("submitted")
    await here.service.deliver("applications", application.submitted())
    assert await here.state(request["id"]) == "assigned"
    assert len(await here.service.published(RequestAssigned)) == 1


async def test_one_that_comes_after_its_time_still_counts(here: Neighbourhood) -> None:
    request, application = await _routed(here)
    await _days_pass(here)
    assert await _not_taken_up(here) == 1
    await application.is_("submitted")
    assert await here.state(request["id"]) == "assigned"


@pytest.mark.parametrize("route", ["relief", "volunteers", "community"])
async def test_what_was_asked_for_before_moves_nothing(here: Neighbourhood, route: str) -> None:
    """Taken up by one application, resolved by staff, reopened, and routed anew."""
    request, old = await _routed(here)
    await old.is_("submitted")
    await _call(here, request, "resolve")
    await _call(here, request, "reopen")
    await _call(here, request, "triage", route=route)
    told = len(await here.service.published())
    await old.is_("submitted", "rejected", "approved")
    assert await here.state(request["id"]) == "triaged"
    assert len(await here.service.published()) == told
    if route == "relief":
        new = _Application(here, request, await _asked_at(here, request))
        await new.is_("submitted")
        await old.is_("rejected", "approved")
        assert await here.state(request["id"]) == "assigned"


async def test_what_staff_have_begun_and_what_is_of_no_request_moves_nothing(here: Neighbourhood) -> None:
    request, application = await _routed(here)
    untouched = await here.triaged("relief")
    await _call(here, request, "start")
    told = len(await here.service.published())
    await application.is_("submitted", "rejected", "approved")
    await _Application(here, request, None).is_("submitted", "approved", "rejected")
    assert [await here.state(each["id"]) for each in (request, untouched)] == ["in_progress", "triaged"]
    assert len(await here.service.published()) == told
    assert await here.service.parked() == []


async def test_another_application_than_the_one_that_has_it_ends_nothing(here: Neighbourhood) -> None:
    request, holder = await _routed(here)
    other = _Application(here, request, await _asked_at(here, request))
    await holder.is_("submitted")
    await other.is_("submitted", "rejected", "approved")
    assert await here.state(request["id"]) == "assigned"
    await holder.is_("approved")
    assert await here.state(request["id"]) == "resolved"


async def test_a_second_group_that_reads_all_of_it_again_adds_nothing(here: Neighbourhood) -> None:
    """K17."""
    granted, application = await _routed(here)
    declined, other = await _routed(here)
    told = [application.submitted(), application.approved()]
    gone = [other.submitted(), other.rejected()]
    await here.service.deliver("applications", *told)
    await here.service.deliver("applications", *gone)
    before = await rows(here.service)
    for events in (told, gone):
        await read_again(
            here.service, "applications", *((event, version) for version, event in enumerate(events, 1))
        )
    assert await here.state(granted["id"]) == "resolved"
    assert await here.state(declined["id"]) == "triaged"
    assert await rows(here.service) == before
