"""Runs the programs under supervisord, which starts again what dies, for as long as it takes."""

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from http.client import HTTPConnection
from typing import Any

import psutil

from local_runtime.home import MARKER, Home, write_private
from local_runtime.ports import remembered
from local_runtime.programs import Program
from local_runtime.secrets_store import password

HOUSE = "house"
"""The group of the services: one group, so that they all stop at once and before the servers."""

_ACCOUNT = "linli"
_NEVER_GIVE_UP = 1_000_000_000


class NotRunning(Exception):
    """There is no supervisor of this instance to talk to."""


class _Local(xmlrpc.client.Transport):
    """A supervisor that does not answer in this time is as good as dead."""

    def make_connection(self, host: Any) -> HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = 60
        return connection


def write_configuration(home: Home, port: int, programs: list[Program]) -> None:
    """The generated file holds passwords and is ours alone."""
    house = [p.name for p in programs if not p.autostart]
    parts = [_supervisor_section(home, port), *(_section(home, p) for p in programs)]
    if house:
        parts.append(f"[group:{HOUSE}]\nprograms={','.join(house)}\npriority=100\n")
    write_private(home.run / "supervisord.conf", "\n".join(parts))


def start(home: Home) -> None:
    """Starts the supervisor, detached from us; it writes its own pid file."""
    done = subprocess.run(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(home.run / "supervisord.conf")],
        env=_environment(home),
        cwd="/",
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the supervisor did not start: {done.stdout[-2000:]}")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            remote(home).supervisor.getState()
            return
        except (NotRunning, OSError, xmlrpc.client.Error):
            time.sleep(0.05)
    raise RuntimeError(f"the supervisor did not come up; see {home.logs}/supervisord.log")


def process(home: Home) -> psutil.Process | None:
    """The living supervisor of this instance: by its pid file and by the marker it carries."""
    try:
        found = psutil.Process(int((home.run / "supervisord.pid").read_text()))
        if found.environ().get(MARKER) != str(home.root) or not found.is_running():
            return None
        return None if found.status() == psutil.STATUS_ZOMBIE else found
    except (OSError, ValueError, psutil.Error):
        return None


def remote(home: Home) -> xmlrpc.client.ServerProxy:
    """The supervisor's own interface, on this machine and behind a generated password."""
    port = remembered(home).get("supervisor")
    if port is None or process(home) is None:
        raise NotRunning(f"nothing runs in {home.root}. Start it: linli up")
    address = f"http://{_ACCOUNT}:{password(home, 'supervisor')}@127.0.0.1:{port}/RPC2"
    return xmlrpc.client.ServerProxy(address, transport=_Local(), allow_none=True)


def processes(home: Home) -> list[dict[str, Any]]:
    """What the supervisor says of each program: name, group, state, pid, since when."""
    found: Any = remote(home).supervisor.getAllProcessInfo()
    return list(found)


def apply_configuration(home: Home) -> list[str]:
    """Makes a running supervisor follow the file; gives the names of the groups it touched."""
    rpc = remote(home).supervisor
    reloaded: Any = rpc.reloadConfig()
    added, changed, removed = reloaded[0]
    for name in (*changed, *removed):
        rpc.stopProcessGroup(name)
        rpc.removeProcessGroup(name)
    for name in (*added, *changed):
        rpc.addProcessGroup(name)
    return [*added, *changed, *removed]


def start_house(home: Home) -> None:
    """Starts what is not started yet. Called when the servers and the tables are there."""
    rpc = remote(home).supervisor
    for info in processes(home):
        if info["group"] == HOUSE and info["statename"] in ("STOPPED", "EXITED", "FATAL"):
            rpc.startProcess(f"{HOUSE}:{info['name']}", False)


def shut_down(home: Home) -> None:
    """Stops the services, then the servers, then itself; what does not go in time is found by its marker later."""
    found = process(home)
    try:
        rpc = remote(home).supervisor
        if any(info["group"] == HOUSE for info in processes(home)):
            rpc.stopProcessGroup(HOUSE)
        rpc.shutdown()
    except (OSError, xmlrpc.client.Error):
        return
    if found is not None:
        psutil.wait_procs([found], timeout=60)


def _environment(home: Home) -> dict[str, str]:
    return {**os.environ, MARKER: str(home.root)}


def _supervisor_section(home: Home, port: int) -> str:
    return f"""\
[supervisord]
identifier=linli
directory=/
pidfile={home.run}/supervisord.pid
logfile={home.logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
childlogdir={home.logs}
minfds=1024
nocleanup=true

[inet_http_server]
port=127.0.0.1:{port}
username={_ACCOUNT}
password={password(home, "supervisor")}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""


def _section(home: Home, program: Program) -> str:
    environment = {MARKER: str(home.root), **program.environment}
    user = f"user={program.user}\n" if program.user else ""
    return f"""\
[program:{program.name}]
command={_escape(" ".join(shlex.quote(part) for part in program.command))}
directory=/
{user}environment={_escape(",".join(f'{k}="{v}"' for k, v in environment.items()))}
autostart={str(program.autostart).lower()}
autorestart=true
startsecs=1
startretries={_NEVER_GIVE_UP}
stopsignal={program.stop_signal}
stopwaitsecs=25
priority={program.priority}
redirect_stderr=true
stdout_logfile={home.logs}/{program.name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def _escape(text: str) -> str:
    """A percent sign begins an expansion in this file format."""
    return text.replace("%", "%%")
