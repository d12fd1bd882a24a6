"""The gateway and the service behind it, each on a real port: applications of others come in by the front door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from fastapi import FastAPI

from event_contracts.community_registry import ResidentRegistered, UnitOpened
from gateway_files import gateway_files
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest, service_under_test

CODE = "01/02/003"
# Of the light before Chen's door; nobody else may know the number of their house.
PLACE = {"lat": "30.123456", "long": "114.654321"}
LIGHT = {"service_code": "streetlight", **PLACE, "description": "路灯不亮"}


@dataclass
class Door:
    """`key` is one of an application that reports for the community; `http` asks the gateway as anybody."""

    requests: ServiceUnderTest
    gateway: ServiceUnderTest
    http: httpx.AsyncClient
    unit: UUID
    resident: Caller
    worker: Caller
    district: Caller
    key: str

    @property
    def root(self) -> str:
        return str(self.http.base_url.join("/open311/v2"))

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/open311/v2/{path}", params=query)

    async def file(self, form: str = "json", **fields: Any) -> httpx.Response:
        sent = {"api_key": self.key, **LIGHT, **fields}
        said = {name: value for name, value in sent.items() if value is not None}
        return await self.http.post(f"/open311/v2/requests.{form}", data=said)

    async def filed(self, **fields: Any) -> str:
        """The number of a new report."""
        answer = await self.file(**fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["service_request_id"])

    async def listed(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.get("requests.json", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def submit(self, category: str, **more: Any) -> Any:
        """A resident asks, by Linli's own way."""
        body = {"category": category, "words": "在我家门口", **more}
        answer = await self.requests.post("/requests", json=body, by=self.resident)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def issue(self, **more: Any) -> Any:
        body = {"name": "fix-my-lane", "unit_id": str(self.unit), **more}
        answer = await self.requests.post("/open311/keys", json=body, by=self.district)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def set_category(self, code: str, **content: Any) -> None:
        whole = {
            "name_zh": "井盖", "name_en": "Manhole cover", "route": "department", "private": False, "respond_hours": 4,
            "resolve_hours": 24, "escalate_hours": 8, **content,
        }  # fmt: skip
        known = {each["code"]: each["version"] for each in (await self.requests.get("/categories")).json()}
        answer = await self.requests.put(
            f"/categories/{code}", json=whole, headers={"If-Match": f'"{known.get(code, 0)}"'},
            by=self.requests.caller("operator"),
        )  # fmt: skip
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Its address."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


@asynccontextmanager
async def open_door(servers: Any, tmp_path: Path) -> AsyncIterator[Door]:
    files = gateway_files(tmp_path, "the operator's own password")
    async with (
        service_under_test("resident_requests", servers.postgres_dsn) as requests,
        listening(requests.app) as behind,
        service_under_test("resident_gateway", servers.postgres_dsn, requests_url=behind, **files) as gateway,
        listening(gateway.app) as front,
        httpx.AsyncClient(base_url=front, trust_env=False) as http,
    ):
        yield await _settled(requests, gateway, http)


async def _settled(requests: ServiceUnderTest, gateway: ServiceUnderTest, http: httpx.AsyncClient) -> Door:
    unit, resident = uuid4(), uuid4()
    opened = UnitOpened(
        unit_id=unit, parent_id=None, kind="community", code=CODE, name="幸福社区", zone="Asia/Shanghai"
    )
    lives = ResidentRegistered(resident_id=resident, household_id=uuid4(), unit_id=unit)
    await requests.deliver("registry_replica", opened, lives)
    door = Door(
        requests, gateway, http, unit, requests.caller("resident", subject=resident),
        requests.caller(posts=[("worker", unit, CODE)]), requests.caller(posts=[("district", uuid4(), "01")]), "",
    )  # fmt: skip
    door.key = (await door.issue())["api_key"]
    return door
