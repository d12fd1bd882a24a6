"""The chain over the audit: each link's hash is of the hash before it and of its row, so no row can change unseen.

A row enters as PostgreSQL writes it in JSON (timestamps in UTC), without its nulls, in the one form of RFC 8785: a column that
comes later and is null changes no hash of before.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import rfc8785

ORIGIN = bytes(32)


@dataclass(frozen=True, slots=True)
class Link:
    seq: int
    audit_id: UUID
    hash: bytes


def link_hash(previous: bytes, row: Mapping[str, Any] | None) -> bytes:
    """`row` is None of one that was deleted before it had its link: the gap it left is chained in its place."""
    told = {name: value for name, value in (row or {}).items() if value is not None}
    return hashlib.sha256(previous + rfc8785.dumps(told)).digest()


def links_after(
    seq: int, previous: bytes, rows: Iterable[tuple[UUID, Mapping[str, Any] | None]]
) -> Iterator[Link]:
    for audit_id, row in rows:
        seq, previous = seq + 1, link_hash(previous, row)
        yield Link(seq, audit_id, previous)
