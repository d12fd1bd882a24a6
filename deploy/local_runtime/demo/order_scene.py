"""A paid service: quoted, booked, done, paid, and in the month's income to the fen."""

from datetime import timedelta

from local_runtime.demo import people
from local_runtime.demo.client import when_known
from local_runtime.demo.stage import Stage, yuan


async def pay_order(stage: Stage) -> None:
    wang, provider = stage.clients["wang"], stage.clients["provider"]
    worker, district = stage.clients[people.FILER.account], stage.clients[people.DISTRICT_OFFICER.account]
    with stage.scene("paid order") as say:
        service = {
            "code": "bath_help", "name_zh": "助浴", "name_en": "Help with bathing", "price": {"amount": 3335},
            "per": "hour", "subsidy_percent": 30, "provider_weight": 85, "community_weight": 15,
        }  # fmt: skip
        await district.post("/services", "demo/service", service)
        registered = await when_known(
            lambda: provider.post("/providers", "demo/provider", {"services": ["bath_help"]})
        )
        starts = (stage.began + timedelta(days=40)).isoformat()
        quote_body = {"service": "bath_help", "quantity": 2, "starts_at": starts}
        quote = await when_known(lambda: wang.post("/quotes", "demo/quote", quote_body))
        order = f"/orders/{quote['id']}"
        await wang.post("/orders", "demo/book", {"quote_id": quote["id"]})
        await when_known(
            lambda: worker.post(f"{order}/assign", "demo/assign", {"provider_id": registered["id"]})
        )
        await provider.post(f"{order}/start", "demo/start")
        await provider.post(f"{order}/complete", "demo/complete")
        await wang.post(f"{order}/confirm", "demo/confirm")
        pay_body = {"method": "cash", "amount": {"amount": quote["to_pay"]["amount"]}}
        paid = await worker.post(f"{order}/pay", "demo/pay", pay_body)
        finance = stage.clients[people.FINANCE.account]
        receipt = await finance.get(f"/finance/receipts/{paid['receipt_number']}")
        income = await finance.get(f"/finance/income?month={receipt['issued_on'][:7]}")
        if income["balance"]["amount"] != 0 or income["income"]["amount"] != quote["price"]["amount"]:
            raise AssertionError(f"the month does not balance: {income}")
        say(
            f"{quote['order_number']} paid, receipt {paid['receipt_number']}; income of {income['month']} "
            f"{yuan(income['income'])} = provider {yuan(income['provider'])} + community {yuan(income['community'])}, "
            "books balance to the fen"
        )
