"""A proxy between the gateway and a service that can lose answers: after the service gave them, before anybody got them."""

import asyncio
import random
import socket
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Cutting:
    """Passes everything on, until `probability` says that an answer is lost; then its connection breaks as well.

    `lost` counts the 2xx answers to commands that were lost: what they answered was committed.
    """

    port: int
    target: int = 0
    probability: float = 0.0
    lost: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    _server: asyncio.Server | None = None
    _carrying: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        def begin(caller: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._carry(caller, answer))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

        self._server = await asyncio.start_server(begin, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._carrying):
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, caller: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            answer.close()
            return
        asked = [b""]
        ways = [
            asyncio.create_task(self._pass_on(caller, writer, asked)),
            asyncio.create_task(self._give_back(reader, answer, asked)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, answer):
                with suppress(OSError, RuntimeError):
                    end.close()

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        while data := await source.read(65536):
            if data.startswith((b"POST ", b"GET ", b"PUT ")):
                asked[0] = data[:4]
            sink.write(data)
            await sink.drain()

    async def _give_back(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        while data := await source.read(65536):
            if data.startswith(b"HTTP/1.1 2") and self.dice.random() < self.probability:
                self.lost += asked[0] == b"POST"
                return
            sink.write(data)
            await sink.drain()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
