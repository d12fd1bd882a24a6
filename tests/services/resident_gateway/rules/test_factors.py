"""What proves two factors, and what is a secret of one."""

import pytest

from resident_gateway.rules.factors import proves_two
from resident_gateway.rules.totp import is_secret


@pytest.mark.parametrize("needs_code", [True, False])
@pytest.mark.parametrize("has_code", [True, False])
def test_a_code_never_does_a_provider_always_and_a_password_with_a_second_factor_or_where_none_is_needed(
    has_code: bool, needs_code: bool
) -> None:
    proofs = {
        kind: proves_two(kind, has_code=has_code, needs_code=needs_code)
        for kind in ("code", "provider", "password")
    }
    assert proofs == {"code": False, "provider": True, "password": has_code or not needs_code}


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("A" * 32, True),
        ("A" * 26, True),
        ("A" * 24, False),
        ("", False),
        ("not base32!", False),
        ("密" * 32, False),
    ],
)
def test_a_secret_is_base32_of_sixteen_bytes(text: str, good: bool) -> None:
    assert is_secret(text) == good
