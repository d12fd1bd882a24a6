"""The worker's own small port: live, ready, metrics."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from uvicorn import Config, Server

from platform_kit.kit import Kit


class QuietServer(Server):
    """Leaves the signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_health(kit: Kit) -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        ready = await kit.db.answers()
        return JSONResponse({"status": "ready" if ready else "no database"}, 200 if ready else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    config = Config(
        app,
        host=kit.settings.host,
        port=kit.settings.worker_metrics_port,
        log_level="warning",
        access_log=False,
    )
    await QuietServer(config).serve()
