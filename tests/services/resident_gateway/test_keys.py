"""Signing keys overlap: a new one is taken up without a restart, an old token stays good, a flood of forged ones reads nothing."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey

from platform_kit import auth
from platform_kit.signing import new_key, private_keys, public_keys

from .conftest import Entrance


def _rotate(entrance: Entrance, *, signs_from: float = 0) -> str:
    """As `linli keys rotate` does; the new key's id."""
    settings: Any = entrance.gateway.kit.settings
    keys = [*private_keys(settings.signing_key_file), new_key(signs_from)]
    settings.jwks_file.write_text(json.dumps(public_keys(keys)))
    settings.signing_key_file.write_text(json.dumps({"keys": keys}))
    return str(keys[-1]["kid"])


def _kid(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


async def test_a_new_key_signs_and_is_known_without_a_restart(entrance: Entrance) -> None:
    await entrance.staff("chen")
    before = await entrance.token("chen")
    assert (await entrance.me(before["access_token"])).status_code == 200
    kid = _rotate(entrance)
    after = await entrance.token("chen")
    assert [_kid(each["access_token"]) for each in (before, after)] == ["test", kid]
    for each in (before, after):
        assert (await entrance.me(each["access_token"])).status_code == 200
    published = (await entrance.gateway.get("/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in published] == ["test", kid]
    assert not any("d" in key or "signs_from" in key for key in published)


async def test_a_key_is_published_before_it_signs(entrance: Entrance) -> None:
    await entrance.staff("chen")
    _rotate(entrance, signs_from=time.time() + 60)
    assert _kid((await entrance.token("chen"))["access_token"]) == "test"


async def test_the_discovery_document_leads_to_the_keys(entrance: Entrance) -> None:
    await entrance.staff("chen")
    document = (await entrance.gateway.get("/.well-known/openid-configuration")).json()
    claims = jwt.decode(
        (await entrance.token("chen"))["access_token"],
        ECKey.import_key((await entrance.gateway.client.get(document["jwks_uri"])).json()["keys"][0]),
    ).claims
    assert document["issuer"] == claims["iss"]
    token_of = {"grant_type": "password", "account": "chen", "password": "a long password"}
    assert (await entrance.gateway.client.post(document["token_endpoint"], json=token_of)).status_code == 200


async def test_where_the_keys_are_is_not_said_by_whoever_asks(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance.gateway.kit.settings, "public_url", "https://linli.example")
    document = (
        await entrance.gateway.get("/.well-known/openid-configuration", headers={"Host": "evil.example"})
    ).json()
    assert document["jwks_uri"] == "https://linli.example/.well-known/jwks.json"
    assert "evil" not in str(document)


async def test_a_flood_of_unknown_keys_is_one_reading(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = entrance.gateway.kit.settings.jwks_file
    readings = []
    read = Path.read_text

    def counted(path: Path, *more: Any, **named: Any) -> str:
        readings.append(path == file)
        return read(path, *more, **named)

    monkeypatch.setattr(Path, "read_text", counted)
    theirs = ECKey.generate_key("P-256")
    claims = {
        "iss": "linli", "aud": "linli", "sub": str(UUID(int=1)), "iat": int(time.time()),
        "exp": int(time.time()) + 600, "roles": ["operator"], "posts": [],
    }  # fmt: skip
    began = time.monotonic()
    for number in range(50):
        header = {"alg": "ES256", "typ": "at+jwt", "kid": f"forged {number}"}
        token = jwt.encode(header, claims, theirs)
        assert (await entrance.me(token)).status_code == 401
    windows = 1 + int((time.monotonic() - began) / auth.REREAD_SECONDS)
    assert 1 <= sum(readings) <= windows


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": []}', '{"keys": [{"kty": "EC"}]}', None])
async def test_an_unreadable_key_file_leaves_the_known_keys_good(
    entrance: Entrance, content: str | None
) -> None:
    await entrance.staff("chen")
    token = (await entrance.token("chen"))["access_token"]
    file = entrance.gateway.kit.settings.jwks_file
    file.unlink() if content is None else file.write_text(content)
    unknown = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "x"}, {}, ECKey.generate_key("P-256"))
    assert (await entrance.me(unknown)).status_code == 401
    assert (await entrance.me(token)).status_code == 200
