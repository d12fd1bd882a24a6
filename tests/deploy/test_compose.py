"""docker-compose.yml is the one list of services, as official images."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from architecture.sources import ROOT
from event_contracts.topics import TOPICS
from local_runtime import kafka, postgres
from local_runtime.home import Home
from local_runtime.house import GATEWAY, SERVICES, Service
from local_runtime.jars import KAFKA_VERSION
from local_runtime.topics import _described

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
PARTS: dict[str, Any] = COMPOSE["services"]


def test_there_is_an_api_and_a_worker_for_every_service_and_nothing_else() -> None:
    expected = {f"{service.name}.{process}" for service in SERVICES for process in ("api", "worker")}
    assert set(PARTS) == expected | {"postgres", "kafka", "topics", "migrate"}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_names_ports_and_settings_are_the_lists(service: Service) -> None:
    for process in ("api", "worker"):
        part = PARTS[f"{service.name}.{process}"]
        assert part["command"] == [service.name, process]
        settings = part["environment"]
        assert settings[f"{service.prefix}_API_PORT"] == str(service.port)
        assert settings[f"{service.prefix}_API_METRICS_PORT"] == str(service.port + 100)
        assert settings[f"{service.prefix}_WORKER_METRICS_PORT"] == str(service.port + 200)
        assert settings["LINLI_KAFKA"] == "kafka:9092"
        address = settings[f"{service.prefix}_DATABASE_URL"]
        assert address.startswith(f"postgresql://{service.name}:")
        assert address.endswith(f"@postgres:5432/{service.name}")
    worker = PARTS[f"{service.name}.worker"]
    assert f"anchors:{worker['environment']['LINLI_AUDIT_ANCHOR_DIR']}" in worker["volumes"]
    assert "anchors" in COMPOSE["volumes"]
    assert "LINLI_AUDIT_ANCHOR_KEY_FILE" not in PARTS[f"{service.name}.api"]["environment"]
    owner = PARTS["migrate"]["environment"][f"{service.prefix}_OWNER_DATABASE_URL"]
    assert owner.startswith(f"postgresql://{service.owner}:")


def test_the_gateway_knows_every_service_and_alone_is_published() -> None:
    settings = PARTS[f"{GATEWAY}.api"]["environment"]
    for service in SERVICES:
        if service.name != GATEWAY:
            assert settings[f"GATEWAY_{service.prefix}_URL"] == f"http://{service.name}.api:{service.port}"
    published = [name for name, part in PARTS.items() if part.get("ports")]
    assert published == [f"{GATEWAY}.api"]


def _settings(text: str) -> dict[str, str]:
    """A server's settings file as names and values."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip().strip("'") for name, _, value in pairs}


def test_postgres_is_set_as_the_local_one() -> None:
    assert PARTS["postgres"]["image"] == "postgres:18"
    address = {"listen_addresses", "port", "unix_socket_directories"}
    local = {k: v for k, v in _settings(postgres._settings(5432)).items() if k not in address}
    program, *options = PARTS["postgres"]["command"]
    assert program == "postgres"
    assert _settings("\n".join(option.removeprefix("--") for option in options)) == local
    assert PARTS["postgres"]["environment"]["LINLI_SERVICES"].split() == [
        service.name for service in SERVICES
    ]


def test_kafka_is_set_as_the_local_one() -> None:
    assert PARTS["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
    local = _settings(kafka._settings(Home(Path("/nowhere")), 9092, 9093))
    ours = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in local.items()}
    given = PARTS["kafka"]["environment"]
    assert given.keys() == ours.keys()
    differs = {name for name, value in ours.items() if given[name] != value}
    assert differs == {
        "KAFKA_LISTENERS",
        "KAFKA_ADVERTISED_LISTENERS",
        "KAFKA_CONTROLLER_QUORUM_VOTERS",
        "KAFKA_LOG_DIRS",
    }, "only where it listens and where its data stands may differ"


def test_topics_are_made_as_the_list_of_record_says() -> None:
    record = yaml.safe_load((ROOT / "deploy" / "kafka" / "topics.yaml").read_text("utf-8"))
    profile = record["one_broker"]
    for topic, listed in zip(TOPICS, record["topics"], strict=True):
        made = _described(topic, profile["replication"])
        assert (made.name, made.num_partitions) == (listed["name"], listed["partitions"])
        assert made.replication_factor == profile["replication"]
        assert made.topic_configs == {
            "message.timestamp.type": record["all"]["message.timestamp.type"],
            "flush.messages": str(profile["flush.messages"]),
            "retention.ms": str(listed["retention.ms"]),
        }


@pytest.mark.parametrize(
    ("part", "data"), [("postgres", "/var/lib/postgresql"), ("kafka", "/var/lib/kafka/data")]
)
def test_what_a_server_acknowledged_stands_on_a_volume(part: str, data: str) -> None:
    """A container is thrown away and made again; what was acknowledged must outlive it."""
    assert f"{part}:{data}" in PARTS[part]["volumes"]
    assert part in COMPOSE["volumes"]
    if part == "kafka":
        assert PARTS[part]["environment"]["KAFKA_LOG_DIRS"] == data


def test_no_secret_stands_in_it() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for line in text.splitlines():
        if "PASSWORD:" in line and "FILE" not in line:
            assert "${LINLI_DATABASE_PASSWORD" in line
