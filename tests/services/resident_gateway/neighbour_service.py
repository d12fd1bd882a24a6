"""A small real service on uvicorn for the gateway to forward to, and a line to it on which answers can get lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

IN_PROGRESS = {"type": "/problems/in-progress", "title": "Conflict", "status": 409, "detail": "wait"}
TASK_TAKEN = {"type": "/problems/task-taken", "title": "Conflict", "status": 409, "detail": "taken"}


@dataclass
class NeighbourService:
    """`arrived` is every call as it came; `effects` the accepted offers by key, so that a repeat has no second one."""

    port: int = 0
    arrived: list[dict[str, Any]] = field(default_factory=list)
    effects: dict[str, str] = field(default_factory=dict)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/offers/{offer_id}/accept")
        async def accept_offer(offer_id: str, request: Request) -> Response:
            await self._note(request)
            if self.refusals:
                return JSONResponse(self.refusals.pop(0), 409, media_type="application/problem+json")
            key = request.headers.get("idempotency-key", f"no key, call {len(self.arrived)}")
            self.effects.setdefault(key, offer_id)
            body = {"id": offer_id, "accepted_by_call": list(self.effects).index(key)}
            return JSONResponse(body, 201, {"ETag": '"7"', "X-Internal": "not for outside"})

        @app.get("/long.csv")
        async def long() -> Response:
            async def halves() -> AsyncIterator[str]:
                yield "first,"
                await self.may_go_on.wait()
                yield "second"

            return StreamingResponse(
                halves(), media_type="text/csv", headers={"X-Internal": "not for outside"}
            )

        @app.api_route("/{path:path}", methods=["GET", "POST", "PUT"])
        async def anything(path: str, request: Request) -> Response:
            await self._note(request)
            problem = {"type": "/problems/unavailable", "title": path, "status": 503, "detail": "away"}
            headers = {"Retry-After": "9"}
            return JSONResponse(problem, 503, headers, media_type="application/problem+json")

        return app

    async def _note(self, request: Request) -> None:
        path = request.scope["raw_path"].decode()
        query = request.scope["query_string"].decode()
        self.arrived.append(
            {"path": path, "query": query, "headers": dict(request.headers), "body": await request.body()}
        )


@asynccontextmanager
async def neighbour_service() -> AsyncIterator[NeighbourService]:
    service = NeighbourService()
    config = uvicorn.Config(
        service.app(), port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    service.port = server.servers[0].sockets[0].getsockname()[1]
    yield service
    server.should_exit = True
    await running


@dataclass
class LossyLine:
    """A TCP relay. While `lose` is above zero a call still goes through, and its answer is cut off instead of coming back."""

    port: int
    far_port: int
    server: asyncio.Server | None = None
    lose: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def to(cls, far_port: int) -> AsyncIterator["LossyLine"]:
        line = cls(0, far_port)
        line.server = await asyncio.start_server(line._connected, "127.0.0.1", 0)
        line.port = line.server.sockets[0].getsockname()[1]
        yield line
        await line.cut()

    async def cut(self) -> None:
        """Nobody answers at this address any more."""
        assert self.server is not None
        self.server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()

    async def _connected(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        far, call = await asyncio.open_connection("127.0.0.1", self.far_port)
        forth = asyncio.create_task(self._pass(near, call))
        try:
            while piece := await far.read(65536):
                if self.lose:
                    self.lose -= 1
                    answer.transport.abort()
                    break
                answer.write(piece)
                await answer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            forth.cancel()
            await asyncio.gather(forth, return_exceptions=True)
            for end in (call, answer):
                end.close()
                with suppress(ConnectionError, asyncio.CancelledError):
                    await end.wait_closed()
            self.tasks.discard(task)

    @staticmethod
    async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await source.read(65536):
                sink.write(piece)
                await sink.drain()
            sink.write_eof()
