"""A Kafka producer whose every wait is bounded. After ANY failed send it is thrown away: the failed batch poisons it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidMessageError,
    InvalidTimestampError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnsupportedForMessageFormatError,
)

from platform_kit.broker import broker_connection
from platform_kit.settings import KafkaSettings

START_SECONDS = 10.0
# A round waits for its slowest partition: less than half of the relay's lease, or one that does not answer would cost the
# lease, and with it every mark of the others, round after round.
SEND_SECONDS = 4.0
STOP_SECONDS = 3.0

SETTINGS: dict[str, Any] = {
    "enable_idempotence": True,
    "acks": "all",
    "compression_type": "lz4",
    "linger_ms": 0,
    "max_batch_size": 512 * 1024,
    "max_request_size": 1_000_000,
    "request_timeout_ms": int(START_SECONDS * 1000),
    "retry_backoff_ms": 200,
}

# What the broker says of a record itself; everything else may pass with time.
REFUSED = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidMessageError,
    InvalidTimestampError,
    PolicyViolationError,
    TopicAuthorizationFailedError,
    UnsupportedForMessageFormatError,
)


@dataclass(frozen=True, slots=True)
class Record:
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Producer:
    """Idempotent, acks=all. One explicit batch per topic-partition at a time, awaited before that partition's next."""

    def __init__(self, bootstrap: str, access: KafkaSettings, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._access = access
        self._client_id = client_id
        self._kafka: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def send(self, topic: str, partition: int, records: Sequence[Record]) -> int:
        """Send the first of `records` that fit one batch; how many that was. Raises KafkaError; the outcome is then unknown."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                kafka = await self._started()
                batch = kafka.create_batch()
                count = 0
                for record in records:
                    if (
                        batch.append(
                            key=record.key, value=record.value, timestamp=None, headers=record.headers
                        )
                        is None
                    ):
                        break
                    count += 1
                if count == 0:
                    raise MessageSizeTooLargeError(f"one record of {topic} is larger than a batch")
                batch.close()
                acknowledged = await kafka.send_batch(batch, topic, partition=partition)
                await acknowledged
                return count
        except TimeoutError as error:
            raise KafkaTimeoutError(f"no answer for {topic}-{partition}") from error
        except OSError as error:
            raise KafkaError(repr(error)) from error

    async def discard(self) -> None:
        """Leave nothing alive that could send later: a `stop()` that hangs is cut short."""
        kafka, self._kafka = self._kafka, None
        if kafka is None:
            return
        with suppress(Exception):
            await asyncio.wait_for(kafka.stop(), STOP_SECONDS)
            return
        task = getattr(kafka._sender, "_sender_task", None)
        if task is not None:
            task.cancel()
        with suppress(Exception):
            await asyncio.wait_for(kafka.client.close(), STOP_SECONDS)

    async def _started(self) -> AIOKafkaProducer:
        """One for all partitions, also when several of them ask for it at once."""
        async with self._starting:
            if self._kafka is not None:
                return self._kafka
            kafka = AIOKafkaProducer(
                **broker_connection(self._bootstrap, self._access),
                client_id=self._client_id,
                **SETTINGS,
            )
            try:
                await kafka.start()
            except BaseException:
                with suppress(Exception):
                    await asyncio.wait_for(kafka.stop(), STOP_SECONDS)
                raise
            self._kafka = kafka
            return kafka
