"""A one-time code: right, in time and within five tries, or nothing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from resident_gateway.rules.code import OneTimeCode, fits, stands

SENT = datetime(2026, 11, 25, 12, tzinfo=UTC)
HASH, OTHER = b"a" * 32, b"b" * 32


@given(seconds=st.integers(0, 900), tries_left=st.integers(0, 5), right=st.booleans())
def test_only_the_right_code_in_time_with_a_try_left_fits(seconds: int, tries_left: int, right: bool) -> None:
    code = OneTimeCode(b"p" * 32, HASH, SENT + timedelta(minutes=5), tries_left)
    given_hash = HASH if right else OTHER
    expected = right and seconds < 300 and tries_left > 0
    assert fits(code, given_hash, SENT + timedelta(seconds=seconds)) == expected


@given(seconds=st.integers(0, 900), tries_left=st.integers(0, 5))
def test_for_a_minute_a_code_that_can_be_used_is_not_replaced(seconds: int, tries_left: int) -> None:
    code = OneTimeCode(b"p" * 32, HASH, SENT + timedelta(minutes=5), tries_left)
    assert stands(code, SENT + timedelta(seconds=seconds)) == (seconds < 60 and tries_left > 0)
