"""Is a secret found anywhere, in plain, base64 (however it lies in what was encoded) or hex? Every place that a house has.

Databases are dumped table by table, topics record by record; then logs, files and the databases' own files are searched as
they lie on the disk.
"""

import asyncio
import base64
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from event_contracts.topics import TOPICS
from local_runtime.house import SERVICES
from local_runtime.status import look
from local_runtime.system_user import data_folder
from local_runtime.up import Running


@dataclass(frozen=True, slots=True)
class Finding:
    """`place` is a table, a topic or a file; `form` how the secret lay there."""

    place: str
    secret: str
    form: str


def forms(data: bytes) -> dict[str, str]:
    """What to look for, by what it looks like: base64 depends on how many bytes came before."""
    found = {data.hex(): "hex", data.hex().upper(): "hex"}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        # Characters at either end hold bits of the neighbours, too.
        whole = encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        found[whole] = found[whole.replace("+", "-").replace("/", "_")] = f"base64, {before} before"
    return found


def needles(texts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Needle → (secret, form), for texts of printable characters."""
    found = {}
    for text in texts:
        found[text] = (text, "plain")
        found |= {needle: (text, form) for needle, form in forms(text.encode()).items()}
    return found


def needles_of_bytes(secrets: Iterable[bytes]) -> dict[str, tuple[str, str]]:
    """For blind indexes and keys: what a dump shows of bytes."""
    return {needle: (secret.hex(), form) for secret in secrets for needle, form in forms(secret).items()}


async def search(running: Running, wanted: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """Everywhere."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linli-dump-")))
        await dump(running, folder)
        found = _grep(folder, wanted)
        home, data = running.home.root, data_folder(running.home)
        for place in (home,) if data.is_relative_to(home) else (home, data):
            found += _grep(place, wanted)
    return sorted(found, key=lambda finding: (finding.place, finding.secret))


async def search_dumps(running: Running, wanted: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """What anybody who reads the databases and topics is shown; without what the disk still holds of deleted rows."""
    with tempfile.TemporaryDirectory(prefix="linli-dump-") as folder:
        await dump(running, Path(folder))
        return _grep(Path(folder), wanted)


async def dump(running: Running, folder: Path) -> None:
    """Every table of every database as text (bytes as hex), every record of every topic."""
    for service in SERVICES:
        dsn = urlsplit(running.maintenance_dsn)._replace(path=f"/{service.name}").geturl()
        connection = await asyncpg.connect(dsn)
        try:
            tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for row in tables:
                path = folder / f"{service.name}.{row['tablename']}"
                await connection.copy_from_table(row["tablename"], output=str(path))
        finally:
            await connection.close()
    await _dump_topics(running.kafka, folder)


async def _dump_topics(kafka: str, folder: Path) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, n) for topic in TOPICS for n in range(topic.partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        left = {place for place in places if await consumer.position(place) < ends[place]}
        while left:
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                with (folder / f"topic {place.topic}").open("ab") as file:
                    for record in records:
                        headers = b" ".join(name.encode() + b"=" + value for name, value in record.headers)
                        file.write(b"\t".join((record.key or b"", headers, record.value or b"")) + b"\n")
            left = {place for place in left if await consumer.position(place) < ends[place]}
    finally:
        await consumer.stop()


def _grep(folder: Path, wanted: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """By grep: thousands of needles in hundreds of megabytes, bytes as they are. Kafka's indexes hold nothing but offsets, and
    are gigabytes of holes."""
    with tempfile.NamedTemporaryFile("w", prefix="linli-needles-") as patterns:
        patterns.write("\n".join(wanted) + "\n")
        patterns.flush()
        answer = subprocess.run(
            ["grep", "-r", "-a", "-o", "-H", "-Z", "-F", "-f", patterns.name,
             "--exclude=*.index", "--exclude=*.timeindex", "."],
            cwd=folder, capture_output=True, env={**os.environ, "LC_ALL": "C"}, check=False,
        )  # fmt: skip
    # 2 is also what a file leaves behind that vanished meanwhile; anything else that grep complains of is our fault.
    complaints = [line for line in answer.stderr.decode().splitlines() if "No such file" not in line]
    assert answer.returncode < 2 or not complaints, complaints
    found = set()
    for line in answer.stdout.splitlines():
        name, _, needle = line.partition(b"\0")
        place = name.decode().removeprefix("./")
        found.add(Finding(place, *wanted[needle.decode()]))
    return list(found)


async def settled(running: Running, patience: float = 120.0) -> None:
    """Until everything published was sent and has taken effect everywhere, and nothing was set aside."""
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        status = await look(running)
        waits = any(database.get("unsent") for database in status.databases.values())
        behind = any(sum(lag.values()) for lag in status.consumer_lag.values())
        assert not status.parked_keys, status.parked_keys
        if not (waits or behind):
            return
        assert asyncio.get_running_loop().time() < deadline, "something is still on its way"
        await asyncio.sleep(0.2)
