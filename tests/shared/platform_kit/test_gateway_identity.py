"""A service behind the gateway answers nobody else, however good the person's token is."""

import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from platform_kit.gateway_identity import HEADER, TYPE, Identity, issue_identity
from platform_kit.testing import ServiceUnderTest, service_under_test, signing_key

NAME = "resident_requests"


@pytest.fixture
async def requests(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(NAME, servers.postgres_dsn) as service:
        yield service


async def _status(service: ServiceUnderTest, shown: str | None) -> int:
    """Of a read that anybody may ask for, by somebody with a good token."""
    headers = {"Authorization": f"Bearer {service.token(service.caller('worker'))}"}
    if shown is not None:
        headers[HEADER] = shown
    return (await service.client.get("/categories", headers=headers)).status_code


def _forged(service: ServiceUnderTest, kind: str) -> str:
    ours, theirs = signing_key(), ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
    claims = {"iss": "linli", "aud": NAME, "iat": int(time.time()), "exp": int(time.time()) + 60}
    header = {"alg": "ES256", "typ": TYPE, "kid": "test"}
    return {
        "another service's": issue_identity(ours, "paid_services"),
        "another key's": issue_identity(theirs, NAME),
        "expired": issue_identity(ours, NAME, timedelta(seconds=-10)),
        "a person's": service.token(service.caller("operator")),
        "of another kind": jwt.encode(header | {"typ": "at+jwt"}, claims, ours),
        "another issuer's": jwt.encode(header, claims | {"iss": "else"}, ours),
        "empty": "",
        "huge": "a" * 9000,
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "another service's",
        "another key's",
        "expired",
        "a person's",
        "of another kind",
        "another issuer's",
        "empty",
        "huge",
    ],
)
async def test_what_is_not_the_gateways_for_this_service_opens_nothing(
    requests: ServiceUnderTest, kind: str
) -> None:
    assert await _status(requests, _forged(requests, kind)) == 401
    assert await _status(requests, None) == 401
    assert await _status(requests, issue_identity(signing_key(), NAME)) == 200


async def test_a_gateways_identity_is_no_persons(requests: ServiceUnderTest) -> None:
    shown = issue_identity(signing_key(), NAME)
    headers = {HEADER: shown, "Authorization": f"Bearer {shown}"}
    assert (await requests.client.get("/requests", headers=headers)).status_code == 401


def test_the_gateway_shows_the_same_until_half_of_its_life_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file = tmp_path / "key.json"
    key_file.write_text(json.dumps(signing_key().as_dict(private=True)))
    identity, begun = Identity(key_file, NAME), time.time()
    first = identity.shown()
    monkeypatch.setattr(time, "time", lambda: begun + 290)
    assert identity.shown() == first
    monkeypatch.setattr(time, "time", lambda: begun + 310)
    assert identity.shown() != first
