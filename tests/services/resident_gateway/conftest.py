import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from platform_kit.testing import ServiceUnderTest, service_under_test, signing_key

from .neighbour_service import LossyLine, NeighbourService, neighbour_service

OPERATOR_PASSWORD = "the operator's own password"
PHONE = "13800138000"


@dataclass
class Entrance:
    """The gateway, its operator, and what it sent to phones."""

    gateway: ServiceUnderTest
    messages: Path

    async def sign_in(self, **credentials: str) -> httpx.Response:
        return await self.gateway.client.post("/api/v1/auth/token", json=credentials)

    async def open_account(self, *, key: str | None = None, **content: Any) -> httpx.Response:
        body = {
            "account": PHONE, "display_name": "王奶奶", "kind": "code", "subject": str(uuid4()), "roles": ["resident"],
            **content,
        }  # fmt: skip
        operator = self.gateway.caller("operator")
        return await self.gateway.post("/api/v1/auth/accounts", json=body, by=operator, key=key)

    async def resident(self, phone: str = PHONE) -> UUID:
        subject = uuid4()
        assert (await self.open_account(account=phone, subject=str(subject))).status_code == 200
        return subject

    async def ask_code(self, phone: str = PHONE) -> httpx.Response:
        return await self.gateway.client.post("/api/v1/auth/otp", json={"phone": phone})

    def sent(self) -> list[dict[str, str]]:
        """Oldest first."""
        return [json.loads(file.read_text()) for file in sorted(self.messages.glob("*.json"))]

    def newest_code(self) -> str:
        text = self.sent()[-1]["text"]
        return next(word.rstrip(".") for word in reversed(text.split()) if word.rstrip(".").isdecimal())


@pytest.fixture
async def neighbour() -> AsyncIterator[NeighbourService]:
    async with neighbour_service() as service:
        yield service


@pytest.fixture
async def line(neighbour: NeighbourService) -> AsyncIterator[LossyLine]:
    async with LossyLine.to(neighbour.port) as line:
        yield line


@pytest.fixture
async def gateway(servers: Any, tmp_path: Path, line: LossyLine) -> AsyncIterator[ServiceUnderTest]:
    """Every service behind it is the neighbour, at the far end of the line."""
    key, password = tmp_path / "signing.json", tmp_path / "operator.password"
    key.write_text(json.dumps(signing_key().as_dict(private=True)))
    password.write_text(OPERATOR_PASSWORD + "\n")
    services = ("registry", "requests", "volunteers", "relief", "paid")
    async with service_under_test(
        "resident_gateway",
        servers.postgres_dsn,
        signing_key_file=key,
        operator_password_file=password,
        messages_dir=tmp_path / "messages",
        **{f"{service}_url": f"http://127.0.0.1:{line.port}" for service in services},
    ) as service:
        yield service


@pytest.fixture
def entrance(gateway: ServiceUnderTest, tmp_path: Path) -> Entrance:
    return Entrance(gateway, tmp_path / "messages")
