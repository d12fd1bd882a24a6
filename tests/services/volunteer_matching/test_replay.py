"""K17: whoever reads the requests' topic once more, from its beginning and as somebody new, makes no task of a task that there was."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from event_contracts.resident_requests import RequestTriaged, RequestWithdrawn
from event_contracts.volunteer_matching import TaskAccepted, TaskDone, TaskOffered, TaskOpened
from replay import read_again, rows

from .conftest import Neighbourhood


def _triaged(here: Neighbourhood) -> RequestTriaged:
    starts = datetime.now(UTC) + timedelta(hours=5)
    return RequestTriaged(
        request_id=uuid4(), resident_id=here.resident.subject, unit_id=here.unit, case_number="000-000-000",
        category="errand", route="volunteers", skill="errand", wanted_from=starts, wanted_until=starts + timedelta(hours=2),
    )  # fmt: skip


async def test_a_second_group_adds_nothing(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    done, over = _triaged(here), _triaged(here)
    withdrawn = RequestWithdrawn(
        request_id=over.request_id, resident_id=here.resident.subject, unit_id=here.unit
    )
    await here.service.deliver("requests", done)
    [offer] = await here.offers(volunteer)
    answer = await here.service.post(f"/offers/{offer['id']}/accept", by=volunteer)
    for step in ("check-in", "check-out"):
        answer = await here.service.post(f"/tasks/{offer['task_id']}/{step}", by=volunteer)
        assert answer.status_code == 200, answer.text
    await here.service.deliver("requests", over, withdrawn)
    before = await rows(here.service)
    assert before["task"] == 2
    await read_again(here.service, "requests", (done, 1), (over, 1), (withdrawn, 2))
    assert await rows(here.service) == before
    assert await here.service.parked() == []


async def test_what_is_triaged_once_more_is_asked_once_more(here: Neighbourhood) -> None:
    """A later event of the same request, as after it was reopened, has a task of its own."""
    volunteer = await here.volunteer()
    triaged = _triaged(here)
    await here.service.deliver("requests", triaged)
    [offer] = await here.offers(volunteer)
    await here.service.post(f"/offers/{offer['id']}/accept", by=volunteer)
    for step in ("check-in", "check-out"):
        await here.service.post(f"/tasks/{offer['task_id']}/{step}", by=volunteer)
    await here.service.deliver("requests", triaged)
    assert (await rows(here.service))["task"] == 2
    # Each tells which event of the request it answers.
    for kind in (TaskOpened, TaskOffered, TaskAccepted, TaskDone):
        told = await here.service.published(kind)
        assert [each.data.request_version for each in told] in ([1, 2], [1]), kind
