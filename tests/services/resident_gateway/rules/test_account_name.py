"""A phone is found however it was typed; a staff name is itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resident_gateway.rules.account_name import account_key

PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
GAPS = st.lists(st.sampled_from(["", " ", "-", "(", ")"]), min_size=11, max_size=11)


@given(phone=PHONES, prefix=st.sampled_from(["", "+86", "+86 ", "0086"]), gaps=GAPS)
def test_every_spelling_of_a_phone_has_one_key(phone: str, prefix: str, gaps: list[str]) -> None:
    typed = prefix + "".join(digit + gap for digit, gap in zip(phone, gaps, strict=True))
    assert account_key(typed) == phone


@given(phone=PHONES)
def test_full_width_digits_are_digits(phone: str) -> None:
    assert account_key(phone.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})) == phone


@pytest.mark.parametrize("name", ["operator", "zhang.worker", "a-b", "li (finance)", "王", "²³"])
def test_a_staff_name_keeps_its_marks(name: str) -> None:
    assert account_key(f" {name} ") == ("23" if name == "²³" else name)


@given(one=st.text(max_size=40))
def test_a_key_is_its_own_key(one: str) -> None:
    assert account_key(account_key(one)) == account_key(one)
