"""The gateway's own identity. A service answers nobody else, however good a person's token is: being on the network gives nothing.

A token of its own kind for each service, signed by the gateway's key and good for minutes; a service verifies it once a minute.
"""

from collections import OrderedDict
from datetime import timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from platform_kit.auth import ISSUER, MAX_TOKEN_BYTES, Verifier, Wall, claims_of, machine_time
from platform_kit.problems import NotSignedIn
from platform_kit.signing import newest_key

HEADER = "x-linli-gateway"
TYPE = "gateway+jwt"
LIFETIME = timedelta(minutes=10)
_REMEMBERED = 100


def issue_identity(
    key: ECKey, service: str, lifetime: timedelta = LIFETIME, *, wall: Wall = machine_time
) -> str:
    """For that service alone; `key` is the private JWK with its `kid`."""
    issued = int(wall())
    claims = {"iss": ISSUER, "aud": service, "iat": issued, "exp": issued + int(lifetime.total_seconds())}
    return jwt.encode({"alg": "ES256", "typ": TYPE, "kid": key.kid}, claims, key)


class Identity:
    """What the gateway shows to one service; signed anew when half of its life is over."""

    def __init__(self, key_file: Path, service: str, wall: Wall = machine_time) -> None:
        self._key_file = key_file
        self._wall = wall
        self._service = service
        self._shown = ""
        self._renewed_at = 0.0

    def shown(self) -> str:
        if self._wall() >= self._renewed_at:
            self._shown = issue_identity(newest_key(self._key_file), self._service, wall=self._wall)
            self._renewed_at = self._wall() + LIFETIME.total_seconds() / 2
        return self._shown


class Doorkeeper:
    """At the service's own door."""

    def __init__(self, verifier: Verifier, service: str) -> None:
        self._verifier = verifier
        self._claims = claims_of(audience=service, wall=verifier.wall)
        self._remembered: OrderedDict[str, float] = OrderedDict()

    def admit(self, shown: str | None) -> None:
        """NotSignedIn unless it is the gateway that calls this service."""
        if not shown or len(shown) > MAX_TOKEN_BYTES:
            raise NotSignedIn
        if self._remembered.get(shown, 0) > self._verifier.wall():
            return
        expires = int(self._verifier.decoded(shown, TYPE, self._claims)["exp"])
        self._remembered[shown] = self._verifier.trusted_until(expires)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
