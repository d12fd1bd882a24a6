"""What is counted as one place that calls come from."""

import pytest

from platform_kit.caller_address import address_of, line_of


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("nonsense", "unknown"),
        ("", "unknown"),
    ],
)
def test_one_connection_to_the_internet(address: str, expected: str) -> None:
    assert line_of(address) == expected


def test_what_is_longer_than_any_address_is_none() -> None:
    """Headers are written by strangers, and an IPv6 address may say of which interface it is, at any length."""
    assert address_of("fe80::1%eth0") == "fe80::1%eth0"
    assert address_of("fe80::1%" + "a" * 32_000) == ""
