"""Who asks. Two districts, X and Y, of three levels each; A lives in X, B in Y.

Codes are chosen to trap a careless prefix: community `next` is a neighbour of X whose code begins X's, and the code of
district Y begins that of district X.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from joserfc.jwk import ECKey

from platform_kit.auth import Caller, Post, issue_token
from platform_kit.testing import signing_key


@dataclass(frozen=True)
class Place:
    """A unit of the tree; `parent` and `name` are keys of PLACES."""

    kind: str
    code: str
    parent: str | None = None


PLACES = {
    "district_x": Place("district", "0101"),
    "street_x": Place("street", "0101/01", "district_x"),
    "x": Place("community", "0101/01/001", "street_x"),
    "next": Place("community", "0101/01/00", "street_x"),
    "district_y": Place("district", "01"),
    "street_y": Place("street", "01/01", "district_y"),
    "y": Place("community", "01/01/001", "street_y"),
}

# name: (roles, where their post is, or where they live)
RESIDENTS = {
    "resident_a": ("resident", "x"),
    "resident_b": ("resident", "y"),
    "delegate_a": ("resident", "x"),  # A's recorded consent
    "lapsed_delegate": ("resident", "x"),  # A's consent, which ended yesterday
    "volunteer": ("resident volunteer", "x"),  # holds A's task
    "volunteer_beside": ("resident volunteer", "x"),  # was offered it too
    "volunteer_other": ("resident volunteer", "y"),  # holds B's
    "provider": ("resident provider", "x"),  # has A's order
    "provider_other": ("resident provider", "y"),  # has B's
}
STAFF = {
    "worker_x": ("worker", "x"),
    "agent_x": ("worker", "x"),  # a worker of X with A's recorded consent
    "street_x": ("street", "street_x"),
    "district_x": ("district", "district_x"),
    "worker_next": ("worker", "next"),
    "worker_y": ("worker", "y"),
    "street_y": ("street", "street_y"),
    "district_y": ("district", "district_y"),
    "finance": ("finance", "district_x"),
    "finance_lead": ("finance_lead", "district_x"),
    "auditor": ("auditor", "district_x"),
    "finance_y": ("finance", "district_y"),
    "auditor_y": ("auditor", "district_y"),
    # The same posts at one community: figures and entries of that community, and nothing of the whole house.
    "lead_x": ("finance_lead", "x"),
    "auditor_x": ("auditor", "x"),
}
NOT_SIGNED_IN = ("nobody", "expired_a", "forged_a")
PRINCIPALS = (*NOT_SIGNED_IN, *RESIDENTS, *STAFF, "operator")
# Who has a good token and calls a service itself, not by the gateway: a resident, and the officers.
PAST_THE_GATEWAY = ("resident_a", "worker_x", "district_x", "operator")

GROUPS = {
    "not_signed_in": " ".join(NOT_SIGNED_IN),
    "everybody": " ".join(PRINCIPALS[len(NOT_SIGNED_IN) :]),
    "residents": " ".join(RESIDENTS),
    "side_of_a": "resident_a delegate_a agent_x",
    "workers_x": "worker_x agent_x",
    "staff_x": "worker_x agent_x street_x district_x",
    "staff_y": "worker_y street_y district_y",
    "money_x": "finance finance_lead",
    "auditors": "auditor auditor_y",
    "of_x": "lead_x auditor_x",
}


def named(text: str) -> tuple[str, ...]:
    """The principals of a text of names and groups, in the order of PRINCIPALS; KeyError for a name that is none."""
    found: set[str] = set()
    for word in text.split():
        members = GROUPS[word].split() if word in GROUPS else [word]
        if unknown := set(members) - set(PRINCIPALS):
            raise KeyError(f"no principal or group is called {', '.join(sorted(unknown))}")
        found |= set(members)
    return tuple(name for name in PRINCIPALS if name in found)


@dataclass(frozen=True)
class People:
    """Everybody of one world: `units` by place, `subjects` by principal."""

    units: Mapping[str, UUID]
    subjects: Mapping[str, UUID] = field(default_factory=lambda: {name: uuid4() for name in PRINCIPALS})

    def caller(self, name: str) -> Caller:
        if name in RESIDENTS:
            return Caller(self.subjects[name], frozenset(RESIDENTS[name][0].split()))
        if name in STAFF:
            role, place = STAFF[name]
            post = Post(role, self.units[place], PLACES[place].code)
            return Caller(self.subjects[name], frozenset({role}), (post,))
        return Caller(self.subjects[name], frozenset({"operator"}))

    def authorization(self, name: str, instead: Caller | None = None) -> dict[str, str]:
        """The header with which this principal asks; `instead` plays the part for one object."""
        if name == "nobody":
            return {}
        if name == "expired_a":
            token = issue_token(signing_key(), self.caller("resident_a"), timedelta(minutes=-5))
        elif name == "forged_a":
            token = issue_token(_foreign_key(), self.caller("resident_a"), timedelta(minutes=5))
        else:
            token = issue_token(signing_key(), instead or self.caller(name), timedelta(minutes=5))
        return {"Authorization": f"Bearer {token}"}


def _foreign_key() -> ECKey:
    """Another's key under the name of ours."""
    return ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": "ES256"}, auto_kid=False)
