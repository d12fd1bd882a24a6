"""docker-compose.yml is the one list of services, as official images."""

import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from architecture.sources import ROOT
from event_contracts.topics import TOPICS
from local_runtime import kafka, postgres
from local_runtime.cli import app
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
        assert address == f"postgresql://{service.name}@postgres:5432/{service.name}"
        # Local mode on every address of the container: nobody but the house is on its network, and it says so.
        assert settings["LINLI_LOCAL_ON_A_NETWORK"] == "true"
    worker = PARTS[f"{service.name}.worker"]
    assert f"anchors:{worker['environment']['LINLI_AUDIT_ANCHOR_DIR']}" in worker["volumes"]
    assert "anchors" in COMPOSE["volumes"]
    assert "LINLI_AUDIT_ANCHOR_KEY_FILE" not in PARTS[f"{service.name}.api"]["environment"]
    owner = PARTS["migrate"]["environment"][f"{service.prefix}_OWNER_DATABASE_URL"]
    assert owner == f"postgresql://{service.owner}@postgres:5432/{service.name}"


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


def _named(part: str) -> set[str]:
    """The secrets that the settings of a container name."""
    values = PARTS[part].get("environment", {}).values()
    return {value.removeprefix(_PLACE) for value in values if value.startswith(_PLACE)}


_PLACE = "/run/secrets/"
_ROLES = [role for service in SERVICES for role in (service.owner, service.name)]


def test_no_secret_stands_in_it() -> None:
    for name, part in PARTS.items():
        for setting, value in part.get("environment", {}).items():
            assert "${" not in value, f"{name} takes {setting} from whoever starts it"
            if any(word in setting for word in ("PASSWORD", "KEY", "TOKEN", "SECRET", "KEK")):
                assert setting.endswith("_FILE")
                assert value.startswith(_PLACE)
            if "://" in value:
                assert urlsplit(value).password is None


def test_each_container_is_given_the_files_that_its_settings_name_and_no_other() -> None:
    for name, part in PARTS.items():
        given = part.get("secrets", [])
        assert len(given) == len(set(given))
        # The server is told the passwords of the roles that it makes.
        roles = {f"{role}.password" for role in _ROLES} if name == "postgres" else set()
        assert set(given) == _named(name) | roles, name
        for volume in part.get("volumes", []):
            assert ".local" not in volume, f"{name} sees a folder of secrets"


def test_no_two_roles_of_the_databases_share_a_password() -> None:
    passwords = {"postgres": {PARTS["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"]}}
    for service in SERVICES:
        variable = f"{service.prefix}_OWNER_DATABASE_PASSWORD_FILE"
        passwords[service.owner] = {PARTS["migrate"]["environment"][variable]}
        passwords[service.name] = {
            PARTS[f"{service.name}.{process}"]["environment"][f"{service.prefix}_DATABASE_PASSWORD_FILE"]
            for process in ("api", "worker")
        }
    for role, files in passwords.items():
        assert files == {f"{_PLACE}{role}.password"}
    script = (ROOT / "deploy" / "docker" / "create-databases.sh").read_text("utf-8")
    assert f'owner_secret="$(cat "{_PLACE}${{service}}_owner.password")"' in script
    assert f'service_secret="$(cat "{_PLACE}$service.password")"' in script
    assert """:"owner" LOGIN PASSWORD :'owner_secret'""" in script
    assert """:"service" LOGIN PASSWORD :'service_secret'""" in script


def test_who_has_the_keys() -> None:
    """The signing key and the first account are the gateway's, the anchors' key the workers', the owners' the migration's."""

    def holders(secret: str) -> set[str]:
        return {name for name, part in PARTS.items() if secret in part.get("secrets", [])}

    gateway = {f"{GATEWAY}.api", f"{GATEWAY}.worker"}
    assert holders("signing.json") == holders("operator.password") == gateway
    assert holders("audit_anchor.key") == {f"{service.name}.worker" for service in SERVICES}
    assert holders("postgres.password") == {"postgres"}
    for service in SERVICES:
        assert holders(f"{service.owner}.password") == {"postgres", "migrate"}
        own = {f"{service.name}.api", f"{service.name}.worker"}
        assert holders(f"{service.name}.password") == {"postgres"} | own


def test_linli_secrets_makes_every_file_that_is_mounted_and_no_password_twice(tmp_path: Path) -> None:
    for _ in range(2):
        result = CliRunner().invoke(app, ["secrets", str(tmp_path)])
        assert result.exit_code == 0, result.output
        files = {name: each["file"] for name, each in COMPOSE["secrets"].items()}
        assert files == {name: f"./.local/compose/{name}" for name in files}
        made = {name: (tmp_path / name).read_text() for name in files}
        passwords = [text for name, text in made.items() if name.endswith(".password")]
        assert len(set(passwords)) == len(passwords) == len(_ROLES) + 2
        assert all(len(text) >= 32 for text in passwords)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_what_is_made_again_is_the_same_file_to_whoever_has_it_mounted(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["secrets", str(tmp_path)])
    with (tmp_path / "jwks.json").open() as mounted:
        before = mounted.read()
        assert CliRunner().invoke(app, ["keys", "rotate", "--home", str(tmp_path)]).exit_code == 0
        assert CliRunner().invoke(app, ["secrets", str(tmp_path)]).exit_code == 0
        mounted.seek(0)
        after = mounted.read()
    assert after == (tmp_path / "jwks.json").read_text() != before
