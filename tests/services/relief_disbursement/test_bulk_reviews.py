"""Bulk reviews: only the ticked rows, each by itself, with a result per row."""

from datetime import timedelta
from time import perf_counter

from event_contracts.relief_disbursement import ApplicationReturned, ApplicationVerified


async def test_three_hundred_rows_take_under_ten_seconds(relief, record_property, capsys):
    programme = await relief.programme()
    ids = await relief.submitted(programme, 300)
    for level, who in (("verify", "worker"), ("review", "street"), ("approve", "district")):
        if level == "review":
            await relief.service.advance(timedelta(days=7))
        started = perf_counter()
        rows = await relief.decide(level, ids, who)
        seconds = perf_counter() - started
        record_property(level, seconds)
        with capsys.disabled():
            print(f"\nbulk {level} of 300 rows: {seconds:.2f} s")  # noqa: T201 - the figure is asked for
        assert all(row["ok"] for row in rows)
        assert [row["key"] for row in rows] == ids
        assert seconds < 10


async def test_only_the_ticked_rows_change_and_each_says_what_became_of_it(relief):
    programme = await relief.programme()
    first, second, unticked = await relief.submitted(programme, 3)
    await relief.decide("verify", [second], "worker")
    rows = await relief.decide("verify", [first, second], "worker2")
    assert [(row["key"], row["ok"]) for row in rows] == [(first, True), (second, False)]
    assert rows[1]["problem"]["type"].endswith("wrong-state")
    events = await relief.service.published(ApplicationVerified)
    assert unticked not in {str(event.data.application_id) for event in events}


async def test_a_bulk_return_needs_a_reason_and_the_right_level(relief):
    programme = await relief.programme()
    ids = await relief.submitted(programme, 2)
    bare = await relief.act("/applications/reviews", "worker", level="verify", decision="return", ids=ids)
    assert bare.status_code == 422
    foreign = await relief.act(
        "/applications/reviews", "worker", level="approve", decision="approve", ids=ids
    )
    assert foreign.status_code == 403
    rows = await relief.decide("verify", ids, "worker", decision="return", reason="请补充收入证明")
    assert [row["value"]["state"] for row in rows] == ["returned_for_evidence"] * 2
    assert len(await relief.service.published(ApplicationReturned)) == 2


async def test_another_units_rows_are_not_found(relief):
    ids = await relief.submitted(await relief.programme())
    [row] = await relief.decide("verify", ids, "other_worker")
    assert (row["ok"], row["problem"]["status"]) == (False, 404)
