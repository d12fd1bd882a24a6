"""Two ways to the same two servers: local processes (the default), or containers where a Docker engine answers.

LINLI_TEST_SERVERS=local|docker chooses. Servers given by DATABASE_URL and LINLI_KAFKA are used as they are.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker.errors
import psutil
import pytest
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

import docker
from local_runtime.home import Home
from local_runtime.topics import wait_for_kafka
from local_runtime.up import down, up

# What is made there has a name of its own, by mkdtemp.
IN_MEMORY = Path("/dev/shm")  # noqa: S108
ROOM_BYTES = 6 * 1024**3


@dataclass(frozen=True)
class TestServers:
    __test__ = False

    postgres_dsn: str
    kafka: str


@contextmanager
def open_servers(run: Path) -> Iterator[TestServers]:
    """`run` is a folder that all workers of one test run share: the first starts the servers, the last stops them."""
    given = os.environ.get("DATABASE_URL"), os.environ.get("LINLI_KAFKA")
    if given[0] and given[1]:
        yield TestServers(given[0], given[1])
    elif os.environ.get("LINLI_TEST_SERVERS", "local") == "docker":
        with _containers() as opened:
            yield opened
    else:
        with _local(run) as opened:
            yield opened


@contextmanager
def _local(run: Path) -> Iterator[TestServers]:
    state = run / "servers.json"
    with _locked(run):
        known = json.loads(state.read_text()) if state.exists() else {"users": 0, "home": None}
        if not known["users"]:
            _stop_abandoned()
            root = Path(tempfile.mkdtemp(prefix=f"linli-tests-{_run_pid()}-", dir=_place())).resolve()
            # The database's own account must get to what is its own.
            root.chmod(0o755)
            home = Home(root)
            running = up(home, lambda _: None, services=(), usual_ports=False)
            known = {
                "users": 0,
                "home": str(home.root),
                "dsn": running.maintenance_dsn,
                "kafka": running.kafka,
            }
        known["users"] += 1
        state.write_text(json.dumps(known))
    try:
        yield TestServers(known["dsn"], known["kafka"])
    finally:
        with _locked(run):
            known = json.loads(state.read_text())
            known["users"] -= 1
            state.write_text(json.dumps(known))
            if not known["users"]:
                _remove(Path(known["home"]))


def _place() -> Path:
    """In memory where there is room for it. Each test makes databases of its own and drops them, and ext4 passes over every inode that
    was given up within the last minutes before it gives out another: that was half of the processors' time."""
    with contextlib.suppress(OSError):
        room = min(shutil.disk_usage(IN_MEMORY).free, psutil.virtual_memory().available)
        if room >= ROOM_BYTES:
            return IN_MEMORY
    return Path(tempfile.gettempdir())


def _run_pid() -> int:
    """The process of the whole run: a worker of it is its child."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _stop_abandoned() -> None:
    """Servers of earlier test runs that were killed: their folder names the process that wanted them."""
    places = {IN_MEMORY, Path(tempfile.gettempdir())}
    for folder in (each for place in places for each in place.glob("linli-tests-*-*")):
        owner = folder.name.split("-")[2]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            _remove(folder)


def _remove(folder: Path) -> None:
    with contextlib.suppress(Exception):
        down(Home(folder.resolve()), lambda _: None)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(run: Path) -> Iterator[None]:
    with (run / "servers.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _containers() -> Iterator[TestServers]:
    """The official images, by testcontainers. Only a missing engine is a reason to skip; anything else that fails, fails."""
    try:
        docker.from_env().ping()
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine answers: {error!r}")
    port = _free_port()
    # testcontainers' own Kafka class is for another vendor's image; this one is told by its environment, like compose.
    kafka = DockerContainer("apache/kafka:4.4.0").with_bind_ports(port, port)
    for name, value in {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }.items():
        kafka = kafka.with_env(name, value)
    with PostgresContainer("postgres:18", driver=None) as postgres, kafka:
        bootstrap = f"127.0.0.1:{port}"
        asyncio.run(wait_for_kafka(bootstrap))
        yield TestServers(postgres.get_connection_url(), bootstrap)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
