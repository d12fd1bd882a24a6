"""Identifiers for machines are time-ordered; those for people survive being read over the phone."""

import time

from hypothesis import given
from hypothesis import strategies as st

from platform_kit.ids import case_number, new_id, parse_case_number

SERIALS = st.integers(1, 10**8 - 1)


@given(SERIALS)
def test_a_case_number_is_read_back_however_it_is_written(serial: int) -> None:
    number = case_number(serial)
    assert parse_case_number(number) == serial
    assert parse_case_number(number.replace("-", " ")) == serial
    assert parse_case_number(number.replace("-", "")) == serial


@given(SERIALS, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(serial: int, place: int, shift: int) -> None:
    digits = case_number(serial).replace("-", "")
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert parse_case_number(wrong) is None


@given(SERIALS, st.integers(0, 7))
def test_two_swapped_neighbours_are_always_found(serial: int, place: int) -> None:
    digits = case_number(serial).replace("-", "")
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    assert swapped == digits or parse_case_number(swapped) is None


def test_ids_are_unique_version_7_and_in_the_order_of_time() -> None:
    first = new_id()
    deadline = time.monotonic() + 1
    while (later := new_id()).bytes[:6] == first.bytes[:6]:
        assert time.monotonic() < deadline
    assert first < later
    assert {new_id().version for _ in range(100)} == {7}
    assert len({new_id() for _ in range(10_000)}) == 10_000
