"""The life of a request as `domain.md` has it, and what somebody can do to one: written by hand, never read from the code.

A new edge is one line of EDGES; a new verb is one line of VERBS as well, of MOVES when it moves other things than the request's own,
and of TELLS when it has an event of its own. Whose call is refused in every state is one line of NEVER.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from event_contracts import paid_services as paid
from event_contracts import relief_disbursement as relief
from event_contracts import resident_requests as told
from event_contracts import volunteer_matching as volunteers
from platform_kit.auth import Caller

from .conftest import Neighbourhood

# (in this state, somebody does this, and it is in that one). Whatever is not here changes nothing: a call is refused with 409, an
# answer of another service that comes too late is let pass.
OPEN = ("submitted", "triaged", "assigned", "in_progress", "awaiting_resident", "reopened")
EVERY = (*OPEN, "resolved", "closed", "rejected", "withdrawn", "merged")
EDGES = frozenset({
    ("submitted", "correct", "submitted"),
    ("submitted", "triage", "triaged"), ("reopened", "triage", "triaged"),
    # What nobody took up, or came for, in time goes another way; before, whoever is asked is left the time (Walked.left_lying).
    ("triaged", "days pass", "triaged"), ("triaged", "triage", "triaged"),
    ("assigned", "days pass", "assigned"), ("assigned", "triage", "triaged"),
    ("submitted", "reject", "rejected"), ("triaged", "reject", "rejected"), ("reopened", "reject", "rejected"),
    ("triaged", "start", "in_progress"), ("assigned", "start", "in_progress"),
    # Staff give it to one of them, also instead of whoever has it.
    ("triaged", "assign", "assigned"), ("assigned", "assign", "assigned"),
    ("in_progress", "ask", "awaiting_resident"), ("awaiting_resident", "answer", "in_progress"),
    ("awaiting_resident", "days pass", "in_progress"),
    ("assigned", "resolve", "resolved"), ("in_progress", "resolve", "resolved"), ("awaiting_resident", "resolve", "resolved"),
    ("resolved", "confirm", "closed"), ("resolved", "days pass", "closed"),
    ("resolved", "reopen", "reopened"), ("closed", "reopen", "reopened"),
    ("resolved", "dispute", "reopened"), ("closed", "dispute", "reopened"),
    *((state, verb, state_after) for verb, state_after in (("withdraw", "withdrawn"), ("merge", "merged")) for state in OPEN),
    # What volunteers, providers and relief do with it.
    # An order that has it may be given to somebody else.
    ("assigned", "taken up", "assigned"),
    ("triaged", "taken up", "assigned"), ("assigned", "given back", "triaged"), ("assigned", "begun", "in_progress"),
    ("assigned", "done", "resolved"), ("in_progress", "done", "resolved"), ("awaiting_resident", "done", "resolved"),
    # What is done beside its way: it is where it was.
    *((state, "join", state) for state in (*OPEN, "merged")),
    *((state, "follow", state) for state in EVERY if state != "merged"),
    *((state, verb, state) for state in EVERY for verb in ("unfollow", "withhold")),
    ("resolved", "rate", "resolved"), ("closed", "rate", "closed"),
})  # fmt: skip
# What is no call, and cannot be refused: time, and what other services say.
NOT_CALLED = frozenset({"days pass", "nobody left to ask", "taken up", "given back", "begun", "done"})
DONE = 200
LAMP, ERRAND = "streetlight", "errand"
FINAL = frozenset({"closed", "rejected", "withdrawn", "merged"})

# In which state a request is when that was told of it; None: where it was.
TELLS: Mapping[type[Any], str | None] = {
    told.RequestSubmitted: "submitted", told.RequestTriaged: "triaged", told.RequestAssigned: "assigned",
    told.RequestUnassigned: "triaged", told.RequestStarted: "in_progress", told.RequestAwaitsResident: "awaiting_resident",
    told.RequestWentOn: "in_progress", told.RequestResolved: "resolved", told.RequestClosed: "closed",
    told.RequestReopened: "reopened", told.RequestWithdrawn: "withdrawn", told.RequestRejected: "rejected",
    told.RequestMerged: "merged", told.RequestFollowed: None,
    told.RequestUnfollowed: None, told.RequestHidden: None, told.RequestRated: None,
    told.RequestFiledOtherwise: None, told.RequestCorrected: None, told.RequestCommented: None, told.RequestEscalated: None,
}  # fmt: skip
# Who may not, in whatever state it is: what they are told.
NEVER = {
    "dispute, the worker": 404, "follow, the worker": 403, "unfollow, the worker": 403, "unfollow, whose it is": 404,
    "rate, the worker": 403, "rate, a neighbour": 404, "withhold, the resident": 403, "merge, the resident": 403,
    "assign, the resident": 403, "assign, to a neighbour": 422, "assign, to whoever is gone": 422,
}  # fmt: skip
# What of the service's tables is not as it was, beside the request's row with its timers, words and publication, which go with
# every step along its way: these and nothing else.
ITS_WAY = frozenset({"request", "timer", "comment", "breach", "public_report", "likeness"})
MOVES: Mapping[str, frozenset[str]] = {
    "follow": frozenset({"request", "follower"}), "unfollow": frozenset({"request", "follower"}),
    "join": frozenset({"request", "follower"}), "rate": frozenset({"request", "rating"}),
    "withhold": frozenset({"public_report", "likeness", "request", "follower"}), "merge": ITS_WAY | {"follower"},
}  # fmt: skip
ROUTES = ("volunteers", "paid_service", "relief", "department", "community")


@dataclass
class Walked:
    """A request under way, as whoever wrote EDGES thinks that it is."""

    here: Neighbourhood
    neighbour: Caller
    id: str
    state: str = "submitted"
    version: int = 1
    route: str | None = None
    # The event by which whoever is to do it was asked, None when staff do it themselves; and the task, order or application made of
    # it.
    asked: int | None = None
    work: UUID = field(default_factory=uuid4)
    # Who has it, as it is shown.
    assignee: str | None = None
    # Its worker was told that nobody took it up, or that nobody came.
    left_lying: bool = False
    window_open: bool = False
    # Its category is public; it was not withheld; who follows it, and did since before it was resolved; in which rounds it was rated.
    category_public: bool = True
    public: bool = True
    followers: set[str] = field(default_factory=set)
    in_time: set[str] = field(default_factory=set)
    joined: bool = False
    # What it was merged into is public: what is joined with it afterwards goes on as that.
    goes_on_public: bool = False
    round: int = 0
    rated: set[int] = field(default_factory=set)
    trail: list[str] = field(default_factory=list)

    async def call(
        self, verb: str, by: str | Caller, body: Any = None, method: str = "post", **headers: str
    ) -> int:
        """With which status it was answered."""
        caller = getattr(self.here, by) if isinstance(by, str) else by
        path = f"/requests/{self.id}" + (f"/{verb}" if verb else "")
        answer = await getattr(self.here.service, method)(path, json=body, by=caller, headers=headers)
        return int(answer.status_code)

    def assign(self, by: str, to: Caller) -> Awaitable[int]:
        return self.call("assign", by, {"assignee_id": str(to.subject)})

    async def file_another(self, by: str) -> str:
        """Of the same kind."""
        body = {"category": LAMP if self.category_public else ERRAND, "words": "又一件"}
        answer = await self.here.service.post("/requests", json=body, by=getattr(self.here, by))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def asks(self, version: int | None) -> None:
        """By that event somebody is asked: it is other work than what was asked for before."""
        if version != self.asked:
            self.asked, self.work = version, uuid4()

    async def answer(self, route: str, event: Any, *, late: bool = False, **facts: Any) -> int:
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
        elif route == "relief":
            whose = {"application_id": work, "programme_id": uuid4(), "household_id": uuid4()}
            await self.here.service.deliver("applications", event(**whose, **about, **facts))
        else:
            await self.here.service.deliver(
                "orders", event(order_id=work, service="bath_help", **about, **facts)
            )
        return DONE

    async def days_pass(self) -> int:
        await self.here.service.advance(timedelta(days=8))
        await self.here.service.fire_timers()
        self.window_open = False
        return DONE


def _who() -> dict[str, UUID]:
    return {"volunteer_id": uuid4(), "person_id": uuid4()}


def _correct(request: Walked) -> Awaitable[int]:
    words = {"words": f"请帮我买 {uuid4().hex[:6]}"}
    return request.call("", "resident", words, "patch", **{"If-Match": f'"{request.version}"'})


async def _merge(request: Walked, by: str = "worker", *, withheld: bool = False) -> int:
    """Into another one of the same resident that is open."""
    other = await request.file_another("resident")
    if withheld:
        await request.here.service.post(f"/requests/{other}/withhold", by=request.here.worker)
    return await request.call("merge", by, {"into": other})


async def _join(request: Walked) -> int:
    """What the daughter asked for is merged into it."""
    other = await request.file_another("daughter")
    path = f"/requests/{other}/merge"
    answer = await request.here.service.post(path, json={"into": request.id}, by=request.here.worker)
    return int(answer.status_code)


def _rate(request: Walked, by: str | Caller) -> Awaitable[int]:
    return request.call("rating", by, {"stars": 4, "words": "还行"})


def _neighbour(verb: str) -> Callable[[Walked], Awaitable[int]]:
    return lambda request: request.call(verb, request.neighbour)


def _late(verb: str, route: str, event: Any, **facts: Any) -> dict[str, Callable[[Walked], Awaitable[int]]]:
    """As what comes of an earlier round: it leads nowhere."""
    return {
        f"{verb}, late, {route}": lambda r: r.answer(
            route, event, late=True, **{name: make() for name, make in facts.items()}
        )
    }


_FREE = {"amount": 0, "currency": "CNY"}

# What somebody does; several may be the same verb of EDGES, which is the part before the comma.
VERBS: Mapping[str, Callable[[Walked], Awaitable[int]]] = {
    "correct": _correct,
    **{
        f"triage, to {route}": lambda r, route=route: r.call("triage", "worker", {"route": route})
        for route in ROUTES
    },
    "triage, as the rules say": lambda r: r.call("triage", "worker", {}),
    "reject": lambda r: r.call("reject", "worker", {"reason": "不在本社区"}),
    "start": lambda r: r.call("start", "worker"),
    "assign, to themselves": lambda r: r.assign("worker", r.here.worker),
    "assign, to a colleague": lambda r: r.assign("worker", r.here.colleague),
    "assign, to a neighbour": lambda r: r.assign("worker", r.neighbour),
    "assign, to whoever is gone": lambda r: r.assign("worker", r.here.gone),
    "assign, the resident": lambda r: r.assign("resident", r.here.worker),
    "merge, into what is withheld": lambda r: _merge(r, withheld=True),
    "merge": _merge,
    "merge, the resident": lambda r: _merge(r, "resident"),
    "join": _join,
    "follow, a neighbour": _neighbour("follow"),
    "follow, whose it is": lambda r: r.call("follow", "resident"),
    "follow, the worker": lambda r: r.call("follow", "worker"),
    "unfollow, a neighbour": _neighbour("unfollow"),
    "unfollow, whose it is": lambda r: r.call("unfollow", "resident"),
    "unfollow, the worker": lambda r: r.call("unfollow", "worker"),
    "dispute, whose it is": lambda r: r.call("dispute", "resident"),
    "dispute, the daughter": lambda r: r.call("dispute", "daughter"),
    "dispute, a neighbour": _neighbour("dispute"),
    "dispute, the worker": lambda r: r.call("dispute", "worker"),
    "rate, the resident": lambda r: _rate(r, "resident"),
    "rate, the daughter": lambda r: _rate(r, "daughter"),
    "rate, a neighbour": lambda r: _rate(r, r.neighbour),
    "rate, the worker": lambda r: _rate(r, "worker"),
    "withhold": lambda r: r.call("withhold", "worker"),
    "withhold, the resident": lambda r: r.call("withhold", "resident"),
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
    "taken up, by relief": lambda r: r.answer(
        "relief", relief.ApplicationSubmitted, filed_by=uuid4(), asked=_FREE
    ),
    "given back, by relief": lambda r: r.answer(
        "relief", relief.ApplicationRejected, reviewer_id=uuid4(), reason="declined"
    ),
    "done, by relief": lambda r: r.answer(
        "relief", relief.ApplicationApproved, reviewer_id=uuid4(), granted=_FREE, from_on=date(2026, 11, 1)
    ),
    **_late(
        "taken up", "volunteers", volunteers.TaskAccepted, offer_id=uuid4, volunteer_id=uuid4, person_id=uuid4
    ),
    **_late(
        "done", "volunteers", volunteers.TaskDone, minutes=lambda: 30, volunteer_id=uuid4, person_id=uuid4
    ),
    **_late("taken up", "paid_service", paid.OrderAssigned, provider_id=uuid4, person_id=uuid4),
    **_late("given back", "paid_service", paid.OrderCancelled, fee=lambda: _FREE),
    **_late("taken up", "relief", relief.ApplicationSubmitted, filed_by=uuid4, asked=lambda: _FREE),
    **_late("given back", "relief", relief.ApplicationRejected, reviewer_id=uuid4, reason=lambda: "declined"),
    **_late(
        "done",
        "relief",
        relief.ApplicationApproved,
        reviewer_id=uuid4,
        granted=lambda: _FREE,
        from_on=lambda: date(2026, 11, 1),
    ),
    "days pass": Walked.days_pass,
}


_RESOLVED = ("triage, to department", "start", "resolve")
# Ways that chance seldom goes, to what is refused at their end, or is done once more.
SELDOM = (
    ("follow, a neighbour", "withhold", *_RESOLVED, "dispute, a neighbour"),
    ("follow, a neighbour", "unfollow, a neighbour", *_RESOLVED, "dispute, a neighbour"),
    # Whoever begins to follow what is done came too late for this time, not for the next.
    (
        *_RESOLVED,
        "follow, a neighbour",
        "dispute, a neighbour",
        "confirm",
        "dispute, a neighbour",
        "reopen",
        *_RESOLVED,
        "dispute, a neighbour",
    ),
    ("follow, a neighbour", "merge", "unfollow, a neighbour"),
    ("follow, a neighbour", "merge, into what is withheld", "unfollow, a neighbour"),
    ("join", "withdraw", "join", "withdraw, the daughter"),
    ("withhold", "join", "follow, a neighbour", "follow, whose it is"),
    ("withhold", "merge", "join"),
    ("merge, into what is withheld", "join"),
    (
        *_RESOLVED,
        "rate, the resident",
        "rate, the daughter",
        "dispute, whose it is",
        *_RESOLVED,
        "rate, the daughter",
    ),
    (
        "triage, to relief",
        "taken up, by relief",
        "given back, by relief",
        # Rejected is over: neither it nor another takes it up until it is routed anew.
        "taken up, by relief",
        "triage, to relief",
        "done, late, relief",
        "taken up, by relief",
        "given back, late, relief",
        "done, by relief",
    ),
    (*_RESOLVED, "days pass", "dispute, the daughter", "dispute, a neighbour", "rate, the resident"),
)


def verb_of(name: str) -> str:
    return name.partition(",")[0]


def leads_to(state: str, name: str) -> str | None:
    """Where EDGES say that it leads; None where it leads nowhere."""
    [to] = {edge[2] for edge in EDGES if edge[:2] == (state, verb_of(name))} or {None}
    return to


def answered(request: Walked, name: str) -> int:
    """What a caller is told who does that now. Who may not see it learns nothing of its state: 404 comes before 409."""
    if name in NEVER:
        return NEVER[name]
    follows = "neighbour" in request.followers
    if verb_of(name) == "follow" and not request.public:
        return 404
    if name == "unfollow, a neighbour":
        return DONE if follows else 404
    in_time = follows and (request.state not in ("resolved", "closed") or "neighbour" in request.in_time)
    if name == "dispute, a neighbour" and not (in_time and request.public):
        return 404
    if name == "join" and not (request.goes_on_public if request.state == "merged" else request.public):
        return 422
    late = verb_of(name) in ("reopen", "dispute") and not request.window_open
    twice = verb_of(name) == "rate" and request.round in request.rated
    others = verb_of(name) == "withdraw" and request.joined
    waits = request.state in ("triaged", "assigned")
    early = waits and verb_of(name) == "triage" and not request.left_lying
    if leads_to(request.state, name) is None or early or late or twice or others:
        return 409
    return 201 if verb_of(name) == "rate" else DONE


def has_it(request: Walked, name: str) -> UUID | None:
    """Whose it is after that was done by staff; None of what says nothing of that."""
    given = {"assign, to a colleague": request.here.colleague, "assign, to themselves": request.here.worker}
    whose = given.get(name, request.here.worker if name == "start" else None)
    return whose.subject if whose is not None else None


def told_by(request: Walked, name: str) -> int | None:
    """How many events what is done beside its way tells; None of what goes its way, which says so by its edge."""
    if name == "join" and request.state == "merged":
        return 0
    new = {"follow, a neighbour": "neighbour", "join": "daughter"}.get(name)
    if new is not None:
        return int(new not in request.followers)
    if verb_of(name) == "withhold":
        return int("neighbour" in request.followers)
    return {"follow": 0, "unfollow": 1, "rate": 1, "dispute": 1}.get(verb_of(name))


def note(request: Walked, name: str, after: str) -> None:
    """What is so after it was done."""
    verb = verb_of(name)
    if name == "follow, a neighbour":
        request.followers.add("neighbour")
    elif name == "unfollow, a neighbour":
        request.followers.discard("neighbour")
        request.in_time.discard("neighbour")
    elif verb == "withhold":
        # Whose own was joined with it goes on as one of it.
        request.public = False
        request.followers.discard("neighbour")
    elif verb == "rate":
        request.rated.add(request.round)
    elif verb == "join" and request.state != "merged":
        request.joined = True
        request.followers.add("daughter")
    elif name == "merge" and request.category_public:
        # They moved along; nobody comes to follow what is private.
        request.goes_on_public = True
        request.followers.clear()
    if after == "reopened" and request.state != "reopened":
        request.round += 1
    if after == "resolved" and request.state != "resolved":
        request.window_open = True
        request.in_time = set(request.followers)


def way_to(edge: tuple[str, str, str]) -> list[str]:
    """What must be done, from the beginning, to go along that edge; days pass only where nothing else leads on. Where others are to
    do it staff do not begin instead, and what staff have begun they resolve."""
    first = (
        ["days pass"] if edge in (("triaged", "triage", "triaged"), ("assigned", "triage", "triaged")) else []
    )
    by_others = bool(first) or edge[1] in NOT_CALLED - {"days pass"}
    not_by = {"done", "start", "assign"} if by_others else {"done"}
    ways: dict[str, list[str]] = {"submitted": []}
    waiting = deque(["submitted"])
    while waiting:
        state = waiting.popleft()
        for start, verb, end in sorted(EDGES, key=lambda each: (each[1] == "days pass", each)):
            if start == state and end not in ways and verb not in not_by:
                ways[end] = [*ways[state], verb]
                waiting.append(end)
    return [*(["follow"] if edge[1] == "unfollow" else []), *ways[edge[0]], *first, edge[1]]
