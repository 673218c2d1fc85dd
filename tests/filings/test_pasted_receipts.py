"""从剪贴板粘贴: what can be read of pasted lines, what each row is told, and that nothing pasted is lost."""

from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from filings import export_batches, jobs, receipts_in
from filings.forms.receipts import PastedForm
from filings.models import Filing, Receipt
from tests.factories import NOW, Cast, opening
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, JobState
from zhonglou_media.core.tables_in import Row
from zhonglou_media.portal.jobs import KINDS

pytestmark = pytest.mark.django_db
PAGE = "/filings/exchange/"
PASTE = f"{PAGE}receipts/pasted/"
HEADS = "备案编号\t系统\t结果\t编号\t日期\t原因"


# --- what can be read -------------------------------------------------------------------------------------------------

ROW = ["ZLXMT-2026-0007", "全国", "已备案", "国-1", "2026-11-24", ""]
FILING, SYSTEM, RESULT, NUMBER, ON, REASON = ROW
READ = {
    "tabs, no heads": ("\t".join(ROW), [ROW], 1),
    "commas, no heads": (",".join(ROW), [ROW], 1),
    "heads": (f"{HEADS}\r\n" + "\t".join(ROW) + "\r\n", [ROW], 2),
    "a title and other heads in another order": (
        "示例回执\r\n备案日期\t上级系统\t备案结果\t区级备案编号\t系统编号\r\n"
        f"{ON}\t{SYSTEM}\t{RESULT}\t{FILING}\t{NUMBER}\r\n",
        [ROW[:5]],
        3,
    ),
    "short rows": ("\t".join(ROW[:5]), [ROW], 1),
    "blank lines and a total": ("\n\n" + "\t".join(ROW) + "\n\t\t\n合计\t1\n", [ROW], 3),
    "a cell in quotes holds lines and quotes": (
        "\t".join([*ROW[:5], '"图片""不清楚""\n请重拍"']),
        [[*ROW[:5], '图片"不清楚"\n请重拍']],
        1,
    ),
    "an empty first cell": ("\t".join(["", *ROW[1:]]) + "\n" + "\t".join(ROW), [["", *ROW[1:]], ROW], 1),
    "one row with a number is enough": ("随便\t写的\n" + "\t".join(ROW), [["随便", "写的", "", "", "", ""], ROW], 1),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_pasted_lines_are_read(case: str) -> None:
    text, rows, first = READ[case]
    header = receipts_in.parse_pasted(text)
    names = [column.name for column in receipts_in.COLUMNS]
    assert [[row.values[name] for name in names if name in row.values] for row in header.rows] == rows
    assert header.rows[0].number == first


UNREAD = {
    "nothing": (" \n\t\n", "没有粘贴内容。"),
    "a sentence": ("\n今天没有回执", "第 2 行起认不出备案编号。没有表头时，每行依次是备案编号、系统、结果"),
    "an unpaired quote": ("\t".join(ROW) + '\n"x', "第 2 行的引号不成对或内容过长，请改正后重新粘贴。"),
    "heads that lack a column": ("备案编号\t系统\t结果\nx\ty\tz", "找不到表头：缺少日期列"),
    "heads alone": (HEADS, "第 1 行的表头下面没有回执。"),
    "two columns for one": (
        f"{HEADS}\t结果说明\t回执结果\n" + "\t".join(ROW),
        "第 1 行有几列都像结果：“结果”、“回执结果”",
    ),
    "too many rows": ("\n".join(["\t".join(ROW)] * 501), "一次最多登记 500 行，粘贴了 501 行，请分几次粘贴。"),
}


@pytest.mark.parametrize("case", UNREAD)
def test_what_cannot_be_read_is_told_by_its_line(case: str) -> None:
    text, sentence = UNREAD[case]
    officer = Cast().officer
    with pytest.raises(Refused) as refused:
        jobs.submit_pasted(text, by=officer, now=NOW)
    assert sentence in str(refused.value)
    assert not Job.objects.exists()


# --- what each row is told --------------------------------------------------------------------------------------------


def recorded(text: str, cast: Cast) -> Job:
    """The job of `text` once a worker ran it."""
    job = jobs.submit_pasted(text, by=cast.officer, now=db_now())
    assert run_next(KINDS)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    return job


def test_500_pasted_rows_with_every_kind_of_fault_each_get_their_own_sentence(tmp_path: Path) -> None:
    cast = Cast()
    good = opening("accepted", cast, now=NOW)
    back = opening("accepted", cast, platform="weibo", now=NOW)
    review = opening("office_review", cast, platform="kuaishou", now=NOW)
    export_batches.export("provincial", by=cast.officer, now=NOW, out=tmp_path / "o.xlsx")
    kinds: list[tuple[list[str], str]] = [
        ([f"{good.number}", "全国", "已备案", "国-1", "2026-11-24", ""], "全国已备案，等省平台"),
        ([f"{back.number}", "全省", "退回", "", "2026-11-24", "图不清楚"], "已登记上级退回，转“退回修改”"),
        ([f"{good.number}", "全国", "已备案", "国-1", "2026-11-24", ""], "仍然有效，不用再登记"),
        ([f"{review.number}", "全国", "已备案", "", "2026-11-24", ""], "审核通过以后才能登记回执"),
        ([f"{good.number}", "市级", "已备案", "", "2026-11-24", ""], "系统“市级”不对，应为“全国”或“全省”"),
        ([f"{good.number}", "全省", "通过了", "", "2026-11-24", ""], "结果“通过了”不对"),
        ([f"{good.number}", "全省", "已备案", "", "昨天", ""], "日期“昨天”不对，应像 2026-11-24"),
        ([f"{good.number}", "全省", "已备案", "", "2026-02-30", ""], "日期“2026-02-30”不对"),
        ([f"{good.number}", "全省", "已备案", "x" * 65, "2026-11-24", ""], "上级编号不能超过64个字"),
        ([f"{good.number}", "全省", "退回", "", "2026-11-24", ""], "请写明上级退回的原因"),
        ([f"{good.number}", "全国", "已备案", "", "2199-01-01", ""], "晚于今天"),
        (["", "全国", "已备案", "", "2026-11-24", ""], "没有填备案编号"),
    ]  # fmt: skip
    rows, said = [row for row, _ in kinds], [words for _, words in kinds]
    rows += [[f"ZLXMT-2026-{n}", "全国", "已备案", "", "2026-11-24", ""] for n in range(9000, 9500 - len(kinds))]
    said += [f"没有备案编号为“ZLXMT-2026-{n}”的备案" for n in range(9000, 9500 - len(kinds))]
    job = recorded("\r\n".join("\t".join(row) for row in rows), cast)
    assert len(job.result["rows"]) == 500
    wrong = [
        (row["number"], row["said"], words)
        for row, words in zip(job.result["rows"], said, strict=True)
        if words not in row["said"]
    ]
    assert wrong == []
    assert [row["number"] for row in job.result["rows"]] == list(range(1, 501))
    assert Counter(row["outcome"] for row in job.result["rows"]) == {"taken": 1, "refused": 1, "rejected": 498}
    assert Receipt.objects.count() == 2


def test_rows_not_recorded_can_be_copied_put_right_and_pasted_again(client: Client) -> None:
    cast = Cast()
    one, two = opening("accepted", cast, now=NOW), opening("accepted", cast, platform="weibo", now=NOW)
    rows = [
        [f"{one.number}", "全国", "已备案", "国-1", "2026-11-24", "", "12345"],
        [f"{two.number}", "全国", "已备案", "=国-2", "昨天", 'x"y\n第二行', "12345"],
        ["", "全省", "已备案", "", "2026-11-24", "", "12345"],
    ]
    text = f"{HEADS}\t联系电话\n" + "\n".join("\t".join(row).replace('x"y\n第二行', '"x""y\n第二行"') for row in rows)
    job = recorded(text, cast)
    client.force_login(cast.officer)
    page = client.get(f"{PAGE}receipts/{job.pk}/").content.decode()
    copied = unescape(page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0])
    header = receipts_in.parse_pasted(copied)
    assert [list(row.values.values()) for row in header.rows] == [row[:6] for row in rows[1:]]
    assert "12345" not in copied  # another column than those asked for
    assert "\t'=国-2\t" in copied  # no formula in a table either
    again = recorded(copied.replace("昨天", "2026-11-24"), cast)
    assert [row["outcome"] for row in again.result["rows"]] == ["taken", "rejected"]
    assert Receipt.objects.get(filing=two).number == "=国-2"
    last = recorded(f"{two.number}\t全省\t已备案\t\t2026-11-24\t\n", cast)
    assert last.result["to_paste"] == ""
    assert "复制没有登记的行" not in client.get(f"{PAGE}receipts/{last.pk}/").content.decode()


def test_more_than_can_be_pasted_is_not_offered_to_be_copied() -> None:
    row = Row(1, [], {"filing": "x" * (receipts_in.MAX_PASTED // 2)})
    told = [receipts_in.Told(row, receipts_in.REJECTED, "", None, "示例")]
    assert receipts_in.to_paste(receipts_in.Recorded([], told))
    assert receipts_in.to_paste(receipts_in.Recorded([], told * 2)) == ""


def test_the_same_paste_again_says_of_each_row_that_it_is_recorded() -> None:
    cast = Cast()
    filing = opening("accepted", cast, now=NOW)
    text = f"{filing.number}\t全国\t已备案\t国-1\t2026-11-24\n"
    recorded(text, cast)
    again = recorded(text, cast)
    assert (again.result["taken"], again.result["rejected"]) == (0, 1)
    assert "仍然有效，不用再登记" in again.result["rows"][0]["said"]
    assert Receipt.objects.count() == 1


# --- the page ---------------------------------------------------------------------------------------------------------


def paste(client: Client, text: str) -> Any:
    return client.post(PASTE, {"pasted-rows": text})


def test_pasted_rows_go_the_way_of_a_table(client: Client) -> None:
    cast = Cast()
    filing = opening("accepted", cast, now=NOW)
    client.force_login(cast.officer)
    assert "从剪贴板粘贴" in client.get(f"{PAGE}?by=paste").content.decode()
    answer = paste(
        client, f"{filing.number}\t全国\t已备案\t国-1\t2026-11-24\nZLXMT-2026-9999\t全国\t已备案\t\t2026-11-24"
    )
    assert run_next(KINDS)
    text = client.get(answer["Location"], follow=True).content.decode()
    assert "读取2行：登记1行" in text
    assert "粘贴的 2 行" in text
    assert "下载不予登记的1行" in text
    assert Filing.objects.get(pk=filing.pk).receipts.get().number == "国-1"
    assert "粘贴的 2 行" in client.get(f"{PAGE}?by=paste").content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请把要登记的回执粘贴到这里。"),
        ("  \n", "请把要登记的回执粘贴到这里。"),
        ("\t第一格空着\n今天<没有>回执", "第 1 行起认不出备案编号"),
        ('一\n"二', "第 2 行的引号不成对"),
        ("备案编号\t系统\t结果\n甲\t乙\t丙", "缺少日期列"),
        ("长" * 200_001, "超过 200000 个字"),
    ],
    ids=["nothing", "blank", "no number", "quote", "no date", "long"],
)
def test_what_is_refused_stays_in_the_box(client: Client, text: str, sentence: str) -> None:
    client.force_login(Cast().officer)
    answer = paste(client, text)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    kept = answer.context["pasted"]["rows"].value()
    assert kept == text
    assert text[:10].strip("\t \n").split("\n")[0].replace('"', "&quot;") in page
    assert not Job.objects.exists()


def test_an_empty_first_cell_reaches_the_reader() -> None:
    text = "\t全国\t已备案\t\t2026-11-24\n" + "\t".join(ROW) + "\n"
    form = PastedForm({"pasted-rows": text})
    assert form.is_valid()
    assert form.cleaned_data["rows"] == text
    assert "maxlength" not in str(form["rows"])  # the browser would cut off what is pasted, without a word
