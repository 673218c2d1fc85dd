"""导入发布和留言数据 as a page and a job: a file is taken, a worker imports it, what came of it can be read again."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts import activity_sql
from accounts.activity_in import NothingAccepted
from accounts.models import Account, Publication, Role
from tests.accounts.activity_files import run
from tests.factories import account, at, platform, unit, user
from zhonglou_media.core import files, jobs
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.models import Event, Job, JobState, Notice, User
from zhonglou_media.portal.jobs import KINDS

pytestmark = pytest.mark.django_db
PAGE = "/activity/import/"
HEADS = "平台,账号名称,账号ID,外部编号,标题,链接,发布时间,是否原创\n"
GOOD = "抖音,示例发布,d1,a1,标题,,2026-03-20 10:00,是\n"
BAD = "抖音,示例发布,d1,=2,标题,,去年冬天,是\n"
SILENT = "抖音,示例发布,d1,,,,,\n"


@pytest.fixture
def one() -> Account:
    return account(unit("示例局"), name="示例发布", uid="d1")


@pytest.fixture
def operator(client: Client, one: Account) -> User:
    person = user(Role.OPERATOR, one.unit)
    client.force_login(person)
    return person


def upload(client: Client, content: bytes | str, *, name: str = "数据.csv", **fields: str) -> Any:
    content = content.encode() if isinstance(content, str) else content
    data = {"kind": "publications", "known_until": "", "file": SimpleUploadedFile(name, content), **fields}
    return client.post(PAGE, data)


def work() -> Job:
    """A worker takes the one job that waits."""
    assert jobs.run_next(KINDS)
    return Job.objects.latest("pk")


def test_a_file_is_imported_by_a_worker_and_its_result_is_shown(client: Client, operator: User, one: Account) -> None:
    response = upload(client, HEADS + GOOD + BAD)
    job = Job.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/jobs/{job.pk}/")
    assert (job.kind, job.by, job.source_name, job.state) == ("import_activity", operator, "数据.csv", JobState.QUEUED)
    assert not Publication.objects.exists()
    job = work()
    assert (job.state, job.result["created"], job.result["refused"]) == (JobState.DONE, 1, 1)
    assert (job.done, job.total) == (2, 2)
    assert Publication.objects.get().external_id == "a1"
    assert client.get(f"/jobs/{job.pk}/")["Location"] == f"{PAGE}{job.pk}/"
    text = client.get(f"{PAGE}{job.pk}/").content.decode()
    assert "读取2行：新增1条" in text
    assert "1个账号的数据截至没有变动" in text
    assert "第 3 行：发布时间看不懂" in text
    assert "个账号的数据截至移到" not in text
    book = b"".join(client.get(f"/jobs/{job.pk}/file/").streaming_content)  # type: ignore[attr-defined]
    sheet = load_workbook(io.BytesIO(book)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert (rows[1][0], rows[1][4], rows[1][-1][:4]) == (3, "=2", "发布时间")  # type: ignore[index]
    assert "“数据.csv”：已完成，新增 1，没有导入 1 行。" in Notice.objects.get(user=operator).text
    assert "数据.csv" in client.get(PAGE).content.decode()


def test_what_is_known_is_said_when_the_file_is_handed_in(client: Client, operator: User, one: Account) -> None:
    day = (db_now() - timedelta(days=1)).date()
    upload(client, HEADS + SILENT, known_until=f"{day}")
    work()
    one.refresh_from_db()
    assert one.posts_known_until is not None
    assert one.posts_known_until.astimezone(SHANGHAI).isoformat()[:16] == f"{day + timedelta(days=1)}T00:00"
    text = client.get(f"{PAGE}{Job.objects.get().pk}/").content.decode()
    assert "含本期无发布 1" in text
    assert f"1个账号的数据截至移到 {day + timedelta(days=1)} 00:00" in text


def test_today_is_the_moment_of_handing_in_not_that_of_the_worker(client: Client, operator: User) -> None:
    before = db_now()
    upload(client, HEADS + SILENT, known_until=f"{before.astimezone(SHANGHAI).date()}")
    after = db_now()
    assert before.isoformat() <= Job.objects.get().params["known_until"] <= after.isoformat()


def test_a_file_of_which_nothing_is_taken_fails_with_its_reasons(client: Client, operator: User) -> None:
    upload(client, HEADS + BAD)
    job = work()
    assert (job.state, job.result["refused"]) == (JobState.FAILED, 1)
    assert job.error.startswith("1 行都不能导入，第 2 行：发布时间“去年冬天”看不懂")
    text = client.get(f"{PAGE}{job.pk}/").content.decode()
    assert "都没有导入" in text
    assert "下载没有导入的1行" in text
    assert not Publication.objects.exists()


def test_a_silent_file_without_a_known_until_fails_with_what_to_do(client: Client, operator: User) -> None:
    upload(client, HEADS + SILENT)
    job = work()
    assert job.state == JobState.FAILED
    assert "请写明数据截至" in job.error
    assert "请写明数据截至" in client.get(f"{PAGE}{job.pk}/", follow=True).content.decode()


@pytest.mark.parametrize(
    ("content", "fields", "sentence"),
    [
        (b"", {}, "数据文件是空的"),
        (b"a,b,c\n1,2,3\n", {}, "找不到表头"),
        (b"PK\x03\x04 not a workbook", {}, "不是完好的 Excel 工作簿"),
        (b"%PDF-1.4\x00\x01", {}, "认不出文件的编码或格式"),
        (HEADS + GOOD, {"known_until": "2099-01-01"}, "数据截至不能晚于现在。"),
        (HEADS + GOOD, {"known_until": "9999-12-31"}, "数据截至不能晚于现在。"),
        (HEADS + GOOD, {"known_until": "0001-01-01"}, "数据截至不能早于 2010 年，请核对年份。"),
        (HEADS + GOOD, {"known_until": "昨天"}, "数据截至“昨天”看不懂"),
        (HEADS + GOOD, {"kind": "nonsense"}, "处需要修改"),
        (HEADS + SILENT + GOOD, {"kind": "messages"}, "文件里有“发布时间”列，像是发布数据；请改选“发布”，或核对文件。"),
    ],
)
def test_what_cannot_be_taken_is_said_at_once_and_nothing_typed_is_lost(
    client: Client, operator: User, content: bytes | str, fields: dict[str, str], sentence: str
) -> None:
    response = upload(client, content, **({"known_until": "2026-03-01"} | fields))
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert f'value="{({"known_until": "2026-03-01"} | fields)["known_until"]}"' in text
    assert not Job.objects.exists()


def test_a_file_too_large_is_said_before_it_is_read(
    client: Client, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.views.activity_import.MAX_CSV", 10)
    assert "请分成几个文件" in upload(client, HEADS + GOOD).content.decode()
    assert not Job.objects.exists()


def test_the_office_reads_all_imports_and_an_operator_the_own(client: Client, operator: User, one: Account) -> None:
    upload(client, HEADS + GOOD)
    job = work()
    for person, status in (
        (user(Role.OPERATOR, one.unit), 404),
        (user(Role.OFFICER), 200),
        (user(Role.SUPERVISOR), 200),
        (user(Role.LEADER, one.unit), 403),
        (user(Role.AUDITOR), 403),
    ):
        client.force_login(person)
        assert client.get(f"{PAGE}{job.pk}/").status_code == status


def test_a_foreign_account_is_refused_to_an_operator(client: Client, operator: User) -> None:
    other = account(unit(), name="别人的", uid="d9")
    upload(client, HEADS + GOOD + "抖音,别人的,d9,a1,标题,,2026-03-20 10:00,是\n")
    assert work().result["refused"] == 1
    assert not Publication.objects.filter(account=other).exists()


def test_a_file_that_is_gone_and_a_fault_leave_nothing_behind(
    client: Client, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(client, HEADS + GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(activity_sql, "write", lambda kind: 1 / 0)
        job = work()
    assert job.state == JobState.FAILED
    assert "程序出错" in job.error
    assert not Publication.objects.exists()
    upload(client, HEADS + GOOD + SILENT)
    source = Job.objects.latest("pk").source
    assert source is not None
    Path(files.path_of(source.sm3)).unlink()
    assert "文件已不在存储中" in work().error


def shown(client: Client, job: Job) -> str:
    """The words of the result's page."""
    return " ".join(strip_tags(client.get(f"{PAGE}{job.pk}/").content.decode().replace("<", " <")).split())


def test_the_columns_that_were_recognised_are_told(client: Client, operator: User) -> None:
    upload(client, HEADS.replace("发布时间", "发表日期").replace("标题", "序号") + GOOD)
    text = shown(client, work())
    assert (
        "认出的列：平台、外部编号、账号名称、账号ID、链接、发布时间（表里写“发表日期”）、是否原创；没有用到的列：序号。"
    ) in text
    assert "原因见" not in text
    assert "没有导入 0 没有这样的行" in text
    upload(client, HEADS + GOOD)
    assert "发布时间、是否原创；每一列都用到了。" in shown(client, work())


def test_the_first_refused_rows_are_shown_all_are_in_the_download(client: Client, operator: User) -> None:
    upload(client, HEADS + GOOD + BAD + BAD.replace("示例发布,d1", ",") * 59)
    job = work()
    text = shown(client, job)
    assert "没有导入的行（60行）" in text
    assert "第 3 行 抖音 ｜ 示例发布 ｜ d1 发布时间“去年冬天”看不懂，请写成" in text
    assert "第 4 行 抖音 缺少账号名称；发布时间“去年冬天”看不懂" in text
    assert "第 52 行" in text
    assert "第 53 行" not in text
    assert "只列出前 50 行，全部在下载的表里。" in text
    assert "没有导入 60 原因见下表" in text


def test_what_a_citizen_wrote_is_neither_shown_nor_kept_in_the_clear(client: Client, operator: User) -> None:
    heads = "平台,账号名称,账号ID,外部编号,类型,内容,留言时间,回复时间\n"
    slipped = "抖音,示例发布,d1,q1,张三的电话,李四的内容,2026-03-20 10:00,\n"
    upload(client, heads + slipped + "抖音,示例发布,d1,,,,,\n", kind="messages", known_until="2026-03-21")
    job = work()
    text = shown(client, job)
    assert "第 2 行 抖音 ｜ 示例发布 ｜ d1 不认识类型，请写咨询" in text
    assert "含本期无留言 1" in text
    assert "张三" not in text + str(job.result)
    assert "李四" not in text + str(job.result)
    assert "缺少" not in str(job.result["rows"])
    told = Event.objects.get(verb="import_activity").detail
    assert not {"rows", "columns", "heads"} & told.keys()


def test_a_result_from_before_rows_were_kept_names_the_download(client: Client, operator: User) -> None:
    upload(client, HEADS + GOOD + BAD)
    job = work()
    for name in ("rows", "columns", "unused"):
        del job.result[name]
    job.save()
    text = shown(client, job)
    assert "没有导入 1 原因见下载的表" in text
    assert "认出的列" not in text


def test_the_limit_of_rows_is_written_to_be_read(client: Client, operator: User) -> None:
    assert "最多 200,000 行" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("kind", "named", "created", "silent"),
    [("publications", "发布", 2, 1), ("messages", "留言", 2, 1), ("followers", "粉丝数", 2, 0)],
)
def test_a_sample_of_each_kind_can_be_imported_once_its_accounts_are_filed(
    client: Client, operator: User, tmp_path: Path, kind: str, named: str, created: int, silent: int
) -> None:
    link = f"{PAGE}sample/{kind}/"
    assert f'href="{link}"' in client.get(PAGE).content.decode()
    answer = client.get(link)
    assert quote(f"{named}数据样表.xlsx") in answer["Content-Disposition"]
    book = tmp_path / "样表.xlsx"
    book.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    now = at("2026-11-24 14:05")
    with pytest.raises(NothingAccepted, match="台账里没有"):
        run(book, kind, now=now)
    account(unit(), name="示例账号一", uid="shili01")
    account(unit(), name="示例账号二", uid="shili02", platform=platform("wechat"))
    account(unit(), name="示例账号三", uid="shili03", platform=platform("weibo"))
    result = run(book, kind, now=now)
    assert (result.created, result.silent, result.refused) == (created, silent, 0)


def test_there_is_no_sample_of_another_kind(client: Client, operator: User) -> None:
    assert client.get(f"{PAGE}sample/nonsense/").status_code == 404
