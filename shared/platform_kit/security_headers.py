"""What every answer tells the browser. A route that says something else of its own, a page its CSP, is left alone."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_YEAR_SECONDS = 365 * 24 * 3600


def security_headers(mode: str) -> dict[str, str]:
    """Strict-Transport-Security only outside local mode: a browser would remember it for everything on that machine."""
    if mode == "local":
        return _ALWAYS
    return _ALWAYS | {"strict-transport-security": f"max-age={_YEAR_SECONDS}"}


class SecurityHeaders:
    """Pure ASGI, around everything but the answer to a fault of ours, which carries them itself."""

    def __init__(self, app: ASGIApp, mode: str) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in security_headers(mode).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                more = [header for header in self._headers if header[0] not in own]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, send_with_headers)
