"""What is counted as one place that calls come from."""

import pytest

from platform_kit.caller_address import line_of


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
