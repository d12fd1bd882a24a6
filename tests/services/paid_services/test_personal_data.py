"""Of an erased resident the order, the receipt and the books stay; an erased provider is given nothing more."""

from event_contracts.community_registry import ResidentErased

from .conftest import Counter


async def test_the_books_are_the_same_after_an_erasure(counter: Counter) -> None:
    order = await counter.paid()
    before = await counter.income()
    held = (await counter.service.get("/me/data/paid", by=counter.resident)).json()["held"]
    assert held["service_order"][0]["id"] == order["id"]
    assert held["receipt"][0]["order_id"] == order["id"]
    await counter.service.deliver("registry_replica", ResidentErased(resident_id=counter.resident.subject))
    assert await counter.income() == before
    shown = await counter.service.get(f"/orders/{order['id']}", by=counter.worker)
    assert shown.json()["paid"] == order["paid"]
    refund = {"amount": order["paid"]}
    answer = await counter.service.post(f"/orders/{order['id']}/refund", json=refund, by=counter.finance)
    assert answer.status_code in (200, 201), answer.text


async def test_an_erased_provider_is_given_no_order(counter: Counter) -> None:
    quote = await counter.call(
        "/quotes", counter.resident, 201, service="bath_help", quantity=1, starts_at="2199-01-01T08:00:00+08:00"
    )  # fmt: skip
    await counter.call("/orders", counter.resident, 201, quote_id=quote["id"])
    await counter.service.deliver("registry_replica", ResidentErased(resident_id=counter.provider.subject))
    path = f"/orders/{quote['id']}/assign"
    refused = await counter.service.post(path, json={"provider_id": counter.provider_id}, by=counter.worker)
    assert refused.status_code == 404
