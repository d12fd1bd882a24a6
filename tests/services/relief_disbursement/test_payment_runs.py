"""Payment runs over HTTP: paid once, by two people, with a file that the bank gets once."""

import asyncio
from hashlib import sha256
from time import perf_counter
from uuid import uuid4

import pytest
from asyncpg import CheckViolationError, UniqueViolationError

from event_contracts.relief_disbursement import (
    PaymentDue,
    PaymentPaid,
    PaymentReissued,
    PaymentReturned,
    PaymentRunAdvanced,
    PaymentSent,
)

COPY_OF_A_PAYMENT = """
    INSERT INTO payment (id, payment_run_id, line, application_id, resident_id, unit_id, period, attempt,
                         previous_id, currency, amount_minor, payee_name, bank_account, state, version,
                         created_at)
    SELECT gen_random_uuid(), $2, 99, application_id, resident_id, unit_id, period, {attempt}, {previous},
           currency, amount_minor, payee_name, bank_account, 'due', 1, created_at
    FROM payment WHERE payment_run_id = $1
"""


async def test_a_run_goes_from_draft_to_settled_and_pays_each_once(relief):
    programme = await relief.programme()
    ids = await relief.active(programme, 3)
    run = await relief.sent(programme)
    payments = await relief.payments(run)
    assert {payment["application_id"] for payment in payments} == set(ids)
    assert {payment["state"] for payment in payments} == {"sent"}
    lines = [f"{payment['id']},paid,600.00,,,2026-12-03" for payment in payments]
    first = await relief.bank_says(run, *lines[:2])
    assert (first["applied"], first["run"]["state"]) == (2, "sent")
    second = await relief.bank_says(run, *lines)
    assert (second["applied"], second["repeated"], second["run"]["state"]) == (1, 2, "settled")
    third = await relief.bank_says(run, *lines)
    assert (third["applied"], third["repeated"], third["run"]["state"]) == (0, 3, "settled")
    for event in (PaymentDue, PaymentSent, PaymentPaid):
        assert len(await relief.service.published(event)) == 3
    states = [
        (event.data.state, event.version) for event in await relief.service.published(PaymentRunAdvanced)
    ]
    assert states == [
        ("draft", 1), ("calculated", 2), ("checked", 3), ("released", 4), ("sent", 5), ("settled", 6),
    ]  # fmt: skip
    shown = await relief.figures(programme)
    assert shown["paid"] == relief.cny(3 * 60_000)


async def test_twenty_parallel_calculates_and_two_runs_of_one_period_collect_once(relief):
    programme = await relief.programme()
    ids = await relief.active(programme, 10)
    runs = [await relief.open_run(programme) for _ in range(2)]
    answers = await relief.at_once(
        "SELECT FROM programme WHERE id = $1 FOR UPDATE",
        programme["id"],
        *(relief.act(f"/payment-runs/{runs[n % 2]}/calculate", "finance1") for n in range(20)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 19]
    due = await relief.service.published(PaymentDue)
    assert sorted(str(event.data.application_id) for event in due) == sorted(ids)


async def test_twenty_parallel_releases_are_one(relief):
    programme = await relief.programme()
    await relief.active(programme, 2)
    run = await relief.calculated(programme)
    relief.ok(await relief.act(f"/payment-runs/{run}/check", "finance1"))
    answers = await relief.at_once(
        "SELECT FROM payment_run WHERE id = $1 FOR UPDATE",
        run,
        *(relief.act(f"/payment-runs/{run}/release", f"finance_lead{n}") for n in range(20)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 19]
    files = await asyncio.gather(*(relief.act(f"/payment-runs/{run}/file", "finance2") for _ in range(20)))
    assert len({file.text for file in files if relief.ok(file)}) == 1
    assert len(await relief.service.published(PaymentSent)) == 2


async def test_whoever_calculated_may_not_release(relief):
    programme = await relief.programme()
    await relief.active(programme)
    run = await relief.calculated(programme)
    relief.ok(await relief.act(f"/payment-runs/{run}/check", "finance2"))
    same = await relief.act(f"/payment-runs/{run}/release", "finance1")
    assert (same.status_code, same.json()["type"].rsplit("/", 1)[-1]) == (409, "release-needs-another")
    with pytest.raises(CheckViolationError):
        async with relief.service.tx() as tx:
            await tx.execute("UPDATE payment_run SET released_by = calculated_by WHERE id = $1", run)
    relief.ok(await relief.act(f"/payment-runs/{run}/release", "finance2"))


@pytest.mark.parametrize("verb", ["calculate", "check", "release", "file"])
@pytest.mark.parametrize("done", range(5))
async def test_a_run_refuses_every_step_out_of_turn(relief, verb, done):
    programme = await relief.programme()
    await relief.active(programme)
    run = await relief.open_run(programme)
    steps = [("calculate", "finance1"), ("check", "finance1"), ("release", "finance2"), ("file", "finance2")]
    for step, who in steps[:done]:
        relief.ok(await relief.act(f"/payment-runs/{run}/{step}", who))
    answer = await relief.act(f"/payment-runs/{run}/{verb}", dict(steps)[verb])
    in_turn = done < 4 and steps[done][0] == verb
    asked_again = done == 4 and verb == "file"
    assert answer.status_code == (200 if in_turn or asked_again else 409)
    early = await relief.act("/bank-results", "finance1", payment_run_id=run, text="payment_id,result,date\n")
    assert early.status_code == (200 if done == 4 or (done == 3 and verb == "file") else 409)


async def test_the_file_is_the_same_to_the_byte_whenever_it_is_asked_for(relief):
    programme = await relief.programme()
    await relief.active(programme, 2, payee_name="𠮷·古丽米热")
    run = await relief.sent(programme)
    first = relief.ok(await relief.act(f"/payment-runs/{run}/file", "finance2"))
    second = relief.ok(await relief.act(f"/payment-runs/{run}/file", "finance1"))
    assert first == second
    assert (first["count"], first["total"]) == (2, relief.cny(120_000))
    file = await relief.service.get(f"/payment-runs/{run}/file", by=relief.who("finance1"))
    assert file.status_code == 200
    assert file.headers["content-type"] == "text/csv; charset=gb18030"
    assert sha256(file.content).hexdigest() == first["sha256"]
    header, *lines, trailer = file.content.decode("gb18030").splitlines()
    assert header == "line,payment_id,payee_name,account,amount_yuan,purpose"
    assert [line.split(",")[2:5] for line in lines] == [["𠮷·古丽米热", relief.account, "600.00"]] * 2
    assert trailer.split(",")[0::3] == ["total", "2"]
    other = await relief.service.get(f"/payment-runs/{run}/file", by=relief.who("worker"))
    assert other.status_code == 403
    async with relief.service.tx() as tx:
        [look] = await tx.fetch("SELECT * FROM audit WHERE operation = 'look'")
    assert look["actor"] == relief.who("finance1").subject
    assert look["object"] == {"what": "bank_file", "payment_run_id": run}
    assert look["reason"]


async def test_a_name_outside_the_banks_set_stops_the_export_and_nothing_is_sent(relief, monkeypatch):
    programme = await relief.programme()
    await relief.active(programme, payee_name="𠮷野")
    run = await relief.calculated(programme)
    relief.ok(await relief.act(f"/payment-runs/{run}/check", "finance1"))
    relief.ok(await relief.act(f"/payment-runs/{run}/release", "finance2"))
    monkeypatch.setattr(relief.service.kit.settings, "bank_charset", "gbk")
    refused = await relief.act(f"/payment-runs/{run}/file", "finance2")
    assert (refused.status_code, refused.json()["line"], refused.json()["what"]) == (409, 1, "payee_name")
    assert await relief.service.published(PaymentSent) == []
    missing = await relief.service.get(f"/payment-runs/{run}/file", by=relief.who("finance1"))
    assert missing.status_code == 404


async def test_a_returned_payment_is_held_until_a_person_reissues_it(relief):
    programme = await relief.programme()
    await relief.active(programme, 2)
    run = await relief.sent(programme)
    [paid, back] = await relief.payments(run)
    answer = await relief.bank_says(
        run,
        f"{paid['id']},paid,600.00,,,2026-12-03",
        f"{back['id']},returned,600.00,AC01,账号户名不符,2026-12-03",
    )
    assert answer["run"]["state"] == "settled"
    [returned] = await relief.service.published(PaymentReturned)
    assert (returned.data.code, returned.data.reason) == ("AC01", "returned_by_bank")
    held = await relief.open_run(programme)
    assert (await relief.act(f"/payment-runs/{held}/calculate", "finance1")).status_code == 409
    for payment in (paid, {"id": uuid4()}):
        wrong = await relief.act(
            f"/payments/{payment['id']}/reissue", "finance1", bank_account=relief.account
        )
        assert wrong.status_code in (404, 409)
    account = "6217 0000 1111 2222"
    reissued = relief.ok(
        await relief.act(f"/payments/{back['id']}/reissue", "finance1", bank_account=account)
    )
    assert reissued["state"] == "reissued"
    assert (
        await relief.act(f"/payments/{back['id']}/reissue", "finance1", bank_account=None)
    ).status_code == 409
    assert len(await relief.service.published(PaymentReissued)) == 1
    relief.ok(await relief.act(f"/payment-runs/{held}/calculate", "finance1"))
    [second] = await relief.payments(held)
    assert (second["attempt"], second["previous_id"], second["application_id"]) == (
        2,
        back["id"],
        back["application_id"],
    )
    again = await relief.open_run(programme)
    assert (await relief.act(f"/payment-runs/{again}/calculate", "finance1")).status_code == 409
    relief.ok(await relief.act(f"/payment-runs/{held}/check", "finance1"))
    relief.ok(await relief.act(f"/payment-runs/{held}/release", "finance2"))
    relief.ok(await relief.act(f"/payment-runs/{held}/file", "finance2"))
    file = await relief.service.get(f"/payment-runs/{held}/file", by=relief.who("finance1"))
    assert "6217000011112222" in file.text
    old = await relief.service.get(f"/payment-runs/{run}/file", by=relief.who("finance1"))
    assert (old.status_code, old.text.count(relief.account)) == (200, 2)


async def test_lines_that_do_not_fit_are_refused_one_by_one(relief):
    programme = await relief.programme()
    await relief.active(programme, 2)
    run = await relief.sent(programme)
    [first, second] = await relief.payments(run)
    answer = await relief.bank_says(
        run,
        f"{first['id']},paid,599.99,,,2026-12-03",
        f"{uuid4()},paid,600.00,,,2026-12-03",
        f"{second['id']},returned,600.00,AC01,,2026-12-03",
        f"{second['id']},paid,600.00,,,2026-12-03",
        f"{second['id']},returned,600.00,AC01,销户,2026-12-03",
    )
    assert [(line["line"], line["outcome"]) for line in answer["lines"]] == [
        (2, "refused"), (3, "refused"), (4, "refused"), (5, "applied"), (6, "refused"),
    ]  # fmt: skip
    assert [line["problem"]["type"].rsplit("/", 1)[-1] for line in answer["lines"] if line["problem"]] == [
        "wrong-amount", "unknown-payment", "unreadable-line", "answered-otherwise",
    ]  # fmt: skip
    assert answer["run"]["state"] == "sent"


async def test_parallel_results_settle_once(relief):
    programme = await relief.programme()
    await relief.active(programme, 4)
    run = await relief.sent(programme)
    lines = [f"{payment['id']},paid,600,,,2026-12-03" for payment in await relief.payments(run)]
    answers = await asyncio.gather(*(relief.bank_says(run, *lines) for _ in range(8)))
    assert sum(answer["applied"] for answer in answers) == 4
    assert len(await relief.service.published(PaymentPaid)) == 4


async def test_the_database_itself_refuses_a_second_payment_and_any_rewriting(relief):
    programme = await relief.programme()
    await relief.active(programme)
    run = await relief.sent(programme)
    draft = await relief.open_run(programme)
    attempts = [
        (COPY_OF_A_PAYMENT.format(attempt="1", previous="NULL"), draft, UniqueViolationError),
        (COPY_OF_A_PAYMENT.format(attempt="2", previous="id"), draft, UniqueViolationError),
        (COPY_OF_A_PAYMENT.format(attempt="2", previous="id"), run, CheckViolationError),
        ("DELETE FROM payment WHERE payment_run_id = $1 AND $2::uuid IS NOT NULL", run, CheckViolationError),
        ("UPDATE payment SET amount_minor = 1 WHERE payment_run_id IN ($1, $2)", run, CheckViolationError),
        (
            "UPDATE payment_run SET total_minor = 1 WHERE id = $1 AND $2::uuid IS NOT NULL",
            run,
            CheckViolationError,
        ),
        ("DELETE FROM payment_run WHERE id = $1 AND $2::uuid IS NOT NULL", run, CheckViolationError),
    ]
    for sql, target, violation in attempts:
        with pytest.raises(violation):
            async with relief.service.tx() as tx:
                await tx.execute(sql, run, target)
    gone = await relief.service.client.delete(f"/payment-runs/{run}")
    assert gone.status_code in (404, 405)


async def test_a_run_of_another_year_is_refused(relief):
    programme = await relief.programme()
    answer = await relief.act("/payment-runs", "finance1", programme_id=programme["id"], period="2001-01")
    assert answer.status_code == 422


async def test_five_hundred_payments_are_calculated_and_sent_in_seconds(relief, capsys):
    programme = await relief.programme()
    await relief.active(programme, 500)
    started = perf_counter()
    run = await relief.calculated(programme)
    calculated = perf_counter() - started
    relief.ok(await relief.act(f"/payment-runs/{run}/check", "finance1"))
    relief.ok(await relief.act(f"/payment-runs/{run}/release", "finance2"))
    started = perf_counter()
    relief.ok(await relief.act(f"/payment-runs/{run}/file", "finance2"))
    sent = perf_counter() - started
    with capsys.disabled():
        print(f"\n500 payments: calculated in {calculated:.2f} s, sent in {sent:.2f} s")  # noqa: T201 - a figure
    assert max(calculated, sent) < 10
