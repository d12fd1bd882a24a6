"""Nothing in the tree that belongs to one machine, one registry, or nobody's eyes."""

import re
import subprocess
from pathlib import Path

import pytest

from architecture.sources import ROOT

# Written apart, so that this file does not find itself.
FORBIDDEN = {
    "host of a package registry": re.compile(
        "|".join(
            (
                r"py" + r"pi\.(org|io)", r"pythonho" + r"sted\.", r"npm" + r"js\.", r"registry\.yarn" + r"pkg",
                r"ma" + r"ven\.(org|apache)", r"repo1?\.ma" + r"ven", r"deb\.deb" + r"ian", r"proxy\.gol" + r"ang",
                r"crates" + r"\.io", r"rubyge" + r"ms\.org", r"(?<!emit-)(index|find)[-_]" + r"(url|links)\b",
                r"https?://[^\s\"'/]*(mir" + r"ror|nex" + r"us|artifac" + r"tory|devp" + r"i)", r"https?://\S+/sim" + r"ple\b",
            )
        ),
        re.IGNORECASE,
    ),
    "address of a repository": re.compile(r"(https?|git|ssh)://[^\s\"']*git" + r"(hub|lab|ee)|git@[a-z]"),
    "path of a machine": re.compile(
        r"(?<![\w.])/((wo" + r"rk|ro" + r"ot|fa" + r"rm|mn" + r"t|opt/whe" + r"els)/|(ho" + r"me|Us" + r"ers)/[a-z])"
        r"|\b[A-Z]:\\Us" + r"ers\\"
    ),
    "secret": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE K" + r"EY|AK" + r"IA[0-9A-Z]{16}|xox[abprs]-[0-9]|\"d\": ?\"[\w-]{40,}\""
        r"|\bgh[opsu]_[A-Za-z0-9]{30,}|\beyJ[\w-]{20,}\.eyJ|\bsk-[A-Za-z0-9-]{24,}"
    ),
    "password in an address": re.compile(
        r"\b[a-z][a-z+]*://[\w.-]+:[^\s\"'@/${}]{4,}@(?!127\.0\.0\.1)[\w.-]+"
    ),
}  # fmt: skip


def tracked(root: Path = ROOT) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def findings(text: str) -> list[str]:
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


def test_no_tracked_file_holds_what_must_not_be_there() -> None:
    found = {}
    files = tracked()
    assert len(files) > 200
    for path in files:
        text = path.read_bytes().decode("utf-8", errors="replace")
        if bad := findings(text):
            found[path.relative_to(ROOT).as_posix()] = bad
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "see https://py" + "pi.org/simple", "--extra-index-" + "url x", "https://git" + "hub.com/a/b",
        "open('/wo" + "rk/main/x')", "-----BEGIN PRIVATE K" + "EY-----", "/mn" + "t/disk", "cd /ho" + "me/anna/x", "C:\\Us" + "ers\\me",
        "https://mir" + "ror.example.org/x", "find-" + "links = x", "https://a.example/root/sim" + "ple/",
        "gh" + "p_" + "a1" * 18, "ey" + "J" + "a" * 30 + ".ey" + "J", "amqp://me:s3cr" + "et@host.example/x",
    ],
)  # fmt: skip
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert findings(text) != []
