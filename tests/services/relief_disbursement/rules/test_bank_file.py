"""The bank's file and its answers: exact, repeatable, refused rather than repaired."""

import csv
import io
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_kit.money import Money
from platform_kit.problems import Refusal
from relief_disbursement.problems import (
    AnsweredOtherwise,
    ControlSumDiffers,
    OutsideBankCharset,
    UnknownPayment,
    UnreadableLine,
    WrongAmount,
)
from relief_disbursement.rules.bank_file import BankLine, bank_file
from relief_disbursement.rules.bank_results import BankAnswer, apply, read_results
from relief_disbursement.rules.payment import Payment, PaymentState

names = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn")), min_size=1
).filter(str.strip)


def line(number: int = 1, name: str = "王秀英", amount: int = 60_000) -> BankLine:
    return BankLine(
        line=number,
        payment_id=UUID(int=number),
        payee_name=name,
        account="6222020200112233445",
        amount=Money(amount),
        purpose="低保 2026-11",
    )


def made(lines: list[BankLine], charset: str = "gb18030", **changed: object):
    given_facts = {
        "message_id": "m1",
        "pay_on": date(2026, 12, 2),
        "charset": charset,
        "count": len(lines),
        "total": Money(sum(each.amount.amount for each in lines)),
    }
    return bank_file(lines, **(given_facts | changed))


@given(st.lists(st.tuples(names, st.integers(1, 10**12)), min_size=1, max_size=20))
def test_the_file_reads_back_exactly_and_its_trailer_adds_up(rows):
    lines = [line(number, name, amount) for number, (name, amount) in enumerate(rows, 1)]
    file = made(lines)
    header, *body, trailer = csv.reader(io.StringIO(file.content.decode("gb18030"), newline=""))
    assert header == ["line", "payment_id", "payee_name", "account", "amount_yuan", "purpose"]
    assert [row[2] for row in body] == [name for name, _ in rows]
    assert [Decimal(row[4]) * 100 for row in body] == [amount for _, amount in rows]
    assert trailer[0] == "total"
    assert int(trailer[3]) == len(rows)
    assert Decimal(trailer[4]) * 100 == sum(amount for _, amount in rows)
    assert made(lines).content == file.content


def test_a_name_outside_the_banks_set_stops_the_export_with_its_line():
    assert "𠮷野" in made([line(1, "𠮷野"), line(2, "Иванов")]).content.decode("gb18030")
    with pytest.raises(OutsideBankCharset) as refused:
        made([line(1), line(2, "𠮷野")], charset="gbk")
    assert (refused.value.facts["line"], refused.value.facts["what"]) == (2, "payee_name")


def test_a_blank_name_stops_the_export():
    with pytest.raises(OutsideBankCharset):
        made([line(name="  ")])


@pytest.mark.parametrize("changed", [{"count": 2}, {"total": Money(60_001)}])
def test_a_count_or_sum_that_does_not_match_the_lines_blocks_the_export(changed):
    with pytest.raises(ControlSumDiffers):
        made([line()], **changed)


def payment(state: PaymentState = PaymentState.SENT) -> Payment:
    return Payment(
        id=uuid4(),
        payment_run_id=uuid4(),
        line=1,
        application_id=uuid4(),
        resident_id=uuid4(),
        unit_id=uuid4(),
        period="2026-11",
        attempt=1,
        previous_id=None,
        amount=Money(60_000),
        state=state,
    )


def answer(result: str, amount: int | None = None) -> BankAnswer:
    return BankAnswer(
        payment_id=uuid4(),
        result=PaymentState(result),
        on=date(2026, 12, 3),
        amount=None if amount is None else Money(amount),
        code="AC01",
        reason="account closed",
    )


@pytest.mark.parametrize(
    ("state", "result", "expected"),
    [
        ("sent", "paid", "paid"),
        ("sent", "returned", "returned"),
        ("paid", "paid", None),
        ("returned", "returned", None),
        ("reissued", "returned", None),
        ("paid", "returned", AnsweredOtherwise),
        ("returned", "paid", AnsweredOtherwise),
        ("reissued", "paid", AnsweredOtherwise),
        ("due", "paid", AnsweredOtherwise),
    ],
)
def test_a_line_of_the_bank_takes_effect_once(state, result, expected):
    subject = payment(PaymentState(state))
    if isinstance(expected, type):
        with pytest.raises(Refusal) as refused:
            apply(answer(result), subject)
        assert type(refused.value) is expected
        return
    changed = apply(answer(result), subject)
    assert (changed and changed.state.value) == expected


def test_an_unknown_payment_and_a_wrong_amount_are_refused():
    with pytest.raises(UnknownPayment):
        apply(answer("paid"), None)
    with pytest.raises(WrongAmount):
        apply(answer("paid", 59_999), payment())
    paid = apply(answer("paid", 60_000), payment())
    assert paid is not None
    assert (paid.state, paid.answered_on) == (PaymentState.PAID, date(2026, 12, 3))


def test_lines_are_read_by_their_header_and_faults_are_named_by_line():
    first, second = uuid4(), uuid4()
    text = (
        "\ufeffdate,payment_id,result,amount,code,reason\r\n"
        f"2026-12-03,{first},paid,600.00,,\r\n"
        f"2026-12-03,{second},returned,600,AC01,账户已销户\r\n"
        f"2026-12-03,{second},returned,600,AC01,\r\n"
        f"2026-12-03,nonsense,paid,,,\r\n"
        f"03.12.2026,{first},paid,,,\r\n"
        f"2026-12-03,{first},lost,,,\r\n"
        f"2026-12-03,{first},paid,6e2,,\r\n"
    )
    read = read_results(text)
    assert [number for number, _ in read] == [2, 3, 4, 5, 6, 7, 8]
    good = [entry for _, entry in read if isinstance(entry, BankAnswer)]
    assert [(entry.payment_id, entry.result.value, entry.amount) for entry in good] == [
        (first, "paid", Money(60_000)),
        (second, "returned", Money(60_000)),
    ]
    assert all(isinstance(entry, UnreadableLine) for _, entry in read[2:])


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("AC01", True), ("RJ13", True), ("PM1I2001", True), ("0000001", True),
        ("6222020200112233445", False), ("62220202", False), ("6222 0202 0011", False), ("6222-0202", False),
        ("账号6222020200112233445", False), ("A" * 13, False),
    ],
)  # fmt: skip
def test_a_code_of_the_bank_is_no_account(code, good):
    text = f"payment_id,result,date,code,reason\r\n{uuid4()},returned,2026-12-03,{code},x\r\n"
    [(_, entry)] = read_results(text)
    assert isinstance(entry, BankAnswer if good else UnreadableLine)


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",))))
def test_any_text_is_read_or_refused_by_line(text):
    for _, entry in read_results(text):
        assert isinstance(entry, BankAnswer | UnreadableLine)
