"""Rotation: one key is added, what living tokens were signed with stays, the rest goes."""

import json
import time
from pathlib import Path
from uuid import UUID

from joserfc.jwk import ECKey

from platform_kit.auth import ACCESS_LIFETIME, Caller, Verifier, issue_token
from platform_kit.signing import PUBLISHED_BEFORE, new_key, newest_key, public_keys, rotated

AT = 1_800_000_000.0
LIFETIME = ACCESS_LIFETIME.total_seconds()
RESIDENT = Caller(UUID(int=1), frozenset({"resident"}))


def _kids(keys: list[dict[str, object]]) -> list[object]:
    return [key["kid"] for key in keys]


def test_the_key_that_signed_until_now_stays_however_old_it_is() -> None:
    old = new_key(0)
    keys = rotated([old], AT)
    assert len(keys) == 2
    assert keys[0] == old
    assert keys[1]["signs_from"] == AT + PUBLISHED_BEFORE.total_seconds()


def test_a_key_goes_when_its_successor_has_signed_for_longer_than_a_token_lives() -> None:
    first, second = new_key(0), new_key(AT)
    assert _kids(rotated([first, second], AT + LIFETIME - 1))[:2] == _kids([first, second])
    assert _kids(rotated([first, second], AT + LIFETIME + 120))[:1] == _kids([second])


def test_five_rotations_at_once_lose_no_key_that_is_needed() -> None:
    keys = [new_key(0)]
    for seconds in range(5):
        keys = rotated(keys, AT + seconds)
    assert len(keys) == 6


def test_a_lone_key_file_of_an_older_house_is_read(tmp_path: Path) -> None:
    place = tmp_path / "signing.json"
    lone = ECKey.generate_key("P-256", {"kid": "lone"})
    place.write_text(json.dumps(lone.as_dict(private=True)))
    assert newest_key(place).kid == "lone"


def test_before_any_key_may_sign_the_oldest_does(tmp_path: Path) -> None:
    place = tmp_path / "signing.json"
    keys = [new_key(time.time() + 100), new_key(time.time() + 200)]
    place.write_text(json.dumps({"keys": keys}))
    assert newest_key(place).kid == keys[0]["kid"]


def test_tokens_of_every_published_key_are_good(tmp_path: Path) -> None:
    keys = [new_key(0), new_key(0), new_key(0)]
    verifier = Verifier(public_keys(keys))
    place = tmp_path / "signing.json"
    for count in (1, 2, 3):
        place.write_text(json.dumps({"keys": keys[:count]}))
        token = issue_token(newest_key(place), RESIDENT, ACCESS_LIFETIME)
        assert verifier.caller(f"Bearer {token}") == RESIDENT


def test_no_private_part_is_published() -> None:
    [published] = public_keys([new_key(0)])["keys"]
    assert set(published) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
