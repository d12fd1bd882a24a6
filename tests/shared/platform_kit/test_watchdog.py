"""Who is stuck is noticed; who waits, or moves slowly, is not."""

import subprocess
import sys

import pytest

from platform_kit import watchdog
from platform_kit.watchdog import Progress, Stall


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock of the watchdog, in seconds, moved by the test."""
    seconds = [1000.0]
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: seconds[0])
    return seconds


def test_a_loop_that_does_not_turn_is_noticed(clock: list[float]) -> None:
    progress = Progress()
    clock[0] += 59
    assert progress.stalled(60) is None
    clock[0] += 2
    assert progress.stalled(60) == "the event loop has not turned"


def test_a_batch_that_does_not_end_is_noticed_though_others_go_on(clock: list[float]) -> None:
    progress = Progress()
    progress.working("stuck")
    for _ in range(13):
        clock[0] += 5
        progress.working("busy")
        progress.idle("idle")
    assert progress.stalled(60) == "no progress of ['stuck']"
    progress.idle("stuck")
    assert progress.stalled(60) is None


def test_turning_in_vain_is_no_progress(clock: list[float]) -> None:
    progress = Progress()
    progress.working("vain")
    for _ in range(13):
        clock[0] += 5
        progress.still_working("vain")
    assert progress.stalled(60) == "no progress of ['vain']"
    progress.idle("vain")
    progress.still_working("vain")
    assert progress.stalled(60) is None


def test_a_process_whose_lines_nobody_reads_is_ended_all_the_same() -> None:
    """Its loop stands in a write to a full pipe, and the watchdog must not write to it as well."""
    code = (
        "import sys, time; from platform_kit.watchdog import Progress, watch\n"
        "watch(Progress(), 0.5)\n"
        "while True: sys.stdout.write('x' * 10_000); sys.stdout.flush()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.wait(30) == watchdog.STALLED_EXIT


def test_a_consumer_that_is_behind_and_stands_still_is_noticed(clock: list[float]) -> None:
    stall = Stall(60)
    assert not stall.look({"p0": 5})
    clock[0] += 61
    assert stall.look({"p0": 5})


def test_a_slow_consumer_is_not_taken_for_a_stuck_one(clock: list[float]) -> None:
    stall = Stall(60)
    for position in range(10):
        assert not stall.look({"p0": position})
        clock[0] += 50
    assert not stall.look({})
    clock[0] += 500
    assert not stall.look({"p0": 99})


def test_one_partition_that_never_comes_is_noticed_beside_busy_ones(clock: list[float]) -> None:
    stall = Stall(60)
    for position in range(5):
        assert not stall.look({"dead": 7, "busy": position})
        clock[0] += 15
    assert stall.look({"dead": 7, "busy": 5}) is True


def test_partitions_that_wait_for_each_other_in_turn_are_not_taken_for_stuck(clock: list[float]) -> None:
    stall = Stall(60)
    positions = [0, 0, 0]
    for turn in range(20):
        positions[turn % 3] += 1
        assert not stall.look(dict(enumerate(positions)))
        clock[0] += 15
