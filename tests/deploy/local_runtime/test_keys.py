"""`linli keys rotate`: the files that the house reads, changed so that nobody notices."""

import json
import stat
from typing import Any

from typer.testing import CliRunner

from local_runtime import secrets_store
from local_runtime.cli import app
from local_runtime.home import Home


def _kids(home: Home, name: str) -> list[str]:
    kept: dict[str, Any] = json.loads((home.secrets / name).read_text())
    return [key["kid"] for key in kept.get("keys", [kept])]


def test_rotating_adds_a_key_and_publishes_it(home: Home) -> None:
    home.prepare()
    secrets_store.jwks_file(home)
    [first] = _kids(home, "signing.json")
    assert _kids(home, "jwks.json") == [first]
    result = CliRunner().invoke(app, ["keys", "rotate", "--home", str(home.root)])
    assert result.exit_code == 0, result.output
    assert "1 keys were there; one was added, 0 dropped, 2 are published" in result.output
    both = _kids(home, "signing.json")
    assert both[0] == first
    assert _kids(home, "jwks.json") == both
    assert '"d"' not in (home.secrets / "jwks.json").read_text()
    assert stat.S_IMODE((home.secrets / "signing.json").stat().st_mode) == 0o600
    secrets_store.jwks_file(home)
    assert _kids(home, "jwks.json") == both, "the next `up` publishes the same"


def test_a_key_that_nobody_needs_is_dropped(home: Home) -> None:
    home.prepare()
    secrets_store.jwks_file(home)
    secrets_store.rotate_signing_key(home)
    place = home.secrets / "signing.json"
    kept = json.loads(place.read_text())
    for key in kept["keys"]:
        key["signs_from"] -= 3600
    place.write_text(json.dumps(kept))
    assert secrets_store.rotate_signing_key(home) == (2, 2)
    assert _kids(home, "jwks.json")[0] == kept["keys"][1]["kid"]


def test_where_there_are_no_keys_it_says_how_they_are_made(home: Home) -> None:
    result = CliRunner().invoke(app, ["keys", "rotate", "--home", str(home.root)])
    assert result.exit_code == 1
    assert "linli up" in result.output
