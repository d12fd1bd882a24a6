"""Ports are chosen once, and kept."""

import socket

from local_runtime import ports
from local_runtime.home import Home
from local_runtime.house import SERVICES, Service

ONE = Service("one", "ONE", 8990)


def test_a_choice_is_remembered(home: Home) -> None:
    home.prepare()
    first = ports.choose(home, (ONE,), usual=False)
    assert ports.choose(home, (ONE,), usual=False) == first
    assert len(set(first.values())) == len(first)


def test_a_given_port_wins(home: Home) -> None:
    home.prepare()
    wanted = max(ports.choose(home, (), usual=False).values()) + 1
    if ports.is_free(wanted):
        assert ports.choose(home, (), usual=False, given={"kafka": wanted})["kafka"] == wanted


def test_a_port_that_someone_else_took_is_replaced_while_we_are_down(home: Home) -> None:
    home.prepare()
    before = ports.choose(home, (), usual=False)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", before["kafka"]))
        stranger.listen()
        after = ports.choose(home, (), usual=False)
        kept = ports.choose(home, (), usual=False, in_use=True)
    assert after["kafka"] != before["kafka"]
    assert {**after, "kafka": 0} == {**before, "kafka": 0}
    assert kept == after


def test_a_running_instance_that_grows_keeps_what_it_has(home: Home) -> None:
    home.prepare()
    before = ports.choose(home, (), usual=False)
    after = ports.choose(home, (ONE,), usual=False, in_use=True)
    assert before.items() <= after.items()
    assert {"one.api", "one.api_metrics", "one.worker_metrics"} == after.keys() - before.keys()


def test_the_usual_ports_of_the_house_do_not_collide() -> None:
    usual = ports.names_and_usual(SERVICES, workers=4, gateways=4)
    assert len(set(usual.values())) == len(usual)
    assert "resident_gateway.api_4_metrics" in usual
