"""SIGTERM to each process, with the broker up and with it down: exit 0 within 20 s, and its work is handed over."""

import asyncio
import re
import signal
import time
from pathlib import Path

import httpx
import psutil

from faults.ground import until
from faults.scenario import Scenario, Stage, Tally
from local_runtime import supervise

BOUND_SECONDS = 20.0
HANDED_OVER_SECONDS = 5.0
SESSION_SECONDS = 10


async def broker_up(stage: Stage, tally: Tally) -> None:
    names = _house(stage)
    if stage.short:
        names = [name for name in names if name.startswith("resident_requests")]
    for name in names:
        await _terminate(stage, tally, [name])
    await _lease_handed_over(stage, tally)


async def broker_down(stage: Stage, tally: Tally) -> None:
    """The broker stands still with its connections open, for longer than a session lasts; then it is gone. All leave at once."""
    kafka = stage.ground.process("kafka")
    kafka.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(SESSION_SECONDS + 2)
        await _terminate(stage, tally, _house(stage))
    finally:
        kafka.send_signal(signal.SIGCONT)
    rpc = supervise.remote(stage.ground.home).supervisor
    await asyncio.to_thread(rpc.stopProcess, "kafka")
    try:
        await _terminate(stage, tally, _house(stage))
    finally:
        await asyncio.to_thread(rpc.startProcess, "kafka")


async def _terminate(stage: Stage, tally: Tally, names: list[str]) -> None:
    """All at once; each must have gone within the bound, with status 0."""
    log = stage.ground.home.logs / "supervisord.log"
    mark = log.stat().st_size
    found = {name: stage.ground.process(name) for name in names}
    waiting = {name: await _catch_at_work(stage, name, found[name].pid) for name in names}
    began = time.monotonic()
    for process in found.values():
        process.terminate()
    left: dict[str, float] = {}
    while len(left) < len(found) and time.monotonic() - began < BOUND_SECONDS + 10:
        for name, process in found.items():
            if name not in left and (not process.is_running() or process.status() == psutil.STATUS_ZOMBIE):
                left[name] = time.monotonic() - began
        await asyncio.sleep(0.05)
    for name, process in found.items():
        took = left.get(name)
        tally.require(took is not None and took <= BOUND_SECONDS, f"{name} had not left after {took} s")
        if took is not None:
            status = await until(
                lambda n=name: _status(log, mark, n), lambda s: s is not None, f"{name}'s status"
            )
            tally.require(status == 0, f"{name} left with status {status}")
        tally.fault(in_flight=waiting[name], what="" if len(found) > 3 else f"{name} left after {took:.1f} s")
        await stage.ground.back(name, instead_of=process.pid)
    if len(found) > 3:
        tally.notes.append(f"{len(found)} processes left within {max(left.values()):.1f} s")


async def _catch_at_work(stage: Stage, name: str, pid: int) -> bool:
    """Wait a little for a moment at which it has work; not every service is asked for something all the while."""
    for _ in range(10):
        if await _waiting(stage, name, pid):
            return True
        await asyncio.sleep(0.1)
    return False


async def _waiting(stage: Stage, name: str, pid: int) -> bool:
    """Is there work for this very process at this moment: calls are open, or it applied something just now, or what it
    relays waits."""
    service, kind = name.split(".")
    if kind == "api":
        return bool(await _taken_in(stage, service))
    sql = "SELECT count(*) FROM fault_effect WHERE process = $1 AND at > clock_timestamp() - interval '3 seconds'"
    if await stage.ground.one(service, sql, pid):
        return True
    relays = stage.ground.orders.notes(f"{service}.worker", "lease")
    return bool(relays and relays[-1]["pid"] == pid and await stage.ground.unsent(service))


async def _taken_in(stage: Stage, service: str) -> int:
    """Calls that its api has at some instant of the next moments, as it says itself."""
    port = stage.ground.running.ports[f"{service}.api_metrics"]
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(10):
            text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            if open_ := sum(map(float, re.findall(r"^http_taken_in{.*} (\S+)$", text, re.MULTILINE))):
                return int(open_)
    return 0


def _status(log: Path, mark: int, name: str) -> int | None:
    with log.open("rb") as file:
        file.seek(mark)
        text = file.read().decode(errors="replace")
    found = re.search(rf"exited: {re.escape(name)} \(exit status (\d+);", text)
    if found:
        return int(found[1])
    return -1 if re.search(rf"exited: {re.escape(name)} \(terminated by", text) else None


async def _lease_handed_over(stage: Stage, tally: Tally) -> None:
    """The relay that leaves gives its lease up: the other has it long before it would have run out."""
    service = "resident_requests"
    notes = stage.ground.orders.notes
    leaving = await stage.ground.active_relay(service)
    waiting = bool(await stage.ground.unsent(service)) or await _waiting(
        stage, f"{service}.worker", leaving.pid
    )
    before = len(notes(f"{service}.worker", "lease"))
    began = time.monotonic()
    leaving.terminate()
    await until(lambda: notes(f"{service}.worker", "lease")[before:], bool, "another has the lease", 30)
    took = time.monotonic() - began
    tally.fault(in_flight=waiting, what=f"the lease was handed over in {took:.1f} s")
    tally.require(took < HANDED_OVER_SECONDS, f"the lease changed hands only after {took:.1f} s")


def _house(stage: Stage) -> list[str]:
    found = supervise.processes(stage.ground.home)
    return [each["name"] for each in found if each["group"] == supervise.HOUSE]


SCENARIOS = (
    Scenario("terminate", "SIGTERM to each process, the broker up", broker_up, in_short=True),
    Scenario("terminate-broker-down", "SIGTERM to all processes, the broker silent, and gone", broker_down),
)
