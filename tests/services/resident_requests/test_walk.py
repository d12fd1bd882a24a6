"""A request is walked through its life at random, by whoever may and may not, as residents, staff and other services: every step is
one of EDGES or changes nothing, what is told is what is so, every edge is taken, and nothing is left lying.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from event_contracts.resident_requests import (
    RequestAssigned,
    RequestEscalated,
    RequestReopened,
    RequestStarted,
    RequestTriaged,
    RequestUnassigned,
)
from platform_kit.auth import Caller
from platform_kit.clock import set_offset
from platform_kit.envelope import Received, attributes, decode
from platform_kit.testing import service_under_test
from proof.figures import Tell, proving

from .conftest import Neighbourhood, settled
from .walk import (
    DONE,
    EDGES,
    ERRAND,
    FINAL,
    ITS_WAY,
    LAMP,
    MOVES,
    NOT_CALLED,
    SELDOM,
    TELLS,
    VERBS,
    Walked,
    answered,
    has_it,
    leads_to,
    note,
    told_by,
    verb_of,
    way_to,
)

# Walks, steps of each.
SHORT, LONG = (150, 30), (600, 50)
# After the answer of one service only the same route can say more.
# What is kept of a request, a row or more in each.
HELD = ("follower", "rating", "public_report", "likeness", "comment", "breach", "attachment")
OTHERS = {"volunteers": "volunteer", "paid_service": "provider", "relief": "relief"}

# What cannot be undone, and would close everything that follows upon what everybody sees.
FOR_GOOD = frozenset({"withhold"})
MOSTLY = st.sampled_from([True, True, True, False])
Rows = dict[str, list[Any]]

pytestmark = pytest.mark.timeout(3600)


class Walks:
    """What all walks have in common: the service, its loop, and what was taken."""

    def __init__(self, runner: asyncio.Runner, here: Neighbourhood) -> None:
        self.runner = runner
        self.here = here
        self.taken: Counter[tuple[str, str, str]] = Counter()
        self.refused = 0
        self.let_pass = 0
        self.neighbour: Caller = runner.run(here.neighbour())
        self.begun = 0
        self.ended: Counter[str] = Counter()
        self.left_lying: list[str] = []

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def machine(self) -> type[RuleBasedStateMachine]:
        walks = self

        class Walk(RuleBasedStateMachine):
            @initialize(public=MOSTLY)
            def file(self, *, public: bool) -> None:
                self.request = walks.run(walks.filed(public=public))

            @rule(data=st.data())
            def somebody_does_something(self, data: st.DataObject) -> None:
                """Mostly what is legal and does not end it, or a walk would hardly leave its beginning."""
                legal = [name for name in VERBS if walks.allowed(self.request, name)]
                going_on = [
                    name
                    for name in legal
                    if leads_to(self.request.state, name) not in FINAL and verb_of(name) not in FOR_GOOD
                ]
                choice = data.draw(st.integers(0, 9))
                over = all(leads_to(self.request.state, name) in FINAL for name in legal)
                if over and self.request.state in FINAL and choice > 3:
                    walks.run(walks.end(self.request))
                    self.request = walks.run(walks.filed(public=data.draw(MOSTLY)))
                    return None
                along = [
                    name for name in going_on if leads_to(self.request.state, name) != self.request.state
                ]
                wished = (
                    list(VERBS) if choice < 3 else legal if choice == 3 else along if choice < 7 else going_on
                )
                likely = wished or legal or list(VERBS)
                # By verb first: one that is written in many ways is not done more often.
                verb = data.draw(st.sampled_from(sorted({verb_of(name) for name in likely})))
                ways = sorted(name for name in likely if verb_of(name) == verb)
                return walks.run(walks.step(self.request, data.draw(st.sampled_from(ways))))

            def teardown(self) -> None:
                if hasattr(self, "request"):
                    walks.run(walks.end(self.request))

        return Walk

    async def filed(self, *, public: bool = True) -> Walked:
        async with self.here.service.tx() as tx:
            await set_offset(tx, 0)
        request = await self.here.submit(category=LAMP if public else ERRAND)
        self.begun += 1
        return Walked(self.here, self.neighbour, request["id"], category_public=public, public=public)

    async def look_for(self, edge: tuple[str, str, str]) -> None:
        """On the shortest way there, what chance has left out; the step itself judges whether it is walked. What is written in several
        ways is done in the first, or, where that closes the edge (as what it is merged into can), in the last."""
        for which in (0, -1):
            request = await self.filed()
            for verb in way_to(edge):
                allowed = [name for name in VERBS if verb_of(name) == verb and self.allowed(request, name)]
                if not allowed:
                    break
                await self.step(request, allowed[which])
            await self.end(request)
            if edge in self.taken:
                return

    async def go(self, way: Sequence[str]) -> None:
        """Each step is judged, also one that must be refused."""
        request = await self.filed()
        for name in way:
            await self.step(request, name)
        await self.end(request)

    def allowed(self, request: Walked, name: str) -> bool:
        if answered(request, name) >= 300:
            return False
        if verb_of(name) not in NOT_CALLED:
            return True
        if "late" in name:
            return False
        if request.asked is None and verb_of(name) != "days pass":
            return False
        whose = [route for route, word in OTHERS.items() if word in name]
        whose += ["paid_service"] if "order" in name else []
        return not whose or request.route in whose

    async def step(self, request: Walked, name: str) -> None:
        before, legal = request.state, self.allowed(request, name)
        wanted = leads_to(before, name) if legal else before
        expected = DONE if verb_of(name) in NOT_CALLED else answered(request, name)
        tells, rows = told_by(request, name) if legal else 0, await self.rows(request)
        request.trail.append(f"{name} in {before}")
        status = await VERBS[name](request)
        assert status == expected, f"{name} in {before}: {status} instead of {expected}: {request.trail}"
        told = await self.told(request)
        after = await self.shown(request)
        assert after == wanted, f"{name} in {before} led to {after} instead of {wanted}: {request.trail}"
        if legal and (person := has_it(request, name)) is not None:
            assert request.assignee == str(person), f"{name} in {before} gave it to {request.assignee}"
        self.judge_moved(request, name, rows, await self.rows(request), legal=legal)
        if tells is not None and verb_of(name) not in NOT_CALLED:
            assert told - request.version == tells, f"{name} in {before} told {told - request.version}"
        if legal:
            self.taken[before, verb_of(name), after] += 1
            note(request, name, after)
        elif verb_of(name) in NOT_CALLED:
            self.let_pass += 1
        else:
            self.refused += 1
        request.state, request.version = after, told

    def judge_moved(self, request: Walked, name: str, before: Rows, after: Rows, *, legal: bool) -> None:
        moved = {table for table in before if before[table] != after[table]}
        may = MOVES.get(verb_of(name), ITS_WAY) if legal or verb_of(name) in NOT_CALLED else frozenset()
        assert moved <= may, f"{name} in {request.state} moved {moved - may}: {request.trail}"

    async def rows(self, request: Walked) -> Rows:
        """What the service holds of it, by table."""
        async with self.here.service.tx() as tx:
            return {
                table: await tx.fetch(f"SELECT t::text FROM {table} t WHERE t.{column} = $1 ORDER BY 1", key)
                for table, (column, key) in {
                    "request": ("id", UUID(request.id)),
                    "timer": ("aggregate", request.id),
                    **dict.fromkeys(HELD, ("request_id", UUID(request.id))),
                }.items()
            }

    async def shown(self, request: Walked) -> str:
        found = (await self.here.service.get(f"/requests/{request.id}", by=self.here.worker)).json()
        request.route, request.assignee = found["route"], found["assignee_id"]
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
        if state in ("resolved", "awaiting_resident"):
            self.left_lying.append(f"nobody said anything, and it is {state} still: {request.trail}")
        if state in FINAL or state == "resolved":
            return
        began = max(
            (at for at, event in enumerate(events) if isinstance(event.data, RequestReopened)), default=0
        )
        levels = {e.data.level for e in events[began:] if isinstance(e.data, RequestEscalated)}
        if not {"street", "district"} <= levels:
            self.left_lying.append(f"left lying in {state}, and only {levels} were told: {request.trail}")
        if state in ("triaged", "assigned"):
            waits = RequestTriaged if state == "triaged" else RequestAssigned
            since = max(at for at, event in enumerate(events) if isinstance(event.data, waits))
            levels = {e.data.level for e in events[since:] if isinstance(e.data, RequestEscalated)}
            if "worker" not in levels:
                self.left_lying.append(f"it is {state} still, and its worker was not told: {request.trail}")


def _asked(events: list[Received[Any]]) -> int | None:
    """By which event whoever is to do it was asked; None once staff have it, or began with it, instead, or an order or application was
    called off."""
    asked, route = None, None
    for event in events:
        if isinstance(event.data, RequestTriaged):
            asked, route = event.version, event.data.route
        elif (isinstance(event.data, RequestUnassigned) and route != "volunteers") or (
            isinstance(event.data, RequestStarted) and event.data.by == "staff"
        ):
            asked = None
        elif isinstance(event.data, RequestAssigned) and event.data.assignee_kind == "staff":
            asked = asked if event.data.order_id or event.data.application_id else None
    return asked


def _left_lying(events: list[Received[Any]]) -> bool:
    """Whether its worker was told that nobody took it up, or came, since it waits for somebody."""
    asks = RequestTriaged | RequestAssigned | RequestUnassigned
    waits = max((e.version for e in events if isinstance(e.data, asks)), default=0)
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
            # Days that pass are working days, whatever is a holiday now.
            runner.run(walked.here.always_open())
            for way in SELDOM:
                runner.run(walked.go(way))
            walked.taken.clear()
            machine = seeded(int(os.environ.get("LINLI_SEED", "20261126")))(walked.machine())
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=walks,
                    stateful_step_count=steps,
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
    for left in walked.left_lying:
        print(left)  # noqa: T201 - as above
    over = sum(walked.ended.values()) - len(walked.left_lying)
    figure(
        "requests: walks that ended or were told upwards",
        f"{over} of {walked.begun}",
        "every one",
        met=over == walked.begun > 0,
    )
    assert not missing, missing
    assert parked == []
