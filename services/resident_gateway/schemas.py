"""Bodies and answers of the gateway's own resources."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, StringConstraints
from typing_extensions import TypedDict

from platform_kit.money import Money
from platform_kit.schemas import Body, Clean, Line, View

AccountName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=255), Clean]
Password = Annotated[SecretStr, Field(min_length=8, max_length=200)]
# What staff may do comes from the registry's appointments, never from their account.
Role = Literal["resident", "volunteer", "provider", "operator"]


class AccountPost(View):
    role: str
    unit_id: UUID
    unit_code: str


class NewAccount(Body):
    """`account` is a phone (kind "code"), a staff name ("password") or a subject of the OpenID provider ("provider");

    `subject` is the person behind it: a resident or staff member of the registry.
    """

    account: AccountName
    display_name: Line
    kind: Literal["code", "password", "provider"]
    password: Password | None = None
    subject: UUID
    roles: Annotated[list[Role], Field(max_length=4)]


class AccountView(View):
    id: UUID
    subject: UUID
    roles: list[str]
    version: int


class CodeWanted(Body):
    phone: AccountName


class CodeSent(View):
    """The same for every phone, so that nobody learns who has an account. `expires_in`: seconds that the code is good for; asked
    again within a minute it is still the one that was sent."""

    expires_in: int


class TokenWanted(Body):
    """Each grant takes its own fields: password (account, password and, with a second factor, totp), code (phone, code),
    refresh (refresh_token), provider (id_token)."""

    grant_type: Literal["password", "code", "refresh", "provider"]
    account: AccountName | None = None
    password: Annotated[SecretStr, Field(max_length=200)] | None = None
    totp: Annotated[SecretStr, Field(max_length=20)] | None = None
    phone: AccountName | None = None
    code: Annotated[SecretStr, Field(max_length=20)] | None = None
    refresh_token: Annotated[SecretStr, Field(max_length=200)] | None = None
    id_token: Annotated[SecretStr, Field(max_length=8192)] | None = None


class Token(View):
    """`expires_in`: seconds that the access token is good for. The refresh token is good once, for 30 days."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str | None


class Leaving(Body):
    refresh_token: Annotated[SecretStr, Field(max_length=200)]


class SecondFactorWanted(Body):
    account: AccountName
    password: Annotated[SecretStr, Field(max_length=200)]


class SecondFactorShown(SecondFactorWanted):
    code: Annotated[SecretStr, Field(max_length=20)]


class SecondFactor(View):
    """For an authenticator app; shown this once."""

    otpauth_uri: str


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


# Items of a timeline's page, unless somebody asks for another number.
TIMELINE_LENGTH = 50


class TimelineAsked(BaseModel):
    """`min_version` is `<topic>:<aggregate>:<version>`, of a command that the caller wants to see here."""

    limit: Annotated[int, Field(ge=1, le=200)] = TIMELINE_LENGTH
    cursor: Annotated[str | None, Field(max_length=500)] = None
    min_version: Annotated[str | None, Field(max_length=200)] = None
    resident_id: UUID | None = None


class TimelinePage(TypedDict):
    """`fresh` is false when the version that was asked for has not arrived here in time."""

    items: list[TimelineItem]
    next: str | None
    fresh: bool
