"""Writes what is generated from the contracts, or with --check says what is out of date or breaks a promise.

`python -m event_contracts.generate [--check]`. Examples are written once: they must decode for ever.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from event_contracts.compatibility import incompatibilities
from event_contracts.documents import asyncapi_document, contracts, example_of, schema_of, topics_yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass
class Places:
    """Where the generated files stand; tests give another root."""

    root: Path = ROOT
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.root / "shared" / "event_contracts"

    @property
    def schemas(self) -> Path:
        return self.folder / "schemas"

    @property
    def examples(self) -> Path:
        return self.folder / "examples"

    @property
    def asyncapi(self) -> Path:
        return self.folder / "asyncapi.json"

    @property
    def topics(self) -> Path:
        return self.root / "deploy" / "kafka" / "topics.yaml"


def generated(places: Places) -> dict[Path, str]:
    """Every generated file with the text that it must have."""
    files = {places.schemas / f"{name}.json": as_text(schema_of(e)) for name, e in contracts().items()}
    files[places.asyncapi] = as_text(asyncapi_document())
    files[places.topics] = topics_yaml()
    return files


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(places: Places) -> list[Path]:
    """Brings the files up to date and gives those that changed. Only a new type gets an example."""
    wanted = generated(places)
    for name, event in contracts().items():
        example = places.examples / f"{name}.json"
        if not example.exists():
            wanted[example] = as_text(example_of(schema_of(event)))
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return changed


def complaints(places: Places) -> list[str]:
    """What --check refuses: files that differ from the code, missing examples, broken promises."""
    found = [
        f"{path.relative_to(places.root)} is out of date: run `make contracts`"
        for path, text in generated(places).items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    for name in contracts():
        if not (places.examples / f"{name}.json").exists():
            found.append(f"{name} has no golden example: run `make contracts`")
    known = {f"{name}.json" for name in contracts()}
    for folder in (places.schemas, places.examples):
        for path in sorted(folder.glob("*.json")):
            if path.name not in known:
                found.append(f"{path.stem} was published and has no contract: bring it back")
    return found + broken_promises(places)


def broken_promises(places: Places) -> list[str]:
    """Compares each contract with its published versions: those of the last commit, of the one before (what a
    build of a fresh commit must not break) and of every release. Without git, with the files on disk."""
    found: list[str] = []
    for base, schemas in _published(places).items():
        for name, schema in schemas.items():
            event = contracts().get(name)
            if event is None:
                found.append(f"{name} is published ({base}) and has no contract: a version is never removed")
                continue
            found += [f"{name} ({base}): {why}" for why in incompatibilities(schema, schema_of(event))]
    return list(dict.fromkeys(found))


def _published(places: Places) -> dict[str, dict[str, Any]]:
    releases = (_git(places, "tag", "--list", "v*") or "").split()
    bases = [
        base for base in ("HEAD", "HEAD^", *releases) if _git(places, "rev-parse", "-q", "--verify", base)
    ]
    if not bases:
        return {
            "on disk": {path.stem: json.loads(path.read_text()) for path in places.schemas.glob("*.json")}
        }
    return {base: _schemas_at(places, base) for base in bases}


def _schemas_at(places: Places, base: str) -> dict[str, Any]:
    folder = places.schemas.relative_to(places.root).as_posix()
    listed = (_git(places, "ls-tree", "--name-only", base, f"{folder}/") or "").split()
    texts = {Path(path).stem: _git(places, "show", f"{base}:{path}") for path in listed}
    return {name: json.loads(text) for name, text in texts.items() if text}


def _git(places: Places, *arguments: str) -> str | None:
    """What git says; None where there is no git, no repository or no such thing in it."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with our own arguments
            ["git", *arguments],  # noqa: S607 - whichever git the machine has
            cwd=places.root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="event_contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is wrong")
    places = Places()
    if parser.parse_args().check:
        found = complaints(places)
        print("\n".join(found) or "contracts: files match the code, published versions are kept")
        return 1 if found else 0
    for path in write(places):
        print(f"wrote {path.relative_to(places.root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
