"""RFC 6238's own values, and which of them are taken."""

from base64 import b32encode
from datetime import UTC, datetime

import pytest

from resident_gateway.rules.totp import accepted_step

# RFC 6238, appendix B: the SHA-1 secret; of its eight digits an authenticator shows the last six.
SECRET = b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_standards_values_are_accepted_in_their_step_and_one_beside(seconds: int, code: str) -> None:
    step = seconds // 30
    for beside, accepted in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        at = datetime.fromtimestamp(seconds + beside, UTC)
        assert accepted_step(SECRET, code, None, at) == (step if accepted else None)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_a_code_of_a_step_that_was_used_is_not_accepted(seconds: int, code: str) -> None:
    at, step = datetime.fromtimestamp(seconds, UTC), seconds // 30
    assert accepted_step(SECRET, code, step, at) is None
    assert accepted_step(SECRET, code, step + 1, at) is None
    assert accepted_step(SECRET, code, step - 1, at) == step


@pytest.mark.parametrize("code", ["", "28708", "2870822", " 287082", "２８７０８２", "x" * 20])
def test_what_is_not_six_digits_is_not_accepted(code: str) -> None:
    assert accepted_step(SECRET, code, None, datetime.fromtimestamp(59, UTC)) is None
