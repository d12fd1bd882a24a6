"""Where units lie, over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from community_registry import actions, schemas, store
from platform_kit.db import Tx
from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.problems import NotFound

router = APIRouter(tags=["gateway"])


@router.put("/units/{unit_id}/place", response_model=schemas.PlaceView, responses=refusals())
async def set_place(unit_id: UUID, body: schemas.NewPlace, command: ByCaller) -> Response:
    await actions.set_place(command.tx, unit_id, body.place(), by=command.caller)
    return command.answer(await _place(command.tx, unit_id))


@router.get("/units/{unit_id}/place", response_model=schemas.PlaceView, responses=refusals())
async def read_place(unit_id: UUID, read: ForCaller) -> schemas.PlaceView:
    return await _place(read.tx, unit_id)


async def _place(tx: Tx, unit_id: UUID) -> schemas.PlaceView:
    if await store.unit(tx, unit_id) is None:
        raise NotFound(what="unit")
    return schemas.PlaceView.of(await store.place(tx, unit_id))
