"""Outside local mode nothing starts with what is only safe at home, and one line says what that is."""

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey

from platform_kit.app import create_api
from platform_kit.safe_start import settings_of
from platform_kit.service import find
from platform_kit.testing import service_under_test

TLS = "?sslmode=require"
STRONG = "postgresql://probe:" + "p" * 20 + "@db.example:5432/probe" + TLS


def _keks(*keys: bytes) -> str:
    keks = {str(number): base64.b64encode(key).decode() for number, key in enumerate(keys)}
    return json.dumps({"current": "0", "keks": keks})


@pytest.fixture
def safe(tmp_path: Path) -> dict[str, str]:
    """Everything as it should be in production."""
    key = ECKey.generate_key("P-256", {"kid": "2026-11", "use": "sig", "alg": "ES256"}, auto_kid=False)
    files = {
        "jwks.json": json.dumps({"keys": [key.as_dict(private=False)]}),
        "sealing.key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "signing.json": json.dumps(key.as_dict(private=True)),
        "operator.password": secrets.token_urlsafe(24),
        "kafka.password": secrets.token_urlsafe(24),
        "kafka.ca": "a certificate",
        "keks.json": _keks(secrets.token_bytes(32)),
        "operator.totp": base64.b32encode(secrets.token_bytes(20)).decode(),
        "sms.token": secrets.token_urlsafe(24),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return {
        "LINLI_MODE": "production",
        "LINLI_KAFKA": "kafka.example:9092",
        "LINLI_KAFKA_CA_FILE": str(tmp_path / "kafka.ca"),
        "LINLI_KAFKA_USER": "probe_service",
        "LINLI_KAFKA_PASSWORD_FILE": str(tmp_path / "kafka.password"),
        "LINLI_KEK_FILE": str(tmp_path / "keks.json"),
        "LINLI_JWKS_FILE": str(tmp_path / "jwks.json"),
        "LINLI_SEALING_KEY_FILE": str(tmp_path / "sealing.key"),
        "PROBE_DATABASE_URL": STRONG,
        "GATEWAY_DATABASE_URL": STRONG,
        "GATEWAY_SIGNING_KEY_FILE": str(tmp_path / "signing.json"),
        "GATEWAY_OPERATOR_PASSWORD_FILE": str(tmp_path / "operator.password"),
        "GATEWAY_OPERATOR_TOTP_FILE": str(tmp_path / "operator.totp"),
        "GATEWAY_SMS_TOKEN_FILE": str(tmp_path / "sms.token"),
        "GATEWAY_MESSAGES_DIR": str(tmp_path / "messages"),
        **{f"GATEWAY_{name}_URL": f"https://{name.lower()}.example" for name in
           ("REGISTRY", "REQUESTS", "VOLUNTEERS", "RELIEF", "PAID")},
    }  # fmt: skip


def _told(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], service: str = "probe_service") -> str:
    """What is said instead of starting; empty when it starts."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    try:
        settings_of(find(service))
    except SystemExit as ended:
        return str(ended.code)
    return ""


def test_what_is_safe_starts(monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]) -> None:
    assert _told(monkeypatch, safe) == ""


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o640 | 0o020, 0o666])
@pytest.mark.parametrize(
    "variable", ["LINLI_SEALING_KEY_FILE", "LINLI_KEK_FILE", "LINLI_KAFKA_PASSWORD_FILE"]
)
def test_a_secret_that_others_can_read_or_change(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], variable: str, mode: int
) -> None:
    Path(safe[variable]).chmod(mode)
    told = _told(monkeypatch, safe)
    assert variable in told
    assert "\n" not in told


def test_a_group_may_read_a_secret_as_a_cluster_mounts_it(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]
) -> None:
    Path(safe["LINLI_SEALING_KEY_FILE"]).chmod(0o440)
    assert _told(monkeypatch, safe) == ""


def test_keys_that_others_can_change_are_trusted_by_nobody(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]
) -> None:
    Path(safe["LINLI_JWKS_FILE"]).chmod(0o644)
    assert _told(monkeypatch, safe) == ""
    Path(safe["LINLI_JWKS_FILE"]).chmod(0o666)
    assert "LINLI_JWKS_FILE" in _told(monkeypatch, safe)


@pytest.mark.parametrize("key", [b"test key of thirty-two bytes ...", b"\0" * 32, b"0123456789abcdef" * 2])
def test_a_sealing_key_that_somebody_thought_of(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], key: bytes
) -> None:
    Path(safe["LINLI_SEALING_KEY_FILE"]).write_text(base64.b64encode(key).decode())
    told = _told(monkeypatch, safe)
    assert "LINLI_SEALING_KEY_FILE" in told
    assert base64.b64encode(key).decode() not in told


def test_the_key_that_tests_sign_with(monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]) -> None:
    Path(safe["LINLI_JWKS_FILE"]).write_text('{"keys": [{"kid": "test"}]}')
    assert "LINLI_JWKS_FILE" in _told(monkeypatch, safe)


@pytest.mark.parametrize(
    ("address", "starts"),
    [
        ("postgresql://probe:" + "linli@db.example/probe" + TLS, False), ("postgresql://probe@db.example/probe" + TLS, False),
        ("postgresql://probe:" + "linli@127.0.0.1/probe", True), ("postgresql:///probe", True), (STRONG, True),
    ],
)  # fmt: skip
def test_a_weak_password_to_another_machine(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], address: str, starts: bool
) -> None:
    told = _told(monkeypatch, safe | {"PROBE_DATABASE_URL": address})
    assert (told == "") == starts
    assert starts or "PROBE_DATABASE_URL" in told
    assert "linli@" not in told


@pytest.mark.parametrize(
    ("address", "starts"),
    [
        (STRONG, True),
        (STRONG.replace("require", "verify-full"), True),
        (STRONG.replace("require", "prefer"), False),
        (STRONG.removesuffix(TLS), False),
        ("postgresql:///probe?user=probe&host=db.example", False),
        ("postgresql://probe:linli@127.0.0.1:5432,db.example:5432/probe", False),
        ("postgresql://probe:linli@127.0.0.1/probe", True),
        ("postgresql://probe:linli@[::1]:5432/probe", True),
        ("postgresql:///probe?host=/var/run/postgresql", True),
    ],
)
def test_data_goes_to_no_other_machine_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], address: str, starts: bool
) -> None:
    told = _told(monkeypatch, safe | {"PROBE_DATABASE_URL": address})
    assert (told == "") == starts
    assert starts or "PROBE_DATABASE_URL" in told


def test_the_database_password_may_stand_in_a_file_that_is_as_private_as_a_key(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "database.password"
    file.write_text("pass/word@" * 3 + "\n")
    file.chmod(0o600)
    beside = {
        "PROBE_DATABASE_URL": "postgresql://probe@db.example:5432/probe" + TLS,
        "PROBE_DATABASE_PASSWORD_FILE": str(file),
    }
    assert _told(monkeypatch, safe | beside) == ""
    address = settings_of(find("probe_service")).database_url
    assert unquote(urlsplit(address).password or "") == "pass/word@" * 3
    assert urlsplit(address).hostname == "db.example"
    file.chmod(0o644)
    assert "PROBE_DATABASE_PASSWORD_FILE" in _told(monkeypatch, safe | beside)
    file.unlink()
    told = _told(monkeypatch, safe | beside)
    assert "password file" in told
    assert "pass/word" not in told


ACCESS = ("LINLI_KAFKA_CA_FILE", "LINLI_KAFKA_USER", "LINLI_KAFKA_PASSWORD_FILE")


@pytest.mark.parametrize(
    ("brokers", "starts"),
    [
        ("kafka.example:9092", False),
        ("127.0.0.1:9092,kafka.example:9092", False),
        ("10.0.0.7:9092", False),
        ("127.0.0.1:9092", True),
        ("localhost:9092, [::1]:9092", True),
    ],
)
def test_a_broker_of_another_machine_that_asks_nobody_who_they_are(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], brokers: str, starts: bool
) -> None:
    plain = {name: value for name, value in safe.items() if name not in ACCESS} | {"LINLI_KAFKA": brokers}
    for name in ACCESS:
        monkeypatch.delenv(name, raising=False)
    told = _told(monkeypatch, plain)
    assert (told == "") == starts
    assert starts or all(name in told for name in ACCESS)
    assert _told(monkeypatch, plain | {"LINLI_MODE": "local"}) == ""


@pytest.mark.parametrize("missing", ACCESS)
@pytest.mark.parametrize("mode", ["local", "production"])
def test_half_of_who_we_are_to_the_broker_is_not_plaintext(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], missing: str, mode: str
) -> None:
    monkeypatch.delenv(missing, raising=False)
    told = _told(monkeypatch, {k: v for k, v in safe.items() if k != missing} | {"LINLI_MODE": mode})
    assert missing in told


@pytest.mark.parametrize("variable", ["LINLI_KAFKA_PASSWORD_FILE", "LINLI_KAFKA_CA_FILE", "LINLI_KEK_FILE"])
def test_a_file_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], variable: str
) -> None:
    Path(safe[variable]).unlink()
    assert variable in _told(monkeypatch, safe)


@pytest.mark.parametrize(
    ("change", "service"),
    [
        ({"LINLI_TRUSTED_PROXIES": "*"}, "probe_service"),
        ({"LINLI_TRUSTED_PROXIES": "10.0.0.1, *"}, "probe_service"),
        ({"LINLI_TRUSTED_PROXIES": "0.0.0.0/0"}, "probe_service"),
        ({"PROBE_CORS_ORIGINS": "*"}, "probe_service"),
        ({"PROBE_CORS_ORIGINS": "https://a.example, *"}, "probe_service"),
        ({"GATEWAY_STAFF_NEED_TOTP": "false"}, "resident_gateway"),
        ({"GATEWAY_SIGN_IN_PER_MINUTE": "0"}, "resident_gateway"),
        ({"GATEWAY_READS_PER_MINUTE": "0"}, "resident_gateway"),
        ({"GATEWAY_COMMANDS_PER_MINUTE": "0"}, "resident_gateway"),
        ({"GATEWAY_EXPENSIVE_PER_MINUTE": "0"}, "resident_gateway"),
    ],
)
def test_what_lets_everybody_in(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], change: dict[str, str], service: str
) -> None:
    [variable] = change
    assert variable not in _told(monkeypatch, safe, service)
    assert f"{variable}: " in _told(monkeypatch, safe | change, service)


def test_named_proxies_and_origins_start(monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]) -> None:
    named = {"LINLI_TRUSTED_PROXIES": "10.0.0.0/8", "PROBE_CORS_ORIGINS": "https://a.example"}
    assert _told(monkeypatch, safe | named) == ""


@pytest.mark.parametrize("key", [b"test key of thirty-two bytes ...", b"\0" * 32])
def test_a_key_encryption_key_that_somebody_thought_of(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], key: bytes
) -> None:
    Path(safe["LINLI_KEK_FILE"]).write_text(_keks(secrets.token_bytes(32), key))
    told = _told(monkeypatch, safe)
    assert "LINLI_KEK_FILE" in told
    assert base64.b64encode(key).decode() not in told


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::"])  # noqa: S104 - what is refused
def test_local_mode_answers_this_machine_alone_unless_it_is_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], host: str
) -> None:
    local = safe | {"LINLI_MODE": "local"}
    assert _told(monkeypatch, local) == ""
    told = _told(monkeypatch, local | {"PROBE_HOST": host})
    assert "PROBE_HOST" in told
    assert "LINLI_LOCAL_ON_A_NETWORK" in told
    assert _told(monkeypatch, local | {"PROBE_HOST": host, "LINLI_LOCAL_ON_A_NETWORK": "true"}) == ""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"GATEWAY_RELIEF_URL": "http://relief.example:8104"}, "GATEWAY_RELIEF_URL"),
        ({}, "GATEWAY_SMS_URL"),
        ({}, "GATEWAY_PUBLIC_URL"),
        ({"GATEWAY_PUBLIC_URL": "http://linli.example"}, "GATEWAY_PUBLIC_URL"),
    ],
)
def test_the_gateway_sends_no_token_in_the_clear_and_no_code_to_a_file(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], change: dict[str, str], named: str
) -> None:
    assert named in _told(monkeypatch, safe | change, "resident_gateway")


def test_an_operator_password_that_is_short(monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]) -> None:
    assert "GATEWAY_OPERATOR_PASSWORD_FILE" not in _told(monkeypatch, safe, "resident_gateway")
    Path(safe["GATEWAY_OPERATOR_PASSWORD_FILE"]).write_text("linli-demo")
    told = _told(monkeypatch, safe, "resident_gateway")
    assert "GATEWAY_OPERATOR_PASSWORD_FILE" in told
    assert "linli-demo" not in told


@pytest.mark.parametrize(
    ("change", "content", "named"),
    [
        ({"GATEWAY_OPERATOR_TOTP_FILE": None}, None, "GATEWAY_OPERATOR_TOTP_FILE"),
        ({}, "ABCDEFGH", "GATEWAY_OPERATOR_TOTP_FILE"),
        ({}, "no base32 at all, however long", "GATEWAY_OPERATOR_TOTP_FILE"),
        ({"GATEWAY_STAFF_NEED_TOTP": "false"}, None, "GATEWAY_STAFF_NEED_TOTP"),
        ({}, None, ""),
    ],
)
def test_nobody_with_more_rights_than_a_resident_signs_in_with_one_factor(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str], change: dict[str, str | None], content: str | None, named: str
) -> None:  # fmt: skip
    if content is not None:
        Path(safe["GATEWAY_OPERATOR_TOTP_FILE"]).write_text(content)
    reached = {"GATEWAY_SMS_URL": "https://sms.example", "GATEWAY_PUBLIC_URL": "https://linli.example"}
    settings = safe | reached | change
    told = _told(monkeypatch, {k: v for k, v in settings.items() if v is not None}, "resident_gateway")
    assert named in told
    assert bool(named) == bool(told)
    assert content is None or content not in told


def test_at_home_all_of_it_is_allowed(monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]) -> None:
    Path(safe["LINLI_SEALING_KEY_FILE"]).chmod(0o644)
    local = safe | {"LINLI_MODE": "local", "GATEWAY_RELIEF_URL": "http://relief.example"}
    assert _told(monkeypatch, local, "resident_gateway") == ""


def test_a_missing_or_wrong_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, safe: dict[str, str]
) -> None:
    monkeypatch.delenv("LINLI_KAFKA", raising=False)
    told = _told(
        monkeypatch, {**{k: v for k, v in safe.items() if k != "LINLI_KAFKA"}, "PROBE_POOL_SIZE": "hunter2"}
    )
    assert "LINLI_KAFKA" in told
    assert "PROBE_POOL_SIZE" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("process", ["api", "worker"])
def test_the_process_ends_with_one_and_one_line(safe: dict[str, str], process: str) -> None:
    Path(safe["LINLI_SEALING_KEY_FILE"]).chmod(0o644)
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-m", "platform_kit.run", "probe_service", process],
        env={**os.environ, **safe, "PYTHONPATH": paths}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 1
    [line] = ended.stderr.strip().splitlines()
    assert "LINLI_SEALING_KEY_FILE" in line


async def test_outside_local_mode_there_is_no_route_for_moving_the_clock(servers: Any) -> None:
    async with service_under_test("probe_service", servers.postgres_dsn) as probe:
        assert (await probe.get("/local/clock")).status_code == 200
        probe.kit.settings.mode = "production"
        transport = httpx.ASGITransport(app=create_api(probe.service, probe.kit))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/local/clock")).status_code == 404
            assert (await client.put("/local/clock", json={"offset_seconds": 1})).status_code == 404
