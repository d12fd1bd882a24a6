"""Another OpenID provider's ID tokens: verified here and exchanged for tokens of our own, so that services know one issuer.

Its keys are fetched when a token names one that is not known, and when they were fetched long ago: one that the provider has
taken away opens nothing any more. At most once in a while, however many tokens come.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, cast

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from platform_kit.auth import MAX_TOKEN_BYTES
from platform_kit.kit import Kit
from platform_kit.telemetry import log
from resident_gateway.settings import GatewaySettings

PROVIDER = "provider"
# Asymmetric ones alone: with a shared secret whoever can verify can also forge.
ALGORITHMS = ("RS256", "PS256", "ES256")
FETCH_SECONDS = 5.0
REST_SECONDS = 10.0
# So old known keys may be before they are asked for again; and, while the provider does not answer, before nobody trusts them.
RENEWED_SECONDS = 600.0
TRUSTED_SECONDS = 3600.0
# An ID token is exchanged right after it was given; one that lies about for longer may have been found.
FRESH = timedelta(minutes=5)


@dataclass(slots=True)
class Provider:
    """`subject_claim` names who somebody is there; `clock` counts seconds from anywhere."""

    http: httpx.AsyncClient
    issuer: str
    audience: str
    jwks_url: str | None
    subject_claim: str
    clock: Callable[[], float] = monotonic
    _keys: KeySet | None = None
    _fetched_at: float = float("-inf")
    _asked_at: float = float("-inf")

    async def subject(self, id_token: str, at: datetime) -> str | None:
        """Whom the token is about; None when it is not a good one at that instant."""
        if len(id_token) > MAX_TOKEN_BYTES:
            return None
        try:
            header = jws.extract_compact(id_token.encode()).headers()
            if header.get("alg") not in ALGORITHMS or "crit" in header or header.get("typ", "JWT") != "JWT":
                return None
            keys = await self._keys_with(header["kid"])
            if keys is None:
                return None
            claims = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
            registry = jwt.JWTClaimsRegistry(
                leeway=5,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.audience},
                exp={"essential": True},
            )
            registry.validate(claims)
            if at.timestamp() - claims["iat"] > FRESH.total_seconds():
                return None
            # With several audiences the token says which of them asked for it (OpenID Connect Core, 3.1.3.7).
            if claims.get("azp", self.audience) != self.audience:
                return None
            subject = claims[self.subject_claim]
            return subject if isinstance(subject, str) else None
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    async def _keys_with(self, kid: object) -> KeySet | None:
        now = self.clock()
        known = self._keys is not None and any(key.kid == kid for key in self._keys)
        if (not known or now - self._fetched_at > RENEWED_SECONDS) and now - self._asked_at > REST_SECONDS:
            self._asked_at = now
            try:
                jwks = await self._get(self.jwks_url or await self._discovered())
                self._keys, self._fetched_at = KeySet.import_key_set(jwks), now  # type: ignore[arg-type]
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                log.warning("the provider's keys could not be fetched", error=repr(error))
        return self._keys if now - self._fetched_at < TRUSTED_SECONDS else None

    async def _discovered(self) -> str:
        document = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self.issuer:
            raise ValueError(f"{self.issuer} says that it is {document['issuer']}")
        return str(document["jwks_uri"])

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self.http.get(url)
        answer.raise_for_status()
        return cast("dict[str, Any]", answer.json())


@asynccontextmanager
async def open_provider(kit: Kit) -> AsyncIterator[None]:
    """`kit.state[PROVIDER]`, if settings name one."""
    settings = cast(GatewaySettings, kit.settings)
    if settings.provider_issuer is None or settings.provider_audience is None:
        yield
        return
    async with httpx.AsyncClient(timeout=FETCH_SECONDS, trust_env=False) as http:
        kit.state[PROVIDER] = Provider(
            http,
            settings.provider_issuer,
            settings.provider_audience,
            settings.provider_jwks_url,
            settings.provider_subject_claim,
        )
        yield
