"""The demo's only way in: HTTP at the gateway, with a key per intent, asked again with that key while a part is away."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
PATIENCE_SECONDS = 90.0
_AWAY = frozenset({429, 502, 503, 504})


class Refused(Exception):
    """The house said no: the status and its problem."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.problem: dict[str, Any] = (
            answer.json() if "json" in answer.headers.get("content-type", "") else {}
        )
        super().__init__(
            f"{answer.request.method} {answer.request.url.path}: {self.status} {self.problem.get('detail', '')}"
        )


class Client:
    """One signed-in person at the gateway; `None` as token: nobody."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        self._http = http
        self._token = token

    async def get(self, path: str) -> Any:
        return (await self._ask("GET", path, {}, None)).json()

    async def text(self, path: str) -> str:
        return (await self._ask("GET", path, {}, None)).text

    async def post(self, path: str, key: str, body: Any = None) -> Any:
        """`key` is made once per intent: the same again is the same call."""
        return (await self._ask("POST", path, {"Idempotency-Key": key}, body)).json()

    async def put(self, path: str, key: str, body: Any) -> Any:
        return (await self._ask("PUT", path, {"Idempotency-Key": key}, body)).json()

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: Any) -> httpx.Response:
        if self._token:
            headers = {**headers, "Authorization": f"Bearer {self._token}"}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = await self._http.request(method, f"/api/v1{path}", headers=headers, json=body)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                in_progress = answer.status_code == 409 and b"/problems/in-progress" in answer.content
                if answer.is_success:
                    return answer
                if not (answer.status_code in _AWAY or in_progress) or time.monotonic() > deadline:
                    raise Refused(answer)
            await asyncio.sleep(0.2)


async def eventually(ask: Callable[[], Awaitable[T]], until: Callable[[T], bool], what: str) -> T:
    """Ask until the answer is right: what travels as an event takes a moment. TimeoutError names what did not come."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = await ask()
        if until(answer):
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: the last answer was {str(answer)[:500]}")
        await asyncio.sleep(0.1)


async def when_known(do: Callable[[], Awaitable[T]]) -> T:
    """Do it as soon as the service knows of whom we speak: a 404 about a replica is asked again for a while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await do()
        except Refused as refusal:
            if refusal.status != 404 or time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.1)


async def sign_in_by_password(http: httpx.AsyncClient, account: str, password: str) -> Client:
    body = {"grant_type": "password", "account": account, "password": password}
    return Client(http, await _token(http, body))


async def sign_in_by_code(http: httpx.AsyncClient, phone: str) -> Client:
    """Ask for a code and read it where local mode captures messages, as a person at this machine would."""
    await Client(http)._ask("POST", "/auth/otp", {}, {"phone": phone})
    page = (await http.get("/local/messages")).text
    found = re.search(rf"<strong>{re.escape(phone)}</strong><span>[^<]*?(\d{{6}})", page)
    if not found:
        raise TimeoutError(f"no code arrived for {phone}")
    return Client(http, await _token(http, {"grant_type": "code", "phone": phone, "code": found[1]}))


async def _token(http: httpx.AsyncClient, body: dict[str, str]) -> str:
    answer = await Client(http)._ask("POST", "/auth/token", {}, body)
    return str(answer.json()["access_token"])
