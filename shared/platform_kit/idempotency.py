"""The stored answer of an unsafe call, kept in the command's own transaction.

Two statements, in READ COMMITTED: first the lock, which the transaction begins with, then the read. In one statement the
answer that a twin has just committed is missed, and the command runs again.
"""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.responses import Response

from platform_kit.audit import RECORD_BESIDE, Entry
from platform_kit.backbone_tables import CALL
from platform_kit.db import Tx
from platform_kit.problems import KeyReused
from platform_kit.sealing import Sealer

_KEEP = RECORD_BESIDE.replace(
    "{beside}",
    """
    INSERT INTO idempotency (principal, key, fingerprint, status, headers, body) VALUES ($12, $13, $14, $15, $16, $17)
    """,
)

_FIND = """
    SELECT fingerprint, status, headers, body FROM idempotency WHERE {stored} = {asked} AND principal = $1 AND key = $2
""".replace("{stored}", CALL.format(principal="principal", key="key")).replace(
    "{asked}", CALL.format(principal="$1::text", key="$2::text")
)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """`body` is None once the person whom it was about has been erased."""

    status: int
    headers: dict[str, str]
    body: bytes | None


def stored_answer(body: BaseModel, status: int = 200) -> StoredAnswer:
    """The answer with its ETag, if it has a version."""
    version = getattr(body, "version", None)
    headers = {} if version is None else {"etag": f'"{version}"'}
    return StoredAnswer(status, headers, body.model_dump_json().encode())


def response_of(answer: StoredAnswer) -> Response:
    """A stored answer is given again byte for byte."""
    return Response(
        answer.body or b"{}", answer.status, headers=answer.headers, media_type="application/json"
    )


def fingerprint(sealer: Sealer, method: str, path: str, query: str, body: bytes) -> bytes:
    """Keyed: a body may hold a password, and whoever reads the table must not be able to try guesses against it."""
    call = b"\0".join((method.encode(), path.encode(), query.encode(), body))
    return sealer.digest(call, for_="idempotency.fingerprint")


def lock_of(principal: str, key: str) -> int:
    """What a transaction that works under this key holds: 64 bits, signed. Two keys that share one only wait for each other."""
    digest = hashlib.blake2b(f"{principal}\n{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def earlier_answer(tx: Tx, principal: str, key: str, print_: bytes) -> StoredAnswer | None:
    """The stored answer if the call was made before; None if it is new. The transaction was begun with the key's lock.

    KeyReused: the key belongs to another call.
    """
    row = await tx.fetchrow(_FIND, principal, key)
    if row is None:
        return None
    if row["fingerprint"] != print_:
        raise KeyReused(field="Idempotency-Key")
    return StoredAnswer(row["status"], row["headers"], row["body"])


async def keep_answer(
    tx: Tx, principal: str, key: str, print_: bytes, answer: StoredAnswer, entry: Entry
) -> None:
    """With the command's audit row, in the one statement. The unique key is the last guard: a violation means that a twin was
    first."""
    await tx.execute(
        _KEEP,
        *entry.values(),
        principal,
        key,
        print_,
        answer.status,
        answer.headers,
        answer.body,
    )
