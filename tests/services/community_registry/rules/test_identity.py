"""ID numbers and phones as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from community_registry.rules import identity
from platform_kit.problems import InvalidInput


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("11010119900307803x", "11010119900307803X"),
        ("1101011990 0307 803X", "11010119900307803X"),
        ("１１０１０１１９９００３０７８０３Ｘ", "11010119900307803X"),
        ("110101900307803", "11010119900307803X"),
    ],
)
def test_id_numbers_are_normalised(written: str, stored: str) -> None:
    assert identity.id_number(written, field="id_number") == stored


@pytest.mark.parametrize(
    "written", ["110101199003078031", "11010119900230803X", "1234", "", "11010119900307803①"]
)
def test_wrong_id_numbers_are_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        identity.id_number(written, field="id_number")


@given(st.integers(0, 16), st.integers(1, 9))
def test_a_single_wrong_digit_is_always_found(place: int, shift: int) -> None:
    number = "11010119900307803X"
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(InvalidInput):
        identity.id_number(wrong, field="id_number")


@given(st.dates(min_value=date(1901, 1, 1)), st.integers(0, 999))
def test_the_check_digit_agrees_with_an_independent_library(born: date, serial: int) -> None:
    body = f"110101{born:%Y%m%d}{serial:03d}"
    number = body + ric.calc_check_digit(body + "0")
    assert identity.id_number(number, field="id_number") == number


@pytest.mark.parametrize(
    ("written", "stored"),
    [("138 0013 8000", "13800138000"), ("+8613800138000", "13800138000"), ("010-65123456", "01065123456")],
)
def test_phones_are_normalised(written: str, stored: str) -> None:
    assert identity.phone(written, field="phone") == stored
