"""A proof fails when a figure is not told, whatever else is well; its list says each name once."""

import json
import sys
from pathlib import Path

import pytest

from proof import __main__ as proof
from proof.expected import BENCHED, EXPECTED
from proof.figures import Figure


def _told(*left_out: str, what: str = "requests") -> list[Figure]:
    return [Figure(name, "1", "1", met=True) for name in EXPECTED[what] if name not in left_out]


def _exit(
    told: list[Figure],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *arguments: str,
    what: str = "requests",
    passed: bool = True,
) -> int:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["proof", what, "--seed", "1", *arguments])
    monkeypatch.setattr(proof, "_tests", lambda *_: (passed, list(told)))
    with pytest.raises(SystemExit) as ended:
        proof.main()
    return int(ended.value.code or 0)


def test_all_that_is_on_the_list_is_a_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _exit(_told(), tmp_path, monkeypatch) == 0
    assert _exit(_told(), tmp_path, monkeypatch, passed=False) == 1


@pytest.mark.parametrize("gone", EXPECTED["requests"])
def test_a_figure_that_is_not_told_is_missed_by_name(
    gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit(_told(gone), tmp_path, monkeypatch) == 1
    assert f"{gone}: not told" in "".join(capsys.readouterr().out.splitlines())
    kept = json.loads(Path(".local/proof/requests.json").read_text())
    assert [each["name"] for each in kept["figures"] if not each["met"]] == [gone]


def test_one_that_is_told_and_not_on_the_list_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit([*_told(), Figure("a new one", "1", "1", met=True)], tmp_path, monkeypatch) == 0
    assert "not on the list of what must be told: a new one" in capsys.readouterr().out


def test_a_benchmark_that_measured_nothing_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_bench", lambda *_: [])
    told = _told(what="identity")
    assert _exit(told, tmp_path, monkeypatch, what="identity") == 1
    assert _exit(told, tmp_path, monkeypatch, "--without-bench", what="identity") == 0


def test_every_name_stands_there_once_and_for_every_proof_there_is_a_list() -> None:
    assert set(EXPECTED) == set(proof.TESTS)
    names = [*(name for names in EXPECTED.values() for name in names), *BENCHED]
    assert len(set(names)) == len(names)
