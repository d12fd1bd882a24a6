"""Personal data at rest: AES-256-GCM bound to its purpose, and a keyed blind index for exact search."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_FORMAT = b"\x01"


class Sealer:
    """`for_` names what the text is (``resident.phone``): a value moved to another column does not open."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the sealing key has 32 bytes")
        self._aead = AESGCM(hmac.digest(key, b"linli seal", hashlib.sha256))
        self._index_key = hmac.digest(key, b"linli blind index", hashlib.sha256)

    @classmethod
    def from_file(cls, path: Path) -> "Sealer":
        """The file holds 32 bytes in base64."""
        return cls(base64.b64decode(path.read_text().strip()))

    def seal(self, text: str, *, for_: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._aead.encrypt(nonce, text.encode(), for_.encode())

    def open(self, sealed: bytes, *, for_: str) -> str:
        """Raises InvalidTag when the bytes were changed, or sealed for something else."""
        return self._aead.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], for_.encode()).decode()

    def blind_index(self, text: str, *, for_: str) -> bytes:
        return self.digest(text.encode(), for_=for_)

    def digest(self, data: bytes, *, for_: str) -> bytes:
        """32 bytes that only whoever has the key can make from the data."""
        return hmac.digest(self._index_key, for_.encode() + b"\0" + data, hashlib.sha256)
