"""How often one person may call: by what the call costs, and before its body is read.

Whoever is signed in is counted by themself, wherever they are; anybody else by their address, behind which a whole community
office may stand. Signing in is counted by address alone: a person is not known yet. Each process counts for itself.
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from starlette.types import Scope

from platform_kit import telemetry
from platform_kit.admission import Admission, Rate
from platform_kit.caller_address import line_of
from platform_kit.kit import Kit
from platform_kit.problems import NotSignedIn, TooManyRequests
from resident_gateway.forwarding import PREFIX, documents, operations
from resident_gateway.settings import GatewaySettings

EXPENSIVE = "expensive"
PEOPLE_AT_ONE_ADDRESS = 20
# A thousand reports at once.
_REPORTS = re.compile(r"/open311/v2/requests\.\w+")
_SIGN_IN = re.compile(rf"(?:{PREFIX}/auth/.*|/code|/sign-in)")
_SAFE = ("GET", "HEAD", "OPTIONS")


def admission(kit: Kit) -> Admission:
    settings = cast(GatewaySettings, kit.settings)
    rates = {
        "sign_in": Rate(settings.sign_in_per_minute),
        "reads": Rate(settings.reads_per_minute),
        "commands": Rate(settings.commands_per_minute),
        EXPENSIVE: Rate(settings.expensive_per_minute),
    }
    expensive = list(_expensive())

    async def admit(scope: Scope, headers: Mapping[bytes, str]) -> None:
        kind = _kind(scope["method"], scope["path"], expensive)
        subject = None if kind == "sign_in" else _subject(kit, headers.get(b"authorization"))
        try:
            if subject is not None:
                rates[kind].take(subject)
            else:
                rates[kind].take(line_of(telemetry.caller_address.get()), PEOPLE_AT_ONE_ADDRESS)
        except TooManyRequests:
            telemetry.RATE_LIMITED.labels(kit.service, kind).inc()
            telemetry.log.info("too many requests", kind=kind, subject=subject)
            raise

    return admit


def _expensive() -> Iterator[tuple[str, re.Pattern[str]]]:
    """The operations that their services call expensive: imports, files, uploads."""
    for operation in operations(documents()):
        if EXPENSIVE in operation.described["tags"]:
            yield operation.method, re.compile(PREFIX + re.sub(r"\{\w+\}", "[^/]+", operation.path))


def _kind(method: str, path: str, expensive: list[tuple[str, re.Pattern[str]]]) -> str:
    if _SIGN_IN.fullmatch(path):
        return "sign_in"
    if method in _SAFE and _REPORTS.fullmatch(path):
        return EXPENSIVE
    if any(method == each and pattern.fullmatch(path) for each, pattern in expensive):
        return EXPENSIVE
    return "reads" if method in _SAFE else "commands"


def _subject(kit: Kit, authorization: str | None) -> str | None:
    """Only a token that is ours names somebody: else everybody could have as many names as they like."""
    try:
        caller = kit.verifier.caller(authorization)
    except NotSignedIn:
        return None
    return str(caller.subject) if caller else None
