"""Who keeps the key-encryption keys (KEKs): a file of this machine, or a key management service behind two HTTP calls.

A data key is only ever stored wrapped, and its subject is bound to it: moved to another subject's row it does not open.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from platform_kit.problems import Unavailable
from platform_kit.telemetry import log

_NONCE = 12
# A command that holds a transaction waits for this; the database ends a transaction that idles for 15 s.
KMS_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Wrapped:
    """`kek` names the key-encryption key by which it was wrapped."""

    kek: str
    wrapped: bytes


class KeyProvider(Protocol):
    @property
    def retired(self) -> tuple[str, ...]:
        """KEKs that still open, and whose data keys are to be wrapped anew."""

    async def wrap(self, subject: UUID, key: bytes) -> Wrapped: ...

    async def unwrap(self, subject: UUID, wrapped: Wrapped) -> bytes: ...

    async def close(self) -> None: ...


class UnknownKek(Exception):
    """A KEK was taken away before its data keys were wrapped anew."""


class FileKeks:
    """KEKs by id, one of them the current. A new one is put in beside the old; the old may go once nothing needs it."""

    def __init__(self, keks: Mapping[str, bytes], current: str) -> None:
        if any(len(kek) != 32 for kek in keks.values()):
            raise ValueError("a key-encryption key has 32 bytes")
        self._aeads = {name: AESGCM(kek) for name, kek in keks.items()}
        self._current = current
        if current not in self._aeads:
            raise ValueError(f"the current key-encryption key {current} is not among the keys")

    @classmethod
    def from_file(cls, path: Path) -> "FileKeks":
        """`{"current": "2026-1", "keks": {"2026-1": "<32 bytes in base64>"}}`"""
        kept = json.loads(path.read_text())
        return cls({name: base64.b64decode(kek) for name, kek in kept["keks"].items()}, kept["current"])

    @property
    def retired(self) -> tuple[str, ...]:
        return tuple(name for name in self._aeads if name != self._current)

    async def wrap(self, subject: UUID, key: bytes) -> Wrapped:
        nonce = os.urandom(_NONCE)
        aead = self._aeads[self._current]
        return Wrapped(self._current, nonce + aead.encrypt(nonce, key, _bound(subject, self._current)))

    async def unwrap(self, subject: UUID, wrapped: Wrapped) -> bytes:
        """Raises InvalidTag for another subject's key, UnknownKek when nobody has its KEK any more."""
        if (aead := self._aeads.get(wrapped.kek)) is None:
            raise UnknownKek(wrapped.kek)
        nonce, sealed = wrapped.wrapped[:_NONCE], wrapped.wrapped[_NONCE:]
        return aead.decrypt(nonce, sealed, _bound(subject, wrapped.kek))

    async def close(self) -> None:
        """Nothing is open."""


class KmsWebhook:
    """`POST <url>/wrap` and `POST <url>/unwrap`: an adapter in front of the KMS, which rotates its keys itself.

    Bodies: `{"subject", "key"}` → `{"kek", "wrapped"}` and `{"subject", "kek", "wrapped"}` → `{"key"}`, bytes in base64.
    """

    retired: tuple[str, ...] = ()

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._client: httpx.AsyncClient | None = None

    async def wrap(self, subject: UUID, key: bytes) -> Wrapped:
        answer = await self._ask("wrap", subject=str(subject), key=base64.b64encode(key).decode())
        return Wrapped(answer["kek"], base64.b64decode(answer["wrapped"]))

    async def unwrap(self, subject: UUID, wrapped: Wrapped) -> bytes:
        sealed = base64.b64encode(wrapped.wrapped).decode()
        answer = await self._ask("unwrap", subject=str(subject), kek=wrapped.kek, wrapped=sealed)
        return base64.b64decode(answer["key"])

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(self, verb: str, **body: str) -> dict[str, Any]:
        """Unavailable when it does not answer well in time: what was asked for can be asked again."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=KMS_SECONDS,
                headers={"Authorization": f"Bearer {self._token}"},
                trust_env=False,
            )
        try:
            answer = await self._client.post(f"{self._url}/{verb}", json=body)
            answer.raise_for_status()
            told: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("no answer from the key service", verb=verb, error=type(error).__name__)
            raise Unavailable from error
        return told


def _bound(subject: UUID, kek: str) -> bytes:
    return b"linli data key\0" + subject.bytes + kek.encode()
