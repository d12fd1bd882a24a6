"""The life of a request as `domain.md` has it, and what somebody can do to one: written by hand, never read from the code.

A new edge is one line of EDGES; a new verb is one line of VERBS as well, and of TELLS when it has an event of its own.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from event_contracts import paid_services as paid
from event_contracts import resident_requests as told
from event_contracts import volunteer_matching as volunteers

from .conftest import Neighbourhood

# (in this state, somebody does this, and it is in that one). Whatever is not here changes nothing: a call is refused with 409, an
# answer of another service that comes too late is let pass.
EDGES = frozenset({
    ("submitted", "correct", "submitted"),
    ("submitted", "triage", "triaged"), ("reopened", "triage", "triaged"),
    # What nobody took up in time goes another way; before, whoever is asked is left the time (Walked.left_lying).
    ("triaged", "days pass", "triaged"), ("triaged", "triage", "triaged"),
    ("submitted", "reject", "rejected"), ("triaged", "reject", "rejected"), ("reopened", "reject", "rejected"),
    ("triaged", "start", "in_progress"), ("assigned", "start", "in_progress"),
    ("in_progress", "ask", "awaiting_resident"), ("awaiting_resident", "answer", "in_progress"),
    ("awaiting_resident", "days pass", "in_progress"),
    ("assigned", "resolve", "resolved"), ("in_progress", "resolve", "resolved"), ("awaiting_resident", "resolve", "resolved"),
    ("resolved", "confirm", "closed"), ("resolved", "days pass", "closed"),
    ("resolved", "reopen", "reopened"), ("closed", "reopen", "reopened"),
    *((state, verb, state_after) for verb, state_after in (("withdraw", "withdrawn"), ("merge", "merged")) for state in (
        "submitted", "triaged", "assigned", "in_progress", "awaiting_resident", "reopened",
    )),
    # What volunteers and providers do with it.
    ("triaged", "taken up", "assigned"), ("assigned", "given back", "triaged"), ("assigned", "begun", "in_progress"),
    ("assigned", "done", "resolved"), ("in_progress", "done", "resolved"), ("awaiting_resident", "done", "resolved"),
})  # fmt: skip
# What is no call, and cannot be refused: time, and what other services say.
NOT_CALLED = frozenset({"days pass", "nobody left to ask", "taken up", "given back", "begun", "done"})
FINAL = frozenset({"closed", "rejected", "withdrawn", "merged"})

# In which state a request is when that was told of it; None: where it was.
TELLS: Mapping[type[Any], str | None] = {
    told.RequestSubmitted: "submitted", told.RequestTriaged: "triaged", told.RequestAssigned: "assigned",
    told.RequestUnassigned: "triaged", told.RequestStarted: "in_progress", told.RequestAwaitsResident: "awaiting_resident",
    told.RequestWentOn: "in_progress", told.RequestResolved: "resolved", told.RequestClosed: "closed",
    told.RequestReopened: "reopened", told.RequestWithdrawn: "withdrawn", told.RequestRejected: "rejected",
    told.RequestMerged: "merged", told.RequestFollowed: None,
    told.RequestCorrected: None, told.RequestCommented: None, told.RequestEscalated: None,
}  # fmt: skip
ROUTES = ("volunteers", "paid_service", "relief", "department", "community")


@dataclass
class Walked:
    """A request under way, as whoever wrote EDGES thinks that it is."""

    here: Neighbourhood
    id: str
    state: str = "submitted"
    version: int = 1
    route: str | None = None
    # The event by which whoever is to do it was asked, None when staff do it themselves; and the task or order made of it.
    asked: int | None = None
    work: UUID = field(default_factory=uuid4)
    # Its worker was told that nobody took it up.
    left_lying: bool = False
    window_open: bool = False
    trail: list[str] = field(default_factory=list)

    async def call(self, verb: str, by: str, body: Any = None, method: str = "post", **headers: str) -> bool:
        """Whether it was done; a refusal must be a 409."""
        caller = getattr(self.here, by)
        path = f"/requests/{self.id}" + (f"/{verb}" if verb else "")
        answer = await getattr(self.here.service, method)(path, json=body, by=caller, headers=headers)
        assert answer.status_code in (200, 409), f"{verb} in {self.state}: {answer.status_code} {answer.text}"
        return bool(answer.status_code == 200)

    def asks(self, version: int | None) -> None:
        """By that event somebody is asked: it is other work than what was asked for before."""
        if version != self.asked:
            self.asked, self.work = version, uuid4()

    async def answer(self, route: str, event: Any, *, late: bool = False, **facts: Any) -> bool:
        """What another service says; whether it is heeded is seen afterwards. `late`: of what was asked for in an earlier round."""
        about = {
            "request_id": UUID(self.id),
            "resident_id": self.here.resident.subject,
            "unit_id": self.here.unit,
            "request_version": (self.asked or self.version) - late,
        }
        work = uuid4() if late else self.work
        if route == "volunteers":
            await self.here.service.deliver("tasks", event(task_id=work, **about, **facts))
        else:
            await self.here.service.deliver(
                "orders", event(order_id=work, service="bath_help", **about, **facts)
            )
        return self.route == route

    async def days_pass(self) -> bool:
        await self.here.service.advance(timedelta(days=8))
        await self.here.service.fire_timers()
        self.window_open = False
        return True


def _who() -> dict[str, UUID]:
    return {"volunteer_id": uuid4(), "person_id": uuid4()}


def _correct(request: Walked) -> Awaitable[bool]:
    words = {"words": f"请帮我买 {uuid4().hex[:6]}"}
    return request.call("", "resident", words, "patch", **{"If-Match": f'"{request.version}"'})


async def _merge(request: Walked) -> bool:
    """Into another one that is open."""
    other = await request.here.submit()
    return await request.call("merge", "worker", {"into": other["id"]})


def _late(verb: str, route: str, event: Any, **facts: Any) -> dict[str, Callable[[Walked], Awaitable[bool]]]:
    """As what comes of an earlier round: it leads nowhere."""
    return {
        f"{verb}, late, {route}": lambda r: r.answer(
            route, event, late=True, **{name: make() for name, make in facts.items()}
        )
    }


_FREE = {"amount": 0, "currency": "CNY"}

# What somebody does; several may be the same verb of EDGES, which is the part before the comma.
VERBS: Mapping[str, Callable[[Walked], Awaitable[bool]]] = {
    "correct": _correct,
    **{
        f"triage, to {route}": lambda r, route=route: r.call("triage", "worker", {"route": route})
        for route in ROUTES
    },
    "triage, as the rules say": lambda r: r.call("triage", "worker", {}),
    "reject": lambda r: r.call("reject", "worker", {"reason": "不在本社区"}),
    "start": lambda r: r.call("start", "worker"),
    "merge": _merge,
    "ask": lambda r: r.call("ask", "worker", {"words": "几号楼?"}),
    "answer, the resident": lambda r: r.call("answer", "resident", {"words": "3号楼"}),
    "answer, by phone": lambda r: r.call("answer", "worker", {"words": "3号楼"}),
    "resolve": lambda r: r.call("resolve", "worker"),
    "confirm": lambda r: r.call("confirm", "resident"),
    "reopen": lambda r: r.call("reopen", "resident"),
    "withdraw": lambda r: r.call("withdraw", "resident"),
    "withdraw, the daughter": lambda r: r.call("withdraw", "daughter"),
    "taken up, by a volunteer": lambda r: r.answer(
        "volunteers", volunteers.TaskAccepted, offer_id=uuid4(), **_who()
    ),
    "given back, by the volunteer": lambda r: r.answer(
        "volunteers", volunteers.TaskReopened, why="stepped_back"
    ),
    "begun, by the volunteer": lambda r: r.answer("volunteers", volunteers.TaskCheckedIn, **_who()),
    "done, by the volunteer": lambda r: r.answer("volunteers", volunteers.TaskDone, minutes=30, **_who()),
    "nobody left to ask": lambda r: r.answer("volunteers", volunteers.TaskEscalated),
    "taken up, by a provider": lambda r: r.answer(
        "paid_service", paid.OrderAssigned, provider_id=uuid4(), person_id=uuid4()
    ),
    "given back, the order is cancelled": lambda r: r.answer("paid_service", paid.OrderCancelled, fee=_FREE),
    "begun, by the provider": lambda r: r.answer("paid_service", paid.OrderStarted),
    "done, by the provider": lambda r: r.answer("paid_service", paid.OrderCompleted, person_id=uuid4()),
    **_late(
        "taken up", "volunteers", volunteers.TaskAccepted, offer_id=uuid4, volunteer_id=uuid4, person_id=uuid4
    ),
    **_late(
        "done", "volunteers", volunteers.TaskDone, minutes=lambda: 30, volunteer_id=uuid4, person_id=uuid4
    ),
    **_late("taken up", "paid_service", paid.OrderAssigned, provider_id=uuid4, person_id=uuid4),
    **_late("given back", "paid_service", paid.OrderCancelled, fee=lambda: _FREE),
    "days pass": Walked.days_pass,
}


def verb_of(name: str) -> str:
    return name.partition(",")[0]


def leads_to(state: str, name: str) -> str | None:
    """Where EDGES say that it leads; None where it leads nowhere."""
    [to] = {edge[2] for edge in EDGES if edge[:2] == (state, verb_of(name))} or {None}
    return to


def way_to(edge: tuple[str, str, str]) -> list[str]:
    """What must be done, from the beginning, to go along that edge; days pass only where nothing else leads on. Where others are to
    do it staff do not begin instead, and what staff have begun they resolve."""
    first = ["days pass"] if edge[:2] == ("triaged", "triage") else []
    not_by = {"done", "start"} if edge[1] in NOT_CALLED - {"days pass"} else {"done"}
    ways: dict[str, list[str]] = {"submitted": []}
    waiting = deque(["submitted"])
    while waiting:
        state = waiting.popleft()
        for start, verb, end in sorted(EDGES, key=lambda each: (each[1] == "days pass", each)):
            if start == state and end not in ways and verb not in not_by:
                ways[end] = [*ways[state], verb]
                waiting.append(end)
    return [*ways[edge[0]], *first, edge[1]]
