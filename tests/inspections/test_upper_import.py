"""A batch of findings from above: read by its heads, judged by rows, written at once; the same again is no change."""

import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections import upper, upper_in
from inspections.models import UpperFinding
from tests.factories import NOW, Cast, account, at, platform, unit, user
from tests.inspections.upper_made import read, recorded
from zhonglou_media.core import events
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Job, User

pytestmark = pytest.mark.django_db
HEADS = ["编号", "来源", "账号", "平台", "问题", "收到日期", "答复期限"]
TODAY = at("2026-11-24 00:00").date()
GOOD = ["市查1", "市检查", "示例发布", "抖音", "连续 19 天未更新", "2026-11-20", "2026-12-01"]


def csv(*rows: list[str], heads: list[str] | None = None) -> bytes:
    return "\n".join(",".join(row) for row in (heads or HEADS, *rows)).encode()


def prepared(*rows: list[str], by: User | None = None, **more: Any) -> Job:
    facts = {"name": "市检查.csv", "issuer": "city", "received_on": TODAY, "now": NOW}
    return upper_in.prepare(csv(*rows, heads=more.pop("heads", None)), by=by or user("officer"), **facts | more)


def judged(*rows: list[str], **more: Any) -> list[tuple[str, str, str]]:
    return [(line.outcome, line.field, line.reason) for line in upper_in.plan(prepared(*rows, **more), NOW)]


def put(**changed: str) -> list[str]:
    names = dict(zip(("number", "issuer", "account", "platform", "text", "received", "due"), range(7), strict=True))
    row = list(GOOD)
    for name, value in changed.items():
        row[names[name]] = value
    return row


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({}, ""),
        ({"number": ""}, "编号"),
        ({"issuer": "区检查"}, "来源"),
        ({"issuer": "江苏省政务新媒体检查"}, ""),
        ({"issuer": "国"}, "来源"),
        ({"account": ""}, "账号"),
        ({"platform": "不知道的平台"}, "平台"),
        ({"platform": ""}, ""),
        ({"text": ""}, "问题"),
        ({"text": "字" * 1501}, "问题"),
        ({"received": "不清楚"}, "收到日期"),
        ({"received": "2026-11-25"}, "收到日期"),
        ({"received": ""}, ""),
        ({"due": ""}, "答复期限"),
        ({"due": "月底"}, "答复期限"),
        ({"due": "2026-02-30"}, "答复期限"),
        ({"due": "2026-11-19"}, "答复期限"),
    ],
)
def test_a_row_that_cannot_be_taken_says_which_field_and_what_to_do(changed: dict[str, str], field: str) -> None:
    ((outcome, at_, reason),) = judged(put(**changed))
    assert (outcome, at_) == (("refused", field) if field else ("new", ""))
    assert bool(reason) is bool(field)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-25", at("2026-11-26 00:00")),
        ("2026年11月25日", at("2026-11-26 00:00")),
        ("2026/11/25 12:00", at("2026-11-25 12:00")),
        ("2026-11-25 00:00:00", at("2026-11-26 00:00")),  # a day of a workbook
        ("2026-11-25 24:00", at("2026-11-26 00:00")),
        ("2026-11-25T09:30:00", at("2026-11-25 09:30")),
        ("2026-11-25 25:00", None),
        ("2026-11-25 12:60", None),
        ("12:00", None),
    ],
)
def test_a_due_time_is_a_day_to_its_end_or_a_moment(text: str, expected: datetime | None) -> None:
    assert upper_in.read_due(text) == expected


def test_heads_are_found_by_their_words_and_a_title_may_stand_above() -> None:
    heads = ["序号", "问题编号", "新媒体名称", "存在问题", "办理期限（截止）", "是否通报"]
    content = csv(
        ["全市检查工单"], heads, ["1", "A-7", "示例发布（抖音）", "错别字", "2026-12-01", "是"], heads=["标题"]
    )
    job = upper_in.prepare(content, name="单.csv", issuer="province", received_on=TODAY, by=user("officer"), now=NOW)
    (line,) = upper_in.plan(job, NOW)
    assert line.typed is not None
    said = (line.typed.number, line.typed.issuer, line.typed.named, line.typed.received_on, line.typed.due_at)
    assert said == ("A-7", "province", True, TODAY, at("2026-12-02 00:00"))
    assert job.params["unused"] == ["序号"]


def test_a_workbook_is_read_as_well() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADS)
    sheet.append([*GOOD[:5], datetime(2026, 11, 20), datetime(2026, 12, 1)])
    out = io.BytesIO()
    book.save(out)
    facts = {"name": "市检查.xlsx", "issuer": "city", "received_on": TODAY}
    job, lines = upper_in.import_file(out.getvalue(), **facts, by=user("officer"), now=NOW)  # type: ignore[arg-type]
    row = UpperFinding.objects.get()
    assert (row.due_at, row.received_on.isoformat()) == (at("2026-12-02 00:00"), "2026-11-20")
    assert (job.result["new"], [line.outcome for line in lines]) == (1, ["new"])


def test_the_account_is_matched_and_an_unknown_one_keeps_its_text() -> None:
    mine = account(unit(), name="示例发布")
    account(unit(), name="示例发布", platform=platform("weibo"))
    job = prepared(put(), put(number="2", platform=""), put(number="3", account="没有的号"))
    assert [line.account for line in upper_in.plan(job, NOW)] == [mine, None, None]
    upper_in.apply(job.pk, read=upper_in.reading(upper_in.plan(job, NOW)), by=user("officer"), now=NOW)
    rows = UpperFinding.objects.order_by("number").values_list("account", "account_text")
    assert list(rows) == [(None, "示例发布"), (None, "没有的号（抖音）"), (mine.pk, "示例发布（抖音）")]


def test_the_acceptable_rows_are_written_together_and_the_history_names_them() -> None:
    cast = Cast()
    job = prepared(put(), put(number=""), put(number="市查2", issuer="省检查"))
    done = upper_in.apply(job.pk, read=upper_in.reading(upper_in.plan(job, NOW)), by=cast.officer, now=NOW)
    keys = list(UpperFinding.objects.order_by("pk").values_list("pk", flat=True))
    assert (done.result["new"], done.result["refused"], done.result["uppers"]) == (2, 1, keys)
    assert set(UpperFinding.objects.values_list("state", "recorded_by")) == {("received", cast.officer.pk)}
    assert [event.verb for event in Event.objects.order_by("seq")] == ["record", "record", "upper_findings"]


def test_the_same_list_again_changes_nothing() -> None:
    cast = Cast()
    first = prepared(put(), put(number="市查2"))
    upper_in.apply(first.pk, read=upper_in.reading(upper_in.plan(first, NOW)), by=cast.officer, now=NOW)
    count = events.timeline(UpperFinding.objects.earliest("pk")).count()
    again = prepared(put(), put(number="市查2"))
    lines = upper_in.plan(again, NOW)
    assert [line.outcome for line in lines] == ["unchanged", "unchanged"]
    with pytest.raises(Refused, match="没有可以登记的"):
        upper_in.apply(again.pk, read=upper_in.reading(lines), by=cast.officer, now=NOW)
    assert UpperFinding.objects.count() == 2
    assert events.timeline(UpperFinding.objects.earliest("pk")).count() == count


def test_other_content_under_a_number_and_a_number_twice_are_refused() -> None:
    cast = Cast()
    there = recorded(cast, number="市查1", issuer="city")
    lines = upper_in.plan(prepared(put(), put(number="市查2"), put(number="市查2")), NOW)
    assert [(line.outcome, line.there) for line in lines] == [("refused", there.pk), ("new", None), ("refused", None)]
    assert "问题、账号与登记的不同" in lines[0].reason.replace("答复期限、", "")
    assert lines[2].reason.startswith("与第 3 行的来源、编号相同")


def test_what_moved_since_the_preview_is_looked_at_again() -> None:
    cast = Cast()
    job = prepared(put(), put(number="市查2"))
    shown = upper_in.reading(upper_in.plan(job, NOW))
    recorded(cast, number="市查2")
    with pytest.raises(StaleReading):
        upper_in.apply(job.pk, read=shown, by=cast.officer, now=NOW)
    assert UpperFinding.objects.count() == 1


def test_written_once_or_never() -> None:
    cast = Cast()
    job, other = prepared(put()), prepared(put(number="9"))
    shown = upper_in.reading(upper_in.plan(job, NOW))
    upper_in.apply(job.pk, read=shown, by=cast.officer, now=NOW)
    with pytest.raises(WrongState, match=f"{cast.officer}已于 2026-11-24 14:05 导入"):
        upper_in.apply(job.pk, read=shown, by=cast.officer, now=NOW)
    upper_in.discard(other.pk, by=cast.officer, now=NOW)
    with pytest.raises(WrongState, match="决定不导入"):
        upper_in.apply(other.pk, read=shown, by=cast.officer, now=NOW)
    assert UpperFinding.objects.count() == 1


def test_a_failure_in_the_middle_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    job = prepared(put(), put(number="市查2"))
    write, calls = upper.write, []

    def breaks(*args: Any, **named: Any) -> UpperFinding:
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError("planted")
        return write(*args, **named)

    monkeypatch.setattr(upper, "write", breaks)
    with pytest.raises(RuntimeError):
        upper_in.apply(job.pk, read=upper_in.reading(upper_in.plan(job, NOW)), by=user("officer"), now=NOW)
    assert (UpperFinding.objects.count(), Job.objects.get(pk=job.pk).state) == (0, "prepared")


def test_no_list_too_long_a_list_and_nobody_else() -> None:
    with pytest.raises(Refused, match="找不到表头"):
        prepared(heads=["单位", "电话"])
    with pytest.raises(Refused, match="没有工单"):
        prepared()
    with pytest.raises(Refused, match="301 行"):
        prepared(*(put(number=str(n)) for n in range(301)))
    with pytest.raises(Incomplete):
        prepared(put(), received_on=at("2026-11-25 00:00").date())
    with pytest.raises(NotAllowed):
        prepared(put(), by=user("operator"))
    assert not Job.objects.exists()


def test_judging_costs_the_same_for_any_number_of_rows() -> None:
    account(unit(), name="示例发布")

    def cost(rows: int) -> int:
        job = prepared(*(put(number=str(n)) for n in range(rows)))
        with CaptureQueriesContext(connection) as asked:
            upper_in.plan(job, NOW)
        return len(asked)

    assert cost(2) == cost(20) <= 6


def test_a_row_corrected_later_is_told_apart_from_the_list() -> None:
    cast = Cast()
    job = prepared(put())
    upper_in.apply(job.pk, read=upper_in.reading(upper_in.plan(job, NOW)), by=cast.officer, now=NOW)
    row = UpperFinding.objects.get()
    facts = {name: getattr(row, name) for name in upper.TYPED}
    upper.correct(row.pk, upper.Typed(**facts | {"text": "更正"}), read=read(row), by=cast.officer, now=NOW)
    assert judged(put())[0][0] == "refused"


@pytest.mark.parametrize(
    ("cell", "issuer"),
    [
        ("全国抽查", "national"),
        ("国办", "national"),
        ("国务院办公厅", "national"),
        ("国家市场监督管理总局", "national"),
        ("省检查", "province"),
        ("江苏省市场监管局", "province"),
        ("市检查", "city"),
        ("常州市国资委", "city"),
        ("江苏省常州市政府办", "city"),
        ("国资委", ""),
        ("区政府办", ""),
    ],
)
def test_which_level_a_cell_names(cell: str, issuer: str) -> None:
    assert upper_in.issuer_of(cell) == issuer
