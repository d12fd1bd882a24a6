"""The server's protocol, with bounds on what comes before a request is one: its line and headers, in bytes and in time.

uvicorn bounds neither with httptools: a header without end would be kept in memory, a connection that sends nothing for ever.
"""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from platform_kit.problem_answers import refused
from platform_kit.problems import HeadTooLarge

# A token may have 8 KiB; nothing else that we ask for is long.
LARGEST_HEAD = 32 * 1024
HEAD_SECONDS = 10.0


class BoundedProtocol(HttpToolsProtocol):
    """`_head` counts the bytes of a head that does not come whole; `_late` ends whoever takes too long with it."""

    _in_head = False
    _ended = False
    _head = 0
    _late: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._be_patient()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        was_in_head = self._in_head
        super().data_received(data)
        if was_in_head and self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                return self._refuse()
        # Nobody works on an answer, and nothing else would end this: half a head has come, or empty lines before one.
        waits = self._in_head or (self.timeout_keep_alive_task is None and self._is_idle())
        if waits and self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._ended:
            return
        self._in_head = False
        self._be_patient()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._refuse()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._ended:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._ended:
            super().on_message_complete()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _be_patient(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _refuse(self) -> None:
        """Answered, and then what still comes is thrown away for a while: whoever is cut off in the middle of sending never
        reads why."""
        self._ended = True
        self._be_patient()
        answer = refused(HeadTooLarge(limit=LARGEST_HEAD), "zh")
        lines: list[Any] = [b"%s: %s\r\n" % header for header in answer.raw_headers]
        self.transport.write(
            b"".join([STATUS_LINE[431], *lines, b"connection: close\r\n\r\n", bytes(answer.body)])
        )
        self.transport.write_eof()
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)
