"""A request is walked through its life at random, by whoever may and may not, as residents, staff and other services: every step is
one of EDGES or changes nothing, what is told is what is so, every edge is taken, and nothing is left lying.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from event_contracts.resident_requests import (
    RequestEscalated,
    RequestReopened,
    RequestStarted,
    RequestTriaged,
    RequestUnassigned,
)
from platform_kit.clock import set_offset
from platform_kit.envelope import Received, attributes, decode
from platform_kit.testing import service_under_test
from proof.figures import Tell, proving

from .conftest import Neighbourhood, settled
from .walk import EDGES, FINAL, NOT_CALLED, TELLS, VERBS, Walked, leads_to, verb_of, way_to

# Walks, steps of each.
SHORT, LONG = (60, 30), (600, 50)
# After the answer of one service only the same route can say more.
OTHERS = {"volunteers": "volunteer", "paid_service": "provider"}

pytestmark = pytest.mark.timeout(3600)


class Walks:
    """What all walks have in common: the service, its loop, and what was taken."""

    def __init__(self, runner: asyncio.Runner, here: Neighbourhood) -> None:
        self.runner = runner
        self.here = here
        self.taken: Counter[tuple[str, str, str]] = Counter()
        self.refused = 0
        self.let_pass = 0
        self.ended: Counter[str] = Counter()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def machine(self) -> type[RuleBasedStateMachine]:
        walks = self

        class Walk(RuleBasedStateMachine):
            @initialize()
            def file(self) -> None:
                self.request = walks.run(walks.filed())

            @rule(data=st.data())
            def somebody_does_something(self, data: st.DataObject) -> None:
                """Mostly what is legal and does not end it, or a walk would hardly leave its beginning."""
                legal = [name for name in VERBS if walks.allowed(self.request, name)]
                going_on = [name for name in legal if leads_to(self.request.state, name) not in FINAL]
                choice = data.draw(st.integers(0, 9))
                if not legal and choice > 3:
                    walks.run(walks.end(self.request))
                    return self.file()
                likely = (
                    list(VERBS) if choice < 3 or not legal else legal if choice == 3 else going_on or legal
                )
                # By verb first: one that is written in many ways is not done more often.
                verb = data.draw(st.sampled_from(sorted({verb_of(name) for name in likely})))
                ways = sorted(name for name in likely if verb_of(name) == verb)
                return walks.run(walks.step(self.request, data.draw(st.sampled_from(ways))))

            def teardown(self) -> None:
                if hasattr(self, "request"):
                    walks.run(walks.end(self.request))

        return Walk

    async def filed(self) -> Walked:
        async with self.here.service.tx() as tx:
            await set_offset(tx, 0)
        return Walked(self.here, (await self.here.submit())["id"])

    async def look_for(self, edge: tuple[str, str, str]) -> None:
        """On the shortest way there, what chance has left out; the step itself judges whether it is walked."""
        request = await self.filed()
        for verb in way_to(edge):
            allowed = [name for name in VERBS if verb_of(name) == verb and self.allowed(request, name)]
            assert allowed, f"nobody can {verb} in {request.state}: {request.trail}"
            await self.step(request, allowed[0])
        await self.end(request)

    def allowed(self, request: Walked, name: str) -> bool:
        if leads_to(request.state, name) is None:
            return False
        if name == "reopen":
            return request.window_open
        if request.state == "triaged" and verb_of(name) == "triage":
            return request.left_lying
        if verb_of(name) not in NOT_CALLED:
            return True
        if "late" in name or (request.asked is None and verb_of(name) != "days pass"):
            return False
        whose = [route for route, word in OTHERS.items() if word in name]
        whose += ["paid_service"] if "order" in name else []
        return not whose or request.route in whose

    async def step(self, request: Walked, name: str) -> None:
        before, legal = request.state, self.allowed(request, name)
        wanted = leads_to(before, name) if legal else before
        request.trail.append(f"{name} in {before}")
        done = await VERBS[name](request)
        told = await self.told(request)
        after = await self.shown(request)
        assert after == wanted, f"{name} in {before} led to {after} instead of {wanted}: {request.trail}"
        if legal:
            assert done, f"{name} in {before} was refused: {request.trail}"
            self.taken[before, verb_of(name), after] += 1
        elif verb_of(name) in NOT_CALLED:
            self.let_pass += 1
        else:
            assert not done, f"{name} in {before} was not refused"
            assert told == request.version, f"{name} in {before} was refused and told of"
            self.refused += 1
        request.state, request.version = after, told
        if after == "resolved" and before != "resolved":
            request.window_open = True

    async def shown(self, request: Walked) -> str:
        found = (await self.here.service.get(f"/requests/{request.id}", by=self.here.worker)).json()
        request.route = found["route"]
        return str(found["state"])

    async def told(self, request: Walked) -> int:
        """The version of the last event. All events together say where it is; each follows the one before by an edge."""
        events = await self.events(request)
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        request.asks(_asked(events))
        request.left_lying = _left_lying(events)
        state = "submitted"
        pairs = {(start, end) for start, _, end in EDGES}
        for event in events[1:]:
            following = TELLS[type(event.data)] or state
            assert following == state or (state, following) in pairs, f"{type(event.data)} in {state}"
            state = following
        async with self.here.service.tx() as tx:
            row = await tx.fetchrow("SELECT state, version FROM request WHERE id = $1", UUID(request.id))
        assert (row["state"], row["version"]) == (state, len(events)), "what is so is not what was told"
        return len(events)

    async def events(self, request: Walked) -> list[Received[Any]]:
        async with self.here.service.tx() as tx:
            rows = await tx.fetch(
                "SELECT headers, payload FROM outbox WHERE aggregate = $1 ORDER BY version", request.id
            )
        headers = [[(name, value.encode()) for name, value in row["headers"].items()] for row in rows]
        return [decode(attributes(each), row["payload"]) for each, row in zip(headers, rows, strict=True)]

    async def end(self, request: Walked) -> None:
        """Nobody does anything more. It ends, or those who must do something have been told, all of them."""
        for _ in range(5):
            await VERBS["days pass"](request)
        state, events = await self.shown(request), await self.events(request)
        await self.told(request)
        self.ended[state] += 1
        assert state not in ("resolved", "awaiting_resident"), (
            f"nobody said anything, and it is {state} still"
        )
        if state in FINAL:
            return
        began = max(
            (at for at, event in enumerate(events) if isinstance(event.data, RequestReopened)), default=0
        )
        levels = {e.data.level for e in events[began:] if isinstance(e.data, RequestEscalated)}
        assert {"street", "district"} <= levels, (
            f"left lying in {state}, and only {levels} were told: {request.trail}"
        )
        if state == "triaged":
            triaged = max(at for at, event in enumerate(events) if isinstance(event.data, RequestTriaged))
            levels = {e.data.level for e in events[triaged:] if isinstance(e.data, RequestEscalated)}
            assert "worker" in levels, "nobody took it up, and its worker was not told"


def _asked(events: list[Received[Any]]) -> int | None:
    """By which event whoever is to do it was asked; None once staff began with it instead."""
    asked = None
    for event in events:
        if isinstance(event.data, RequestTriaged):
            asked = event.version
        elif isinstance(event.data, RequestStarted) and event.data.by == "staff":
            asked = None
    return asked


def _left_lying(events: list[Received[Any]]) -> bool:
    """Whether its worker was told that nobody took it up, since it waits for somebody."""
    waits = max(
        (e.version for e in events if isinstance(e.data, RequestTriaged | RequestUnassigned)), default=0
    )
    return any(
        isinstance(e.data, RequestEscalated) and e.data.level == "worker" and e.version > waits
        for e in events
    )


def test_every_walk_keeps_to_the_edges_and_every_edge_is_walked(servers: Any, figure: Tell) -> None:
    walks, steps = LONG if proving() else SHORT
    with asyncio.Runner() as runner:
        under_test = service_under_test("resident_requests", servers.postgres_dsn)
        service = runner.run(under_test.__aenter__())
        try:
            walked = Walks(runner, runner.run(settled(service)))
            machine = seeded(int(os.environ.get("LINLI_SEED", "20261126")))(walked.machine())
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=walks,
                    stateful_step_count=steps,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                    # A walk that fails tells its trail; to walk it again a hundred times for a shorter one takes minutes.
                    phases=[Phase.generate],
                ),
            )
            by_chance = len(walked.taken)
            for edge in sorted(EDGES - walked.taken.keys()):
                runner.run(walked.look_for(edge))
            parked = runner.run(service.parked())
        finally:
            runner.run(under_test.__aexit__(None, None, None))
    missing = sorted(EDGES - walked.taken.keys())
    for edge, times in sorted(walked.taken.items()):
        print(" → ".join(edge), times)  # noqa: T201 - shown when it fails, and by `pytest -s`
    figure(
        "requests: edges walked at random",
        f"{by_chance} of {len(EDGES)}",
        ">= 8 of 10",
        met=by_chance >= 0.8 * len(EDGES),
    )
    figure(
        "requests: edges walked", f"{len(EDGES) - len(missing)} of {len(EDGES)}", "every one", met=not missing
    )
    figure(
        "requests: steps taken by an edge",
        sum(walked.taken.values()),
        ">= 300",
        met=sum(walked.taken.values()) >= 300,
    )
    figure("requests: illegal commands refused", walked.refused, ">= 20, every one", met=walked.refused >= 20)
    figure(
        "requests: walks that ended or were told upwards", sum(walked.ended.values()), "every one", met=True
    )
    assert not missing, missing
    assert parked == []
