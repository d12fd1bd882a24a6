"""Whatever is refused under `/open311/` is told as Open311 tells it, in the format that was asked for: also what is refused before
a route is reached, such as a body that is too large."""

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platform_kit.problem_answers import MEDIA_TYPE
from resident_gateway import open311_forms as forms

PREFIX = "/open311/"
_OF_THE_BODY = (b"content-type", b"content-length")


class Open311Answers:
    """Pure ASGI. An answer that is no problem is passed on as it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            return await self._app(scope, receive, send)
        start: Message | None = None
        body = bytearray()

        async def send_translated(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_errors(scope["path"], start, bytes(body), send)

        await self._app(scope, receive, send_translated)


def _is_problem(start: Message) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return any(kind.startswith(MEDIA_TYPE.encode()) for kind in kinds)


async def _send_errors(path: str, start: Message, body: bytes, send: Send) -> None:
    asked = forms.format_of(path)
    status, errors = forms.refusal(start["status"], orjson.loads(body or b"{}"))
    written = orjson.dumps(errors) if asked == "json" else forms.xml("errors", errors)
    headers = [(name, value) for name, value in start["headers"] if name.lower() not in _OF_THE_BODY]
    headers += [
        (b"content-type", forms.MEDIA_TYPES[asked].encode()),
        (b"content-length", str(len(written)).encode()),
    ]
    await send({**start, "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": written})
