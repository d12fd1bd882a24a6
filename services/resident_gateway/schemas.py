"""Bodies and answers of the gateway's own resources."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, StringConstraints
from typing_extensions import TypedDict

from platform_kit.money import Money
from platform_kit.schemas import Body, Clean, Line, View

AccountName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40), Clean]
Password = Annotated[SecretStr, Field(min_length=8, max_length=200)]
Role = Literal[
    "resident", "volunteer", "provider", "worker", "street", "district", "finance", "finance_lead", "auditor",
    "operator",
]  # fmt: skip


class AccountPost(Body):
    role: Role
    unit_id: UUID
    unit_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2,4}(/[0-9]{2,4}){0,5}$")]


class NewAccount(Body):
    """`account` is a phone (kind "code") or a name (kind "password"); `subject` the person behind it."""

    account: AccountName
    display_name: Line
    kind: Literal["code", "password"]
    password: Password | None = None
    subject: UUID
    roles: Annotated[list[Role], Field(max_length=12)]
    posts: Annotated[tuple[AccountPost, ...], Field(max_length=50)] = ()


class AccountView(View):
    id: UUID
    subject: UUID
    roles: list[str]
    version: int


class CodeWanted(Body):
    phone: AccountName


class CodeSent(View):
    """The same for every phone, so that nobody learns who has an account."""

    expires_in: int


class TokenWanted(Body):
    grant_type: Literal["password", "code"]
    account: AccountName | None = None
    password: Annotated[SecretStr, Field(max_length=200)] | None = None
    phone: AccountName | None = None
    code: Annotated[SecretStr, Field(max_length=20)] | None = None


class Token(View):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class Me(View):
    subject: UUID
    display_name: str | None
    roles: list[str]
    posts: list[AccountPost]


class TimelineItem(TypedDict):
    """A dictionary: made fifty times a page for everybody who looks, and written as it is. A dataclass's fields cost the
    writer four times as much."""

    kind: str
    id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    number: str | None
    title: str
    state: str
    state_text: str
    amount: Money | None
    happened_at: datetime
    version: int


class TimelineAsked(BaseModel):
    """`min_version` is `<topic>:<aggregate>:<version>`, of a command that the caller wants to see here."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=500)] = None
    min_version: Annotated[str | None, Field(max_length=200)] = None
    resident_id: UUID | None = None


class TimelinePage(TypedDict):
    """`fresh` is false when the version that was asked for has not arrived here in time."""

    items: list[TimelineItem]
    next: str | None
    fresh: bool
