"""Where one instance keeps everything it has: a folder, `.local` unless told otherwise."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MARKER = "LINLI_INSTANCE"
"""Every process of an instance carries this variable, so that it can be told from any other."""


class Busy(Exception):
    """Another `linli` is changing this instance right now."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one instance; its path is also the instance's identity."""

    root: Path

    @classmethod
    def at(cls, path: str | Path | None = None) -> "Home":
        """The given folder, else LINLI_HOME, else `.local` here."""
        chosen = path or os.environ.get("LINLI_HOME") or ".local"
        return cls(Path(chosen).expanduser().resolve())

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def messages(self) -> Path:
        return self.root / "messages"

    @property
    def anchors(self) -> Path:
        return self.root / "anchors"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def short_id(self) -> str:
        """A name for things that must live outside of the folder."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:12]

    def prepare(self) -> None:
        """Makes the folders. Those made here are closed to others: the database
        runs as another user when we are root, and has to pass through the rest."""
        self.root.mkdir(parents=True, exist_ok=True)
        if self.root.stat().st_uid == os.getuid():
            self.root.chmod(0o755)
        for folder in (self.secrets, self.run, self.logs, self.messages, self.anchors):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)

    def read_state(self, name: str) -> dict[str, object]:
        """A small JSON file of the last `up`; empty when there was none or it is torn."""
        try:
            found = json.loads((self.run / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_state(self, name: str, state: dict[str, object]) -> None:
        write_private(self.run / f"{name}.json", json.dumps(state, indent=1))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One `up` or `down` at a time; the lock dies with its process."""
        self.run.mkdir(parents=True, exist_ok=True)
        with (self.run / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(f"another linli is working on {self.root}; wait for it") from None
            yield


def write_private(path: Path, text: str) -> None:
    """Writes a file that only we can read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
