import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from event_contracts.community_registry import StaffAppointed, UnitOpened
from gateway_files import gateway_files
from platform_kit.testing import ServiceUnderTest, service_under_test

from .neighbour_service import LossyLine, NeighbourService, neighbour_service

OPERATOR_PASSWORD = "the operator's own password"
PHONE = "13800138000"
PASSWORD = "a long password"
REST = timedelta(seconds=60)
STEP = 30


@dataclass
class Entrance:
    """The gateway, its operator, and what it sent to phones."""

    gateway: ServiceUnderTest
    messages: Path

    async def sign_in(self, *, address: str | None = None, **credentials: str) -> httpx.Response:
        """`address`: where they call from, with `behind_a_proxy`."""
        headers = {"X-Forwarded-For": address} if address else {}
        return await self.gateway.client.post("/api/v1/auth/token", json=credentials, headers=headers)

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

    async def staff(self, account: str, *, subject: UUID | None = None) -> UUID:
        """A person with an account and no post."""
        subject = subject or uuid4()
        content = {"account": account, "kind": "password", "password": PASSWORD, "roles": []}
        assert (await self.open_account(subject=str(subject), **content)).status_code == 200
        return subject

    async def unit(self, unit_id: UUID | str, code: str) -> None:
        kind = ("district", "street", "community")[code.count("/")]
        opened = UnitOpened(
            unit_id=unit_id, parent_id=None, kind=kind, code=code, name="幸福", zone="Asia/Shanghai"
        )
        await self.gateway.deliver("registry_replica", opened)

    async def appoint(
        self,
        staff: UUID,
        post: str,
        unit_id: UUID | str,
        *,
        from_on: str = "2020-01-01",
        until_on: str | None = None,
    ) -> UUID:
        """Told by the registry; the appointment."""
        made = StaffAppointed(
            staff_id=staff,
            appointment_id=uuid4(),
            post=post,
            unit_id=unit_id,
            from_on=from_on,
            until_on=until_on,
        )
        await self.gateway.deliver("appointments", made)
        return made.appointment_id

    async def token(self, account: str, **more: str) -> dict[str, Any]:
        """A staff member signs in."""
        answer = await self.sign_in(grant_type="password", account=account, password=PASSWORD, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refresh(self, refresh_token: str) -> httpx.Response:
        return await self.sign_in(grant_type="refresh", refresh_token=refresh_token)

    async def me(self, access_token: str) -> httpx.Response:
        return await self.gateway.get("/api/v1/me", headers={"Authorization": f"Bearer {access_token}"})

    async def ask_code(self, phone: str = PHONE) -> httpx.Response:
        return await self.gateway.client.post("/api/v1/auth/otp", json={"phone": phone})

    async def ask_new_code(self, phone: str = PHONE) -> httpx.Response:
        """A minute after the last."""
        await self.gateway.advance(REST)
        return await self.ask_code(phone)

    async def signed_in_by_code(self, phone: str = PHONE) -> dict[str, Any]:
        await self.ask_code(phone)
        answer = await self.sign_in(grant_type="code", phone=phone, code=self.newest_code())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def moment(self) -> float:
        """Seconds since 1970, ten of them into a step of a second factor: no step ends while a test looks."""
        async with self.gateway.tx() as tx:
            at = float((await tx.fetchval("SELECT linli_now()")).timestamp())
        if 5 <= at % STEP <= 20:
            return at
        await self.gateway.advance(timedelta(seconds=int(10 - at % STEP) % STEP + 1))
        return await self.moment()

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


@asynccontextmanager
async def open_gateway(
    servers: Any, folder: Path, port: int = 1, **settings: Any
) -> AsyncIterator[ServiceUnderTest]:
    """Every service behind it answers at that port."""
    services = ("registry", "requests", "volunteers", "relief", "paid")
    async with service_under_test(
        "resident_gateway",
        servers.postgres_dsn,
        **gateway_files(folder, OPERATOR_PASSWORD),
        **{f"{service}_url": f"http://127.0.0.1:{port}" for service in services},
        **settings,
    ) as service:
        yield service


@pytest.fixture
async def gateway(servers: Any, tmp_path: Path, line: LossyLine) -> AsyncIterator[ServiceUnderTest]:
    """Every service behind it is the neighbour, at the far end of the line."""
    async with open_gateway(servers, tmp_path, line.port) as service:
        yield service


@pytest.fixture
async def behind_a_proxy(
    servers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Entrance]:
    """Callers may come from many addresses: a proxy of ours says which."""
    monkeypatch.setenv("LINLI_TRUSTED_PROXIES", "127.0.0.1/32")
    async with open_gateway(servers, tmp_path) as gateway:
        yield Entrance(gateway, tmp_path / "messages")


@pytest.fixture
def entrance(gateway: ServiceUnderTest, tmp_path: Path) -> Entrance:
    return Entrance(gateway, tmp_path / "messages")


@pytest.fixture
async def town(entrance: Entrance) -> Any:
    from .notified import Town

    return await Town.of(entrance)
