"""A request that is routed to a paid service is quoted, and what becomes of the order is told with the request's id."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.paid_services import (
    OrderAssigned,
    OrderBooked,
    OrderCancelled,
    OrderCompleted,
    OrderQuoted,
    OrderStarted,
    ServiceOffered,
)
from event_contracts.resident_requests import (
    RequestAssigned,
    RequestMerged,
    RequestRejected,
    RequestReopened,
    RequestResolved,
    RequestStarted,
    RequestTriaged,
    RequestWithdrawn,
)
from replay import read_again, rows

from .conftest import Counter


def _triaged(counter: Counter, **changes: Any) -> RequestTriaged:
    starts = datetime.now(UTC) + timedelta(hours=2)
    facts = {
        "request_id": uuid4(), "resident_id": counter.resident.subject, "unit_id": counter.unit,
        "case_number": "000-000-000", "category": "housekeeping", "route": "paid_service", "skill": None,
        "wanted_from": starts, "wanted_until": starts + timedelta(hours=2), "service": "bath_help",
    }  # fmt: skip
    return RequestTriaged.model_validate(facts | changes)


async def _orders(counter: Counter, request_id: UUID) -> list[Any]:
    listed = (await counter.service.get("/orders", by=counter.worker)).json()["items"]
    return [order for order in listed if order["request_id"] == str(request_id)]


async def test_a_service_that_is_offered_is_told_of(counter: Counter) -> None:
    [offered] = await counter.service.published(ServiceOffered)
    assert offered.data.service == "bath_help"


async def test_a_routed_request_is_quoted_and_its_order_tells_of_it_to_the_end(counter: Counter) -> None:
    triaged = _triaged(counter)
    await counter.service.deliver("requests", triaged)
    [quote] = await _orders(counter, triaged.request_id)
    assert (quote["state"], quote["quantity"], quote["resident_id"]) == (
        "quoted",
        1,
        str(counter.resident.subject),
    )
    # The resident has a day to decide, so it does not begin in two hours.
    assert datetime.fromisoformat(quote["starts_at"]) >= datetime.fromisoformat(quote["valid_until"])
    order = f"/orders/{quote['id']}"
    await counter.call("/orders", counter.resident, 201, quote_id=quote["id"])
    await counter.call(f"{order}/assign", counter.worker, provider_id=counter.provider_id)
    await counter.call(f"{order}/start", counter.provider)
    await counter.call(f"{order}/complete", counter.provider)
    kinds = (OrderQuoted, OrderBooked, OrderAssigned, OrderStarted, OrderCompleted)
    told = [event.data for event in await counter.service.published(*kinds)]
    assert [type(event) for event in told] == list(kinds)
    assert {(event.request_id, event.request_version) for event in told} == {(triaged.request_id, 1)}
    assert told[-1].person_id == counter.provider.subject
    # When they are to come, so that somebody notices when they do not.
    assert told[2].starts_at == datetime.fromisoformat(quote["starts_at"])


async def test_help_that_is_wanted_later_is_quoted_for_then(counter: Counter) -> None:
    later = datetime.now(UTC) + timedelta(days=5)
    triaged = _triaged(counter, wanted_from=later, wanted_until=later + timedelta(hours=2))
    await counter.service.deliver("requests", triaged)
    [quote] = await _orders(counter, triaged.request_id)
    assert datetime.fromisoformat(quote["starts_at"]) == later


async def test_what_is_for_others_or_for_no_known_service_is_not_quoted(counter: Counter) -> None:
    others = (
        _triaged(counter, route="relief"),
        _triaged(counter, service=None),
        _triaged(counter, service="unicorn"),
        _triaged(counter, resident_id=None),
    )
    for triaged in others:
        await counter.service.deliver("requests", triaged)
        assert await _orders(counter, triaged.request_id) == []
    assert await counter.service.parked() == []


async def test_a_request_that_is_over_takes_its_quote_with_it_and_not_what_was_booked(
    counter: Counter,
) -> None:
    quoted, booked, joined = _triaged(counter), _triaged(counter), _triaged(counter)
    await counter.service.deliver("requests", quoted, booked, joined)
    [order] = await _orders(counter, booked.request_id)
    await counter.call("/orders", counter.resident, 201, quote_id=order["id"])
    for triaged in (quoted, booked):
        await counter.service.deliver(
            "requests",
            RequestWithdrawn(
                request_id=triaged.request_id, resident_id=triaged.resident_id, unit_id=triaged.unit_id
            ),
        )
    await counter.service.deliver(
        "requests",
        RequestMerged(
            request_id=joined.request_id, resident_id=joined.resident_id, unit_id=joined.unit_id,
            into=booked.request_id, into_case_number="1",
        ),
    )  # fmt: skip
    [gone] = await _orders(counter, joined.request_id)
    assert gone["state"] == "cancelled"
    [dropped], [kept] = [await _orders(counter, each.request_id) for each in (quoted, booked)]
    assert (dropped["state"], kept["state"]) == ("cancelled", "booked")
    cancelled, _ = await counter.service.published(OrderCancelled)
    assert (cancelled.data.request_id, cancelled.data.fee.amount) == (quoted.request_id, 0)


async def test_a_second_group_that_reads_it_all_again_adds_nothing(counter: Counter) -> None:
    """K17, also when the quote of the first time is long gone."""
    triaged = _triaged(counter)
    await counter.service.deliver("requests", triaged)
    [quote] = await _orders(counter, triaged.request_id)
    await counter.call(f"/orders/{quote['id']}/cancel", counter.resident)
    before = await rows(counter.service)
    await read_again(counter.service, "requests", (triaged, 1))
    assert await rows(counter.service) == before
    await counter.service.deliver("requests", triaged)
    assert len(await _orders(counter, triaged.request_id)) == 2, "routed once more, it is quoted once more"


ENDINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "staff begin with it": (RequestStarted, {"by": "staff"}),
    "one of the staff is given it": (RequestAssigned, {"assignee_kind": "staff", "assignee_id": uuid4()}),
    "staff say that it is done": (RequestResolved, {"resolved_by": uuid4()}),
    "it is withdrawn": (RequestWithdrawn, {}),
    "it is declined": (RequestRejected, {"reason": "declined"}),
    "volunteers are asked": (RequestTriaged, {"route": "volunteers", "service": None}),
}


def _ending(triaged: RequestTriaged, ending: str) -> Any:
    kind, facts = ENDINGS[ending]
    about = triaged.model_dump() if kind is RequestTriaged else {
        name: getattr(triaged, name) for name in ("request_id", "resident_id", "unit_id")
    }  # fmt: skip
    return kind.model_validate(about | facts)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_quote_ends_with_what_it_was_for_once_and_what_was_booked_stays(
    counter: Counter, ending: str
) -> None:
    """What was booked is the resident's to call off, by its rule of fees."""
    quoted, booked = _triaged(counter), _triaged(counter)
    await counter.service.deliver("requests", quoted, booked)
    [order] = await _orders(counter, booked.request_id)
    await counter.call("/orders", counter.resident, 201, quote_id=order["id"])
    await counter.service.deliver("requests", _ending(quoted, ending), _ending(booked, ending))
    [dropped], [kept] = [await _orders(counter, each.request_id) for each in (quoted, booked)]
    assert (dropped["state"], kept["state"]) == ("cancelled", "booked")
    late = await counter.service.post("/orders", json={"quote_id": dropped["id"]}, by=counter.resident)
    assert late.status_code == 409
    before = await rows(counter.service)
    await read_again(counter.service, "requests", (quoted, 1), (_ending(quoted, ending), 2))
    assert await rows(counter.service) == before
    [told] = await counter.service.published(OrderCancelled)
    assert (told.data.request_id, told.data.request_version) == (quoted.request_id, 1)


async def test_a_provider_who_begins_ends_no_quote(counter: Counter) -> None:
    triaged = _triaged(counter)
    about = {name: getattr(triaged, name) for name in ("request_id", "resident_id", "unit_id")}
    assigned = RequestAssigned(**about, assignee_kind="staff", assignee_id=uuid4(), order_id=uuid4())
    await counter.service.deliver("requests", triaged, assigned, RequestStarted(**about, by="assignee"))
    assert [each["state"] for each in await _orders(counter, triaged.request_id)] == ["quoted"]


@pytest.mark.parametrize("ending", ENDINGS)
async def test_what_is_quoted_anew_has_the_new_time_and_no_ending_of_before_takes_it(
    counter: Counter, ending: str
) -> None:
    """K17, too: the endings of the first life are read again in the second."""
    triaged = _triaged(counter)
    later = datetime.now(UTC) + timedelta(days=4)
    again = triaged.model_copy(
        update={"wanted_from": later, "wanted_until": later + timedelta(hours=1), "service": "bath_help"}
    )
    about = {name: getattr(triaged, name) for name in ("request_id", "resident_id", "unit_id")}
    reopened = RequestReopened(**about, reopened_by=counter.resident.subject)
    told = (triaged, _ending(triaged, ending), reopened, again)
    await counter.service.deliver("requests", *told)
    before = await rows(counter.service)
    await read_again(counter.service, "requests", *zip(told, (1, 2, 3, 4), strict=True))
    assert await rows(counter.service) == before
    found = {each["state"]: each for each in await _orders(counter, triaged.request_id)}
    assert set(found) == {"cancelled", "quoted"}
    assert datetime.fromisoformat(found["quoted"]["starts_at"]) == later
