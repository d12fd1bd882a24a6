"""Finds and stops what an instance left behind when its supervisor was killed.

A process is ours only if it carries the marker with our path, or is the postmaster whose pid file
lies in our data folder. Nothing is ever chosen by its name."""

import signal
from pathlib import Path

import psutil

from local_runtime.home import MARKER, Home
from local_runtime.system_user import data_folder


def left_behind(home: Home) -> list[psutil.Process]:
    """Living processes of this instance, except this one and those that started it."""
    ourselves = {psutil.Process().pid, *(p.pid for p in psutil.Process().parents())}
    found = {p.pid: p for p in psutil.process_iter() if _is_marked(p, home)}
    postmaster = _postmaster(data_folder(home))
    if postmaster is not None:
        found[postmaster.pid] = postmaster
    return [p for pid, p in found.items() if pid not in ourselves]


def stop_all(home: Home, patience: float = 25.0) -> int:
    """Stops them: the services first, as they need the servers to say goodbye. Gives the count."""
    found = left_behind(home)
    data = data_folder(home)
    servers = [p for p in found if _is_server(p, home, data)]
    _stop([p for p in found if p not in servers], signal.SIGTERM, patience)
    _stop([p for p in servers if not _is_postmaster(p, data)], signal.SIGTERM, patience)
    _stop([p for p in servers if _is_postmaster(p, data)], signal.SIGINT, patience)
    _forget_pid_file(data)
    return len(found)


def _stop(processes: list[psutil.Process], how: signal.Signals, patience: float) -> None:
    for process in processes:
        try:
            process.send_signal(how)
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(processes, timeout=patience)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=10)


def _is_marked(process: psutil.Process, home: Home) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(MARKER) == str(home.root)
    except (psutil.Error, OSError):
        return False


def _is_server(process: psutil.Process, home: Home, data: Path) -> bool:
    if _is_postmaster(process, data):
        return True
    try:
        return str(home.kafka / "server.properties") in process.cmdline()
    except psutil.Error:
        return False


def _is_postmaster(process: psutil.Process, data: Path) -> bool:
    try:
        return str(data) in process.cmdline()
    except psutil.Error:
        return False


def _postmaster(data: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if _is_postmaster(process, data) else None


def _forget_pid_file(data: Path) -> None:
    """A pid file of a server that is gone stops the next one if its number was given to another
    process meanwhile."""
    if _postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
