"""How often somebody may call: no more, exactly that often, and nobody pays for another."""

import pytest

from platform_kit import admission
from platform_kit.admission import Rate
from platform_kit.problems import TooManyRequests


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _taken(rate: Rate, principal: str, tries: int, share: int = 1) -> int:
    taken = 0
    for _ in range(tries):
        try:
            rate.take(principal, share)
        except TooManyRequests:
            continue
        taken += 1
    return taken


@pytest.mark.parametrize("per_minute", [1, 7, 60, 1200])
def test_as_many_as_are_allowed_get_in_at_once_and_no_more(per_minute: int) -> None:
    assert _taken(Rate(per_minute, Clock()), "anna", 3 * per_minute) == per_minute


def test_over_any_length_of_time_nobody_gets_more_than_their_rate() -> None:
    clock = Clock()
    rate = Rate(60, clock)
    taken = 0
    for _ in range(600):
        taken += _taken(rate, "anna", 3)
        clock.now += 1.0
    assert 60 + 599 <= taken <= 60 + 600


def test_the_time_to_come_again_is_true() -> None:
    clock = Clock()
    rate = Rate(6, clock)
    assert _taken(rate, "anna", 6) == 6
    with pytest.raises(TooManyRequests) as refused:
        rate.take("anna")
    assert refused.value.seconds == 10
    clock.now += 9.0
    assert _taken(rate, "anna", 1) == 0
    clock.now += 1.0
    assert _taken(rate, "anna", 2) == 1


def test_whoever_goes_on_asking_is_not_kept_out_for_longer() -> None:
    clock = Clock()
    rate = Rate(6, clock)
    _taken(rate, "anna", 1000)
    clock.now += 60.0
    assert _taken(rate, "anna", 6) == 6


def test_nobody_pays_for_another_and_those_behind_one_name_share_more() -> None:
    rate = Rate(5, Clock())
    assert _taken(rate, "anna", 9) == 5
    assert _taken(rate, "bert", 9) == 5
    assert _taken(rate, "office", 500, share=20) == 100


def test_no_limit_is_none() -> None:
    assert _taken(Rate(0, Clock()), "anna", 10_000) == 10_000


def test_it_remembers_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_REMEMBERED", 10)
    clock = Clock()
    rate = Rate(1, clock)
    for n in range(100):
        rate.take(f"somebody {n}")
    assert len(rate._used_until) == 10
    assert _taken(rate, "somebody 99", 1) == 0, "who called last is still known"
