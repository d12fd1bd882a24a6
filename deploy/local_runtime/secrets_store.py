"""Generated passwords and keys of one instance; made once, kept in `secrets/`, mode 0600."""

import base64
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from local_runtime.home import Home, write_private
from platform_kit.signing import new_key, private_keys, public_keys, rotated


def password(home: Home, name: str) -> str:
    """The password of that name, made on first use."""
    return _kept(home.secrets / f"{name}.password", lambda: secrets.token_urlsafe(24))


def password_file(home: Home, name: str) -> Path:
    """Where the password of that name is kept; made on first use."""
    password(home, name)
    return home.secrets / f"{name}.password"


def sealing_key_file(home: Home) -> Path:
    """32 random bytes that seal personal columns."""
    path = home.secrets / "sealing.key"
    _kept(path, lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    return path


def audit_anchor_key_file(home: Home) -> Path:
    """32 random bytes: the key that signs where the audit's chains ended. The database's superuser has it not."""
    path = home.secrets / "audit_anchor.key"
    _kept(path, lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    return path


def kek_file(home: Home) -> Path:
    """The key-encryption keys that wrap people's data keys. A new one is added by hand; docs/decisions tell how."""
    path = home.secrets / "keks.json"
    _kept(path, _first_kek)
    return path


def operator_password_file(home: Home) -> Path:
    """The first account there is; everything else is made with it."""
    return password_file(home, "operator")


def signing_key_file(home: Home) -> Path:
    """The keys that the gateway signs tokens with, oldest first."""
    path = home.secrets / "signing.json"
    _kept(path, lambda: json.dumps(new_key(time.time())))
    return path


def jwks_file(home: Home) -> Path:
    """The public halves, by which every service checks a token. Derived, never kept apart."""
    path = home.secrets / "jwks.json"
    write_private(path, json.dumps(public_keys(private_keys(signing_key_file(home)))))
    return path


def _first_kek() -> str:
    name = secrets.token_hex(4)
    return json.dumps({"current": name, "keks": {name: base64.b64encode(secrets.token_bytes(32)).decode()}})


def rotate_signing_key(home: Home) -> tuple[int, int]:
    """A new key is added, those that no living token can be signed with go; how many were there, and how many are now.

    The public half is written first: at no instant is a token signed with a key that cannot be read.
    """
    path = signing_key_file(home)
    before = private_keys(path)
    after = rotated(before, time.time())
    write_private(home.secrets / "jwks.json", json.dumps(public_keys(after)))
    write_private(path, json.dumps({"keys": after}))
    return len(before), len(after)


def _kept(path: Path, make: Callable[[], str]) -> str:
    try:
        found = path.read_text().strip()
        if found:
            return found
    except FileNotFoundError:
        pass
    made = make()
    write_private(path, made)
    return made
