"""Callers who hang up, answers that are lost on their way, and one key used many times at once."""

import asyncio
import random
import re
import socket
import struct
import time
from collections import Counter
from uuid import uuid4

import asyncpg
import httpx

from faults.ground import ALL, until
from faults.load import Attempt
from faults.scenario import Scenario, Stage, Tally

SUBMITTED = "requests.request.submitted.v1"
BACK_TO_ZERO_SECONDS = 5.0
# Shorter than the gateway waits for a service, and than the database leaves a transaction that does nothing.
STANDS_SECONDS = 12.0
TURNED_AWAY_SECONDS = 8.0
BODY = {"category": "errand", "words": "请帮我买药", "place": {"address": "三单元502"}}


async def hang_up(stage: Stage, tally: Tally) -> None:
    """Clients that break off in their headers, in their body, before the answer, or in the midst of it."""
    clients = 300 if stage.short else 2000
    slots = asyncio.Semaphore(60)
    points: Counter[str] = Counter()

    async def one(number: int) -> None:
        async with slots:
            points[await _break_off(stage, random.Random(f"{stage.load.seed}/{number}"), number)] += 1

    await asyncio.gather(*(one(number) for number in range(clients)))
    tally.injected, tally.in_flight = clients, points["before the answer"] + points["in the answer"]
    tally.notes.append(f"{clients} hung up: {dict(points)}")
    await _back_to_zero(stage, tally)


async def _break_off(stage: Stage, dice: random.Random, number: int) -> str:
    """One client; where it hung up. A command of it is an attempt without an outcome, replayed later by its key."""
    who = dice.choice(stage.town.residents)
    token = stage.town.tokens[who]
    key = f"hang-{stage.load.seed}-{number}-{time.monotonic_ns()}"
    if command := dice.random() < 0.7:
        attempt = Attempt(key, "file", SUBMITTED, token, "/requests", BODY)
        stage.load.attempts[key] = attempt
        body = attempt.content
        head = f"POST /api/v1/requests HTTP/1.1\r\nIdempotency-Key: {key}\r\nX-Correlation-Id: {key}\r\n"
    else:
        body, head = b"", "GET /api/v1/me/timeline HTTP/1.1\r\n"
    head += f"Host: linli\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    whole = head.encode() + body
    where = dice.choice(("headers", "body", "before the answer", "before the answer", "in the answer"))
    sent = {"headers": dice.randint(1, len(head) - 1), "body": len(head) + len(body) // 2}.get(
        where, len(whole)
    )
    port = int(stage.ground.running.gateway.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(whole[:sent])
        await writer.drain()
        if where == "before the answer":
            await asyncio.sleep(dice.uniform(0, 0.03))
        elif where == "in the answer":
            await asyncio.wait_for(reader.read(20), 30)
    except (TimeoutError, ConnectionError):
        where = "by the gateway"
    finally:
        if dice.random() < 0.5:
            # A reset instead of an orderly end.
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()
    return where if command or where == "by the gateway" else f"{where} (read)"


async def lose_answers(stage: Stage, tally: Tally) -> None:
    """The service committed, its answer is lost before the gateway has it: the retry by the same key has no second effect."""
    before = sum(proxy.lost for proxy in stage.ground.cutting)
    for proxy in stage.ground.cutting:
        proxy.probability = 0.3
    await asyncio.sleep(5 if stage.short else 20)
    for proxy in stage.ground.cutting:
        proxy.probability = 0.0
    lost = sum(proxy.lost for proxy in stage.ground.cutting) - before
    tally.injected = tally.in_flight = lost
    tally.notes.append(f"{lost} committed answers were lost between service and gateway")
    await _back_to_zero(stage, tally)


async def _back_to_zero(stage: Stage, tally: Tally) -> None:
    """Nothing is held any more once the callers are gone: the load is stopped for that."""
    began = time.monotonic()
    await stage.load.stop()
    held = await until(
        lambda: _held(stage), lambda found: not found, "nothing is held", BACK_TO_ZERO_SECONDS + 20, pause=0.2
    )
    took = time.monotonic() - began
    tally.notes.append(f"pools, calls and transactions were back to zero after {took:.1f} s")
    tally.require(not held and took <= BACK_TO_ZERO_SECONDS, f"still held after {took:.1f} s: {held}")


async def _held(stage: Stage) -> list[str]:
    """What the processes themselves say of their pools and calls, and what PostgreSQL says of transactions."""
    found = []
    async with httpx.AsyncClient(trust_env=False) as http:
        for service in ALL:
            port = stage.ground.running.ports[f"{service.name}.api_metrics"]
            text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            for what in ("database_connections_in_use", "http_taken_in"):
                value = float(re.findall(rf"^{what}{{.*}} (\S+)$", text, re.MULTILINE)[0])
                if value:
                    found.append(f"{service.name} {what} {value:.0f}")
    # Only the superuser sees what other roles' sessions do.
    admin = await asyncpg.connect(stage.ground.running.maintenance_dsn)
    old = await admin.fetch(
        "SELECT datname, state FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '1 second'"
    )
    await admin.close()
    return [*found, *(f"a transaction of {row['datname']} is {row['state']}" for row in old)]


async def same_key(stage: Stage, tally: Tally) -> None:
    """One key 50 times at once: with the same call, other bodies, other paths, other principals; others do not wait."""
    for round_ in range(3 if stage.short else 12):
        await _others_while_one_stands(stage, tally, round_)
        await _fifty_the_same(stage, tally, round_)
        await _fifty_bodies(stage, tally, round_)
        await _other_paths(stage, tally, round_)
        await _other_principals(stage, tally, round_)


async def _others_while_one_stands(stage: Stage, tally: Tally, round_: int) -> None:
    """The first call of a key stands before its commit: its twins and other people's calls are answered all the same.

    No measure of time: whoever waited for the first would have no answer before it may go on. All together are fewer than may
    wait of one address, so that nobody need be turned away either.
    """
    key, who = f"stands-{stage.load.seed}-{round_}-{time.monotonic_ns()}", stage.town.residents[0]
    orders, point = stage.ground.orders, f"before_commit_of_{key}"
    release = orders.folder / f"release-{key}"
    first = stage.load.attempts[key] = _new(stage, key, who)
    twins = [_new(stage, key, who) for _ in range(20)]
    others = [_new(stage, f"{key}-{number}", stage.town.residents[-1]) for number in range(10)]
    stage.load.attempts |= {each.key: each for each in others}
    orders.give("resident_requests.api", point, "pause", until=str(release))
    standing = asyncio.create_task(stage.load.settle(first))
    try:
        await orders.hit("resident_requests.api", point)
        async with asyncio.timeout(STANDS_SECONDS):
            await asyncio.gather(*(stage.load._try(each) for each in (*twins, *others)))
        statuses, beside = (Counter(each.last for each in group) for group in (twins, others))
        tally.require(statuses == {409: len(twins)}, f"twins of a call that stands: {statuses}")
        tally.require(beside == {201: len(others)}, f"others beside a call that stands: {beside}")
        tally.require(not standing.done(), f"the first did not stand: {first.last}")
        tally.injected += len(twins)
        tally.in_flight += len(twins)
    except TimeoutError as error:
        tally.require(False, f"others beside a call that stands: {str(error) or 'they wait'}")
    finally:
        release.touch()
        await standing
    tally.require(first.status == 201, f"the call that stood was answered {first.last}")


async def _at_once(stage: Stage, tally: Tally, attempts: list[Attempt]) -> Counter[int | None]:
    """What each was answered; None: nothing. In flight are those that were on their way when the first answer came.

    Who is turned away comes again, as an app does: of one address only so many wait at once, and here all are of one.
    """
    begun: list[float] = []
    ended: list[float] = []
    patience = time.monotonic() + TURNED_AWAY_SECONDS

    async def one(attempt: Attempt) -> None:
        begun.append(time.monotonic())
        await stage.load._try(attempt)
        ended.append(time.monotonic())
        while attempt.last == 503 and time.monotonic() < patience:
            await asyncio.sleep(0.2)
            await stage.load._try(attempt)

    await asyncio.gather(*(one(attempt) for attempt in attempts))
    tally.injected += len(attempts)
    tally.in_flight += sum(began < min(ended) for began in begun)
    return Counter(attempt.last for attempt in attempts)


def _new(
    stage: Stage, key: str, who: str, body: object = None, correlation: str = "", path: str = "/requests"
) -> Attempt:
    return Attempt(
        key, "file", SUBMITTED, stage.town.tokens[who], path, body or BODY, correlation=correlation
    )


async def _fifty_the_same(stage: Stage, tally: Tally, round_: int) -> None:
    key, who = f"same-{stage.load.seed}-{round_}-{time.monotonic_ns()}", stage.town.residents[0]
    attempts = [_new(stage, key, who) for _ in range(50)]
    statuses = await _at_once(stage, tally, attempts)
    stage.load.attempts[key] = next((each for each in attempts if each.acknowledged), attempts[0])
    answers = {attempt.answer for attempt in attempts if attempt.acknowledged}
    tally.require(set(statuses) <= {201, 409}, f"the same call answered {statuses}")
    tally.require(len(answers) == 1, f"the same call has {len(answers)} different answers")


async def _fifty_bodies(stage: Stage, tally: Tally, round_: int) -> None:
    key, who = f"bodies-{stage.load.seed}-{round_}-{time.monotonic_ns()}", stage.town.residents[1]
    attempts = [_new(stage, key, who, BODY | {"words": f"第{number}句"}) for number in range(50)]
    statuses = await _at_once(stage, tally, attempts)
    stage.load.attempts[key] = next((each for each in attempts if each.acknowledged), attempts[0])
    tally.require(statuses[201] == 1, f"50 bodies under one key: {statuses}")
    tally.require(set(statuses) <= {201, 409, 422}, f"50 bodies under one key: {statuses}")


async def _other_paths(stage: Stage, tally: Tally, round_: int) -> None:
    key, who = f"paths-{stage.load.seed}-{round_}-{time.monotonic_ns()}", stage.town.residents[2]
    first = _new(stage, key, who)
    others = [_new(stage, key, who, {}, path=f"/requests/{uuid4()}/withdraw") for _ in range(10)]
    stage.load.attempts[key] = first
    await stage.load._try(first)
    statuses = await _at_once(stage, tally, others)
    tally.require(
        first.status == 201 and statuses == {422: 10},
        f"another path under the key: {first.status}, {statuses}",
    )


async def _other_principals(stage: Stage, tally: Tally, round_: int) -> None:
    key = f"people-{stage.load.seed}-{round_}-{time.monotonic_ns()}"
    attempts = [_new(stage, key, who, correlation=f"{key}-{who}") for who in stage.town.residents]
    statuses = await _at_once(stage, tally, attempts)
    stage.load.attempts |= {attempt.correlation: attempt for attempt in attempts}
    tally.require(statuses == {201: len(attempts)}, f"one key of many people: {statuses}")


SCENARIOS = (
    Scenario("hang-ups", "clients that hang up at random points", hang_up),
    Scenario(
        "lost-answers",
        "answers lost between service and gateway after the commit",
        lose_answers,
        in_short=True,
    ),
    Scenario("same-key", "the same key 50 times at once", same_key, in_short=True),
)
