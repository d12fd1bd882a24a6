"""What the tests of the audit share: reading its rows, filling it, chaining it, and acting as the database's superuser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from platform_kit.audit_anchors import Anchor, Anchors
from platform_kit.audit_verify import Verdict, verify
from platform_kit.sequencer import Sequencer
from platform_kit.testing import ServiceUnderTest
from platform_kit.watchdog import Progress

KEY = "dGhpcnR5LXR3byBieXRlcyBmb3IgYW4gYW5jaG9yIDo="


async def fill(service: ServiceUnderTest, rows: int) -> None:
    """As many rows as a busy day leaves, waiting for their links."""
    async with service.tx() as tx:
        await tx.execute(
            """
            WITH made AS (
                INSERT INTO audit (actor, roles, subject, operation, object, outcome, status, address, correlation_id,
                                   key_digest, reason)
                SELECT gen_random_uuid(), '{worker}', gen_random_uuid(), 'post_visit', jsonb_build_object('n', n::text),
                       'done', 201, '10.0.0.1', n::text, sha256(n::text::bytea), NULL
                FROM generate_series(1, $1::int) n RETURNING id
            )
            INSERT INTO audit_waiting SELECT id FROM made
            """,
            rows,
        )


async def chain_all(service: ServiceUnderTest) -> int:
    sequencer, linked = Sequencer(service.kit, Progress()), 0
    while chained := await sequencer.chain():
        linked += chained
    return linked


def anchors_in(folder: Path, service: str = "probe_service") -> Anchors:
    key_file = folder / "anchor.key"
    key_file.write_text(KEY)
    return Anchors.at(folder, service, key_file)


async def verified(service: ServiceUnderTest, anchors: list[Anchor] | None = None) -> Verdict:
    async with service.tx() as tx:
        return await verify(tx, anchors or [], lambda _: None)


@asynccontextmanager
async def superuser(service: ServiceUnderTest) -> AsyncIterator[Any]:
    """A transaction in which nothing is forbidden any more."""
    async with service.owner() as tx:
        for table in ("audit", "audit_chain"):
            await tx.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        yield tx
        for table in ("audit", "audit_chain"):
            await tx.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
