"""PostgreSQL 18 from a wheel, with a cluster of our own: scram everywhere, generated passwords."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

from local_runtime.home import Home
from local_runtime.programs import Program
from local_runtime.secrets_store import password
from local_runtime.system_user import binaries, data_folder, database_account

SUPERUSER = "linli_admin"


def admin_dsn(home: Home, port: int) -> str:
    """The superuser of the local server, on its maintenance database."""
    return dsn(SUPERUSER, password(home, SUPERUSER), f"127.0.0.1:{port}", "postgres")


def dsn(user: str, secret: str, address: str, database: str) -> str:
    return f"postgresql://{quote(user)}:{quote(secret, safe='')}@{address}/{quote(database)}"


def prepare(home: Home, port: int) -> bool:
    """Makes the cluster if there is none and writes its settings. True when it was made now."""
    data = data_folder(home)
    account = database_account()
    made = not (data / "PG_VERSION").exists()
    if made:
        _initdb(home, data)
    settings = data / "linli.conf"
    settings.write_text(_settings(port))
    if account is not None:
        os.chown(settings, account.pw_uid, account.pw_gid)
    return made


def program(home: Home) -> Program:
    """How the supervisor runs it. SIGINT is PostgreSQL's quick, clean stop."""
    account = database_account()
    return Program(
        name="postgres",
        command=(str(binaries() / "postgres"), "-D", str(data_folder(home))),
        user=None if account is None else account.pw_name,
        stop_signal="INT",
        priority=10,
    )


def _initdb(home: Home, data: Path) -> None:
    """Makes the cluster beside its place and moves it there, so that half of one is never found."""
    account = database_account()
    fresh = data.with_name(f"{data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    secret = data.with_name(f"{data.name}.password")
    secret.touch(mode=0o600)
    secret.write_text(password(home, SUPERUSER))
    try:
        if account is not None:
            data.parent.chmod(0o755)
            for path in (fresh, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
        _run(
            str(binaries() / "initdb"), "-D", str(fresh), "--username", SUPERUSER,
            "--pwfile", str(secret), "--auth=scram-sha-256", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        )  # fmt: skip
    finally:
        secret.unlink()
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'linli.conf'\n")
    if data.exists():
        data.rmdir()
    fresh.rename(data)


def _run(*command: str) -> None:
    account = database_account()
    who = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid}
    groups: dict[str, list[int]] = {} if account is None else {"extra_groups": []}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **who,
        **groups,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stderr[-2000:]}")


def _settings(port: int) -> str:
    """Durable: an acknowledged commit survives a power cut. No socket file: the path of a home
    may be longer than one may be, and TCP with a password is all that is needed."""
    return f"""\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
fsync = on
full_page_writes = on
synchronous_commit = on
password_encryption = scram-sha-256
idle_in_transaction_session_timeout = 60s
log_timezone = 'UTC'
timezone = 'UTC'
"""
