"""Who calls: an access token (RFC 9068, ES256) becomes a `Caller`. Every service verifies it; being inside gives nothing."""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import InvalidClaimError, JoseError
from joserfc.jwk import ECKey, KeySet

from platform_kit.problems import NotSignedIn
from platform_kit.telemetry import log

ISSUER = "linli"
AUDIENCE = "linli"
TYPE = "at+jwt"
ALGORITHM = "ES256"
# No token that people hold lives longer: what somebody was entitled to ends within it.
ACCESS_LIFETIME = timedelta(minutes=10)
MAX_TOKEN_BYTES = 8192
# Whoever sends tokens with made-up key ids makes us read the keys once in this time, however many come.
REREAD_SECONDS = 2.0
# A key that was taken away, because somebody has it who should not, opens nothing after this time; no restart is needed.
TRUSTED_SECONDS = 60.0
_REMEMBERED = 10_000

# What time it is, in seconds since 1970.
Wall = Callable[[], float]


def machine_time() -> float:
    """By this machine's clock: for who has no database to ask. A service has its kit's `wall`."""
    return time.time()


@dataclass(frozen=True, slots=True)
class Post:
    """A role at a unit; `unit_code` is the unit's path, so its subtree is what starts with it."""

    role: str
    unit_id: UUID
    unit_code: str

    @property
    def at_top(self) -> bool:
        """At a unit that has none above it."""
        return "/" not in self.unit_code


@dataclass(frozen=True, slots=True)
class Caller:
    """`subject` is the person: a resident's or a staff member's id."""

    subject: UUID
    roles: frozenset[str]
    posts: tuple[Post, ...] = ()

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    def unit_codes(self, *roles: str) -> tuple[str, ...]:
        return tuple(post.unit_code for post in self.posts if post.role in roles)


def issue_token(key: ECKey, caller: Caller, lifetime: timedelta, *, wall: Wall = machine_time) -> str:
    """A signed access token; `key` is the private JWK with its `kid`."""
    issued = int(wall())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(caller.subject),
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "roles": sorted(caller.roles),
        "posts": [
            {"role": post.role, "unit_id": str(post.unit_id), "unit_code": post.unit_code}
            for post in caller.posts
        ],
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}, claims, key)


class _Claims(jwt.JWTClaimsRegistry):
    """`exp` says how long a token is good. `iat` refuses nothing: on a process whose clock is behind, that would be
    every token there is."""

    def validate_iat(self, value: object) -> None:
        if not isinstance(value, int):
            raise InvalidClaimError("iat", "it must be a number of seconds")


def claims_of(*, audience: str, wall: Wall) -> _Claims:
    """What every token of ours must say, for this audience."""
    return _Claims(
        now=lambda: int(wall()),
        leeway=5,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
    )


class Verifier:
    """Fixed algorithm, issuer, audience and type; unknown `crit` refused; a token is verified once a minute, and remembered
    meanwhile.

    `reread` gives the keys anew: asked when a token names a key that is not known, so that a rotation needs no restart, and
    when what is known has become old.
    """

    def __init__(
        self,
        jwks: dict[str, Any],
        reread: Callable[[], dict[str, Any]] | None = None,
        wall: Wall = machine_time,
    ) -> None:
        self.wall = wall
        self._keys = _key_set(jwks)
        self._reread = reread
        self._reread_at = time.monotonic() - REREAD_SECONDS
        self._claims = claims_of(audience=AUDIENCE, wall=wall)
        self._remembered: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    @classmethod
    def from_file(cls, path: Path, wall: Wall) -> "Verifier":
        def read() -> dict[str, Any]:
            kept: dict[str, Any] = json.loads(path.read_text())
            return kept

        return cls(read(), read, wall)

    def caller(self, authorization: str | None) -> Caller | None:
        """The caller behind an Authorization header; None without one; NotSignedIn when it is not a valid token."""
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_BYTES:
            raise NotSignedIn
        digest = hashlib.sha256(token.encode()).digest()
        if remembered := self._remembered.get(digest):
            caller, until = remembered
            if until > self.wall():
                return caller
            del self._remembered[digest]
        caller, expires = self._verify(token)
        self._remembered[digest] = (caller, self.trusted_until(expires))
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return caller

    def _verify(self, token: str) -> tuple[Caller, int]:
        claims = self.decoded(token, TYPE, self._claims)
        try:
            return (
                Caller(
                    subject=UUID(claims["sub"]),
                    roles=frozenset(claims["roles"]),
                    posts=tuple(Post(p["role"], UUID(p["unit_id"]), p["unit_code"]) for p in claims["posts"]),
                ),
                int(claims["exp"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise NotSignedIn from error

    def decoded(self, token: str, kind: str, wanted: _Claims) -> dict[str, Any]:
        """The claims of a token of ours of this `typ`; NotSignedIn when it is not one."""
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header.get("alg") != ALGORITHM or header.get("typ") != kind or "crit" in header:
                raise NotSignedIn
            self._know(header["kid"])
            claims: dict[str, Any] = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
            wanted.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise NotSignedIn from error
        return claims

    def _know(self, kid: object) -> None:
        """The key of that id is among ours; NotSignedIn when it is not. Before any signature is checked: a flood of forged
        tokens costs one reading."""
        age = time.monotonic() - self._reread_at
        if self._reread is not None and age >= (TRUSTED_SECONDS if self._knows(kid) else REREAD_SECONDS):
            self._reread_at = time.monotonic()
            try:
                self._keys = _key_set(self._reread())
            except (OSError, ValueError, KeyError, JoseError) as error:
                log.warning("the keys could not be read again; the known ones stay", error=repr(error))
        if not self._knows(kid):
            raise NotSignedIn

    def trusted_until(self, expires: int) -> float:
        """Until when (seconds since 1970) a token that was verified now need not be verified again."""
        return min(expires, self.wall() + TRUSTED_SECONDS)

    def _knows(self, kid: object) -> bool:
        return any(key.kid == kid for key in self._keys)


def _key_set(jwks: dict[str, Any]) -> KeySet:
    return KeySet.import_key_set(jwks)  # type: ignore[arg-type]
