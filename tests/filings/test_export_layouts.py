"""导出格式: columns as data, versioned; what is refused and named, and that nothing typed is lost."""

from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from openpyxl import load_workbook

from accounts.models import Role
from filings import exporting
from filings.exporting import layouts
from filings.exporting.columns import OTHERS, VALUES, Column
from filings.forms import export_layout as form
from filings.models import ExportBatch, ExportLayout, System
from tests.factories import NOW, Cast, opening, user
from tests.filings.exchanging import rows_of, send
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db
NAME, NUMBER = Column("账号", "name"), Column("编号", "number")


def save(*columns: Column, base: int = 0, by: Any = None, **more: Any) -> ExportLayout:
    given = {"note": "", "now": NOW, "by": by or user(Role.OFFICER), **more}
    return layouts.save("national", columns, base=base, **given)


def post(*rows: tuple[str, str, str, str]) -> QueryDict:
    """A form: heading, value, codes, place of each row."""
    sent = QueryDict(mutable=True)
    for row in rows:
        for name, value in zip(("heading", "value", "codes", "place"), row, strict=True):
            sent.appendlist(name, value)
    return sent


def test_without_a_row_the_columns_that_ship_are_in_use_as_version_0() -> None:
    for system in System.values:
        assert layouts.in_use(system) == layouts.built_in(system)
        assert layouts.in_use(system).columns == exporting.COLUMNS[system]
        assert layouts.faults(exporting.COLUMNS[system]) == []


def test_an_export_is_written_by_the_version_in_use_and_says_so(tmp_path: Path) -> None:
    filing = opening("accepted", platform="douyin")
    coded = Column("平台", "platform", {"新浪微博": "W", OTHERS: "Z"})
    save(NUMBER, coded, Column("操作", "mark", {"新增": "A"}), Column("备注", "remarks", {OTHERS: "1"}))
    send(filing, tmp_path / "o.xlsx")
    assert rows_of(tmp_path / "o.xlsx", heads=0) == [{"编号": filing.number, "平台": "Z", "操作": "A", "备注": None}]
    assert ExportBatch.objects.get().layout == 1
    send(filing, tmp_path / "o.xlsx", "provincial")
    assert ExportBatch.objects.get(system="provincial").layout == 0  # one system's is not the other's


@pytest.mark.parametrize("title", ["", "上级给的标题"])
def test_the_line_above_the_heads_is_the_offices_and_says_reference_only_as_built_in(
    title: str, tmp_path: Path
) -> None:
    filing, out = opening("accepted"), tmp_path / "o.xlsx"
    send(filing, out)
    assert "参考，待区政府办公室提供正式格式" in str(load_workbook(out).active["A1"].value)
    save(NUMBER, title=f" {title} ")
    send(filing, out, again=True)
    assert [cell.value for cell in load_workbook(out).active["A"]] == [
        *([title] if title else []),
        "编号",
        filing.number,
    ]


@pytest.mark.parametrize("title", ["长" * 101, "甲\u200b"])
def test_a_title_that_cannot_stand_there_is_refused(title: str) -> None:
    with pytest.raises(Refused, match="表头上面的一行超过100个字"):
        save(NAME, title=title)


def test_every_value_can_be_shown_of_every_kind_and_of_an_account_alone() -> None:
    from filings.exporting.columns import Row
    from filings.models import ExportMark
    from tests.factories import account, change, closing

    cast = Cast()
    filings = [opening("accepted", cast), change("accepted", on=None), closing("accepted")]
    rows = [Row(n, ExportMark(filing.kind), filing, None) for n, filing in enumerate(filings, 1)]
    rows.append(Row(4, ExportMark.NEW, None, account(Cast().unit)))
    for key, value in VALUES.items():
        for row in rows:
            assert value.of(row) != "None", key
            Column("x", key, {OTHERS: "1"}).cell(row)


def test_each_version_stays_and_the_built_in_comes_back_as_a_new_one() -> None:
    by = user(Role.SUPERVISOR)
    first = save(NAME, by=by, note="只要名称")
    again = save(*exporting.COLUMNS["national"], base=1, note="恢复内置的格式")
    assert [one.version for one in layouts.history("national")] == [2, 1]
    assert layouts.in_use("national") == layouts.Layout(2, exporting.COLUMNS["national"], "")
    assert (first.by, first.note, layouts.of(first).columns) == (by, "只要名称", (NAME,))
    events = Event.objects.filter(subject_kind="exportlayout", verb="arrange").order_by("seq")
    assert [(event.subject_id, event.comment) for event in events] == [
        (first.pk, "只要名称"),
        (again.pk, "恢复内置的格式"),
    ]


def test_what_was_made_from_an_older_version_is_refused_and_names_who_was_first() -> None:
    by = user(Role.OFFICER)
    save(NAME, by=by)
    with pytest.raises(WrongState, match="已另存了第1版") as first:
        save(NUMBER, base=0)
    assert first.value.by == by
    assert save(NUMBER, base=1).version == 2


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.AUDITOR, Role.ADMIN, Role.PARENT])
def test_only_the_office_arranges(role: Role) -> None:
    with pytest.raises(NotAllowed):
        save(NAME, by=user(role))
    assert not ExportLayout.objects.exists()


def test_a_value_that_is_no_more_stops_the_export_and_is_named() -> None:
    made = save(NAME)
    made.columns = [{"heading": "旧", "value": "gone", "codes": {}}]
    with pytest.raises(Refused, match="第1列“旧”取的内容已经没有了"):
        layouts.of(made)


WRONG = [
    ([("", "name", "", "1")], "第1列没有填表头。"),
    ([("甲", "name", "", "1"), ("甲", "uid", "", "2")], "第2列的表头“甲”与第1列相同。"),
    ([("甲", "nonsense", "", "1")], "第1列没有选取什么内容。"),
    ([("甲", "name", "", "1"), ("乙", "mark", "新增=A\n新增=B", "2")], "第2列的代码里“新增”写了两次。"),
    ([("甲", "mark", "新增A", "1")], "第1列的代码第1行“新增A”没有写全，应为“说法=代码”。"),
    ([("甲", "mark", "新增=", "1")], "第1列的代码第1行“新增=”没有写全，应为“说法=代码”。"),
    ([("长" * 41, "name", "", "1")], "第1列的表头超过40个字，或含有不可见的字符。"),
    ([("甲\u200b", "name", "", "1")], "第1列的表头超过40个字，或含有不可见的字符。"),
    ([(f"列{n}", "name", "", str(n)) for n in range(1, 66)], "最多 64 列，现有 65 列。"),
    ([], "至少要有一列。"),
]


@pytest.mark.parametrize(("rows", "said"), WRONG)
def test_what_does_not_do_is_named_by_its_column(rows: list[tuple[str, str, str, str]], said: str) -> None:
    columns, faults = form.columns(form.read(post(*rows)))
    assert said in [sentence for _, sentence in faults]
    if "代码" not in said:  # the form alone sees what a line of codes says
        with pytest.raises(Refused):
            save(*columns)
    assert not ExportLayout.objects.exists()


def test_what_is_typed_comes_back_as_it_was_and_codes_take_either_sign() -> None:
    columns = exporting.COLUMNS["provincial"]
    typed = form.typed(columns)
    sent = post(*((one.heading, one.value, one.codes, str(n)) for n, one in enumerate(typed, 1)))
    assert form.read(sent) == typed
    assert form.columns(typed) == (list(columns), [])
    assert form.columns([form.Typed("操作", "mark", " 新增 ＝ A \n\n其他=Z")])[0][0].codes == {"新增": "A", "其他": "Z"}


@pytest.mark.parametrize(
    ("do", "places", "order"),
    [
        ("", "1 2 3", "甲乙丙"),
        ("up-2", "1 2 3", "乙甲丙"),
        ("down-2", "1 2 3", "甲丙乙"),
        ("up-1", "1 2 3", "甲乙丙"),
        ("down-3", "1 2 3", "甲乙丙"),
        ("remove-2", "1 2 3", "甲丙"),
        ("add", "1 2 3", "甲乙丙_"),
        ("remove-9", "1 2 3", "甲乙丙"),
        ("nonsense-x", "1 2 3", "甲乙丙"),
        ("", "1 2 1", "丙甲乙"),
        ("", "3 2 3", "乙丙甲"),
        ("", "1 x 3", "甲乙丙"),
        ("", "1 2 99", "甲乙丙"),
    ],
)
def test_columns_are_moved_by_buttons_or_by_their_numbers(do: str, places: str, order: str) -> None:
    rows = form.read(post(*((name, "name", "", at) for name, at in zip("甲乙丙", places.split(), strict=True))))
    assert "".join(row.heading or "_" for row in form.done(rows, do)) == order
