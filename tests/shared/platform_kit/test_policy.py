"""The table of who may do what: it is frozen, and a service whose operations do not agree with it does not start."""

from typing import Annotated, Any
from uuid import uuid4

import pytest
from fastapi import APIRouter

from platform_kit.auth import Caller, Post
from platform_kit.edge import Read, reads
from platform_kit.policy import (
    ALL,
    ALL_FROM_TOP,
    ANY_ROLE,
    ANYBODY,
    IN_UNITS,
    OWN,
    PolicyIncomplete,
    compare,
    policy,
)

UNIT = uuid4()
TABLE = policy(
    {
        "see_all": ANYBODY,
        "see_one": {ANY_ROLE: OWN, "worker": IN_UNITS, "street": (OWN, IN_UNITS)},
        "open_one": {"operator": ALL},
        "close_all": {"finance_lead": ALL_FROM_TOP},
    }
)


def _caller(*roles: str, posts: tuple[tuple[str, str], ...] = ()) -> Caller:
    return Caller(uuid4(), frozenset(roles), tuple(Post(role, UNIT, code) for role, code in posts))


def test_a_role_without_a_rule_is_not_let_in() -> None:
    assert not TABLE["open_one"].lets_in(_caller("resident", "worker"))
    assert TABLE["open_one"].lets_in(_caller("resident", "operator"))
    assert TABLE["see_one"].lets_in(_caller())
    assert not TABLE["see_one"].open_to_nobody
    assert TABLE["see_all"].open_to_nobody


def test_a_caller_has_the_rules_of_all_their_roles_and_no_others() -> None:
    assert TABLE["see_one"].rules_for(_caller("worker")) == {OWN, IN_UNITS}
    assert TABLE["see_one"].rules_for(_caller("finance")) == {OWN}
    assert TABLE["open_one"].rules_for(_caller("finance")) == frozenset()


def test_only_posts_of_a_role_with_that_rule_reach_units() -> None:
    caller = _caller("worker", "finance", posts=(("worker", "01/02"), ("finance", "01")))
    assert TABLE["see_one"].unit_codes(caller) == ("01/02",)
    assert TABLE["open_one"].unit_codes(caller) == ()


def test_what_is_everybodys_is_for_a_post_of_the_role_at_the_top() -> None:
    close = TABLE["close_all"]
    for caller in (
        _caller("finance_lead"),
        _caller("finance_lead", posts=(("finance_lead", "01/01/001"),)),
        _caller("finance_lead", "worker", posts=(("finance_lead", "01/01"), ("worker", "01"))),
    ):
        assert not close.lets_in(caller)
        assert close.rules_for(caller) == frozenset()
    lead = _caller("finance_lead", posts=(("finance_lead", "01/01"), ("finance_lead", "02")))
    assert close.lets_in(lead)
    assert close.rules_for(lead) == {ALL_FROM_TOP}
    assert [post.unit_code for post in close.top_posts(lead)] == ["02"]


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TABLE["see_all"].rules["worker"] = frozenset({ALL})  # type: ignore[index]
    with pytest.raises(TypeError):
        TABLE["more"] = TABLE["see_all"]  # type: ignore[index]


def _router(*names: str, asks: bool = True) -> APIRouter:
    router = APIRouter()
    for name in names:

        async def asked(read: Annotated[Read, reads()]) -> None: ...

        async def unasked() -> None: ...

        endpoint: Any = asked if asks else unasked
        endpoint.__name__ = name
        router.add_api_route(f"/{name}", endpoint)
    return router


def test_a_table_that_agrees_with_the_operations_is_taken() -> None:
    compare(TABLE, [_router("see_one", "open_one", "close_all"), _router("see_all", asks=False)])


@pytest.mark.parametrize(
    ("routers", "said"),
    [
        ([_router("see_all", "see_one", "open_one", "close_all", "shut_one")], "shut_one: no row"),
        ([_router("see_all", "see_one", "close_all")], "open_one: no operation"),
        (
            [_router("see_all", "see_one", "close_all"), _router("open_one", asks=False)],
            "open_one: asks nobody",
        ),
    ],
)
def test_a_service_whose_table_does_not_agree_does_not_start(routers: list[APIRouter], said: str) -> None:
    with pytest.raises(PolicyIncomplete, match=said):
        compare(TABLE, routers)
