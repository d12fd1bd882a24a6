"""What a service costs, what is subsidised, what is due: each rounded once, here, half up (四舍五入)."""

from dataclasses import dataclass

from platform_kit.money import Money


@dataclass(frozen=True, slots=True)
class Service:
    """`price` is for one unit (`per`: an hour, a visit); weights split what comes in."""

    code: str
    name_zh: str
    name_en: str
    price: Money
    per: str
    subsidy_percent: int
    provider_weight: int
    community_weight: int


@dataclass(frozen=True, slots=True)
class Price:
    """`subsidy` + `to_pay` is exactly `price`."""

    price: Money
    subsidy: Money
    to_pay: Money


CANCELLATION_PERCENT = 20


def price_of(service: Service, quantity: int) -> Price:
    price = Money(service.price.amount * quantity, service.price.currency)
    subsidy = price.share(service.subsidy_percent, 100)
    return Price(price, subsidy, price - subsidy)


def cancellation_fee(to_pay: Money) -> Money:
    return to_pay.share(CANCELLATION_PERCENT, 100)
