"""Topics are made explicitly, from the contracts; a broker that makes them by itself would hide a misspelt name."""

import asyncio
import logging
import sys

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from event_contracts.base import Topic
from event_contracts.topics import TOPICS
from platform_kit.broker import broker_connection
from platform_kit.settings import KafkaSettings

DAY_MS = 86_400_000


async def wait_for_kafka(bootstrap: str, seconds: float = 60.0) -> None:
    """Returns when the broker answers; raises what it said last. That it does not yet is no news to anybody."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        admin = AIOKafkaAdminClient(**broker_connection(bootstrap, KafkaSettings()), request_timeout_ms=3000)
        try:
            await admin.start()
            await admin.list_topics()
        except (KafkaError, OSError):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return
        finally:
            await admin.close()


async def create_topics(bootstrap: str, topics: tuple[Topic, ...]) -> list[str]:
    """Makes those that are missing, with a copy on each of up to three brokers; their names."""
    admin = AIOKafkaAdminClient(**broker_connection(bootstrap, KafkaSettings()), request_timeout_ms=15000)
    await admin.start()
    try:
        replication = min(3, len((await admin.describe_cluster())["brokers"]))
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        if missing:
            await admin.create_topics([_described(topic, replication) for topic in missing], timeout_ms=15000)
    finally:
        await admin.close()
    return [topic.name for topic in missing]


def _described(topic: Topic, replication: int) -> NewTopic:
    settings = {
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(topic.retention_days * DAY_MS),
    }
    if replication == 1:
        # One broker has no second copy: what it acknowledged must be on the disk.
        settings["flush.messages"] = "1"
    else:
        settings["min.insync.replicas"] = str(replication - 1)
    return NewTopic(topic.name, topic.partitions, replication, topic_configs=settings)


def main() -> None:
    """`python -m local_runtime.topics HOST:PORT`: make what is missing on a given broker, or on the brokers behind it."""
    made = asyncio.run(create_topics(sys.argv[1], TOPICS))
    sys.stdout.write(f"{len(made)} topics made\n")


if __name__ == "__main__":
    main()
