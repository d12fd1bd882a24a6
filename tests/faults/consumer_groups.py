"""Where a consumer group stands, asked of the broker itself; and a process put in the place of a supervised one."""

import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from event_contracts.base import CATALOG
from faults.ground import Ground, until
from local_runtime import supervise

Ends = dict[TopicPartition, int]


async def ends(ground: Ground, topic: str) -> Ends:
    """The end of every partition now, of those that hold anything."""
    reader = AIOKafkaConsumer(bootstrap_servers=ground.running.kafka, enable_auto_commit=False)
    await reader.start()
    try:
        count = next(each.topic.partitions for each in CATALOG.values() if each.topic.name == topic)
        all_ends = await reader.end_offsets([TopicPartition(topic, number) for number in range(count)])
        return {partition: end for partition, end in all_ends.items() if end}
    finally:
        await reader.stop()


async def passed(ground: Ground, group: str, goal: Ends, patience: float = 60.0) -> float:
    """Seconds until the group has committed all that `goal` names; a TimeoutError says what is missing."""
    began = time.monotonic()
    admin = AIOKafkaAdminClient(bootstrap_servers=ground.running.kafka)
    await admin.start()

    async def missing() -> dict[TopicPartition, int]:
        committed = await admin.list_consumer_group_offsets(group)
        at = {partition: each.offset for partition, each in committed.items()}
        return {partition: end for partition, end in goal.items() if at.get(partition, 0) < end}

    try:
        await until(missing, lambda left: not left, f"{group} has passed {goal}", patience, pause=0.2)
    finally:
        await admin.close()
    return time.monotonic() - began


async def members(ground: Ground, group: str) -> dict[str, str]:
    """The broker's id of every member, by the ordinal of its worker; a new one has joined when its id is a new one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=ground.running.kafka)
    await admin.start()
    try:
        [answer] = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    [(_, _, _, _, _, found, *_)] = answer.groups
    ids = [member[0] for member in found]
    return {each.removeprefix(f"{group}-").partition("-")[0]: each for each in ids}


async def joined(ground: Ground, group: str, ordinal: str, *, instead_of: str | None) -> float:
    """Seconds until a process other than `instead_of` is the group's member of that ordinal."""
    began = time.monotonic()
    await until(
        lambda: members(ground, group),
        lambda found: found.get(ordinal) not in (None, instead_of),
        f"member {ordinal} of {group} has joined",
        60,
        pause=0.2,
    )
    return time.monotonic() - began


def beside(ground: Ground, name: str, **changes: str) -> AbstractContextManager[psutil.Popen]:
    """One more process like the supervised one called `name`, with some of its environment changed; SIGTERM at the end."""
    return _started(ground.process(name), ground, name, changes)


@asynccontextmanager
async def instead_of(ground: Ground, name: str, **changes: str) -> AsyncIterator[psutil.Popen]:
    """The supervised process is stopped, another with a changed environment stands in its place meanwhile."""
    rpc = supervise.remote(ground.home).supervisor
    model = ground.process(name)
    try:
        with _started(model, ground, name, changes, lambda: rpc.stopProcess(_program(name))) as found:
            yield found
    finally:
        rpc.startProcess(_program(name), False)


def _program(name: str) -> str:
    return f"{supervise.HOUSE}:{name}"


@contextmanager
def _started(
    model: psutil.Process,
    ground: Ground,
    name: str,
    changes: dict[str, str],
    before: Callable[[], object] = lambda: None,
) -> Iterator[psutil.Popen]:
    environment, command = {**model.environ(), **changes}, model.cmdline()
    before()
    with (ground.home.logs / f"{name}.other.log").open("ab") as out:
        process = psutil.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=os.sep)
    try:
        yield process
    finally:
        if process.is_running():
            process.terminate()
        try:
            process.wait(25)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
