"""`GET /me/data/<part>`: whoever asks is told, in full, all that one service holds about them.

A service declares once which rows are about a person; the look itself is recorded like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter

from platform_kit.audit import record_look
from platform_kit.edge import ForCaller, Read
from platform_kit.schemas import View
from platform_kit.subject_keys import subject_keys

# Of one table about one person; `complete` says when there were more.
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of `table` about the person $1 of `where`. `sealed`: columns by what they are sealed for, with the key of the person,
    or of the row's column `sealed_by`."""

    table: str
    where: str
    columns: tuple[str, ...]
    sealed: Mapping[str, str] = field(default_factory=dict)
    sealed_by: str | None = None


class PersonalData(View):
    """Rows by table. Null stands for what is not known, or has been erased."""

    part: str
    complete: bool
    held: dict[str, list[dict[str, Any]]]


def personal_data_router(part: str, tables: Sequence[Held], *, prefix: str = "") -> APIRouter:
    router = APIRouter(tags=["gateway"], prefix=prefix)

    @router.get(f"/me/data/{part}", response_model=PersonalData, name=f"read_my_data_{part}")
    async def read_my_data(look: ForCaller) -> PersonalData:
        held, complete = {}, True
        for each in tables:
            rows = await _rows(look, each)
            held[each.table] = rows[:MOST]
            complete = complete and len(rows) <= MOST
        await record_look(
            look.tx,
            actor=look.caller,
            subject=look.caller.subject,
            what=f"all of {part}",
            reason="asked for their own data",
        )
        return PersonalData(part=part, complete=complete, held=held)

    return router


async def _rows(look: Read, held: Held) -> list[dict[str, Any]]:
    me = look.caller.subject
    columns = dict.fromkeys((*held.columns, *held.sealed, *([held.sealed_by] if held.sealed_by else [])))
    rows = await look.tx.fetch(
        f"SELECT {', '.join(columns)} FROM {held.table} WHERE {held.where} ORDER BY 1 LIMIT {MOST + 1}",  # noqa: S608 - of a manifest
        me,
    )
    whose = [row[held.sealed_by] if held.sealed_by else me for row in rows]
    keys = await subject_keys(look.tx, look.kit.sealer, whose) if held.sealed and rows else {}
    return [
        {name: row[name] for name in held.columns}
        | {name: keys[owner].open(row[name], for_=purpose) for name, purpose in held.sealed.items()}
        for row, owner in zip(rows, whose, strict=True)
    ]
