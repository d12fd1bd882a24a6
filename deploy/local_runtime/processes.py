"""The services' processes: what each gets in its environment, from the one list of services."""

import sys

from local_runtime import bytecode
from local_runtime.databases import service_dsn
from local_runtime.home import Home
from local_runtime.house import GATEWAY, SERVICES, Service, gateway_name, worker_name
from local_runtime.programs import Program
from local_runtime.secrets_store import (
    audit_anchor_key_file,
    jwks_file,
    kek_file,
    operator_password_file,
    sealing_key_file,
    signing_key_file,
)

ENTRY = "platform_kit.run"


def programs(
    home: Home,
    services: tuple[Service, ...],
    *,
    ports: dict[str, int],
    maintenance: str,
    kafka: str,
    workers: int = 1,
    gateways: int = 1,
    entry: str = ENTRY,
) -> list[Program]:
    """An api and its workers for each; they start when the servers and the tables are there.

    `entry` is the module that is run: the fault run starts the same processes with its fault points in them.
    """
    made = []
    for service in services:
        environment = _environment(home, service, ports, maintenance, kafka)
        api = (sys.executable, "-m", entry, service.name, "api")
        if service.name == GATEWAY:
            made += [
                Program(
                    gateway_name(ordinal),
                    api,
                    environment | _sharing(ordinal, ports, gateways),
                    autostart=False,
                )
                for ordinal in range(gateways)
            ]
        else:
            made.append(Program(f"{service.name}.api", api, environment, autostart=False))
        for ordinal in range(workers):
            mine = {
                "LINLI_ORDINAL": str(ordinal),
                "LINLI_AUDIT_ANCHOR_DIR": str(home.anchors),
                "LINLI_AUDIT_ANCHOR_KEY_FILE": str(audit_anchor_key_file(home)),
                f"{service.prefix}_WORKER_METRICS_PORT": str(
                    ports[f"{worker_name(service, ordinal)}_metrics"]
                ),
            }
            worker = (sys.executable, "-m", entry, service.name, "worker")
            made.append(Program(worker_name(service, ordinal), worker, environment | mine, autostart=False))
    return made


def _sharing(ordinal: int, ports: dict[str, int], gateways: int) -> dict[str, str]:
    """One of several processes on the gateway's port: each has metrics of its own."""
    if gateways == 1:
        return {}
    return {
        "GATEWAY_API_PORT_SHARED": "true",
        "GATEWAY_API_METRICS_PORT": str(ports[f"{gateway_name(ordinal)}_metrics"]),
    }


def _environment(
    home: Home, service: Service, ports: dict[str, int], maintenance: str, kafka: str
) -> dict[str, str]:
    prefix = service.prefix
    environment = {
        **bytecode.environment(),
        "LINLI_MODE": "local",
        "LINLI_KAFKA": kafka,
        "LINLI_JWKS_FILE": str(jwks_file(home)),
        "LINLI_SEALING_KEY_FILE": str(sealing_key_file(home)),
        "LINLI_KEK_FILE": str(kek_file(home)),
        f"{prefix}_DATABASE_URL": service_dsn(home, maintenance, service),
        f"{prefix}_API_PORT": str(ports[f"{service.name}.api"]),
        f"{prefix}_API_METRICS_PORT": str(ports[f"{service.name}.api_metrics"]),
    }
    if service.name == GATEWAY:
        environment |= {
            "GATEWAY_SIGNING_KEY_FILE": str(signing_key_file(home)),
            "GATEWAY_OPERATOR_PASSWORD_FILE": str(operator_password_file(home)),
            "GATEWAY_MESSAGES_DIR": str(home.messages),
        }
        for other in SERVICES:
            if other.name != GATEWAY and f"{other.name}.api" in ports:
                environment[f"GATEWAY_{other.prefix}_URL"] = f"http://127.0.0.1:{ports[f'{other.name}.api']}"
    return environment
