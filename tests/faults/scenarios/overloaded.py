"""Four times what the house can do, from an open-loop generator: who is let in is served, who is not is told when to come."""

import asyncio
import time
from statistics import median

from faults.load import Attempt
from faults.overload import Outcome, offered
from faults.scenario import Scenario, Stage, Tally

GOODPUT_AT_LEAST = 0.6
SERVED_WITHIN_SECONDS = 2.0
RECOVERY_SECONDS = 10.0
CALM = 0.8
MEMORY_MORE_MB = 200.0
_APIS = ("resident_gateway.api", "resident_requests.api")


async def overload(stage: Stage, tally: Tally) -> None:
    """The sustainable rate is measured first, on the same house and machine, with the generator's own cost in it."""
    await stage.load.stop()
    seconds = 6 if stage.short else 30
    best = await _best(stage)
    memory = {name: [_memory(stage, name)] for name in _APIS}
    watching = asyncio.create_task(_watch(stage, memory))
    began = time.monotonic()
    outcome = await _offer(stage, "over", 4 * best, seconds)
    # The last answers may come later than that; whoever is still waiting then has not recovered.
    ended = began + seconds
    watching.cancel()
    # The first and the last second are not whole.
    whole = [outcome.by_second.get(second, 0) for second in range(1, seconds - 1)]
    goodput = sum(whole) / len(whole)
    recovered = await _recovered(stage, best, ended)
    away = sum(count for status, count in outcome.statuses.items() if status in ("429", "503"))
    other = {
        status: count for status, count in outcome.statuses.items() if status not in ("201", "429", "503")
    }
    tally.injected, tally.in_flight = outcome.sent, away
    tally.notes += [
        f"sustainable {best:.0f}/s; offered {outcome.sent / seconds:.0f}/s for {seconds} s: {outcome.statuses}",
        f"goodput {goodput:.0f}/s ({goodput / best:.0%} of the best), p50 {outcome.p50:.2f} s, p99 {outcome.p99:.2f} s; "
        f"served at {CALM:.0%} of it again within {recovered:.1f} s",
        *(f"{name}: {found[0]:.0f} MB before, {max(found):.0f} MB at most" for name, found in memory.items()),
    ]
    tally.require(not other, f"answers that are neither served nor turned away: {other}")
    tally.require(
        outcome.without_retry_after == 0, f"{outcome.without_retry_after} turned away without Retry-After"
    )
    tally.require(goodput >= GOODPUT_AT_LEAST * best, f"goodput {goodput:.0f}/s of {best:.0f}/s")
    tally.require(
        outcome.p50 <= SERVED_WITHIN_SECONDS, f"who was let in waited {outcome.p50:.1f} s at the median"
    )
    tally.require(recovered <= RECOVERY_SECONDS, f"recovered only after {recovered:.1f} s")
    for name, found in memory.items():
        tally.require(max(found) - found[0] < MEMORY_MORE_MB, f"{name} grew to {max(found):.0f} MB")


async def _offer(stage: Stage, name: str, rate: float, seconds: float) -> Outcome:
    """Offer, and let the checker know of every call: acknowledged ones must have one effect, the others none or one."""
    tokens = [stage.town.tokens[who] for who in stage.town.residents]
    prefix = f"{name}-{stage.load.seed}-{time.monotonic_ns()}"
    outcome = await offered(stage.ground.running.gateway, tokens, rate, seconds, prefix)
    served = set(outcome.acknowledged)
    for number in range(outcome.sent):
        key = f"{prefix}-{number}"
        body = {"category": "errand", "words": "请帮我买药", "place": {"address": "三单元502"}}
        attempt = Attempt(
            key, "file", "requests.request.submitted.v1", tokens[number % len(tokens)], "/requests", body
        )
        if key in served:
            attempt.status = 201
            stage.load.attempts[key] = attempt
        else:
            stage.load.turned_away[key] = attempt
    return outcome


async def _best(stage: Stage) -> float:
    """The most that was served a second while more was offered than that: found by offering ever more, until two steps in
    a row were too much."""
    best, rate, too_much = 0.0, 150.0, 0
    while too_much < 2 and rate < 5000:
        outcome = await _offer(stage, "ramp", rate, 5)
        served = median(outcome.by_second.get(second, 0) for second in (1, 2, 3, 4))
        best = max(best, served)
        too_much = too_much + 1 if served < 0.9 * rate else 0
        rate *= 1.4
    return best


async def _recovered(stage: Stage, best: float, since: float) -> float:
    """Seconds after the end of the overload until calls at most of the sustainable rate are all served again, each within 1 s."""
    while True:
        began = time.monotonic()
        outcome = await _offer(stage, "after", CALM * best, 1)
        if set(outcome.statuses) == {"201"} and outcome.p99 < 1.0:
            return began - since
        if time.monotonic() - since > 60:
            return 60.0


async def _watch(stage: Stage, memory: dict[str, list[float]]) -> None:
    while True:
        for name in memory:
            memory[name].append(_memory(stage, name))
        await asyncio.sleep(0.5)


def _memory(stage: Stage, name: str) -> float:
    return float(stage.ground.process(name).memory_info().rss) / 2**20


SCENARIOS = (Scenario("overload", "four times the sustainable rate, open loop", overload),)
