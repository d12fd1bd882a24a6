"""A city's file is read as what it is: K63, K64 and their kind."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_runtime.city_file import HeaderUnread, encoding_of, lines
from local_runtime.city_records import MOST_LINES, records
from local_runtime.city_report import Outcome, Report

TABLE = '编号,类别,地址\n1,乱涂乱画,"幸福路 7 号, 桥头"\n2,路灯故障,"第一行\n第二行"\n3,其他,𠮷野巷\n'
READ = [
    (2, {"编号": "1", "类别": "乱涂乱画", "地址": "幸福路 7 号, 桥头"}),
    (3, {"编号": "2", "类别": "路灯故障", "地址": "第一行\n第二行"}),
    (5, {"编号": "3", "类别": "其他", "地址": "𠮷野巷"}),
]
ASCII_HEAD = "srnumber,requesttype,address\n" + "".join(f"{n},Graffiti,Main St\n" for n in range(5000))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_same_table_is_the_same_rows_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "城市.csv"
    file.write_bytes(TABLE.encode(encoding))
    assert [(line.number, line.values) for line in lines(file)] == READ
    # What Excel ends its lines with.
    file.write_bytes(TABLE.replace("\n", "\r\n").encode(encoding))
    assert [(line.number, line.values["编号"]) for line in lines(file)] == [(2, "1"), (3, "2"), (5, "3")]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("gbk", "gb18030"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("utf-8", "utf-8"), ("ascii", "utf-8")],
)  # fmt: skip
def test_an_encoding_is_found_however_late_it_shows(tmp_path: Path, encoding: str, found: str) -> None:
    file = tmp_path / "city.csv"
    words = "Main St" if encoding == "ascii" else "幸福路"
    file.write_bytes((ASCII_HEAD + f"5000,Graffiti,{words}\n").encode(encoding))
    assert encoding_of(file) == found
    assert list(lines(file))[-1].values["address"] == words


def test_a_line_that_is_no_text_is_that_lines_fault(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    file.write_bytes("a,b\n1,好\n".encode() + b"2,\xff\xfe\x80\n" + "3,好\n".encode())
    told = list(lines(file))
    assert [(line.number, [name for name, _ in line.faults]) for line in told] == [
        (2, []),
        (3, ["b"]),
        (4, []),
    ]


def test_a_line_of_another_shape_is_named(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    file.write_text("a,b,c\n1,2,3\n1,2\n\n1,2,3,4\n4,5,6")
    told = [(line.number, [reason for _, reason in line.faults]) for line in lines(file)]
    assert told == [
        (2, []), (3, ["2 columns instead of 3"]), (5, ["4 columns instead of 3"]), (6, []),
    ]  # fmt: skip


def test_a_field_without_an_end_is_named(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    file.write_text('a,b\n1,2\n2,"' + "x" * 140_000 + "\n3,4\n")
    first, second, third = lines(file)
    assert (first.number, first.faults) == (2, ())
    assert second.number == 3
    assert "field" in second.faults[0][1]
    assert (third.number, third.values) == (4, {"a": "3", "b": "4"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_a_quote_that_nothing_closes_costs_its_own_line(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "city.csv"
    rows = [f"{n},路灯故障,幸福路 {n} 号" for n in range(2, 5_001)]
    rows[99] = '101,路灯故障,"幸福路 101 号'
    file.write_bytes("\n".join(["编号,类别,地址", *rows]).encode(encoding))
    told = list(lines(file))
    assert [(line.number, line.last) for line in told] == [(n, n) for n in range(2, 5_001)]
    assert [(line.number, line.faults) for line in told if line.faults] == [
        (101, (("", "a quote without an end"),))
    ]
    assert all(line.values["编号"] == str(line.number) for line in told if not line.faults)
    # Where all that follows is fewer lines than a record may have; and in the last one of all.
    file.write_bytes('a,b,c\n1,2,"3\n4,5,6\n'.encode(encoding))
    assert [(line.number, bool(line.faults)) for line in lines(file)] == [(2, True), (3, False)]
    file.write_bytes('a,b,c\n1,2,3\n4,5,"6'.encode(encoding))
    assert [(line.number, bool(line.faults)) for line in lines(file)] == [(2, False), (3, True)]


@pytest.mark.parametrize(
    ("opened", "closed", "lost"),
    [
        # Closed by the next quoted field, in whatever shape that leaves it.
        ('1,路灯,"幸福路', '2,路灯,"幸福路, 桥头"', {2}),
        ('1,路灯,"幸福路', '2,路灯,"幸福路"', {2}),
        ('1,"路灯,幸福路', '2,路灯,"幸福路"', {2}),
        ('1,路灯,"幸福路', '2,"路灯",幸福路', {2}),
        # Closed by another that is as wrong: what it stands in is no line either.
        ('1,"路灯,幸福路', '2,路灯",幸福路,桥头', {2, 6}),
    ],
)
def test_a_quote_that_another_lines_closes_costs_what_is_wrong(
    tmp_path: Path, opened: str, closed: str, lost: set[int]
) -> None:
    file = tmp_path / "city.csv"
    file.write_text("\n".join(["编号,类别,地址", opened, *["7,其他,巷"] * 3, closed, "8,其他,巷"]))
    told = list(lines(file))
    assert [line.number for line in told] == list(range(2, 8))
    assert {line.number for line in told if line.faults} == lost


def test_a_record_of_several_lines_and_another_shape_is_named_with_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    file.write_text('a,b,c\n1,"第一行\n第二行\n第三行",x,y\n4,5,6\n')
    told = [(line.number, [reason for _, reason in line.faults]) for line in lines(file)]
    assert told == [
        (2, ["4 columns instead of 3"]), (3, ["1 columns instead of 3"]), (4, ["a quote where none may be"]), (5, []),
    ]  # fmt: skip


def test_a_header_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    file.write_text('a,"b\n' + "1,2\n" * 500)
    with pytest.raises(HeaderUnread, match="a quote without an end"):
        list(lines(file))
    file.write_bytes("编号,".encode() + b"\xff\xfe\x80" + "\n1,好\n".encode())
    with pytest.raises(HeaderUnread, match="not Unicode text"):
        list(lines(file))


_PIECES = st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "路", " ", "x"]), max_size=40).map("".join)
_CELLS = st.lists(st.lists(_PIECES, min_size=3, max_size=3), max_size=8)


def _written(table: list[list[str]], ends: str = "\n") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=ends).writerows(table)
    return text.getvalue()


@given(_CELLS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]), st.sampled_from(["\n", "\r\n"]))
def test_whatever_a_program_writes_is_read_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], encoding: str, ends: str
) -> None:
    file = tmp_path_factory.mktemp("city") / "city.csv"
    file.write_bytes(_written([["编号", "类别", "地址"], *table], ends).encode(encoding))
    told = list(lines(file))
    assert [list(line.values.values()) for line in told] == table
    assert not any(line.faults for line in told)


@given(
    _CELLS,
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(['"', '"""', "\n", ',"', '",'])), max_size=6),
)
def test_whatever_is_wrong_each_line_is_told_of_once(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], stray: list[tuple[int, str]]
) -> None:
    head, text = "a,b,c\n", _written(table)
    for place, what in stray:
        text = text[: place % (len(text) + 1)] + what + text[place % (len(text) + 1) :]
    file = tmp_path_factory.mktemp("city") / "city.csv"
    file.write_bytes((head + text).encode())
    told = list(lines(file))
    spans = [number for line in told for number in range(line.number, line.last + 1)]
    with file.open(newline="") as opened:
        filled = {number for number, line in enumerate(opened, 1) if line.strip("\r\n")} - {1}
    assert len(spans) == len(set(spans))
    assert filled <= set(spans)
    assert all(line.number == line.last for line in told if line.faults)


def test_no_record_reads_further_than_it_may() -> None:
    """Each of these lines opens a field in whatever state it is read."""
    read = 0

    def physical() -> Iterator[str]:
        nonlocal read
        for read in range(1, 2_001):  # noqa: B007
            yield 'x",y,"z\n'

    numbers = []
    for record in records(chain(["a,b,c\n"], physical())):
        assert read <= record.first + MOST_LINES
        numbers.append(record.first)
    assert numbers == list(range(1, 2_002))


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    for content in (b"", b"\xef\xbb\xbf", b"a,b\n"):
        file.write_bytes(content)
        assert list(lines(file)) == []


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    row = "1,Graffiti," + "幸福路" * 100 + "\n"
    file.write_text("srnumber,requesttype,address\n" + row * 40_000)
    assert file.stat().st_size > 30_000_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in lines(file)) == 40_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8_000_000


def test_a_report_goes_on_behind_the_last_line_that_it_tells_of(tmp_path: Path) -> None:
    report = Report(tmp_path / "report.csv")
    assert report.begin() == 1
    report.add(
        [
            Outcome(2, "imported", "000-000-011"),
            Outcome(3, "refused", errors=("地址: missing", "nc: unknown area")),
        ]
    )
    assert report.begin() == 3
    whole = report.path.read_bytes()
    assert whole.startswith(b"\xef\xbb\xbfline,outcome")
    # Cut off while it was written.
    report.path.write_bytes(whole + b"4,impor")
    assert report.begin() == 3
    assert report.path.read_bytes() == whole
    assert [outcome.errors for outcome in report.outcomes()] == [(), ("地址: missing", "nc: unknown area")]
    report.path.write_bytes(whole[:8])
    assert report.begin() == 1


def test_a_long_report_is_gone_on_with_in_as_little_memory(tmp_path: Path) -> None:
    report = Report(tmp_path / "report.csv")
    report.begin()
    row = "{},refused,,nc: " + "幸福路" * 100 + ",1\n"
    with report.path.open("a") as file:
        file.writelines(row.format(line) for line in range(2, 20_002))
        # Cut off in a line that is longer than what is read at once.
        file.write("20002,refused,,nc: " + "路" * 100_000)
    assert report.path.stat().st_size > 15_000_000
    tracemalloc.start()
    try:
        assert report.begin() == 20_001
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4_000_000


def test_what_was_tried_again_is_told_in_its_place_wherever_it_was_cut_off(tmp_path: Path) -> None:
    report = Report(tmp_path / "report.csv")
    report.begin()
    refused = ("nc: unknown area",)
    report.add(
        [
            Outcome(line, "refused" if line % 2 else "imported", errors=refused * (line % 2))
            for line in range(2, 9)
        ],
        1,
    )
    assert report.refused_before(1) == set()
    assert report.refused_before(2) == {3, 5, 7}
    report.add([Outcome(3, "imported", "000-000-011"), Outcome(5, "refused", errors=refused)], 2)
    # It is cut off, and goes on: these two were tried by the second version, and the last line is the last line.
    whole = report.path.read_bytes()
    report.path.write_bytes(whole + b"7,imp")
    assert report.begin() == 8
    assert report.refused_before(2) == {7}
    report.add([Outcome(7, "imported", "000-000-022"), Outcome(9, "imported", "000-000-033")], 2)
    report.settle()
    told = [(each.line, each.outcome, each.mapping) for each in report.outcomes()]
    assert told == [
        (2, "imported", 1), (3, "imported", 2), (4, "imported", 1), (5, "refused", 2), (6, "imported", 1), (7, "imported", 2),
        (8, "imported", 1), (9, "imported", 2),
    ]  # fmt: skip
    assert report.counts() == {"imported": 7, "refused": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]


def test_a_report_from_before_versions_were_told_of_is_read_on(tmp_path: Path) -> None:
    report = Report(tmp_path / "report.csv")
    report.path.write_bytes(
        "\ufeffline,outcome,case_number,errors\n2,imported,000-000-011,\n3,refused,,nc: unknown area\n".encode()
    )
    assert report.begin() == 3
    assert report.refused_before(1) == {3}
    report.add([Outcome(3, "imported", "000-000-022")], 1)
    assert report.begin() == 3
    assert [(each.line, each.outcome, each.mapping) for each in report.outcomes()] == [
        (2, "imported", 0),
        (3, "imported", 1),
    ]
