"""What a person sees of what goes on about them: from events in any order of topics, as fresh as asked, only their own."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from event_contracts import paid_services as paid
from event_contracts import relief_disbursement as relief
from event_contracts import resident_requests as requests
from event_contracts import volunteer_matching as volunteers
from event_contracts.base import EventPayload
from event_contracts.community_registry import ConsentRecorded
from platform_kit.money import Money
from platform_kit.testing import ServiceUnderTest
from resident_gateway.views import timeline as timeline_view
from resident_gateway.views.timeline import WAITING_OF_ONE

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
Row = tuple[str, str, int, int | None]


class Story:
    """One resident's day: a request, the task for it, relief and its payment, a paid order. Every topic in its own order."""

    def __init__(self) -> None:
        self.resident, self.taker, self.other, self.provider = (uuid4() for _ in range(4))
        self.request, self.task, self.application, self.payment, self.order = (uuid4() for _ in range(5))
        self.unit = uuid4()

    def topics(self) -> dict[str, list[EventPayload]]:
        return {
            "requests": list(self._request()),
            "tasks": list(self._task()),
            "applications": list(self._application()),
            "payments": list(self._payment()),
            "orders": list(self._order()),
        }

    def expected(self) -> dict[UUID, dict[UUID, Row]]:
        """By person and thing: kind, state, version, amount in fen. From the domain's state machines, not from the code."""
        return {
            self.resident: {
                self.request: ("request", "closed", 6, None),
                self.application: ("application", "approved", 5, 60000),
                self.payment: ("payment", "paid", 3, 60000),
                self.order: ("order", "paid", 7, 3000),
            },
            self.taker: {self.task: ("task", "confirmed", 6, None)},
            self.other: {self.task: ("task", "taken", 3, None)},
            self.provider: {self.order: ("job", "paid", 7, None)},
        }

    def _request(self) -> Iterator[EventPayload]:
        about: dict[str, Any] = {
            "request_id": self.request,
            "resident_id": self.resident,
            "unit_id": self.unit,
        }
        case: dict[str, Any] = {"case_number": "000-000-123", "category": "errand"}
        yield requests.RequestSubmitted(**about, **case, filed_by=self.resident, occurred_at=NOON)
        yield requests.RequestTriaged(
            **about, **case, route="volunteers", skill=None, wanted_from=NOON, wanted_until=NOON
        )
        yield requests.RequestAssigned(**about, assignee_kind="volunteer", assignee_id=self.taker)
        yield requests.RequestStarted(**about)
        yield requests.RequestResolved(**about, resolved_by=self.taker)
        yield requests.RequestClosed(**about, by="resident")

    def _task(self) -> Iterator[EventPayload]:
        about: dict[str, Any] = {
            "task_id": self.task, "request_id": self.request, "resident_id": self.resident, "unit_id": self.unit,
        }  # fmt: skip
        who: dict[str, Any] = {"volunteer_id": uuid4(), "person_id": self.taker}
        offers = tuple(
            volunteers.Offer(offer_id=uuid4(), volunteer_id=uuid4(), person_id=person, expires_at=NOON)
            for person in (self.taker, self.other)
        )
        yield volunteers.TaskOpened(**about, skill=None, starts_at=NOON, ends_at=NOON)
        yield volunteers.TaskOffered(**about, offers=offers)
        yield volunteers.TaskAccepted(**about, **who, offer_id=offers[0].offer_id)
        yield volunteers.TaskCheckedIn(**about, **who)
        yield volunteers.TaskDone(**about, **who, minutes=60)
        yield volunteers.TaskConfirmed(**about, **who, minutes=60)

    def _application(self) -> Iterator[EventPayload]:
        about: dict[str, Any] = {
            "application_id": self.application, "programme_id": uuid4(), "household_id": uuid4(),
            "resident_id": self.resident, "unit_id": self.unit,
        }  # fmt: skip
        yield relief.ApplicationSubmitted(**about, filed_by=self.resident, asked=Money(80000))
        yield relief.ApplicationVerified(**about, reviewer_id=uuid4())
        yield relief.NoticePosted(**about, until=NOON)
        yield relief.ApplicationReviewed(**about, reviewer_id=uuid4())
        yield relief.ApplicationApproved(
            **about, reviewer_id=uuid4(), granted=Money(60000), from_on=date(2026, 12, 1)
        )

    def _payment(self) -> Iterator[EventPayload]:
        about: dict[str, Any] = {
            "payment_id": self.payment, "payment_run_id": uuid4(), "application_id": self.application,
            "resident_id": self.resident, "unit_id": self.unit, "period": "2026-12", "amount": Money(60000),
        }  # fmt: skip
        yield relief.PaymentDue(**about)
        yield relief.PaymentSent(**about)
        yield relief.PaymentPaid(**about, paid_on=date(2026, 12, 5))

    def _order(self) -> Iterator[EventPayload]:
        about: dict[str, Any] = {
            "order_id": self.order, "resident_id": self.resident, "unit_id": self.unit, "service": "cleaning",
        }  # fmt: skip
        yield paid.OrderQuoted(**about, order_number="000-000-456", price=Money(4000), subsidy=Money(1000))
        yield paid.OrderBooked(**about, starts_at=NOON)
        yield paid.OrderAssigned(**about, provider_id=uuid4(), person_id=self.provider)
        yield paid.OrderStarted(**about)
        yield paid.OrderCompleted(**about)
        yield paid.OrderConfirmed(**about)
        yield paid.OrderPaid(**about, paid=Money(3000), receipt_number="1", paid_on=date(2026, 11, 25))


async def timeline(gateway: ServiceUnderTest, person: UUID, query: str = "", **headers: str) -> Any:
    caller = gateway.caller("resident", subject=person)
    answer = await gateway.get(f"/api/v1/me/timeline{query}", by=caller, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows(gateway: ServiceUnderTest, person: UUID) -> dict[UUID, Row]:
    page = await timeline(gateway, person)
    return {
        UUID(item["id"]): (
            item["kind"], item["state"], item["version"], item["amount"]["amount"] if item["amount"] else None,
        )
        for item in page["items"]
    }  # fmt: skip


def submitted(resident: UUID, request_id: UUID | None = None) -> requests.RequestSubmitted:
    return requests.RequestSubmitted(
        request_id=request_id or uuid4(), resident_id=resident, unit_id=uuid4(), case_number="000-000-123",
        category="errand", filed_by=resident, occurred_at=NOON,
    )  # fmt: skip


SEQUENCE = [name for name, events in Story().topics().items() for _ in events]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(SEQUENCE), repeated=st.sets(st.sampled_from(range(len(SEQUENCE)))))
async def test_topics_in_any_order_and_repeats_give_the_same_rows(
    gateway: ServiceUnderTest, order: list[str], repeated: set[int]
) -> None:
    story = Story()
    waiting = story.topics()
    versions = dict.fromkeys(waiting, 0)
    for place, topic in enumerate(order):
        event = waiting[topic].pop(0)
        versions[topic] += 1
        for _ in range(2 if place in repeated else 1):
            await gateway.deliver("timeline", event, version=versions[topic], at=NOON)
    assert await gateway.parked() == []
    for person, things in story.expected().items():
        assert await rows(gateway, person) == things


async def test_what_an_event_does_not_say_stays_as_it_was(gateway: ServiceUnderTest) -> None:
    story = Story()
    await gateway.deliver("timeline", *story.topics()["orders"][:5], *story.topics()["applications"][:4])
    seen = await rows(gateway, story.resident)
    assert seen[story.order] == ("order", "completed", 5, 4000)
    assert seen[story.application] == ("application", "reviewed", 4, 80000)
    page = await timeline(gateway, story.resident)
    assert {item["number"] for item in page["items"]} == {"000-000-456", None}


async def test_a_volunteer_sees_an_offer_and_loses_it_to_who_was_first(gateway: ServiceUnderTest) -> None:
    story = Story()
    opened, offered, accepted, *_ = story.topics()["tasks"]
    await gateway.deliver("timeline", opened, offered)
    for person in (story.taker, story.other):
        assert await rows(gateway, person) == {story.task: ("task", "offered", 2, None)}
    await gateway.deliver("timeline", accepted)
    assert await rows(gateway, story.taker) == {story.task: ("task", "accepted", 3, None)}
    assert await rows(gateway, story.other) == {story.task: ("task", "taken", 3, None)}
    assert await rows(gateway, story.resident) == {}


async def test_a_task_that_is_cancelled_or_given_back_leaves_nobody_waiting(
    gateway: ServiceUnderTest,
) -> None:
    for ending in ("cancelled", "lapsed"):
        story = Story()
        opened, offered, accepted, *_ = story.topics()["tasks"]
        about: dict[str, Any] = {
            "task_id": story.task, "request_id": story.request, "resident_id": story.resident, "unit_id": story.unit,
        }  # fmt: skip
        end = (
            volunteers.TaskCancelled(**about)
            if ending == "cancelled"
            else volunteers.TaskReopened(**about, why="stepped_back")
        )
        await gateway.deliver("timeline", opened, offered, accepted, end)
        assert await rows(gateway, story.taker) == {story.task: ("task", ending, 4, None)}


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Joined with case 000-000-456"), ("zh", "已并入求助 000-000-456")]
)
async def test_whoever_asked_for_the_same_is_told_as_which_case_it_goes_on(
    gateway: ServiceUnderTest, language: str, told: str
) -> None:
    resident, request_id, unit = uuid4(), uuid4(), uuid4()
    merged = requests.RequestMerged(
        request_id=request_id,
        resident_id=resident,
        unit_id=unit,
        into=uuid4(),
        into_case_number="000-000-456",
    )
    await gateway.deliver("timeline", submitted(resident, request_id), merged)
    [item] = (await timeline(gateway, resident, **{"Accept-Language": language}))["items"]
    assert (item["number"], item["state"], item["state_text"]) == ("000-000-123", "merged", told)


async def test_whoever_follows_sees_what_becomes_of_it_until_they_have_seen_enough(
    gateway: ServiceUnderTest,
) -> None:
    story = Story()
    filed, triaged, *_ = story.topics()["requests"]
    about: dict[str, Any] = {
        "request_id": story.request, "resident_id": story.resident, "unit_id": story.unit,
    }  # fmt: skip
    first, second = uuid4(), uuid4()
    followed = requests.RequestFollowed(
        **about,
        follower_ids=(first, second),
        case_number="000-000-123",
        category="streetlight",
        state="submitted",
    )
    await gateway.deliver("timeline", filed, followed)
    assert await rows(gateway, first) == {story.request: ("followed", "submitted", 2, None)}
    await gateway.deliver("timeline", triaged, requests.RequestUnfollowed(**about, follower_id=second))
    assert await rows(gateway, first) == {story.request: ("followed", "triaged", 3, None)}
    assert await rows(gateway, second) == {}
    [item] = (await timeline(gateway, first))["items"]
    assert (item["number"], item["title"]) == ("000-000-123", "关注的求助")
    hidden = requests.RequestHidden(**about, follower_ids=(first, story.resident))
    await gateway.deliver("timeline", hidden, requests.RequestStarted(**about))
    assert await rows(gateway, first) == {}
    assert (await timeline(gateway, first))["items"] == []
    # Whose it is has it as their own, and nobody leaves that by not following.
    await gateway.deliver("timeline", requests.RequestUnfollowed(**about, follower_id=story.resident))
    assert await rows(gateway, story.resident) == {story.request: ("request", "in_progress", 6, None)}
    assert await gateway.parked() == []


async def test_a_report_without_a_resident_is_on_nobodys_timeline(gateway: ServiceUnderTest) -> None:
    about: dict[str, Any] = {"request_id": uuid4(), "resident_id": None, "unit_id": uuid4()}
    await gateway.deliver("timeline", requests.RequestStarted(**about))
    assert await gateway.parked() == []
    async with gateway.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM timeline_item") == 0


async def test_the_newest_is_first_and_pages_lose_and_repeat_nothing(gateway: ServiceUnderTest) -> None:
    resident, ids = uuid4(), [uuid4() for _ in range(7)]
    for place, request_id in enumerate(ids):
        # Three of them happened in the same instant: the page's edge falls between equals.
        at = NOON + timedelta(seconds=max(place, 3))
        await gateway.deliver("timeline", submitted(resident, request_id), at=at)
    seen: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await timeline(gateway, resident, f"?limit=2{f'&cursor={cursor}' if cursor else ''}")
        assert len(page["items"]) <= 2
        seen += page["items"]
        cursor = page["next"]
    assert sorted(item["id"] for item in seen) == sorted(map(str, ids))
    assert [item["id"] for item in seen[:3]] == [str(each) for each in reversed(ids[4:])]
    assert [item["happened_at"] for item in seen] == sorted(
        (item["happened_at"] for item in seen), reverse=True
    )


@pytest.mark.parametrize(
    ("language", "title", "state"), [("en-GB", "Request", "Submitted"), ("zh-CN", "求助", "已提交")]
)
async def test_it_speaks_the_readers_language(
    gateway: ServiceUnderTest, language: str, title: str, state: str
) -> None:
    resident = uuid4()
    await gateway.deliver("timeline", submitted(resident))
    [item] = (await timeline(gateway, resident, **{"Accept-Language": language}))["items"]
    assert (item["title"], item["state_text"], item["number"]) == (title, state, "000-000-123")


async def test_whoever_has_just_filed_sees_it(gateway: ServiceUnderTest) -> None:
    resident, request_id = uuid4(), uuid4()
    asked = f"?min_version=requests.requests:{request_id}:1"
    page, _ = await asyncio.gather(
        timeline(gateway, resident, asked), gateway.deliver("timeline", submitted(resident, request_id))
    )
    assert page["fresh"] is True
    assert [item["id"] for item in page["items"]] == [str(request_id)]


async def test_what_does_not_arrive_in_time_is_said_to_be_missing(gateway: ServiceUnderTest) -> None:
    resident, request_id = uuid4(), uuid4()
    await gateway.deliver("timeline", submitted(resident, request_id))
    async with asyncio.timeout(10):
        page = await timeline(gateway, resident, f"?min_version=requests.requests:{request_id}:2")
    assert page["fresh"] is False
    assert len(page["items"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "min_version=x", "min_version=a:b:c", "min_version=a:b:-1", "min_version=a:b:99999999999999999999",
        "min_version=a%00:b:1", "cursor=x", "cursor=%00", "limit=0", "limit=100000", "resident_id=x",
        # a naive instant; an instant that no database holds; no list at all
        "cursor=WyIyMDI2LTExLTI1VDEyOjAwOjAwIiwiMDE4ZjAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDQyIl0",
        "cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwiMDE4ZjAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDQyIl0",
        "cursor=MQ",
    ],
)  # fmt: skip
async def test_a_question_that_makes_no_sense_is_422(gateway: ServiceUnderTest, query: str) -> None:
    answer = await gateway.get(f"/api/v1/me/timeline?{query}", by=gateway.caller("resident"))
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/me/timeline%0A", 400), ("GET", "/me/timeline/", 404), ("GET", "//me/timeline", 404),
     ("HEAD", "/me/timeline", 405), ("POST", "/me/timeline", 405)],
)  # fmt: skip
async def test_what_is_nearly_the_timelines_address_is_answered_as_for_any_other(
    gateway: ServiceUnderTest, method: str, path: str, status: int
) -> None:
    asking = gateway.headers(gateway.caller("resident"))
    answer = await gateway.client.request(method, f"/api/v1{path}", headers=asking)
    assert answer.status_code == status, answer.text


async def test_nobody_reads_a_strangers_timeline(gateway: ServiceUnderTest) -> None:
    resident, stranger = uuid4(), uuid4()
    await gateway.deliver("timeline", submitted(resident))
    assert (await timeline(gateway, stranger))["items"] == []
    posts = [("worker", uuid4(), "01"), ("district", uuid4(), "01")]
    for caller in (
        gateway.caller("resident", subject=stranger),
        gateway.caller("operator"),
        gateway.caller(posts=posts),
    ):
        known = await gateway.get(f"/api/v1/me/timeline?resident_id={resident}", by=caller)
        unknown = await gateway.get(f"/api/v1/me/timeline?resident_id={uuid4()}", by=caller)
        assert (known.status_code, known.json()) == (404, unknown.json())
    assert (await gateway.get("/api/v1/me/timeline")).status_code == 401


async def test_a_delegate_reads_it_while_the_consent_holds(gateway: ServiceUnderTest) -> None:
    mother, daughter = uuid4(), uuid4()
    await gateway.deliver("timeline", submitted(mother))
    asked = f"?resident_id={mother}"
    await _consent(gateway, mother, daughter, datetime.now(UTC).date() + timedelta(days=1))
    assert len((await timeline(gateway, daughter, asked))["items"]) == 1
    back = await gateway.get(
        f"/api/v1/me/timeline?resident_id={daughter}", by=gateway.caller("resident", subject=mother)
    )
    assert back.status_code == 404
    await gateway.advance(timedelta(days=3))
    late = await gateway.get(f"/api/v1/me/timeline{asked}", by=gateway.caller("resident", subject=daughter))
    assert late.status_code == 404


async def _consent(gateway: ServiceUnderTest, resident: UUID, delegate: UUID, until: date) -> None:
    consent = ConsentRecorded(resident_id=resident, delegate_id=delegate, until_on=until)
    await gateway.deliver("registry_replica", consent)


async def test_whoever_waits_for_what_never_comes_keeps_nobody_else_waiting(
    gateway: ServiceUnderTest,
) -> None:
    """Ten times as many as there are connections: the home and the readiness probe are answered meanwhile."""
    never = [
        asyncio.create_task(timeline(gateway, uuid4(), f"?min_version=requests.requests:{uuid4()}:9"))
        for _ in range(80)
    ]
    await asyncio.sleep(0)
    for _ in range(20):
        assert (await timeline(gateway, uuid4()))["fresh"] is True
        assert (await gateway.get("/readyz")).status_code == 200
    assert not all(task.done() for task in never)
    assert not any(page["fresh"] for page in await asyncio.gather(*never))


async def test_one_person_does_not_take_all_the_places_in_which_people_wait(
    gateway: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = WAITING_OF_ONE + 2
    monkeypatch.setattr(timeline_view, "_waiting", asyncio.Semaphore(places))
    greedy, resident = uuid4(), uuid4()
    filed = submitted(resident)
    never = [
        asyncio.create_task(timeline(gateway, greedy, f"?min_version=requests.requests:{uuid4()}:9"))
        for _ in range(2 * places)
    ]
    while sum(task.done() for task in never) < places:
        await asyncio.sleep(0.01)
    waits = asyncio.create_task(
        timeline(gateway, resident, f"?min_version=requests.requests:{filed.request_id}:1")
    )
    await gateway.deliver("timeline", filed)
    assert (await waits)["fresh"] is True
    assert not any(page["fresh"] for page in await asyncio.gather(*never))
