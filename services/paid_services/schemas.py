"""Bodies and answers of paid services."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from paid_services.rules.order import State
from platform_kit.money import Money
from platform_kit.schemas import Body, Instant, Line, View

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Method = Literal["cash", "wechat", "alipay", "bank"]
MOST = 100_000_000


class Price(Body):
    """Minor units, at most a million yuan."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MOST)]
    currency: Literal["CNY"] = "CNY"

    def money(self) -> Money:
        return Money(self.amount, self.currency)


class NewService(Body):
    code: Code
    name_zh: Line
    name_en: Line
    price: Price
    per: Literal["hour", "visit"]
    subsidy_percent: Annotated[int, Field(ge=0, le=100)]
    provider_weight: Annotated[int, Field(ge=1, le=1000)]
    community_weight: Annotated[int, Field(ge=0, le=1000)]


class ServiceView(View):
    code: str
    name_zh: str
    name_en: str
    price: Money
    per: str
    subsidy_percent: int
    provider_weight: int
    community_weight: int


class NewProvider(Body):
    services: Annotated[list[Code], Field(min_length=1, max_length=20)]
    unit_id: UUID | None = None


class ProviderView(View):
    id: UUID
    person_id: UUID
    unit_id: UUID
    services: list[str]
    version: int


class NewQuote(Body):
    service: Code
    quantity: Annotated[int, Field(ge=1, le=100)]
    starts_at: Instant
    resident_id: UUID | None = None


class Booking(Body):
    quote_id: UUID


class Assignment(Body):
    provider_id: UUID


class Due(Body):
    """Minor units; nothing is due of what is subsidised whole."""

    amount: Annotated[int, Field(strict=True, ge=0, le=MOST)]
    currency: Literal["CNY"] = "CNY"

    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Payment(Body):
    method: Method
    amount: Due


class Refund(Body):
    amount: Price


class OrderView(View):
    id: UUID
    order_number: str
    resident_id: UUID
    unit_id: UUID
    service: str
    quantity: int
    starts_at: datetime
    valid_until: datetime
    price: Money
    subsidy: Money
    to_pay: Money
    state: State
    provider_id: UUID | None
    paid: Money
    refunded: Money
    fee: Money
    request_id: UUID | None
    version: int
    receipt_number: str | None = None


class OrderPage(View):
    items: list[OrderView]
    next: str | None


class ReceiptView(View):
    number: str
    order_id: UUID
    amount: Money
    method: str
    collected_by: UUID
    issued_on: date


class IncomeLine(View):
    """`income` came in (resident and subsidy), split into what the provider earns and what the community keeps."""

    unit_id: UUID
    service: str | None
    provider_id: UUID | None
    orders: int
    income: Money
    provider: Money
    community: Money


class IncomeView(View):
    """`balance` is the sum of every entry of the month: zero, or the books are wrong."""

    month: str
    closed: bool
    lines: list[IncomeLine]
    income: Money
    provider: Money
    community: Money
    cash: Money
    subsidy: Money
    fees_receivable: Money
    balance: Money


class EntryView(View):
    account: str
    unit_id: UUID
    provider_id: UUID | None
    amount: Money


class TransactionView(View):
    id: UUID
    kind: str
    order_id: UUID
    posted_on: date
    entries: list[EntryView]


class TransactionPage(View):
    items: list[TransactionView]
    next: str | None


class PeriodView(View):
    month: str
    closed_by: UUID
    closed_at: datetime
