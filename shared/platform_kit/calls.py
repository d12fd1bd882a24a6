"""What every call brings: who calls and whether they are let in, its key, its print and its language."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from platform_kit.audit import Entry
from platform_kit.audit_refusals import meant, refused_entry
from platform_kit.auth import Caller
from platform_kit.gateway_identity import HEADER, Doorkeeper
from platform_kit.idempotency import fingerprint
from platform_kit.kit import Kit
from platform_kit.policy import Operation, operation_name
from platform_kit.problems import KeyMissing, NotSignedIn, NotYours, VersionMissing
from platform_kit.telemetry import log

NOBODY = "nobody"


class _Bearer(HTTPBearer):
    """For OpenAPI alone: the verifier reads the header."""

    async def __call__(self, _: HTTPConnection) -> None:
        return None


BEARER = _Bearer(auto_error=False, bearerFormat="JWT", scheme_name="HTTPBearer")

GivenKey = Annotated[
    str | None, Header(alias="Idempotency-Key", description="Made once per intent; 1 to 200 characters.")
]


def _seen_version(
    if_match: Annotated[
        str | None,
        Header(pattern=r'^"[0-9]{1,9}"$', description='The version that you saw: "3".'),
    ] = None,
) -> int:
    if if_match is None:
        raise VersionMissing(field="If-Match")
    return int(if_match.strip('"'))


# What a change says it was made to.
SeenVersion = Annotated[int, Depends(_seen_version)]


def language(request: Request) -> str:
    """The caller's language: English when they prefer it, otherwise Chinese."""
    preferred = request.headers.get("accept-language", "zh").split(",")[0].strip().lower()
    return "en" if preferred.startswith("en") else "zh"


def caller_of(request: Request) -> Caller | None:
    kit: Kit = request.app.state.kit
    return kit.verifier.caller(request.headers.get("authorization"))


def let_in(request: Request, caller: Caller | None) -> Caller | None:
    """The gateway calls, where the service is behind it; and the caller has a role for which the policy's row of this operation has
    a rule, or nobody need sign in."""
    doorkeeper: Doorkeeper | None = request.app.state.doorkeeper
    if doorkeeper is not None:
        doorkeeper.admit(request.headers.get(HEADER))
    operation: Operation = request.app.state.policy[operation_name(request.scope["endpoint"])]
    if caller is None:
        if operation.open_to_nobody:
            return None
        raise NotSignedIn
    if not operation.lets_in(caller):
        log.info("refused", operation=operation.name, subject=str(caller.subject), why="role")
        raise NotYours
    return caller


async def note_refusal(kit: Kit, entry: Entry, request: Request, refusal: Exception) -> None:
    if row := refused_entry(entry, refusal):
        row = replace(row, subject=row.subject or await meant(request))
        await kit.refusals.note(kit.db, [row])


def key_of(request: Request, given: str | None) -> str:
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise KeyMissing(field="Idempotency-Key")
    if not given or len(given) > 200 or not (given.isascii() and given.isprintable()):
        raise KeyMissing(field="Idempotency-Key")
    return given


async def print_of(kit: Kit, request: Request) -> bytes:
    return fingerprint(kit.sealer, request.method, request.url.path, request.url.query, await request.body())
