"""What every answer tells the browser, whatever it answers; and whose pages may read it."""

import re
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest

from platform_kit.security_headers import SecurityHeaders
from platform_kit.testing import ServiceUnderTest, service_under_test

ELSEWHERE = "https://elsewhere.example"


def _safe(answer: httpx.Response) -> None:
    headers = answer.headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


async def test_every_answer_carries_them(probe: ServiceUnderTest) -> None:
    by, body = probe.caller("resident"), {"counter_id": "00000000-0000-7000-8000-000000000001"}
    for status, answer in (
        (201, await probe.post("/raise", json=body, by=by)),
        (409, await probe.post("/raise", json=body | {"times": 2000}, by=by)),
        (401, await probe.post("/raise", json=body)),
        (404, await probe.get("/nowhere")),
        (405, await probe.get("/raise")),
        (413, await probe.post("/raise", content=b"x" * 1_100_000, by=by)),
        (400, await probe.get("/raise?" + "&a=1" * 300)),
        (200, await probe.get("/livez")),
    ):
        assert answer.status_code == status
        _safe(answer)


async def test_a_fault_of_ours_carries_them_too_and_is_counted(probe: ServiceUnderTest) -> None:
    async with probe.owner() as tx:
        await tx.execute("ALTER TABLE counter RENAME TO gone")
    transport = httpx.ASGITransport(app=probe.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = {"Authorization": f"Bearer {probe.token(probe.caller('resident'))}", "Idempotency-Key": "k"}
        body = {"counter_id": "00000000-0000-7000-8000-000000000001"}
        before = _faults()
        answer = await client.post("/raise", json=body, headers=headers | {"X-Correlation-Id": "of-mine"})
    assert answer.status_code == 500
    assert answer.headers["X-Correlation-Id"] == "of-mine"
    assert _faults() == before + 1
    _safe(answer)


def _faults() -> float:
    """How many answers of `/raise` were faults of ours, as the metrics tell it."""
    told = re.search(
        r'^http_request_seconds_count{[^}]*route="/raise"[^}]*status="500"} (\S+)$',
        generate_latest().decode(),
        re.MULTILINE,
    )
    return float(told[1]) if told else 0.0


async def _headers(mode: str, *own: tuple[bytes, bytes]) -> dict[bytes, bytes]:
    sent: list[Any] = []

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(own)})

    async def send(message: Any) -> None:
        sent.append(message)

    await SecurityHeaders(app, mode)({"type": "http"}, None, send)  # type: ignore[arg-type]
    names = [name for name, _ in sent[0]["headers"]]
    assert len(names) == len(set(names)), "none twice"
    return dict(sent[0]["headers"])


async def test_outside_local_mode_browsers_are_told_to_stay_with_https() -> None:
    assert b"strict-transport-security" not in await _headers("local")
    assert (await _headers("production"))[b"strict-transport-security"].startswith(b"max-age=31536000")


async def test_what_a_route_says_of_its_own_stands() -> None:
    told = await _headers("local", (b"cache-control", b"max-age=3600"))
    assert told[b"cache-control"] == b"max-age=3600"
    assert told[b"x-content-type-options"] == b"nosniff"


async def test_no_other_sites_page_may_read_anything(probe: ServiceUnderTest) -> None:
    for answer in (
        await probe.get("/livez", headers={"Origin": ELSEWHERE}),
        await probe.client.options(
            "/raise", headers={"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}
        ),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_listed_origin_may_and_never_with_cookies(
    servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_CORS_ORIGINS", f"https://other.example, {ELSEWHERE}")
    async with service_under_test("probe_service", servers.postgres_dsn) as probe:
        asks = {
            "Origin": ELSEWHERE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, idempotency-key",
        }
        asked = await probe.client.options("/raise", headers=asks)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, ELSEWHERE)
        assert "access-control-allow-credentials" not in asked.headers
        refused = await probe.get("/nowhere", headers={"Origin": ELSEWHERE})
        assert refused.headers["access-control-allow-origin"] == ELSEWHERE
        foreign = await probe.client.options("/raise", headers=asks | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in foreign.headers
