"""Moving the clock of a local house, over HTTP, as its operator: every service by the same amount."""

import re

import httpx

from local_runtime.up import Running

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str) -> int:
    """``8d``, ``3h``, ``45m``, ``10s`` in seconds; ValueError otherwise."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a length of time; write for example 8d, 3h, 45m")
    return int(found[1]) * _SECONDS[found[2]]


def operator_token(running: Running) -> str:
    """The operator's password is in the home's secrets; only whoever owns the home can read it."""
    password = (running.home.secrets / "operator.password").read_text().strip()
    body = {"grant_type": "password", "account": "operator", "password": password}
    answer = httpx.post(f"{running.gateway}/api/v1/auth/token", json=body, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def offsets(running: Running) -> dict[str, int | None]:
    """Seconds by which each service's clock is ahead; None of one that is stopped."""
    return {name: _offset(running, name) for name in _apis(running)}


def advance(running: Running, seconds: int) -> tuple[int, list[str]]:
    """All services together, from the one that is furthest; the new offset, and which are stopped: their clocks follow when this is
    done again. Repeating it after a failure heals as well."""
    known = offsets(running)
    target = max(offset for offset in known.values() if offset is not None) + seconds
    headers = {"Authorization": f"Bearer {operator_token(running)}"}
    for name in (name for name, offset in known.items() if offset is not None):
        answer = httpx.put(
            f"{running.api(name)}/local/clock", json={"offset_seconds": target}, headers=headers, timeout=10
        )
        answer.raise_for_status()
    return target, [name for name, offset in known.items() if offset is None]


def _offset(running: Running, name: str) -> int | None:
    try:
        answer = httpx.get(f"{running.api(name)}/local/clock", timeout=10)
    except httpx.ConnectError:
        return None
    answer.raise_for_status()
    return int(answer.json()["offset_seconds"])


def _apis(running: Running) -> list[str]:
    return [name.removesuffix(".api") for name in sorted(running.ports) if name.endswith(".api")]
