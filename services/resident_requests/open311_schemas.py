"""Bodies and answers of Open311 GeoReport v2, by its own names; the gateway writes them as JSON and as XML."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, PlainSerializer, RootModel, StringConstraints

from platform_kit.schemas import Body, Clean, Line, View
from resident_requests.rules.category import Category
from resident_requests.rules.publicity import is_open, published
from resident_requests.rules.questions import Kind, Question
from resident_requests.rules.request import State
from resident_requests.store import Open311Key, PublicReport

LANGUAGES = ("zh", "en")
# The W3C's note on dates, to the second: not every client reads fractions.
W3 = Annotated[
    datetime,
    PlainSerializer(lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str, when_used="json"),
]  # fmt: skip

_STATUS_NOTES = {
    State.SUBMITTED: ("已收到", "Received"),
    State.TRIAGED: ("已受理", "Accepted"),
    State.ASSIGNED: ("已派单", "Assigned"),
    State.IN_PROGRESS: ("处理中", "In progress"),
    State.AWAITING_RESIDENT: ("等待补充信息", "Waiting for information"),
    State.REOPENED: ("已重新打开", "Reopened"),
    State.RESOLVED: ("已处理", "Resolved"),
    State.CLOSED: ("已办结", "Closed"),
    State.REJECTED: ("不予受理", "Not accepted"),
    State.WITHDRAWN: ("已撤回", "Withdrawn"),
    State.MERGED: ("已与其他求助合并", "Joined with another"),
}
_DATATYPE_NOTES = {
    Kind.STRING: ("一行文字", "One line of text"),
    Kind.TEXT: ("文字", "Text"),
    Kind.NUMBER: ("数字", "A number"),
    Kind.DATETIME: ("带时区的日期和时间", "A date and time with its zone"),
    Kind.SINGLE: ("单选", "One of the values"),
    Kind.MULTI: ("可多选", "Any of the values"),
}


def _in(language: str, said: tuple[str, str]) -> str:
    return said[LANGUAGES.index(language)]


def _name(named: Category | Question, language: str) -> str:
    return named.name_en if language == "en" else named.name_zh


def _promise(category: Category, language: str) -> str:
    """What is promised whoever files under it."""
    if language == "en":
        return f"Looked at within {category.respond_hours} and resolved within {category.resolve_hours} working hours."
    return f"{category.respond_hours} 个工作小时内响应,{category.resolve_hours} 个工作小时内办结。"


class ServiceView(View):
    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: Literal["realtime"] = "realtime"
    keywords: str
    group: str

    @classmethod
    def of(cls, category: Category, group: Category | None, language: str) -> "ServiceView":
        return cls(
            service_code=category.code, service_name=_name(category, language), description=_promise(category, language),
            metadata=bool(category.questions), keywords=f"{category.name_zh}, {category.name_en}",
            group=_name(group, language) if group else "",
        )  # fmt: skip


class ValueView(View):
    key: str
    name: str


class AttributeView(View):
    variable: bool = True
    code: str
    datatype: Kind
    required: bool
    datatype_description: str
    order: int
    description: str
    values: list[ValueView]


class DefinitionView(View):
    service_code: str
    attributes: list[AttributeView]

    @classmethod
    def of(cls, category: Category, language: str) -> "DefinitionView":
        attributes = [
            AttributeView(
                code=question.code, datatype=question.kind, required=question.required, order=order,
                datatype_description=_in(language, _DATATYPE_NOTES[question.kind]), description=_name(question, language),
                values=[
                    ValueView(key=option.code, name=option.name_en if language == "en" else option.name_zh)
                    for option in question.options
                ],
            )
            for order, question in enumerate(category.questions, 1)
        ]  # fmt: skip
        return cls(service_code=category.code, attributes=attributes)


class ReportView(View):
    """`description` and `address` only of what no resident filed; a resident's place is told to a tenth of a kilometre."""

    service_request_id: str
    status: Literal["open", "closed"]
    status_notes: str
    service_name: str
    service_code: str
    description: str | None
    agency_responsible: str | None
    service_notice: None = None
    requested_datetime: W3
    updated_datetime: W3
    expected_datetime: W3 | None
    address: str | None
    address_id: None = None
    zipcode: None = None
    lat: float | None
    long: float | None
    media_url: None = None

    @classmethod
    def of(
        cls,
        report: PublicReport,
        category: Category,
        language: str,
        *,
        words: str | None,
        address: str | None,
    ) -> "ReportView":
        return cls(
            service_request_id=report.case_number, status="open" if is_open(report.state) else "closed",
            status_notes=_in(language, _STATUS_NOTES[report.state]), service_name=_name(category, language),
            service_code=category.code, description=published(words) if words else None, agency_responsible=report.unit,
            requested_datetime=report.requested_at, updated_datetime=report.updated_at,
            expected_datetime=report.expected_at, address=published(address) if address else None, lat=report.latitude,
            long=report.longitude,
        )  # fmt: skip


class FiledView(View):
    service_request_id: str
    service_notice: str
    account_id: None = None


class Filed(RootModel[list[FiledView]]):
    """One."""

    @classmethod
    def of(cls, case_number: str, category: Category, language: str) -> "Filed":
        return cls([FiledView(service_request_id=case_number, service_notice=_promise(category, language))])


class TokenView(View):
    """A report has its number at once: the number is its own token."""

    service_request_id: str
    token: str


class DiscoveryView(View):
    """`changeset` is when the catalogue was last changed."""

    jurisdiction_id: str
    changeset: str


def _no_more_than(values: dict[str, list[str]]) -> dict[str, list[str]]:
    if sum(map(len, values.values())) > 200:
        raise ValueError("too many values")
    return values


_Given = Annotated[str, StringConstraints(max_length=1000), Clean]


class NewReport(Body):
    """`attribute` are the answers to the service's questions, by their codes. Who reports it is not asked, and not kept."""

    api_key: Annotated[str, StringConstraints(max_length=200), Clean] | None = None
    jurisdiction_id: Annotated[str, StringConstraints(max_length=100), Clean] | None = None
    service_code: Annotated[str, StringConstraints(min_length=1, max_length=40), Clean]
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    long: Annotated[float, Field(ge=-180, le=180)] | None = None
    address_string: Line | None = None
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), Clean] | None = (
        None
    )
    attribute: Annotated[
        dict[Annotated[str, StringConstraints(max_length=40)], list[_Given]], Field(max_length=50), AfterValidator(_no_more_than)
    ] = Field(default_factory=dict)  # fmt: skip


class NewKey(Body):
    """`name` is the application's; what it reports lies in the unit."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    unit_id: UUID
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 60


class KeyView(View):
    id: UUID
    name: str
    unit_id: UUID
    per_hour: int
    issued_by: UUID
    issued_at: datetime
    withdrawn_at: datetime | None


class IssuedKey(KeyView):
    """The only answer that ever shows the key."""

    api_key: str

    @classmethod
    def of(cls, key: Open311Key, secret: str) -> "IssuedKey":
        return cls(**KeyView.model_validate(key).model_dump(), api_key=secret)
