"""Three Kafka brokers, each a JVM of its own: replication 3, of which 2 must have a record before it is acknowledged."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from local_runtime import kafka
from local_runtime.home import Home
from local_runtime.ports import is_free
from local_runtime.topics import wait_for_kafka

COUNT = 3
_FIRST_PORT = 21092


class Brokers:
    """`bootstrap` names all three; numbers go from 1."""

    def __init__(self, root: Path, say: Callable[[str], None]) -> None:
        self._root = root
        self._jars = kafka.classpath(say)
        free = (port for port in range(_FIRST_PORT, _FIRST_PORT + 400) if is_free(port))
        self._ports = {number: (next(free), next(free)) for number in range(1, COUNT + 1)}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port, _ in self._ports.values())
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
        for number in self._ports:
            self._prepare(number, cluster)

    def start(self, number: int) -> None:
        home = self._home(number)
        program = kafka.program(home, self._jars)
        with (home.root / "out.log").open("ab") as out:
            self._processes[number] = subprocess.Popen(program.command, stdout=out, stderr=subprocess.STDOUT)

    def stop(self, number: int, how: signal.Signals = signal.SIGTERM) -> None:
        """Returns when it is gone."""
        process = self._processes[number]
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def alive(self, number: int) -> bool:
        return psutil.pid_exists(self._processes[number].pid) and self._processes[number].poll() is None

    async def topics(self) -> list[dict[str, object]]:
        """Topics with their partitions: leader, replicas, isr; asked again while the one asked is away."""
        for _ in range(60):
            try:
                return await self._topics()
            except KafkaError:
                await asyncio.sleep(0.5)
        raise TimeoutError("no broker describes the topics")

    async def _topics(self) -> list[dict[str, object]]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
            return list(await admin.describe_topics())
        finally:
            await admin.close()

    async def out_of_sync(self) -> int:
        """Partitions that lack a replica now."""
        partitions = [each for topic in await self.topics() for each in topic["partitions"]]  # type: ignore[attr-defined]
        return sum(len(each["isr"]) < COUNT for each in partitions) if partitions else -1

    async def leads(self, topic: str) -> dict[int, int]:
        """How many partitions of the topic each broker leads."""
        found = next(each for each in await self.topics() if each["topic"] == topic)
        leaders = [each["leader"] for each in found["partitions"]]  # type: ignore[attr-defined]
        return {number: leaders.count(number) for number in self._ports}

    def _home(self, number: int) -> Home:
        return Home(self._root / f"broker{number}")

    def _prepare(self, number: int, cluster: str) -> None:
        home, (port, controller) = self._home(number), self._ports[number]
        home.kafka.mkdir(parents=True)
        voters = ",".join(f"{n}@127.0.0.1:{each}" for n, (_, each) in self._ports.items())
        changed = {
            "node.id": str(number),
            "controller.quorum.voters": voters,
            "default.replication.factor": "3",
            "min.insync.replicas": "2",
            "offsets.topic.replication.factor": "3",
            "transaction.state.log.replication.factor": "3",
            "transaction.state.log.min.isr": "2",
            "share.coordinator.state.topic.replication.factor": "3",
            "share.coordinator.state.topic.min.isr": "2",
            # A second copy stands for the disk of the first, and three sessions share two cores.
            "log.flush.interval.messages": "9223372036854775807",
            "broker.session.timeout.ms": "6000",
            "broker.heartbeat.interval.ms": "1000",
            # A broker that comes back gets its leaderships back within seconds: leaders move under the load.
            "leader.imbalance.check.interval.seconds": "5",
            "leader.imbalance.per.broker.percentage": "0",
        }
        lines = (line.partition("=") for line in kafka._settings(home, port, controller).splitlines())
        written = {name: value for name, _, value in lines} | changed
        text = "".join(f"{name}={value}\n" for name, value in written.items())
        settings = home.kafka / "server.properties"
        settings.write_text(text)
        (home.kafka / "log4j2.properties").write_text(kafka._LOGGING)
        format_it = [*kafka._java(home, self._jars, "-Xmx128m"), "kafka.tools.StorageTool", "format"]
        subprocess.run(
            [*format_it, "--cluster-id", cluster, "--config", str(settings)], check=True, capture_output=True
        )


@contextmanager
def brokers(say: Callable[[str], None]) -> Iterator[Brokers]:
    """LINLI_KAFKA names the three meanwhile; they are ended and their folders removed at the end."""
    root = Path(tempfile.mkdtemp(prefix=f"linli-brokers-{os.getpid()}-")).resolve()
    before = os.environ.get("LINLI_KAFKA")
    three = None
    try:
        three = Brokers(root, say)
        for number in range(1, COUNT + 1):
            three.start(number)
        asyncio.run(wait_for_kafka(three.bootstrap, 90))
        os.environ["LINLI_KAFKA"] = three.bootstrap
        yield three
    finally:
        if before is None:
            os.environ.pop("LINLI_KAFKA", None)
        else:
            os.environ["LINLI_KAFKA"] = before
        for process in three._processes.values() if three else ():
            process.kill()
            process.wait(10)
        shutil.rmtree(root, ignore_errors=True)
