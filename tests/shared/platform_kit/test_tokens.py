"""What a verifier makes of a token when its own clock is not the issuer's."""

import json
import time
from datetime import timedelta
from uuid import UUID

import pytest
from joserfc.jwk import ECKey

from platform_kit import auth
from platform_kit.auth import Caller, Verifier, issue_token
from platform_kit.problems import NotSignedIn

RESIDENT = Caller(UUID(int=1), frozenset({"resident"}))


def _issued(
    monkeypatch: pytest.MonkeyPatch, *, ahead: timedelta, lifetime: timedelta
) -> tuple[Verifier, str]:
    key = ECKey.generate_key("P-256", {"kid": "one"})
    verifier = Verifier(json.loads(json.dumps({"keys": [key.as_dict(private=False)]})))
    issuers = time.time() + ahead.total_seconds()
    with monkeypatch.context() as patched:
        patched.setattr(auth.time, "time", lambda: issuers)
        token = issue_token(key, RESIDENT, lifetime)
    return verifier, f"Bearer {token}"


def test_a_token_from_a_clock_that_is_ahead_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, token = _issued(monkeypatch, ahead=timedelta(hours=2), lifetime=timedelta(minutes=30))
    assert verifier.caller(token) == RESIDENT


def test_an_expired_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, token = _issued(monkeypatch, ahead=timedelta(hours=-2), lifetime=timedelta(minutes=30))
    with pytest.raises(NotSignedIn):
        verifier.caller(token)
