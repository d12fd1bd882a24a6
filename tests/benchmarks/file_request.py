"""Filing a request through the gateway, against pgbench writing the same rows into the same tables and indexes.

A filing writes six: the request and the timer of its promises, its event, the stored answer, the row of the audit and its place
in the sequencer's queue. Beside it stands the ratio to the three alone without which there is no filing.
"""

import asyncio
import re
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import psutil

from benchmarks.figure import Figure, compared
from benchmarks.ground import GATEWAYS, Ground
from benchmarks.wrk import CONNECTIONS, wrk
from faults.people import Town
from local_runtime.house import gateway_name
from local_runtime.system_user import binaries

NAME = "file_request"
SECONDS = 10
ROUNDS = 3
_MARK = "bench-baseline"
_THREE = ("request", "outbox", "idempotency")
_ALL = (*_THREE, "timer", "audit")


def measure(ground: Ground) -> list[Figure]:
    """Throughput, and processor time per command with its split."""
    town = ground.town()
    ground.say("warming up")
    _wrk(ground, town, 3, "warm")
    asyncio.run(_settled(ground))
    script = asyncio.run(_baseline_script(ground, _ALL))
    narrow = asyncio.run(_baseline_script(ground, _THREE))
    ours, baseline, of_three, splits, base_cpu, p99 = [], [], [], [], [], []
    with ground.without_workers():
        _pgbench(ground, script, 2)
        for number in range(ROUNDS):
            before = _cpu(ground)
            rate, latency = _wrk(ground, town, SECONDS, f"round-{number}")
            splits.append(_split(before, _cpu(ground), rate * SECONDS))
            ours.append(rate)
            p99.append(latency)
            before = _cpu(ground)
            tps, client = _pgbench(ground, script, SECONDS)
            baseline.append(tps)
            spent = _split(before, _cpu(ground), tps * SECONDS)["postgres"]
            base_cpu.append(spent + client / (tps * SECONDS) * 1000)
            of_three.append(_pgbench(ground, narrow, SECONDS)[0])
            ground.say(
                f"round {number + 1}: {rate:.0f} requests/s, {tps:.0f} transactions/s, {of_three[-1]:.0f} of three rows"
            )
        asyncio.run(_forget_baseline(ground))
    with_workers, _ = _wrk(ground, town, SECONDS, "with-workers")
    asyncio.run(_settled(ground))
    split = {part: median(each[part] for each in splits) for part in splits[0]}
    total = [sum(each.values()) for each in splits]
    return [
        compared(
            "file a request through the gateway", ours, baseline, "commands/s", bar=0.12, aim=0.20,
            detail={"p99_ms": p99, "with_relay_and_consumers_running": with_workers},
        ),
        compared("the same, of its three first rows alone", ours, of_three, "commands/s", bar=None, aim=0.20),
        compared(
            "the same: processor time per command", total, base_cpu, "ms", bar=None, aim=5.0, at_least=False,
            detail={"split_ms": split},
        ),
    ]  # fmt: skip


def _wrk(ground: Ground, town: Town, seconds: int, prefix: str) -> tuple[float, float]:
    """Commands a second and the 99th percentile in ms."""
    tokens = ground.home.run / "tokens"
    tokens.write_text("\n".join(town.tokens[who] for who in town.residents))
    key = f"{ground.seed}-{prefix}-{time.time_ns()}"
    return wrk(Path(__file__).with_suffix(".lua"), ground.running.gateway, seconds, str(tokens), key)


def _pgbench(ground: Ground, script: Path, seconds: int) -> tuple[float, float]:
    """Transactions a second, and the processor seconds of pgbench itself."""
    before = psutil.Process().cpu_times()
    done = subprocess.run(
        [str(binaries() / "pgbench"), "-n", "-M", "prepared", "-j", "2", "-c", str(CONNECTIONS), "-T", str(seconds),
         "-f", str(script), ground.dsn("resident_requests")],
        capture_output=True, text=True, check=True, timeout=seconds + 30,
    )  # fmt: skip
    after = psutil.Process().cpu_times()
    client = after.children_user + after.children_system - before.children_user - before.children_system
    if failed := re.search(r"number of failed transactions: ([1-9]\d*)", done.stdout):
        raise AssertionError(f"{failed[1]} baseline transactions failed")
    return float(re.findall(r"tps = ([\d.]+)", done.stdout)[0]), client


def _cpu(ground: Ground) -> dict[str, float]:
    """Processor seconds so far, by part. PostgreSQL is read from its whole session group, ended backends included."""
    gateways = [ground.process(gateway_name(ordinal)) for ordinal in range(GATEWAYS)]
    return {
        "gateway": sum(map(_seconds, gateways)),
        "service": _seconds(ground.process("resident_requests.api")),
        "postgres": sum(map(_seconds, ground.postgres())),
    }


def _seconds(process: psutil.Process) -> float:
    """With its ended children's; a backend that ends just now is counted by the postmaster from then on."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _split(before: dict[str, float], after: dict[str, float], commands: float) -> dict[str, float]:
    """Milliseconds per command."""
    return {part: (after[part] - before[part]) / commands * 1000 for part in before}


async def _baseline_script(ground: Ground, tables: tuple[str, ...]) -> Path:
    """INSERTs of the newest real rows, value by value; only what must be unique is new each time."""
    connection = await asyncpg.connect(ground.dsn("resident_requests"))
    newest = {
        "request": await connection.fetchrow("SELECT * FROM request ORDER BY id DESC LIMIT 1"),
        "outbox": await connection.fetchrow("SELECT * FROM outbox ORDER BY id DESC LIMIT 1"),
        "idempotency": await connection.fetchrow(
            "SELECT * FROM idempotency ORDER BY created_at DESC LIMIT 1"
        ),
        "timer": await connection.fetchrow("SELECT * FROM timer WHERE kind = 'promise' LIMIT 1"),
        "audit": await connection.fetchrow(
            "SELECT * FROM audit WHERE operation = 'submit_request' ORDER BY id DESC LIMIT 1"
        ),
    }
    fresh = {
        "request": {"id": "uuidv7()", "case_number": "'B' || nextval('case_serial')"},
        "outbox": {"aggregate": "uuidv7()::text", "event_id": "uuidv7()", "sent_at": None, "id": None},
        "idempotency": {"key": f"'{_MARK}-' || gen_random_uuid()"},
        "timer": {"kind": f"'{_MARK}'", "aggregate": "uuidv7()"},
        "audit": {"id": None, "correlation_id": f"'{_MARK}'"},
    }
    lines = ["BEGIN;"]
    for table in tables:
        values = {
            column: fresh[table].get(column, _literal(value)) for column, value in newest[table].items()
        }
        if table == "request":
            values["filed_by"] = "'00000000-0000-0000-0000-00000000beac'"
        values = {column: value for column, value in values.items() if value is not None}
        inserted = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"
        if table == "audit":
            inserted = f"WITH entry AS ({inserted} RETURNING id) INSERT INTO audit_waiting (audit_id) SELECT id FROM entry"
        lines.append(f"{inserted};")
    lines.append("END;")
    await connection.close()
    script = ground.home.run / f"baseline-{len(tables)}.sql"
    script.write_text("\n".join(lines))
    return script


def _literal(value: Any) -> str | None:
    """None is left out; colons would be pgbench's variables."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(filter(None, map(_literal, value)))}]"
    return "U&'" + "".join(map(_escaped, str(value))) + "'"


def _escaped(character: str) -> str:
    if character.isascii() and (character.isalnum() or character in "-_ "):
        return character
    return f"\\+{ord(character):06x}"


async def _forget_baseline(ground: Ground) -> None:
    """The baseline's rows are of nobody: they go before a relay could send them. Of the audit nothing can go; it is not chained."""
    connection = await asyncpg.connect(ground.dsn("resident_requests"))
    await connection.execute(
        "DELETE FROM outbox o WHERE sent_at IS NULL AND NOT EXISTS (SELECT FROM request r WHERE r.id::text = o.aggregate)"
    )
    await connection.execute("DELETE FROM request WHERE filed_by = '00000000-0000-0000-0000-00000000beac'")
    await connection.execute("DELETE FROM timer WHERE kind = $1", _MARK)
    await connection.execute(
        "DELETE FROM audit_waiting w USING audit a WHERE a.id = w.audit_id AND a.correlation_id = $1", _MARK
    )
    await connection.execute("DELETE FROM idempotency WHERE key LIKE $1", f"{_MARK}-%")
    await connection.close()


async def _settled(ground: Ground) -> None:
    """Until every event of the rounds before is sent."""
    deadline = time.monotonic() + 120
    connection = await asyncpg.connect(ground.dsn("resident_requests"))
    while await connection.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL"):
        if time.monotonic() > deadline:
            raise TimeoutError("the relay does not come to its end")
        await asyncio.sleep(0.1)
    await connection.close()
