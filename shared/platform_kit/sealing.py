"""Personal data at rest: AES-256-GCM under a data key of each person's own, and a keyed blind index for exact search.

What is sealed is bound to its purpose and its person: moved to another column or another person it does not open. Only what
belongs to no person is sealed by the service's key. `subject_keys` says where data keys are kept, `key_providers` by whom
they are wrapped.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from platform_kit.key_providers import KeyProvider, Wrapped
from platform_kit.problems import Refusal, Text

_NONCE = 12
# The first byte of what is sealed: by the service's key (nobody's, or older than the person's own key), or by a data key.
_SERVICE, _SUBJECT = b"\x01", b"\x02"

# Opened data keys of this process: so many, and for so long.
REMEMBERED, REMEMBER_SECONDS = 10_000, 300.0
UNWRAPS_AT_ONCE = 16


class Erased(Refusal):
    """Nothing is kept of this person any more, and nothing may be added."""

    says = Text("What was kept of this person has been erased.", "该人员的资料已被删除。")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A subject's key as it is stored: `wrapped` is None where there is none yet, and empty once they are erased."""

    subject: UUID
    wrapped: bytes | None
    kek: str | None

    @property
    def erased(self) -> bool:
        return self.wrapped == b""


class Sealer:
    """The service's own key for what is nobody's, the blind index, and the memory of opened data keys.

    `for_` names what a text is (``resident.phone``).
    """

    def __init__(self, key: bytes, provider: KeyProvider) -> None:
        if len(key) != 32:
            raise ValueError("the sealing key has 32 bytes")
        self.provider = provider
        self._aead = AESGCM(hmac.digest(key, b"linli seal", hashlib.sha256))
        self._index_key = hmac.digest(key, b"linli blind index", hashlib.sha256)
        self._opened: OrderedDict[tuple[UUID, bytes], tuple[AESGCM, float]] = OrderedDict()

    @classmethod
    def from_file(cls, path: Path, provider: KeyProvider) -> "Sealer":
        """The file holds 32 bytes in base64."""
        return cls(base64.b64decode(path.read_text().strip()), provider)

    def seal(self, text: str, *, for_: str) -> bytes:
        return _sealed(self._aead, _SERVICE, text, for_.encode())

    def open(self, sealed: bytes, *, for_: str) -> str:
        """Raises InvalidTag when the bytes were changed, or sealed for something else."""
        return _opened(self._aead, sealed, for_.encode())

    def blind_index(self, text: str, *, for_: str) -> bytes:
        return self.digest(text.encode(), for_=for_)

    def digest(self, data: bytes, *, for_: str) -> bytes:
        """32 bytes that only whoever has the key can make from the data."""
        return hmac.digest(self._index_key, for_.encode() + b"\0" + data, hashlib.sha256)

    async def key(self, stored: StoredKey) -> "SubjectKey":
        """The subject's key, opened. Remembered by its wrapped bytes: once these are destroyed nobody finds it here."""
        if not stored.wrapped:
            return SubjectKey(self, stored, None)
        place = (stored.subject, stored.wrapped)
        aead, until = self._opened.pop(place, (None, 0.0))
        if aead is None or until < time.monotonic():
            wrapped = Wrapped(stored.kek or "", stored.wrapped)
            aead = AESGCM(await self.provider.unwrap(stored.subject, wrapped))
            until = time.monotonic() + REMEMBER_SECONDS
        self._opened[place] = (aead, until)
        if len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)
        return SubjectKey(self, stored, aead)

    async def keys(self, stored: Sequence[StoredKey]) -> "dict[UUID, SubjectKey]":
        """Everybody's, a few at a time: a long list leaves something of a KMS, and of the loop, to others."""
        opened: list[SubjectKey] = []
        for start in range(0, len(stored), UNWRAPS_AT_ONCE):
            piece = stored[start : start + UNWRAPS_AT_ONCE]
            opened += await asyncio.gather(*(self.key(each) for each in piece))
        return {key.stored.subject: key for key in opened}

    async def new_key(self, subject: UUID) -> StoredKey:
        """A fresh data key, wrapped and not yet kept: `subject_keys` keeps it."""
        return await self._wrapped(subject, os.urandom(32))

    async def rewrapped(self, stored: StoredKey) -> StoredKey:
        """The same data key under the current KEK."""
        wrapped = Wrapped(stored.kek or "", stored.wrapped or b"")
        return await self._wrapped(stored.subject, await self.provider.unwrap(stored.subject, wrapped))

    async def _wrapped(self, subject: UUID, key: bytes) -> StoredKey:
        wrapped = await self.provider.wrap(subject, key)
        return StoredKey(subject, wrapped.wrapped, wrapped.kek)


class SubjectKey:
    """One person's key. Where it is gone, what it sealed reads as None, and nothing new is sealed."""

    def __init__(self, sealer: Sealer, stored: StoredKey, aead: AESGCM | None) -> None:
        self.stored = stored
        self._sealer = sealer
        self._aead = aead

    def seal(self, text: str, *, for_: str) -> bytes:
        if self._aead is None:
            raise Erased
        return _sealed(self._aead, _SUBJECT, text, self._bound(_SUBJECT, for_))

    def open(self, sealed: bytes | None, *, for_: str) -> str | None:
        """None for nothing, and for what has been erased; InvalidTag for another person's, another column's, or changed bytes."""
        if not sealed or self.stored.erased:
            return None
        if sealed[:1] == _SERVICE:
            return self._sealer.open(sealed, for_=for_)
        return _opened(self._aead, sealed, self._bound(sealed[:1], for_)) if self._aead else None

    def _bound(self, form: bytes, for_: str) -> bytes:
        return form + self.stored.subject.bytes + for_.encode()


def _sealed(aead: AESGCM, form: bytes, text: str, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return form + nonce + aead.encrypt(nonce, text.encode(), bound)


def _opened(aead: AESGCM, sealed: bytes, bound: bytes) -> str:
    return aead.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], bound).decode()
