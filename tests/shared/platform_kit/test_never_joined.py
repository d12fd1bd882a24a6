"""A group that never makes up its mind: one member is frozen, and the broker waits for it for as long as it may."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from local_runtime.topics import create_topics
from platform_kit import listener
from platform_kit.listener import Listener, Stalled
from platform_kit.testing import ServiceUnderTest
from platform_kit.watchdog import Progress
from probe_service.service import SERVICE, TOPIC, TOPICS

PATIENCE_SECONDS = 60.0
_MEMBER = """
import asyncio, sys
from aiokafka import AIOKafkaConsumer

async def main():
    kafka = AIOKafkaConsumer(sys.argv[2], bootstrap_servers=sys.argv[1], group_id=sys.argv[3],
                             session_timeout_ms=60_000, rebalance_timeout_ms=60_000, heartbeat_interval_ms=500)
    await kafka.start()
    while not kafka.assignment():
        await kafka.getmany(timeout_ms=200)
    print("joined", flush=True)
    await asyncio.sleep(120)

asyncio.run(main())
"""


@pytest.fixture
async def joining(probe: ServiceUnderTest, servers: Any, monkeypatch: pytest.MonkeyPatch) -> Listener:
    await create_topics(servers.kafka, TOPICS)
    probe.kit.settings.kafka = servers.kafka
    probe.kit.service = f"probe_{uuid4().hex[:8]}"
    monkeypatch.setattr(listener, "JOIN_SECONDS", 5.0)
    copy = next(consumer for consumer in SERVICE.consumers if consumer.name == "copy")
    return Listener(probe.kit, copy, Progress())


@asynccontextmanager
async def _member(servers: Any, group: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _MEMBER, servers.kafka, TOPIC.name, group, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def _joined(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS) == b"joined\n"


async def test_a_worker_that_waits_for_its_group_without_end_ends_though_the_broker_answers(
    joining: Listener, servers: Any
) -> None:
    async with _member(servers, joining.group) as frozen:
        await _joined(frozen)
        frozen.send_signal(signal.SIGSTOP)
        with pytest.raises(Stalled):
            await asyncio.wait_for(joining.run(asyncio.Event()), PATIENCE_SECONDS)


async def test_a_worker_whose_group_never_agrees_again_ends_too(joining: Listener, servers: Any) -> None:
    async with _member(servers, joining.group) as frozen:
        running = asyncio.create_task(joining.run(asyncio.Event()))
        await _joined(frozen)
        frozen.send_signal(signal.SIGSTOP)
        async with _member(servers, joining.group):
            with pytest.raises(Stalled):
                await asyncio.wait_for(running, PATIENCE_SECONDS)
