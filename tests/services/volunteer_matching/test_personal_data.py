"""A volunteer is told what is held about them, and is asked for nothing once they are erased."""

from event_contracts.community_registry import ResidentErased
from event_contracts.volunteer_matching import TaskOffered

from .conftest import Neighbourhood


async def test_an_erased_volunteer_is_not_asked_any_more(here: Neighbourhood) -> None:
    erased, kept = await here.volunteer(), await here.volunteer()
    await here.service.deliver("registry_replica", ResidentErased(resident_id=erased.subject))
    await here.needs_help(skill=None)
    [offered] = await here.service.published(TaskOffered)
    assert [offer.person_id for offer in offered.data.offers] == [kept.subject]


async def test_a_volunteer_and_a_resident_are_each_told_of_their_task(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    await here.needs_help()
    held = (await here.service.get("/me/data/volunteers", by=volunteer)).json()["held"]
    assert held["volunteer"][0]["skills"] == ["errand"]
    assert len(held["offer"]) == 1
    mine = (await here.service.get("/me/data/volunteers", by=here.resident)).json()["held"]
    assert (len(mine["task"]), mine["volunteer"], mine["offer"]) == (1, [], [])
