"""Open311 GeoReport v2: what everybody sees and applications file, as the gateway asks it; and the keys of applications."""

from dataclasses import replace
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from platform_kit.clock import now
from platform_kit.edge import ByCaller, ForCaller, Read, Unkept, refusals, unkept
from platform_kit.problems import NotFound, Refusal, TooManyRequests
from resident_requests import actions, open311_schemas, problems, schemas, store
from resident_requests.policy import POLICY
from resident_requests.rules.category import Category
from resident_requests.rules.georeport import understood
from resident_requests.rules.publicity import is_offered, is_public
from resident_requests.rules.sealed import ADDRESS, WORDS
from resident_requests.settings import RequestSettings
from resident_requests.store import PublicReport

# Not "gateway": these have their own place and form at the gateway.
router = APIRouter(tags=["open311"])
staff_router = APIRouter(tags=["gateway"])

_LONG = 40_000  # A thousand case numbers, and commas.
Text = Annotated[str, Query(max_length=100)]
Texts = Annotated[list[Annotated[str, Query(max_length=_LONG)]], Query(max_length=100)]
Number = Annotated[str, Path(max_length=40)]
Code = Annotated[str, Path(max_length=40)]
Issuing = Annotated[Unkept, unkept()]


async def _jurisdiction(read: ForCaller, jurisdiction_id: Text = "") -> None:
    known = cast(RequestSettings, read.kit.settings).jurisdiction_id
    if jurisdiction_id and jurisdiction_id != known:
        raise problems.JurisdictionUnknown(field="jurisdiction_id", jurisdiction_id=jurisdiction_id)


def _refused(*types: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    return refusals(problems.JurisdictionUnknown, *types)


@router.get("/open311/discovery", response_model=open311_schemas.DiscoveryView)
async def describe_open311(read: ForCaller) -> open311_schemas.DiscoveryView:
    changed = await store.catalogue_changed_at(read.tx)
    return open311_schemas.DiscoveryView(
        jurisdiction_id=cast(RequestSettings, read.kit.settings).jurisdiction_id,
        changeset=changed.strftime("%Y-%m-%dT%H:%M:%SZ") if changed else "",
    )


@router.get("/open311/services", response_model=list[open311_schemas.ServiceView], responses=_refused(),
            dependencies=[Depends(_jurisdiction)])  # fmt: skip
async def list_services(read: ForCaller) -> list[open311_schemas.ServiceView]:
    known = await _categories(read)
    return [
        open311_schemas.ServiceView.of(category, known.get(category.parent or ""), read.language)
        for category in known.values()
        if is_offered(category)
    ]


@router.get("/open311/services/{service_code}", response_model=open311_schemas.DefinitionView,
            responses=_refused(problems.ServiceUnknown), dependencies=[Depends(_jurisdiction)])  # fmt: skip
async def read_service(service_code: Code, read: ForCaller) -> open311_schemas.DefinitionView:
    category = await store.category(read.tx, service_code)
    if category is None or not is_offered(category):
        raise problems.ServiceUnknown(field="service_code", service_code=service_code)
    return open311_schemas.DefinitionView.of(category, read.language)


@router.post("/open311/requests", status_code=201, response_model=open311_schemas.Filed,
             responses=_refused(problems.KeyRefused, problems.ServiceUnknown, TooManyRequests))  # fmt: skip
async def file_report(body: open311_schemas.NewReport, command: ByCaller) -> Response:
    await _jurisdiction(command, body.jurisdiction_id or "")
    sent = actions.Sent(
        body.service_code, body.description, body.address_string, body.lat, body.long, body.attribute
    )
    taken = await actions.file_report(command.tx, command.kit.sealer, sent, api_key=body.api_key)
    about = {"open311_key": str(taken.key_id)} | ({"id": str(taken.request_id)} if taken.request_id else {})
    command.entry = replace(command.entry, object=about)
    filed = open311_schemas.Filed.of(taken.case_number, taken.category, command.language)
    return command.answer(filed, status=201)


@router.get("/open311/requests", response_model=list[open311_schemas.ReportView], responses=_refused(),
            dependencies=[Depends(_jurisdiction)])  # fmt: skip
async def list_reports(
    read: ForCaller,
    service_request_id: Texts = [],  # noqa: B006
    service_code: Texts = [],  # noqa: B006
    start_date: Text = "",
    end_date: Text = "",
    status: Texts = [],  # noqa: B006
) -> list[open311_schemas.ReportView]:
    """The newest first, at most 1,000 of 90 days."""
    asked = understood(
        ids=service_request_id, codes=service_code, start=start_date, end=end_date, status=status,
        at=await now(read.tx),
    )  # fmt: skip
    if asked.numbers:
        return await _shown(read, await store.public_reports(read.tx, asked.numbers))
    wanted = [
        code
        for code, category in (await _categories(read)).items()
        if is_public(category) and (asked.codes is None or code in asked.codes)
    ]
    return await _shown(read, await store.newest_public_reports(read.tx, wanted, asked))


@router.get("/open311/requests/{service_request_id}", response_model=list[open311_schemas.ReportView],
            responses=_refused(), dependencies=[Depends(_jurisdiction)])  # fmt: skip
async def read_report(service_request_id: Number, read: ForCaller) -> list[open311_schemas.ReportView]:
    """One."""
    if shown := await _shown(read, await store.public_reports(read.tx, [service_request_id])):
        return shown
    raise NotFound(what="service_request_id", field="service_request_id")


@router.get("/open311/tokens/{token}", response_model=list[open311_schemas.TokenView],
            responses=_refused(), dependencies=[Depends(_jurisdiction)])  # fmt: skip
async def read_token(token: Number, read: ForCaller) -> list[open311_schemas.TokenView]:
    if found := await _shown(read, await store.public_reports(read.tx, [token])):
        return [open311_schemas.TokenView(service_request_id=found[0].service_request_id, token=token)]
    raise NotFound(what="token", field="token")


@staff_router.post("/open311/keys", status_code=201, response_model=open311_schemas.IssuedKey,
                   responses=refusals())  # fmt: skip
async def issue_key(body: open311_schemas.NewKey, call: Issuing) -> open311_schemas.IssuedKey:
    """Asked again it is another key: the one that was lost is withdrawn."""
    key, secret = await actions.issue_key(
        call.tx, call.kit.sealer, name=body.name, unit_id=body.unit_id, per_hour=body.per_hour, by=call.caller
    )
    call.entry = replace(call.entry, object={"id": str(key.id)})
    return open311_schemas.IssuedKey.of(key, secret)


@staff_router.get("/open311/keys", response_model=list[open311_schemas.KeyView])
async def list_keys(read: ForCaller) -> list[open311_schemas.KeyView]:
    codes = None if read.caller.has("operator") else POLICY["list_keys"].unit_codes(read.caller)
    return [open311_schemas.KeyView.model_validate(key) for key in await store.keys(read.tx, codes)]


@staff_router.post("/open311/keys/{key_id}/withdraw", response_model=open311_schemas.KeyView,
                   responses=refusals())  # fmt: skip
async def withdraw_key(key_id: UUID, command: ByCaller) -> Response:
    key = await actions.withdraw_key(command.tx, key_id, by=command.caller)
    return command.answer(open311_schemas.KeyView.model_validate(key))


@staff_router.post("/requests/{request_id}/withhold", response_model=schemas.RequestView,
                   responses=refusals())  # fmt: skip
async def withhold_report(request_id: UUID, command: ByCaller) -> Response:
    request = await actions.withhold_report(command.tx, request_id, by=command.caller)
    return command.answer(schemas.RequestView.of(request))


async def _categories(read: Read) -> dict[str, Category]:
    return {category.code: category for category in await store.categories(read.tx)}


async def _shown(read: Read, reports: list[PublicReport]) -> list[open311_schemas.ReportView]:
    """What no resident filed is sealed by the service's own key."""
    known, sealer = await _categories(read), read.kit.sealer
    return [
        open311_schemas.ReportView.of(
            report,
            known[report.category],
            read.language,
            words=sealer.open(report.words, for_=WORDS) if report.words else None,
            address=sealer.open(report.address, for_=ADDRESS) if report.address else None,
        )
        for report in reports
    ]
