"""The keys that tokens are signed with: several overlap, the newest that everybody can know signs.

The file is one private JWK, or a set of them, oldest first. Beside its parameters a key carries `signs_from`, in seconds
since 1970: it is published before it signs, so that whoever verifies has had the time to read it.
"""

import json
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from platform_kit.auth import ACCESS_LIFETIME, ALGORITHM, REREAD_SECONDS

PUBLISHED_BEFORE = timedelta(seconds=10 * REREAD_SECONDS)
# Clocks differ a little; a key stays published for this much longer than a token of it can live.
_MARGIN = timedelta(minutes=1)

Jwk = dict[str, Any]


def private_keys(path: Path) -> list[Jwk]:
    """Oldest first."""
    kept = json.loads(path.read_text())
    keys: list[Jwk] = kept.get("keys", [kept])
    return keys


def newest_key(path: Path) -> ECKey:
    """The one to sign with now. Read at each token: signing in is rare, and a rotation takes effect by itself."""
    at = time.time()
    keys = private_keys(path)
    return _key(next((key for key in reversed(keys) if _signs_from(key) <= at), keys[0]))


def new_key(at: float) -> Jwk:
    """A key that signs from the instant `at` (seconds since 1970) on."""
    made = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": ALGORITHM})
    return {**made.as_dict(private=True), "signs_from": at}


def rotated(keys: list[Jwk], at: float) -> list[Jwk]:
    """A fresh key is added; gone are those whose successor has signed for longer than a token lives."""
    outlived = at - (ACCESS_LIFETIME + _MARGIN).total_seconds()
    needed = [
        key
        for key, successor in zip(keys, [*keys[1:], None], strict=True)
        if successor is None or _signs_from(successor) > outlived
    ]
    return [*needed, new_key(at + PUBLISHED_BEFORE.total_seconds())]


def public_keys(keys: list[Jwk]) -> dict[str, list[Jwk]]:
    """The JWKS by which everybody verifies."""
    return {
        "keys": [
            {**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": ALGORITHM}
            for key in map(_key, keys)
        ]
    }


def _key(jwk: Jwk) -> ECKey:
    return ECKey.import_key({name: value for name, value in jwk.items() if name != "signs_from"})


def _signs_from(jwk: Jwk) -> float:
    return float(jwk.get("signs_from", 0))
