"""Whose address counts: the peer's, unless the peer is a proxy of ours."""

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from platform_kit.caller_address import caller_address

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def _call(peer: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return Request({"type": "http", "headers": headers, "client": (peer, 1) if peer else None})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", (), "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), "203.0.113.7"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.1, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.1, 198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.1", "198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1, nonsense",), "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", (), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", (), "203.0.113.7"),
        ("fd00::1", ("198.51.100.1",), "198.51.100.1"),
        (None, ("198.51.100.1",), "unknown"),
    ],
)
def test_the_address_of_a_caller(peer: str | None, forwarded: tuple[str, ...], expected: str) -> None:
    assert caller_address(_call(peer, *forwarded), OURS) == expected
