"""What only local mode has: moving the clock, so that a demo or test passes a seven-day notice honestly."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from platform_kit.acting import SYSTEM
from platform_kit.clock import now, offset_seconds, set_offset
from platform_kit.kit import Kit
from platform_kit.problems import NotSignedIn, NotYours

router = APIRouter(prefix="/local", include_in_schema=False)


class Clock(BaseModel):
    offset_seconds: int
    now: datetime


class NewOffset(BaseModel):
    """Ten years at most, so that every instant stays one that the database can hold."""

    offset_seconds: Annotated[int, Field(ge=0, le=315_360_000)]


def _kit(request: Request) -> Kit:
    kit: Kit = request.app.state.kit
    return kit


@router.get("/clock")
async def read_clock(kit: Annotated[Kit, Depends(_kit)]) -> Clock:
    async with kit.db.transaction(SYSTEM) as tx:
        return Clock(offset_seconds=await offset_seconds(tx), now=await now(tx))


@router.put("/clock")
async def set_clock(body: NewOffset, request: Request, kit: Annotated[Kit, Depends(_kit)]) -> Clock:
    caller = kit.verifier.caller(request.headers.get("authorization"))
    if caller is None:
        raise NotSignedIn
    if not caller.has("operator"):
        raise NotYours
    async with kit.db.transaction(SYSTEM) as tx:
        await set_offset(tx, body.offset_seconds)
        return Clock(offset_seconds=body.offset_seconds, now=await now(tx))
