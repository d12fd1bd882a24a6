"""What a verifier makes of a token when its own clock is not the issuer's, and when the token's key was taken away."""

import json
import time
from datetime import timedelta
from uuid import UUID

import pytest
from joserfc.jwk import ECKey

from platform_kit import auth
from platform_kit.auth import MAX_TOKEN_BYTES, TRUSTED_SECONDS, Caller, Post, Verifier, issue_token
from platform_kit.gateway_identity import Doorkeeper, issue_identity
from platform_kit.problems import NotSignedIn
from platform_kit.testing import ServiceUnderTest

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


@pytest.mark.parametrize("hours", [2, -2])
async def test_a_process_whose_own_clock_is_wrong_judges_by_the_databases(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Ahead it would refuse everybody, behind it would take what has long expired."""
    key, right = ECKey.generate_key("P-256", {"kid": "one"}), time.time
    good, over = (
        f"Bearer {issue_token(key, RESIDENT, timedelta(minutes=minutes), wall=right)}"
        for minutes in (10, -10)
    )
    shown = issue_identity(key, "resident_requests", wall=right)
    monkeypatch.setattr(auth.time, "time", lambda: right() + hours * 3600)
    await probe.kit.wall.set(probe.kit.db)
    assert abs(probe.kit.wall() - right()) < 1
    verifier = Verifier({"keys": [key.as_dict(private=False)]}, wall=probe.kit.wall)
    assert verifier.caller(good) == RESIDENT
    with pytest.raises(NotSignedIn):
        verifier.caller(over)
    Doorkeeper(verifier, "resident_requests").admit(shown)
    # What such a process issues is good elsewhere.
    issued = issue_token(key, RESIDENT, timedelta(minutes=10), wall=probe.kit.wall)
    monkeypatch.setattr(auth.time, "time", right)
    assert Verifier({"keys": [key.as_dict(private=False)]}).caller(f"Bearer {issued}") == RESIDENT


def test_a_token_that_is_longer_than_any_of_ours_is_not_even_looked_at() -> None:
    """Signed by our own key and good in every other way."""
    key = ECKey.generate_key("P-256", {"kid": "one"})
    verifier = Verifier({"keys": [key.as_dict(private=False)]})
    posts = tuple(Post("worker", UUID(int=number), "01/01/001") for number in range(80))
    longest = issue_token(key, Caller(UUID(int=1), frozenset({"worker"}), posts), timedelta(minutes=10))
    assert len(longest) > MAX_TOKEN_BYTES
    with pytest.raises(NotSignedIn):
        verifier.caller(f"Bearer {longest}")
    assert verifier.caller(f"Bearer {issue_token(key, RESIDENT, timedelta(minutes=10))}") == RESIDENT
