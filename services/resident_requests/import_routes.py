"""A city's open data over HTTP: how its words map to ours, and its reports, a batch of lines at a time."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted_in_all
from resident_requests import actions, problems, schemas, store
from resident_requests.policy import POLICY
from resident_requests.rules.city_report import Source

router = APIRouter(tags=["gateway"])

SourceName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,39}$")]


@router.post(
    "/requests/import", response_model=schemas.ImportResult, responses=refusals(), tags=["expensive"]
)
async def import_reports(body: schemas.ImportRows, command: ByCaller) -> Response:
    outcomes = await actions.import_reports(
        command.tx,
        command.kit.sealer,
        source_name=body.source,
        rows=[(row.line, row.values) for row in body.rows],
        by=command.caller,
    )
    return command.answer(schemas.ImportResult.of(outcomes))


@router.put(
    "/import-sources/{name}", response_model=schemas.SourceView, responses=refusals(problems.CategoryUnknown)
)
async def describe_source(name: SourceName, body: schemas.NewSource, command: ByCaller) -> Response:
    wanted = Source(name, body.zone, body.categories, dict(body.states), body.areas, body.default_area)
    source = await actions.describe_source(command.tx, wanted, by=command.caller)
    return command.answer(schemas.SourceView.model_validate(source))


@router.get("/import-sources/{name}", response_model=schemas.SourceView, responses=refusals())
async def read_source(name: SourceName, read: ForCaller) -> schemas.SourceView:
    """For whoever may import from it. Lines that an older version refused may be taken by this one."""
    source = await store.source(read.tx, name)
    if source is None or not await permitted_in_all(
        read.tx, read.caller, POLICY["read_source"], source.units
    ):
        raise NotFound(what="source", field="name")
    return schemas.SourceView.model_validate(source)
