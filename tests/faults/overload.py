"""An open-loop generator: calls come at their rate whether or not the ones before were answered, as people do.

It is a process of its own (`python -m faults.overload`), so that its work does not slow down what it measures more than
any other client on the same machine would.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
import uvloop

ANSWER_SECONDS = 30.0


@dataclass
class Outcome:
    """`by_second` counts 2xx by the second in which they came; latencies are of 2xx, in seconds."""

    sent: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    by_second: dict[int, int] = field(default_factory=dict)
    without_retry_after: int = 0
    p50: float = 0.0
    p99: float = 0.0
    acknowledged: list[str] = field(default_factory=list)


async def offer(url: str, tokens: list[str], rate: float, seconds: float, prefix: str) -> Outcome:
    """File requests at `rate` a second; each is one call, never repeated: what is turned away comes no second time here."""
    outcome, latencies, statuses = Outcome(), [], Counter[str]()
    seconds_of: Counter[int] = Counter()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        began = time.monotonic()

        async def call(number: int) -> None:
            started = time.monotonic()
            key = f"{prefix}-{number}"
            headers = {
                "Authorization": f"Bearer {tokens[number % len(tokens)]}",
                "Idempotency-Key": key,
                "X-Correlation-Id": key,
                "Content-Type": "application/json",
            }
            body = '{"category":"errand","words":"请帮我买药","place":{"address":"三单元502"}}'
            try:
                async with http.post(f"{url}/api/v1/requests", data=body.encode(), headers=headers) as answer:
                    await answer.read()
                    statuses[str(answer.status)] += 1
                    if answer.status == 201:
                        latencies.append(time.monotonic() - started)
                        seconds_of[int(time.monotonic() - began)] += 1
                        outcome.acknowledged.append(key)
                    elif answer.status not in (429, 503) or "Retry-After" not in answer.headers:
                        outcome.without_retry_after += 1
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                statuses[type(error).__name__] += 1

        calls: set[asyncio.Task[None]] = set()
        while (now := time.monotonic() - began) < seconds:
            while outcome.sent < now * rate:
                task = asyncio.create_task(call(outcome.sent))
                calls.add(task)
                task.add_done_callback(calls.discard)
                outcome.sent += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*calls)
    latencies.sort()
    if latencies:
        outcome.p50, outcome.p99 = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    outcome.statuses, outcome.by_second = dict(statuses), dict(sorted(seconds_of.items()))
    return outcome


async def offered(url: str, tokens: list[str], rate: float, seconds: float, prefix: str) -> Outcome:
    """The same from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "faults.overload", url, str(rate), str(seconds), prefix,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate("\n".join(tokens).encode())
    if process.returncode:
        raise AssertionError(f"the generator ended with {process.returncode}")
    told: dict[str, Any] = json.loads(output)
    told["by_second"] = {int(second): count for second, count in told["by_second"].items()}
    return Outcome(**told)


def main() -> None:
    parser = argparse.ArgumentParser(prog="faults.overload")
    parser.add_argument("url")
    parser.add_argument("rate", type=float)
    parser.add_argument("seconds", type=float)
    parser.add_argument("prefix")
    given = parser.parse_args()
    tokens = sys.stdin.read().split()
    outcome = uvloop.run(offer(given.url, tokens, given.rate, given.seconds, given.prefix))
    sys.stdout.write(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
