"""回执表 as a page: what came of each row, the rows to correct, the sample, and a table uploaded twice."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Membership, Role
from filings import exchange, export_batches, receipts_in
from filings.models import Filing, Receipt
from tests.factories import NOW, Cast, at, opening, unit, user
from zhonglou_media.core import jobs
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, JobState
from zhonglou_media.core.tables_in import Row
from zhonglou_media.portal.jobs import KINDS

pytestmark = pytest.mark.django_db
PAGE = "/filings/exchange/"
UPLOAD = f"{PAGE}receipts/"
HEADS = "备案编号,系统,结果,编号,日期,原因\n"


@pytest.fixture
def cast(client: Client) -> Cast:
    made = Cast()
    client.force_login(made.officer)
    return made


def upload(client: Client, rows: str | bytes, *, name: str = "全省回执.csv", work: bool = True) -> Any:
    """The page of the result, once a worker has recorded the table; or the page that refused it."""
    content = rows if isinstance(rows, bytes) else (HEADS + rows).encode()
    answer = client.post(UPLOAD, {"table-file": SimpleUploadedFile(name, content)})
    if answer.status_code == 302 and work:
        run_next(KINDS)
        return client.get(answer["Location"], follow=True)
    return answer


def accepted(cast: Cast, platform: str = "douyin") -> Filing:
    return opening("accepted", cast, platform=platform, now=NOW)


def rejected_rows(client: Client, job: Job) -> list[list[Any]]:
    answer = client.get(f"{UPLOAD}{job.pk}/rejected.xlsx")
    page = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert page is not None
    return [list(row) for row in page.iter_rows(values_only=True)]


def test_each_row_tells_what_followed(client: Client, cast: Cast, tmp_path: Path) -> None:
    done, one, back = accepted(cast), accepted(cast, "weibo"), accepted(cast, "kuaishou")
    export_batches.export("provincial", by=cast.officer, now=NOW, out=tmp_path / "o.xlsx")
    exchange.take_receipt(done.pk, system="national", result="taken", on=NOW.date(), by=cast.officer, now=NOW)
    before = db_now()
    answer = upload(
        client,
        f"{done.number},全省,已备案,省-1,2026-11-24,\n"
        f"{one.number},全省,已备案,省-2,2026-11-24,\n"
        f"{back.number},全省,退回,,2026-11-24,认证图不清楚\n"
        "ZLXMT-2026-9999,全省,已备案,,2026-11-24,\n",
    )
    job = Job.objects.get(kind="record_receipts")
    text = answer.content.decode()
    assert answer.redirect_chain == [(f"{UPLOAD}{job.pk}/", 302)]
    assert before <= job.created_at <= job.started_at < job.finished_at <= db_now()
    assert "读取4行：登记3行，<span" in text
    assert "两个系统均已答复，已办结，账号转为“正常运行”" in text
    assert "回执已登记。全省已备案，等全国" in text
    assert "已登记上级退回，转“退回修改”" in text
    assert "没有备案编号为“ZLXMT-2026-9999”的备案" in text
    assert f'href="/filings/{done.pk}/">{done.number}' in text
    assert (job.state, job.by, job.error, job.source_name) == (JobState.DONE, cast.officer, "", "全省回执.csv")
    assert {f.pk: f.state for f in Filing.objects.all()} == {
        done.pk: "completed",
        one.pk: "accepted",
        back.pk: "returned",
    }
    heads, row = rejected_rows(client, job)
    assert heads == ["行", *HEADS.strip().split(","), "未登记的原因"]
    assert row[:2] == [5, "ZLXMT-2026-9999"]
    assert f'href="{UPLOAD}{job.pk}/"' in client.get(f"{PAGE}?by=table").content.decode()


def test_the_same_table_again_records_nothing_twice_and_says_so(client: Client, cast: Cast) -> None:
    done, one = accepted(cast), accepted(cast, "weibo")
    rows = (
        f"{done.number},全国,已备案,,2026-11-24,\n{done.number},全省,已备案,,2026-11-24,\n"
        f"{one.number},全国,已备案,,2026-11-24,\n"
    )
    upload(client, rows)
    text = upload(client, rows).content.decode()
    assert "读取3行：登记0行" in text
    assert text.count("仍然有效，不用再登记") == 1
    assert text.count("已登记（2026-11-24），这件备案已办结，不用再登记。") == 2
    assert "没有办成" not in text
    assert Receipt.objects.count() == 3


@pytest.mark.parametrize(
    ("state", "result", "sentence"),
    [
        ("office_review", "已备案", "这件备案现为“区府办审核”，审核通过以后才能登记回执。"),
        ("office_review", "退回", "这件备案现为“区府办审核”，审核通过以后才能登记回执。"),
        ("returned", "已备案", "这件备案现为“退回修改”，审核通过以后才能登记回执。"),
        ("refused", "已备案", "这件备案现为“不予备案”。"),
    ],
)
def test_a_filing_that_takes_no_receipt_says_why(
    client: Client, cast: Cast, state: str, result: str, sentence: str
) -> None:
    filing = opening(state, cast, now=NOW)
    text = upload(client, f"{filing.number},全国,{result},,2026-11-24,图不清楚\n").content.decode()
    assert sentence in text
    assert not Receipt.objects.exists()


def test_a_return_recorded_already_says_so(client: Client, cast: Cast, tmp_path: Path) -> None:
    filing = accepted(cast)
    export_batches.export("provincial", by=cast.officer, now=NOW, out=tmp_path / "o.xlsx")
    rows = f"{filing.number},全省,退回,,2026-11-24,图不清楚\n"
    upload(client, rows)
    text = upload(client, rows + f"{filing.number},全国,退回,,2026-11-24,图不清楚\n").content.decode()
    assert text.count("已登记（2026-11-24），这件备案已退回单位修改，不用再登记。") == 1
    assert text.count("审核通过以后才能登记回执") == 1  # the other system has said nothing yet
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize(
    ("due", "told"),
    [
        ("2026-11-25 00:00", "，应在 2026-11-24 24:00 前办完。"),
        ("2026-11-24 14:05", "，已过办理时限（2026-11-24 14:05）。"),
        ("2026-11-24 00:00", "，已过办理时限（2026-11-23 24:00）。"),
    ],
)
def test_a_due_time_that_has_passed_is_no_promise(cast: Cast, due: str, told: str) -> None:
    filing = accepted(cast)
    filing.office_due_at = at(due)
    assert receipts_in.followed(filing, now=at("2026-11-24 14:05")).endswith(told)
    if "已过" in told:
        filing.provisional = True
        assert "（暂定） 前办完。" in receipts_in.followed(filing, now=at("2026-11-24 14:05"))


def test_a_table_without_refusals_has_no_workbook(client: Client, cast: Cast) -> None:
    upload(client, f"{accepted(cast).number},全国,已备案,,2026-11-24,\n")
    job = Job.objects.get(kind="record_receipts")
    assert job.file is None
    assert client.get(f"{UPLOAD}{job.pk}/rejected.xlsx").status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "回执表是空的"),
        ("甲,乙\n1,2\n".encode(), "找不到表头"),
        (HEADS.encode(), "文件里没有回执"),
        (b"PK\x03\x04 not a workbook", "不是完好的 Excel 工作簿"),
    ],
    ids=["empty", "no heads", "no rows", "broken"],
)
def test_a_bad_table_gets_a_sentence(client: Client, cast: Cast, content: bytes, sentence: str) -> None:
    answer = upload(client, content)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Job.objects.exists()


def test_a_table_is_as_long_as_what_went_up_and_its_result_has_pages(client: Client, cast: Cast) -> None:
    """Thousands go up in one file: their receipts come back in one, though no more than 500 are pasted."""
    answer = upload(
        client, "".join(f"ZLXMT-2026-{n},全国,已备案,,2026-11-24,\n" for n in range(5000, 10_000)), work=False
    )
    assert answer.status_code == 302
    job = Job.objects.get(kind="record_receipts")
    row = {"outcome": "rejected", "filing": "示例", "filing_id": None, "said": "示例不行。"}
    rows = [{"number": number, **row} for number in range(2, 503)]
    job.result = {"read": 501, "taken": 0, "refused": 0, "rejected": 501, "rows": rows, "file": "示例.csv"}
    job.state = JobState.DONE
    job.save()
    first, last = (client.get(f"{UPLOAD}{job.pk}/?page={page}").content.decode() for page in (1, 2))
    assert first.count("示例不行。") == 500
    assert "第 1–500 条，共 501 条" in first
    assert last.count("示例不行。") == 1
    assert "502 行 " in last


def test_more_refused_rows_than_may_be_pasted_are_only_downloaded() -> None:
    def done(many: int) -> receipts_in.Recorded:
        row = Row(2, ["x"], {"filing": "x"})
        return receipts_in.Recorded(["备案编号"], [receipts_in.Told(row, "rejected", "x", None, "不行。")] * many)

    assert receipts_in.to_paste(done(500)).count("\n") == 501
    assert receipts_in.to_paste(done(501)) == ""


def test_no_table_chosen_is_said(client: Client, cast: Cast) -> None:
    answer = client.post(UPLOAD, {})
    assert answer.status_code == 422
    assert "请选择要登记的回执表。" in answer.content.decode()


def test_a_table_too_large_is_said_before_it_is_read(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("filings.forms.receipts.MAX_BYTES", 10)
    answer = upload(client, "x")
    assert answer.status_code == 422
    assert "请分成几个文件" in answer.content.decode()


def test_the_sample_is_a_table_that_can_be_read(client: Client, cast: Cast) -> None:
    content = b"".join(client.get(f"{UPLOAD}sample.xlsx").streaming_content)  # type: ignore[attr-defined]
    text = upload(client, content, name="样表.xlsx").content.decode()
    assert "读取2行：登记0行" in text
    assert text.count("没有备案编号为“ZLXMT-2021-0000”的备案") == 2  # numbers start at 0001


def test_a_run_that_was_cut_off_keeps_what_it_took_and_says_what_to_do(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing = accepted(cast)
    taken = exchange.take_receipt

    def once(*args: Any, **kwargs: Any) -> Any:
        if Receipt.objects.exists():
            raise RuntimeError("cut off")
        return taken(*args, **kwargs)

    monkeypatch.setattr(receipts_in.exchange, "take_receipt", once)
    rows = f"{filing.number},全国,已备案,,2026-11-24,\n{filing.number},全省,已备案,,2026-11-24,\n"
    text = upload(client, rows).content.decode()
    job = Job.objects.get(kind="record_receipts")
    assert (Receipt.objects.count(), job.state) == (1, JobState.FAILED)
    assert "没有完成" in text
    assert "已经登记的行不会丢，请重新开始" in text
    assert "什么也没有改动" not in text
    assert "没有登记完" in client.get(f"{PAGE}?by=table").content.decode()
    monkeypatch.undo()
    again = client.post(f"/jobs/{job.pk}/again/")
    assert run_next(KINDS)
    text = client.get(again["Location"], follow=True).content.decode()
    assert "读取2行：登记1行" in text
    assert text.count("仍然有效，不用再登记") == 1
    assert Receipt.objects.count() == 2


def test_a_table_that_waits_or_is_being_recorded_is_not_called_broken(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing, taken, seen = accepted(cast), exchange.take_receipt, []

    def look() -> None:
        job = Job.objects.get(kind="record_receipts")
        assert client.get(f"{UPLOAD}{job.pk}/")["Location"] == f"/jobs/{job.pk}/"
        pages = (client.get(f"/jobs/{job.pk}/"), client.get(f"{PAGE}?by=table"))
        said = " ".join(page.content.decode() for page in pages)
        assert "没有登记完" not in said
        assert "没有完成" not in said
        seen.append((job.state, "已处理 1 / 2 行" in said, said.count(job.get_state_display()) > 0))

    def take(*args: Any, **kwargs: Any) -> Any:
        done = taken(*args, **kwargs)
        if Receipt.objects.count() == 2:
            look()
        return done

    monkeypatch.setattr(jobs, "EVERY", 0)
    monkeypatch.setattr(receipts_in.exchange, "take_receipt", take)
    upload(client, f"{filing.number},全国,已备案,,2026-11-24,\n{filing.number},全省,已备案,,2026-11-24,\n", work=False)
    look()
    assert run_next(KINDS)
    assert seen == [(JobState.QUEUED, False, True), (JobState.RUNNING, True, True)]
    assert Job.objects.get(kind="record_receipts").state == JobState.DONE


def test_a_table_whose_worker_was_killed_thrice_says_that_a_part_stands(client: Client, cast: Cast) -> None:
    upload(client, f"{accepted(cast).number},全国,已备案,,2026-11-24,\n", work=False)
    dead = {"state": JobState.RUNNING, "attempts": 3, "started_at": NOW, "claimed_until": db_now() - timedelta(hours=1)}
    Job.objects.update(**dead)
    assert not run_next(KINDS)
    job = Job.objects.get()
    assert (job.state, job.error) == (JobState.FAILED, receipts_in.INTERRUPTED)


def test_who_may_record_no_more_when_a_worker_begins_records_nothing(client: Client, cast: Cast) -> None:
    upload(client, f"{accepted(cast).number},全国,已备案,,2026-11-24,\n", work=False)
    Membership.objects.filter(user=cast.officer).delete()
    assert run_next(KINDS)
    job = Job.objects.get()
    assert (job.state, Receipt.objects.count()) == (JobState.FAILED, 0)
    assert "您不能登记上级回执" in job.error


def test_an_admin_reads_what_was_counted_in_the_words_of_receipts(client: Client, cast: Cast) -> None:
    upload(
        client, f"{accepted(cast).number},全国,退回,,2026-11-24,图不清楚\nZLXMT-2026-9999,全国,已备案,,2026-11-24,\n"
    )
    client.force_login(user(Role.ADMIN))
    text = client.get(f"/jobs/{Job.objects.get().pk}/").content.decode()
    for words in ("已备案", "退回", "没有登记"):
        assert f"{words}</span>" in text
    assert "没有写入</span>" not in text


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OFFICER, Role.SUPERVISOR)])
def test_nobody_else_records_tables(client: Client, cast: Cast, role: Role) -> None:
    upload(client, f"{accepted(cast).number},全国,已备案,,2026-11-24,\n")
    job = Job.objects.get(kind="record_receipts")
    client.force_login(user(role, unit()))
    assert upload(client, "x,x\n").status_code == 403
    for address in (f"{UPLOAD}{job.pk}/", f"{UPLOAD}{job.pk}/rejected.xlsx", f"{UPLOAD}sample.xlsx"):
        assert client.get(address).status_code == 403


def test_another_kind_of_job_is_no_table(client: Client, cast: Cast) -> None:
    other = Job.objects.create(kind="import_registry", created_at=NOW, result={})
    assert client.get(f"{UPLOAD}{other.pk}/").status_code == 404
    assert client.get(f"{UPLOAD}{other.pk}/rejected.xlsx").status_code == 404
