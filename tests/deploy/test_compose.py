"""docker-compose.yml is the one list of services, as official images."""

from typing import Any

import pytest
import yaml

from architecture.sources import ROOT
from event_contracts.base import Topic
from local_runtime.house import GATEWAY, SERVICES, Service
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
    owner = PARTS["migrate"]["environment"][f"{service.prefix}_OWNER_DATABASE_URL"]
    assert owner.startswith(f"postgresql://{service.owner}:")


def test_the_gateway_knows_every_service_and_alone_is_published() -> None:
    settings = PARTS[f"{GATEWAY}.api"]["environment"]
    for service in SERVICES:
        if service.name != GATEWAY:
            assert settings[f"GATEWAY_{service.prefix}_URL"] == f"http://{service.name}.api:{service.port}"
    published = [name for name, part in PARTS.items() if part.get("ports")]
    assert published == [f"{GATEWAY}.api"]


def test_the_servers_are_set_as_the_local_ones() -> None:
    assert PARTS["postgres"]["image"] == "postgres:18"
    assert {"fsync=on", "synchronous_commit=on"} <= set(PARTS["postgres"]["command"])
    assert PARTS["postgres"]["environment"]["LINLI_SERVICES"].split() == [
        service.name for service in SERVICES
    ]
    assert PARTS["kafka"]["image"] == "apache/kafka:4.4.0"
    kafka = PARTS["kafka"]["environment"]
    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert kafka["KAFKA_LOG_FLUSH_INTERVAL_MESSAGES"] == "1"
    assert kafka["KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE"] == "LogAppendTime"
    assert _described(Topic("x.y"), 1).topic_configs["flush.messages"] == "1"


def test_no_secret_stands_in_it() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for line in text.splitlines():
        if "PASSWORD:" in line and "FILE" not in line:
            assert "${LINLI_DATABASE_PASSWORD" in line
