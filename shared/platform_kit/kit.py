"""What the processes of one service share: its settings, database, sealer, verifier, and the hint to its relay."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from platform_kit.audit_refusals import RefusalNotes
from platform_kit.auth import Verifier
from platform_kit.db import OUTAGES, Database, connect
from platform_kit.key_providers import FileKeks, KeyProvider, KmsWebhook
from platform_kit.outbox import CHANNEL, published
from platform_kit.sealing import Sealer
from platform_kit.settings import ServiceSettings
from platform_kit.wall_clock import WallClock

# The first hint goes at once; under load the next ones are gathered, or every commit would cost a statement more.
HINT_REST_SECONDS = 0.005


@dataclass
class Kit:
    """`state` is where a service's `startup` puts its long-lived clients."""

    service: str
    settings: ServiceSettings
    db: Database
    sealer: Sealer
    verifier: Verifier
    wall: WallClock
    state: dict[str, Any] = field(default_factory=dict)
    refusals: RefusalNotes = field(init=False)
    _published: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.refusals = RefusalNotes(self.service)

    @classmethod
    def of(cls, service: str, settings: ServiceSettings) -> "Kit":
        wall = WallClock()
        return cls(
            service,
            settings,
            Database(
                settings.database_url,
                pool_size=settings.pool_size,
                application=service,
                refuses_unsafe_roles=settings.mode != "local",
            ),
            Sealer.from_file(settings.sealing_key_file, _provider(settings)),
            Verifier.from_file(settings.jwks_file, wall),
            wall,
        )

    def nudge(self) -> None:
        """A hint after a commit that there is something to send, if there is. Never needed: the relay polls too."""
        if published.get():
            published.set(False)
            self._published.set()

    async def pass_hints_on(self) -> None:
        """Turn hints into one coalesced NOTIFY on a connection of its own, outside every command's transaction."""
        connection = None
        try:
            while True:
                await self._published.wait()
                self._published.clear()
                try:
                    if connection is None or connection.is_closed():
                        connection = await connect(self.settings.database_url, f"{self.service}.hints")
                        # A hint need not survive anything, so nobody waits for an fsync of it.
                        await connection.execute("SET synchronous_commit = off")
                    await connection.execute(f"NOTIFY {CHANNEL}")
                except OUTAGES:
                    continue
                await asyncio.sleep(HINT_REST_SECONDS)
        finally:
            if connection is not None:
                with suppress(*OUTAGES):
                    await connection.close(timeout=1)


def _provider(settings: ServiceSettings) -> KeyProvider:
    if settings.kms_url is not None and settings.kms_token_file is not None:
        return KmsWebhook(settings.kms_url, settings.kms_token_file.read_text().strip())
    if settings.kek_file is not None:
        return FileKeks.from_file(settings.kek_file)
    raise ValueError("LINLI_KEK_FILE, or LINLI_KMS_URL with LINLI_KMS_TOKEN_FILE, must be set")
