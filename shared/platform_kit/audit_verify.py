"""Is the audit what it was? Every hash is computed again, in the chain's order, and held against the anchors outside.

It streams: a chain of millions takes time, not memory. Whoever owns the database could give a name that is used here another
meaning: the tables are named in full, everything else is PostgreSQL's own.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from platform_kit.audit_anchors import Anchor
from platform_kit.audit_chain import ORIGIN, link_hash
from platform_kit.db import Tx

# Page by page: as one query, even behind a cursor, the whole would be joined and sorted before the first row comes.
_CHAIN = """
    SELECT c.seq, c.audit_id, c.hash, to_jsonb(a) AS row
    FROM (SELECT * FROM public.audit_chain WHERE seq > $1 ORDER BY seq LIMIT 1000) c
    LEFT JOIN public.audit a ON a.id = c.audit_id
    ORDER BY c.seq
"""
# The tables grow faster than their statistics: how they are to be joined is said, not guessed.
_EACH_BY_ITS_ID = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
_ALL_AT_ONCE = (
    "SET LOCAL enable_hashjoin = on; SET LOCAL enable_nestloop = off; SET LOCAL statement_timeout = 0"
)
_HOURS = 4 * 3600.0
# Neither chained nor waiting: it was put there by nobody who writes the audit, or what waited for it was taken away.
_STRAY = """
    SELECT a.id FROM public.audit a
    WHERE NOT EXISTS (SELECT FROM public.audit_chain c WHERE c.audit_id = a.id)
        AND NOT EXISTS (SELECT FROM public.audit_waiting w WHERE w.audit_id = a.id)
    ORDER BY a.id LIMIT 1
"""

# A function of the same name in another schema would be preferred, if it took exactly an audit row; and a policy that hides
# rows from us is told instead of obeyed.
_BY_ITS_OWN_MEANING = "SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off"
# What is no plain table, or is read by a rule, shows what somebody wants to be seen.
_DISGUISED = """
    SELECT n.name FROM unnest(ARRAY['audit', 'audit_chain', 'audit_waiting']) n (name)
    LEFT JOIN pg_class t ON t.oid = to_regclass('public.' || n.name)
    WHERE t.relkind IS DISTINCT FROM 'r' OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = t.oid) LIMIT 1
"""
# Anchors are taken each minute; the first of a chain may be on its way.
_LONG_UNANCHORED = """
    SELECT coalesce(uuid_extract_timestamp(audit_id) < clock_timestamp() - interval '10 minutes', true)
    FROM public.audit_chain ORDER BY seq LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """`seq` is the place in the chain (None: the row has none); `audit_id` the row (None: it cannot be known)."""

    seq: int | None
    audit_id: UUID | None
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`fault` is the first there is, in the chain's order; what comes after it was not looked at."""

    chained: int
    waiting: int
    anchors: int
    fault: Fault | None


async def verify(tx: Tx, anchors: Sequence[Anchor], tell: Callable[[int], None]) -> Verdict:
    """`tx` is a transaction, best a repeatable read; `tell` hears how many links have been looked at."""
    await tx.execute(_BY_ITS_OWN_MEANING)
    if disguised := await tx.fetchval(_DISGUISED):
        return Verdict(0, 0, len(anchors), Fault(None, None, f"{disguised} is not the table that it was"))
    waiting = await tx.fetchval("SELECT count(*) FROM public.audit_waiting")
    promised: dict[int, set[bytes]] = {}
    for anchor in anchors:
        promised.setdefault(anchor.seq, set()).add(anchor.hash)
    seq, previous, fault = 0, ORIGIN, None
    async for row in _links(tx, tell):
        audit_id, kept = row["audit_id"], row["hash"]
        if row["seq"] != seq + 1:
            fault = Fault(seq + 1, None, "this link is gone")
        elif row["row"] is None:
            fault = Fault(row["seq"], audit_id, "the row was deleted")
        elif link_hash(previous, row["row"]) != kept:
            fault = Fault(row["seq"], audit_id, "the row or its link was changed")
        elif promised.pop(row["seq"], {kept}) != {kept}:
            fault = Fault(
                row["seq"], audit_id, "the anchor says another hash: the chain was rewritten up to here"
            )
        if fault:
            break
        seq, previous = seq + 1, kept
    if fault is None and promised:
        fault = Fault(seq + 1, None, f"the chain ends before it; an anchor knows link {min(promised)}")
    if fault is None and not anchors and await tx.fetchval(_LONG_UNANCHORED):
        fault = Fault(None, None, "no anchor knows this chain, which is older than its first would be")
    if fault is None and (stray := await _stray(tx)):
        fault = Fault(None, stray, "the row is in no link and waits for none")
    return Verdict(seq, waiting, len(anchors), fault)


async def _links(tx: Tx, tell: Callable[[int], None]) -> AsyncIterator[Record]:
    last = -(2**63)
    await tx.execute(_EACH_BY_ITS_ID)
    while rows := await tx.fetch(_CHAIN, last):
        for row in rows:
            yield row
        last = rows[-1]["seq"]
        tell(last)


async def _stray(tx: Tx) -> UUID | None:
    """It goes through both tables whole, which may take longer than a call is given."""
    await tx.execute(_ALL_AT_ONCE)
    found: UUID | None = await tx.fetchval(_STRAY, timeout=_HOURS)
    return found
