"""What a verifier makes of a token when its own clock is not the issuer's, and when the token's key was taken away."""

import json
import time
from datetime import timedelta
from uuid import UUID

import pytest
from joserfc.jwk import ECKey

from platform_kit import auth
from platform_kit.auth import TRUSTED_SECONDS, Caller, Verifier, issue_token
from platform_kit.gateway_identity import Doorkeeper, issue_identity
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


def test_a_key_that_was_taken_away_opens_nothing_a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody comes with an unknown key meanwhile; the stolen one has made itself a token that lives for years."""
    stolen, other = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("stolen", "other"))
    published = {"keys": [key.as_dict(private=False) for key in (stolen, other)]}
    verifier = Verifier(published, lambda: published)
    door = Doorkeeper(verifier, "resident_requests")
    years = timedelta(days=3650)
    token = f"Bearer {issue_token(stolen, RESIDENT, years)}"
    shown = issue_identity(stolen, "resident_requests", years)
    assert verifier.caller(token) == RESIDENT
    door.admit(shown)
    published = {"keys": [other.as_dict(private=False)]}
    since, counted = time.time(), time.monotonic()
    with monkeypatch.context() as later:
        later.setattr(auth.time, "time", lambda: since + TRUSTED_SECONDS)
        later.setattr(auth.time, "monotonic", lambda: counted + TRUSTED_SECONDS)
        with pytest.raises(NotSignedIn):
            verifier.caller(token)
        with pytest.raises(NotSignedIn):
            door.admit(shown)
        assert verifier.caller(f"Bearer {issue_token(other, RESIDENT, years)}") == RESIDENT
