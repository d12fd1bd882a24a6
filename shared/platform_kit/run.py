"""`python -m platform_kit.run <service> api|worker|migrate`: the one entry of every process."""

import argparse
import asyncio
import gc
import signal
import socket
import sys
from contextlib import suppress

import prometheus_client
import uvicorn
import uvloop

from platform_kit.app import create_api
from platform_kit.http_protocol import BoundedProtocol
from platform_kit.kit import Kit
from platform_kit.safe_start import refuse_role, settings_of
from platform_kit.service import Service, find
from platform_kit.settings import ServiceSettings
from platform_kit.telemetry import configure_logs
from platform_kit.worker import run_worker

GRACEFUL_SECONDS = 15


def main() -> None:
    parser = argparse.ArgumentParser(prog="platform_kit.run")
    parser.add_argument("service")
    parser.add_argument("process", choices=("api", "worker", "migrate"))
    arguments = parser.parse_args()
    service = find(arguments.service)
    configure_logs(service.name, arguments.process)
    if arguments.process == "migrate":
        # Alembic costs a third of a second, which twelve processes that never migrate should not pay at each start.
        from platform_kit.migrate import migrate, owner_address

        migrate(service.name, owner_address(service.prefix))
        return
    _collect_garbage_seldom()
    settings = settings_of(service)
    if settings.mode != "local":
        asyncio.run(refuse_role(service, settings))
    if arguments.process == "api":
        _serve(service, settings)
    else:
        uvloop.run(run_worker(service, Kit.of(service.name, settings)))


def _serve(service: Service, settings: ServiceSettings) -> None:
    kit = Kit.of(service.name, settings)
    if settings.api_metrics_port:
        prometheus_client.start_http_server(settings.api_metrics_port, settings.host)
    # uvicorn ends by the signal that it was sent; whoever supervises us is to see an orderly leave.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        create_api(service, kit),
        host=settings.host,
        port=settings.api_port,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        access_log=False,
        # The app asks its own proxies (see create_api).
        proxy_headers=False,
        log_level="warning",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    server = uvicorn.Server(config)
    sockets = [_shared(settings.host, settings.api_port)] if settings.api_port_shared else None
    with suppress(KeyboardInterrupt):
        server.run(sockets=sockets)
    if not server.started:
        sys.exit(1)


def _shared(host: str, port: int) -> socket.socket:
    """The kernel gives each new connection to one of those that listen there."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((host, port))
    return listening


def _collect_garbage_seldom() -> None:
    """What was imported stays for good and need not be looked at again; what a call or event leaves is freed by counting."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


if __name__ == "__main__":
    main()
