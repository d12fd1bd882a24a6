"""The provider's keys are asked for again: one that it took away opens nothing, and when it is away known ones do for an hour."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from resident_gateway.provider import Provider

ISSUER, AUDIENCE = "https://id.example", "linli"
OLD, NEW = (RSAKey.generate_key(2048, {"kid": kid}, auto_kid=False) for kid in ("old", "new"))


@dataclass
class Elsewhere:
    """The provider's side: the keys that it publishes, None while it is away; and a clock."""

    keys: list[RSAKey] | None = field(default_factory=lambda: [OLD])
    seconds: float = 0.0
    fetches: int = 0

    def answer(self, _: httpx.Request) -> httpx.Response:
        self.fetches += 1
        if self.keys is None:
            return httpx.Response(503)
        return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys]})


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
def provider(elsewhere: Elsewhere) -> Provider:
    http = httpx.AsyncClient(transport=httpx.MockTransport(elsewhere.answer))
    return Provider(http, ISSUER, AUDIENCE, f"{ISSUER}/jwks", "sub", clock=lambda: elsewhere.seconds)


def _token(key: RSAKey) -> str:
    issued = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": issued, "exp": issued + 300,
    }  # fmt: skip
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


async def _lets_in(provider: Provider, key: RSAKey) -> bool:
    return await provider.subject(_token(key), datetime.now(UTC)) == "alice"


async def test_a_key_that_was_taken_away_is_good_for_ten_minutes_at_most(
    provider: Provider, elsewhere: Elsewhere
) -> None:
    assert await _lets_in(provider, OLD)
    elsewhere.keys = [NEW]
    elsewhere.seconds = 599
    assert (await _lets_in(provider, OLD), elsewhere.fetches) == (True, 1)
    elsewhere.seconds = 601
    assert (await _lets_in(provider, OLD), elsewhere.fetches) == (False, 2)
    assert await _lets_in(provider, NEW)


async def test_a_token_of_a_new_key_brings_the_news_at_once(provider: Provider, elsewhere: Elsewhere) -> None:
    assert await _lets_in(provider, OLD)
    elsewhere.keys, elsewhere.seconds = [NEW], 11
    assert (await _lets_in(provider, NEW), await _lets_in(provider, OLD)) == (True, False)


async def test_while_the_provider_is_away_known_keys_do_for_an_hour(
    provider: Provider, elsewhere: Elsewhere
) -> None:
    assert await _lets_in(provider, OLD)
    elsewhere.keys = None
    for seconds, let_in in ((601, True), (3599, True), (3601, False), (9000, False)):
        elsewhere.seconds = seconds
        assert await _lets_in(provider, OLD) == let_in, seconds
    elsewhere.keys, elsewhere.seconds = [OLD], 9011
    assert await _lets_in(provider, OLD)


async def test_a_provider_that_is_away_is_asked_once_in_a_while(
    provider: Provider, elsewhere: Elsewhere
) -> None:
    assert await _lets_in(provider, OLD)
    elsewhere.keys, elsewhere.seconds = None, 700
    for _ in range(20):
        assert await _lets_in(provider, OLD)
    assert elsewhere.fetches == 2


async def test_keys_that_nobody_knows_cost_one_fetch(provider: Provider, elsewhere: Elsewhere) -> None:
    for number in range(20):
        forged = RSAKey.import_key(NEW.as_dict(private=True) | {"kid": f"forged {number}"})
        assert not await _lets_in(provider, forged)
    assert elsewhere.fetches == 1
