"""The demo's only way in: HTTP at the gateway, with a key per intent, asked again with that key while a part is away."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
PATIENCE_SECONDS = 90.0
# That a one-time code is good for, when it was sent just now.
CODE_SECONDS = 300
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
    """One signed-in person at the gateway; `None` as token: nobody. Stays signed in for as long as the story is told."""

    def __init__(
        self, http: httpx.AsyncClient, token: str | None = None, refresh_token: str | None = None
    ) -> None:
        self._http = http
        self._token = token
        self._refresh_token = refresh_token
        self._renewing = asyncio.Lock()

    async def get(self, path: str) -> Any:
        return (await self._ask("GET", path, {}, None)).json()

    async def text(self, path: str) -> str:
        return (await self._ask("GET", path, {}, None)).text

    async def post(self, path: str, key: str, body: Any = None) -> Any:
        """`key` is made once per intent: the same again is the same call."""
        return (await self._ask("POST", path, {"Idempotency-Key": key}, body)).json()

    async def put(self, path: str, key: str, body: Any) -> Any:
        return (await self._ask("PUT", path, {"Idempotency-Key": key}, body)).json()

    async def renew(self) -> None:
        """The rights that this person has now."""
        body = {"grant_type": "refresh", "refresh_token": self._refresh_token}
        answer = (await Client(self._http)._ask("POST", "/auth/token", {}, body)).json()
        self._token, self._refresh_token = answer["access_token"], answer["refresh_token"]

    async def _renew_instead_of(self, expired: str) -> None:
        async with self._renewing:
            if self._token == expired:
                await self.renew()

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: Any) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        renewed = False
        while True:
            if token := self._token:
                headers = {**headers, "Authorization": f"Bearer {token}"}
            try:
                answer = await self._http.request(method, f"/api/v1{path}", headers=headers, json=body)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                in_progress = answer.status_code == 409 and b"/problems/in-progress" in answer.content
                if answer.is_success:
                    return answer
                if answer.status_code == 401 and token and self._refresh_token and not renewed:
                    await self._renew_instead_of(token)
                    renewed = True
                    continue
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
    return await _signed_in(http, {"grant_type": "password", "account": account, "password": password})


async def sign_in_by_code(http: httpx.AsyncClient, phone: str) -> Client:
    """Ask for a code and read it where local mode captures messages, as a person at this machine would."""
    sent = re.compile(rf"<strong>{re.escape(phone)}</strong><span>[^<]*?(\d{{6}})[^<]*</span><time>([^<]*)")

    async def newest() -> re.Match[str] | None:
        return sent.search((await http.get("/local/messages")).text)

    before = await newest()
    asked = (await Client(http)._ask("POST", "/auth/otp", {}, {"phone": phone})).json()
    # Asked again within a minute, by whomever: the code before is still the one.
    before = before if asked["expires_in"] == CODE_SECONDS else None
    found = await eventually(
        newest, lambda now: now is not None and (before is None or now[2] != before[2]), f"a code for {phone}"
    )
    return await _signed_in(http, {"grant_type": "code", "phone": phone, "code": found[1] if found else ""})


async def _signed_in(http: httpx.AsyncClient, body: dict[str, str]) -> Client:
    answer = (await Client(http)._ask("POST", "/auth/token", {}, body)).json()
    return Client(http, answer["access_token"], answer["refresh_token"])
