"""For whom a transaction acts. The database's own barrier (row-level security) reads it: where it is not set, no row is seen
and none is written.

It is set in the same round trip as BEGIN and ends with the transaction: nothing of it reaches the connection's next user.
"""

from dataclasses import dataclass

import orjson

from platform_kit.auth import Caller


@dataclass(frozen=True, slots=True)
class Acting:
    """`setting` is what `linli.caller` holds meanwhile, as JSON; the functions of `row_security` read it."""

    setting: str


# What the platform does of its own: relay, consumers, timers, housekeeping, proving who somebody is.
SYSTEM = Acting('{"system":true}')
# Somebody who has not signed in: sees what is public.
NOBODY = Acting("{}")


# One row.
GOT = "SELECT 1"


def acting_for(caller: Caller | None) -> Acting:
    if caller is None:
        return NOBODY
    said = {
        "subject": caller.subject,
        "roles": list(caller.roles),
        "posts": [(post.role, post.unit_code) for post in caller.posts],
    }
    return Acting(orjson.dumps(said).decode())


def begin(acting: Acting, lock: int | None = None) -> str:
    """BEGIN and the setting as one text. JSON holds no control characters, so that doubling quotes is all there is to do.

    `lock` is an advisory lock to be tried; the text's last answer is then `GOT` or it is held by somebody else.
    """
    literal = acting.setting.replace("'", "''")
    begun = f"BEGIN; SET LOCAL linli.caller = '{literal}'"
    return begun if lock is None else f"{begun}; SELECT WHERE pg_try_advisory_xact_lock({lock:d})"
