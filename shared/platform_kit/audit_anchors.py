"""Anchors: signed lines in a file outside the database that say how the chain ended at a moment.

Whoever may rewrite the whole database, and its chain with it, still has neither the file nor the key.
"""

import base64
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_kit.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Anchor:
    seq: int
    hash: bytes


class AnchorForged(Exception):
    """A line that is whole, and not signed with our key for this service."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """One service's file. A line that a crash tore is passed over."""

    file: Path
    service: str
    key: Ed25519PrivateKey

    @classmethod
    def at(cls, folder: Path, service: str, key_file: Path) -> "Anchors":
        """The key's file holds 32 bytes in base64."""
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key_file.read_text().strip()))
        return cls(folder / f"{service}.jsonl", service, key)

    @classmethod
    def of(cls, settings: ServiceSettings, service: str) -> "Anchors | None":
        """None where nobody set them, which production does not allow: a chain that only its database vouches for proves little."""
        folder, key_file = settings.audit_anchor_dir, settings.audit_anchor_key_file
        if folder is None or key_file is None:
            if settings.mode == "production" or folder or key_file:
                raise RuntimeError("LINLI_AUDIT_ANCHOR_DIR and LINLI_AUDIT_ANCHOR_KEY_FILE are needed, both")
            return None
        return cls.at(folder, service, key_file)

    def add(self, anchor: Anchor) -> None:
        """On the disk when it returns."""
        said: dict[str, str | int] = {
            "service": self.service,
            "seq": anchor.seq,
            "hash": anchor.hash.hex(),
            "at": datetime.now(UTC).isoformat(),
        }
        line = json.dumps(said | {"signature": self.key.sign(rfc8785.dumps(said)).hex()})
        self.file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # A newline before it, too: what a crash tore there stays a line of its own.
            os.write(descriptor, f"\n{line}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def all(self) -> list[Anchor]:
        """In the order in which they were taken; AnchorForged names a line that is not ours."""
        try:
            lines = self.file.read_text().splitlines()
        except FileNotFoundError:
            return []
        public = self.key.public_key()
        found = []
        for number, line in enumerate(lines, 1):
            if (said := _whole(line)) is None:
                continue
            signature = said.pop("signature")
            try:
                public.verify(bytes.fromhex(signature), rfc8785.dumps(said))
                if said["service"] != self.service:
                    raise AnchorForged(f"{self.file.name}:{number} is of {said['service']}")
                found.append(Anchor(int(said["seq"]), bytes.fromhex(said["hash"])))
            except (InvalidSignature, KeyError, TypeError, ValueError) as error:
                raise AnchorForged(f"{self.file.name}:{number} is not signed with our key") from error
        return found


def _whole(line: str) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("signature"), str) else None
