"""Which refresh token gives what: the newest its successor, the one before it the same again for a minute, others the end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resident_gateway.rules.refresh_token import RefreshToken, read
from resident_gateway.rules.session import Renewal, Session, renewal

RENEWED = datetime(2026, 11, 25, 12, tzinfo=UTC)
STARTED = RENEWED - timedelta(days=10)


def _session(step: int, *, ended: bool = False) -> Session:
    ends_at = STARTED + timedelta(days=90)
    return Session(UUID(int=1), UUID(int=2), step, b"h" * 32, RENEWED, ends_at, RENEWED if ended else None)


@given(step=st.integers(0, 100), back=st.integers(0, 100), seconds=st.integers(0, 80 * 86400))
def test_what_a_token_gives(step: int, back: int, seconds: int) -> None:
    back = min(back, step)
    given_ = renewal(_session(step), step - back, RENEWED + timedelta(seconds=seconds))
    if seconds >= 30 * 86400:
        assert given_ is Renewal.OVER
    elif back == 0:
        assert given_ is Renewal.NEXT
    elif back == 1 and seconds < 60:
        assert given_ is Renewal.AGAIN
    else:
        assert given_ is Renewal.REUSED


@given(step=st.integers(0, 100), seconds=st.integers(0, 59))
def test_an_ended_session_gives_nothing(step: int, seconds: int) -> None:
    at = RENEWED + timedelta(seconds=seconds)
    assert renewal(_session(step, ended=True), step, at) is Renewal.OVER


def test_a_chain_does_not_grow_for_ever() -> None:
    assert renewal(_session(20_000), 20_000, RENEWED) is Renewal.OVER


@given(st.uuids(), st.integers(0, 999_999), st.binary(min_size=32, max_size=32))
def test_a_token_is_read_as_it_was_written(session_id: UUID, step: int, secret: bytes) -> None:
    token = RefreshToken(session_id, step, secret)
    assert read(str(token)) == token


@pytest.mark.parametrize("text", ["", ".", "a.1.b", f"{'0' * 32}.1.{'0' * 63}", f"{'0' * 32}.-1.{'0' * 64}"])
def test_anything_else_is_no_token(text: str) -> None:
    assert read(text) is None
