"""The figures that a proof must tell, written by hand: one whose test is skipped, renamed or gone would be missed by nobody otherwise.

A new figure gets its line here. One that stands here and was not told is missed; one that was told and stands nowhere says so.
"""

from collections.abc import Sequence

from proof.figures import Figure

EXPECTED: dict[str, tuple[str, ...]] = {
    "identity": (
        "access matrix",
        "access matrix: leaks",
        "access by row-level security alone",
        "forged tokens refused",
        "plaintext: findings of ID numbers, accounts and medical notes",
        "plaintext: places in which a planted canary was found",
        "plaintext: blind indexes and keys left of whoever was erased",
        "fuzz: calls",
        "fuzz: calls by phase",
        "fuzz: operations that answered 2xx to some role that may use them",
        "fuzz: operations that answered 2xx to none",
        "fuzz: operations that answered 2xx to resident",
        "fuzz: operations that answered 2xx to volunteer",
        "fuzz: operations that answered 2xx to provider",
        "fuzz: operations that answered 2xx to worker",
        "fuzz: operations that answered 2xx to street",
        "fuzz: operations that answered 2xx to district",
        "fuzz: operations that answered 2xx to finance",
        "fuzz: operations that answered 2xx to finance_lead",
        "fuzz: operations that answered 2xx to auditor",
        "fuzz: operations that answered 2xx to operator",
        "fuzz: faults and undeclared answers",
        "audit: single changes named at their row",
        "audit: deeds of a superuser named",
    ),
    "requests": (
        "city data: lines told of once",
        "city data: requests",
        "city data: refused by name",
        "city data: counts by category, state, month and area as another program counts",
        "requests: edges walked at random",
        "requests: edges walked",
        "requests: steps taken by an edge",
        "requests: illegal commands refused",
        "requests: walks that ended or were told upwards",
        "import: rows/s of the service beside its statements alone",
        "import: rows/s of the service beside its statements alone, every row open",
        "buffers: filing in private",
        "buffers: filing in public",
        "buffers: a worker's list, the newest first",
        "buffers: a worker's list, with what else came under its ids",
        "buffers: a worker's list, by the clock",
        "buffers: a worker's own, the newest first",
        "buffers: a worker's own, by the clock",
        "buffers: one unit of a street's, the newest first",
        "buffers: one unit of a street's, by the clock",
        "buffers: one worker's of a district's, the newest first",
        "buffers: one worker's of a district's, by the clock",
        "buffers: a district's list, the newest first",
        "buffers: a district's list, by the clock",
        "buffers: a resident's list",
        "buffers: the search for the same, near and in like words",
        "buffers: the search for the same, of a resident's own",
    ),
}
# Of `make bench`, where it is part of a proof.
BENCHED = (
    "bench: file a request through the gateway",
    "bench: the same, of its three first rows alone",
    "bench: the same: processor time per command",
    "bench: the relay drains 100,000 events",
    "bench: a consumer applies 100,000 events",
    "bench: resident home",
    "bench: resident home, read anew each time",
    "bench: 201 to effect at 50/s, p50",
    "bench: 201 to effect at 50/s, p99",
    "bench: 201 to effect at a quarter of the sustainable rate, p50",
    "bench: 201 to effect at a quarter of the sustainable rate, p99",
    "bench: growth: relay read",
    "bench: growth: relay mark",
    "bench: growth: idempotency lookup",
    "bench: growth: idempotency insert",
    "bench: growth: filing a request",
    "bench: growth: inbox advance",
    "bench: growth: timers claim",
    "bench: growth: housekeeping of sent events",
    "bench: growth: housekeeping of answers",
    "bench: growth: staff list of a community",
    "bench: growth: staff list of the district, one state",
    "bench: growth: timeline page",
    "bench: growth: print of a timeline page",
    "bench: growth: timeline item",
    "bench: growth: timeline state for all",
)


def missing(wanted: Sequence[str], told: Sequence[Figure]) -> list[Figure]:
    """A missed figure for each that nobody told."""
    names = {figure.name for figure in told}
    return [Figure(name, "not told", "must be told", met=False) for name in wanted if name not in names]


def unlisted(wanted: Sequence[str], told: Sequence[Figure]) -> list[str]:
    return sorted({figure.name for figure in told} - set(wanted))
