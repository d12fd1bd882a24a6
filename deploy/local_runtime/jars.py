"""Kafka's jars: resolved by jgo, kept once per user, and checked before anything runs them.

The committed list is the authority: a jar whose SHA-256 is not in it is never on a classpath."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

KAFKA_VERSION = "4.4.0"
# The broker logs through an interface; without a binding it would fail silently.
COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
CHECKSUMS = Path(__file__).resolve().parent.parent / "kafka" / "jars.sha256"

Say = Callable[[str], None]


class JarRefused(Exception):
    """A jar is not what was committed, or could not be had."""


def cache_folder() -> Path:
    """Shared by all instances of this user: 43 MB once."""
    base = os.environ.get("LINLI_CACHE") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "linli" / f"kafka-{KAFKA_VERSION}"


def expected() -> dict[str, str]:
    """File name → SHA-256, as committed."""
    lines = CHECKSUMS.read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines if line.strip())}


def missing(folder: Path) -> list[str]:
    """Names of jars that are not there yet."""
    return [name for name in expected() if not (folder / name).is_file()]


def verify(folder: Path) -> None:
    """Refuses the first jar that differs from the committed list, and says how to heal it."""
    for name, digest in expected().items():
        path = folder / name
        if not path.is_file():
            raise JarRefused(f"{path} is missing. Fetch it: linli up")
        if sha256(path) != digest:
            raise JarRefused(
                f"{path} is not the jar that was committed (its SHA-256 differs). It was not run. "
                f"Remove it and fetch it again: rm '{path}' && linli up"
            )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ready_jars(say: Say) -> Path:
    """The folder of checked jars; fetches what is missing."""
    folder = cache_folder()
    absent = missing(folder)
    if absent:
        _fetch(folder, absent, say)
    verify(folder)
    return folder


def _fetch(folder: Path, names: list[str], say: Say) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    digests = expected()
    try:
        resolved = _resolve(folder.parent / "maven", say)
    except Exception as problem:
        raise JarRefused(
            f"Kafka's jars could not be resolved ({problem}). With no network, name an unpacked "
            "Kafka by KAFKA_HOME=/path/to/kafka or a running broker by LINLI_KAFKA=host:port."
        ) from problem
    done = 0
    size = 0
    with ThreadPoolExecutor(4) as pool:
        for name, found in pool.map(lambda n: (n, _download(resolved, n)), names):
            if sha256(found) != digests[name]:
                found.unlink()
                raise JarRefused(f"{name} arrived with another SHA-256 than committed; not used.")
            arriving = folder / f"{name}.{os.getpid()}.new"
            arriving.write_bytes(found.read_bytes())
            arriving.replace(folder / name)
            done += 1
            size += found.stat().st_size
            say(f"Kafka jars: {done} of {len(names)}, {size / 1e6:.1f} MB")


def _resolve(repository: Path, say: Say) -> dict[str, Callable[[], Path]]:
    """File name → how to get it. Walks the POMs; jars are fetched by the caller."""
    from jgo.maven import Artifact, MavenContext, PythonResolver
    from jgo.parse import Coordinate

    say("Kafka jars: reading what depends on what")
    context = MavenContext(repo_cache=repository, resolver=PythonResolver(), timeout=60)
    found: dict[str, Artifact] = {}
    for coordinate in COORDINATES:
        # One at a time: resolved together, a path through the second's POMs changes versions of the first's.
        wanted = context.create_dependency(replace(Coordinate.parse(coordinate), scope="compile"))
        inputs, others = context.resolver.resolve([wanted])
        for dependency in (*inputs, *(other for other in others if other.scope in ("compile", "runtime"))):
            found.setdefault(dependency.artifact.artifactId, dependency.artifact)
    return {artifact.filename: artifact.resolve for artifact in found.values()}


def _download(resolved: dict[str, Callable[[], Path]], name: str) -> Path:
    if name not in resolved:
        raise JarRefused(f"{name} is in the committed list, but nothing depends on it any more.")
    try:
        return resolved[name]()
    except Exception as problem:
        raise JarRefused(f"{name} could not be fetched: {problem}") from problem
