"""Whose own request was merged into another's is told what its resident is told, at the same moments, and once."""

from uuid import UUID, uuid4

from event_contracts import resident_requests as requests
from event_contracts.community_registry import ConsentRecorded

from .notified import NUMBER, Town

PHONES = ("13900139001", "13900139002")
FOLLOWED = {"case_number": NUMBER, "category": "environment", "state": "submitted"}
ABOUT = f"您的求助所并入的求助 {NUMBER} "


async def _people(town: Town) -> list[UUID]:
    people = [await town.entrance.resident(phone) for phone in PHONES]
    await town.gateway.run_errands()
    return people


async def test_they_are_told_of_answers_and_ends_and_a_follower_is_only_shown_them(town: Town) -> None:
    joined, follower = await _people(town)
    request = await town.filed()
    await town.happens(
        request, requests.RequestFollowed, follower_ids=(joined, follower), joined_ids=(joined,), **FOLLOWED
    )
    said = {"comment_id": uuid4(), "author_id": town.worker}
    for event, more in (
        (requests.RequestCommented, {**said, "side": "resident"}),
        (requests.RequestCommented, {**said, "side": "staff"}),
        (requests.RequestStarted, {}),
        (requests.RequestResolved, {"resolved_by": town.worker}),
    ):
        await town.happens(request, event, **more)
        await town.sent(PHONES[0])
    # What they brought about themselves they know.
    await town.happens(request, requests.RequestReopened, reopened_by=joined, by_follower=True)
    await town.happens(request, requests.RequestRejected, reason="declined")
    await town.gateway.run_errands()
    told = [
        ABOUT + "有新的回复。",
        ABOUT + "已办结,如未解决请登录邻里告诉我们。",
        ABOUT + "未被受理,原因请登录邻里查看。",
    ]
    assert await town.sent(PHONES[0]) == told
    assert list(reversed(await town.shown(joined))) == told
    assert await town.sent(PHONES[1]) == [f"您关注的求助 {NUMBER} 已办结,如未解决请登录邻里告诉我们。"]
    assert len(await town.shown(follower)) == 3
    items = (await town.gateway.get("/api/v1/me/data/gateway", by=town.by(joined))).json()["held"]
    assert [(each["subject_id"], each["joined"]) for each in items["subject_follower"]] == [
        (str(request), True)
    ]


async def test_who_followed_before_is_told_as_one_of_it_and_who_leaves_is_told_no_more(town: Town) -> None:
    joined, other = await _people(town)
    request = await town.filed()
    await town.happens(request, requests.RequestFollowed, follower_ids=(joined, other), **FOLLOWED)
    await town.happens(
        request,
        requests.RequestFollowed,
        follower_ids=(),
        joined_ids=(joined, other),
        merged=uuid4(),
        **FOLLOWED,
    )
    # Followed once more, as everybody does: they are no less of it.
    await town.happens(request, requests.RequestFollowed, follower_ids=(joined,), **FOLLOWED)
    await town.happens(request, requests.RequestUnfollowed, follower_id=other)
    await town.happens(request, requests.RequestRejected, reason="declined")
    assert await town.shown(joined) == [ABOUT + "未被受理,原因请登录邻里查看。"]
    assert await town.shown(other) == []


async def test_who_also_acts_for_its_resident_or_follows_their_own_is_told_of_each_once(town: Town) -> None:
    """A daughter who acts for her mother, and whose own was joined with her mother's: as joined, which is nearer."""
    daughter, aunt = await _people(town)
    for delegate in (daughter, aunt):
        await town.gateway.deliver(
            "registry_replica",
            ConsentRecorded(resident_id=town.resident, delegate_id=delegate, until_on=None),
            version=None,
        )
    request = await town.filed()
    everybody = (daughter, aunt, town.resident)
    own = (daughter, town.resident)
    await town.happens(request, requests.RequestFollowed, follower_ids=everybody, joined_ids=own, **FOLLOWED)
    await town.sent()
    told = {person: len(await town.shown(person)) for person in everybody}
    for event, more in (
        (requests.RequestResolved, {"resolved_by": town.worker}),
        (requests.RequestReopened, {"reopened_by": town.worker}),
        (requests.RequestResolved, {"resolved_by": town.worker}),
        (requests.RequestClosed, {"by": "silence"}),
    ):
        await town.happens(request, event, **more)
        await town.sent()
        for person in everybody:
            told[person] += 1
            assert len(await town.shown(person)) == told[person], event
    assert [text for text in await town.shown(daughter) if not text.startswith(ABOUT)] == []
    assert [text for text in await town.sent(PHONES[0]) if "已办结" in text] == [
        ABOUT + "已办结,如未解决请登录邻里告诉我们。"
    ] * 2
    assert [text for text in await town.sent() if "已办结" in text] == [
        f"您的求助 {NUMBER} 已办结,请登录邻里确认是否解决。"
    ] * 2


async def test_who_confirms_is_not_told_of_it_and_the_others_are(town: Town) -> None:
    joined, acting = await _people(town)
    await town.gateway.deliver(
        "registry_replica",
        ConsentRecorded(resident_id=town.resident, delegate_id=acting, until_on=None),
        version=None,
    )
    everybody = (town.resident, joined, acting)
    for confirms in everybody:
        request = await town.filed()
        await town.happens(
            request, requests.RequestFollowed, follower_ids=(joined,), joined_ids=(joined,), **FOLLOWED
        )
        await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
        before = [len(await town.shown(person)) for person in everybody]
        await town.happens(request, requests.RequestClosed, by="resident", closed_by=confirms)
        after = [len(await town.shown(person)) for person in everybody]
        assert [now - then for now, then in zip(after, before, strict=True)] == [
            int(person != confirms) for person in everybody
        ]
