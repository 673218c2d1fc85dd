"""The pages of 与上级平台核对: a list goes in, its columns are confirmed, a line is acted on; what is wrong is said."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from filings.models import ExportRequest, LineKind, Reconciliation
from filings.reconciling import running
from tests.factories import Cast, account
from tests.filings.reconciled import csv_of, reconcile
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, Notice, User

pytestmark = pytest.mark.django_db
START = "/filings/reconcile/"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def cast() -> Cast:
    return Cast()


def send(client: Client, content: bytes, **more: str) -> Any:
    upload = SimpleUploadedFile("全国清单.csv", content)
    return client.post(START, {"system": "national", "listed_on": "2026-11-24", "file": upload, **more})


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_list_is_sent_its_columns_confirmed_and_its_run_read(cast: Cast) -> None:
    client, one = signed_in(cast.officer), account(cast.unit)
    row = [one.name, "抖音", one.uid, "", "别的单位", "在册"]
    asked = send(client, csv_of([row]), listed_on="2020-01-06")
    job = Job.objects.get(kind=running.KIND)
    assert asked["Location"] == f"{START}jobs/{job.pk}/"
    page = client.get(asked["Location"])
    assert "已识别6列，请核对" in text(page)
    typed = {f"column-{place}": name for place, name in enumerate(("name", "platform", "uid", "", "unit", "state"), 1)}
    wrong = client.post(asked["Location"], {**typed, "column-4": "name"})
    assert wrong.status_code == 422
    assert "“新媒体名称”和“链接”都选了账号名称，请只留一列。" in text(wrong)
    wrong = client.post(asked["Location"], typed)
    assert wrong.status_code == 422
    assert "请说明状态“在册”是正常还是已关停。" in text(wrong)
    done = client.post(asked["Location"], {**typed, "word-1": "在册", "state-1": "alive"})
    assert done["Location"] == f"/jobs/{job.pk}/"
    run_next({running.KIND: running.RECONCILE})
    run = Reconciliation.objects.get()
    assert client.get(asked["Location"])["Location"] == f"{START}{run.pk}/"
    read = text(client.get(f"{START}{run.pk}/"))
    assert "本区1个，全国系统1个" in read
    assert "主办单位：本区 " in read
    late = client.post(asked["Location"], typed, follow=True)
    assert "已经在核对" in text(late)


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"listed_on": "2199-01-01"}, 422, "清单导出日期不能晚于今天"),
        ({"system": "other"}, 422, "请选择是哪个系统的清单"),
        ({"content": ""}, 422, "清单是空的"),
        ({"content": "只有一句话"}, 422, "表头下面没有账号"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(cast: Cast, more: dict[str, str], status: int, said: str) -> None:
    content = more.pop("content", None)
    rows = csv_of([["示例", "抖音", "", "", "", "正常"]]) if content is None else content.encode()
    answer = send(signed_in(cast.officer), rows, **{"listed_on": "2020-01-06", **more})
    assert (answer.status_code, said in text(answer)) == (status, True)
    assert not Job.objects.filter(kind=running.KIND).exists()


def test_each_line_is_one_press(cast: Cast) -> None:
    client, one = signed_in(cast.officer), account(cast.unit)
    run = reconcile(csv_of([[one.name, "抖音", one.uid, "", "别的单位", "正常"]]), cast.officer)
    here, line = f"{START}{run.pk}/", run.lines.get()
    address = f"{START}lines/{line.pk}/"
    assert client.post(f"{address}export/")["Location"] == f"{here}#line-{line.pk}"
    assert "已加入全国导出" in text(client.get(here))
    again = client.post(f"{address}export/")
    assert (again.status_code, "已在待导出" in text(again)) == (409, True)
    client.post(f"{address}drop/")
    assert ExportRequest.objects.get().dropped_at is not None
    client.post(f"{address}ask/")
    assert Notice.objects.filter(user=cast.operator).count() == 1
    assert "已请单位变更" in text(client.get(here))
    noted = client.post(f"{address}note/", {"note": "甲写的", "read": "", "list": "differs", "page": "1"})
    assert noted["Location"] == f"{here}?list=differs&page=1#line-{line.pk}"
    late = client.post(f"{address}note/", {"note": "乙写的", "read": ""})
    assert late.status_code == 409
    assert "刚才写了说明：“甲写的”" in text(late)
    assert ">乙写的</textarea>" in text(late)  # nothing typed is lost


def test_a_long_list_is_paged_and_an_old_run_is_only_read(cast: Cast) -> None:
    client = signed_in(cast.officer)
    rows = [[f"示例外来{n:03}", "抖音", f"x-{n}", "", "", "正常"] for n in range(60)]
    run = reconcile(csv_of(rows), cast.officer)
    first = text(client.get(f"{START}{run.pk}/"))
    assert "看全部 60 处" in first
    assert first.count("登为未备案") == 20
    assert "第 51–60 条，共 60 条" in text(client.get(f"{START}{run.pk}/?list=only_there&page=2"))
    reconcile(csv_of(rows[:1]), cast.officer)
    old = text(client.get(f"{START}{run.pk}/"))
    assert "这是较早的一次" in old
    assert "登为未备案" not in old


def test_the_differences_are_a_workbook(cast: Cast) -> None:
    one = account(cast.unit, name="=示例公式")
    rows = [[one.name, "抖音", one.uid, "", "别的单位", "正常"], ["示例", "看不懂", "", "", "", "正常"]]
    run = reconcile(csv_of(rows), cast.officer)
    answer: Any = signed_in(cast.officer).get(f"{START}{run.pk}/differences.xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.sheetnames == [LineKind.DIFFERS.label, "没有比对的行"]
    values = [cell.value for cell in book.worksheets[0][3]]
    assert values[2] == "=示例公式"
    assert book.worksheets[0]["C3"].data_type == "s"
    assert "别的单位" in str(values[4])
    assert book.worksheets[1]["D3"].value == "不认识平台“看不懂”"


def test_the_columns_of_a_run_can_be_chosen_anew(cast: Cast) -> None:
    client = signed_in(cast.officer)
    run = reconcile(csv_of([["示例外来", "抖音", "x", "", "", "正常"]]), cast.officer)
    asked = client.post(f"{START}{run.pk}/again/")
    page = text(client.get(asked["Location"]))
    assert "已识别6列，请核对" in page
    assert "有一份清单待确认列的对应" in text(client.get(START))
    client.post(f"{asked['Location']}discard/")
    assert "有一份清单待确认列的对应" not in text(client.get(START))


def test_what_only_they_have_is_entered_with_what_they_say(cast: Cast) -> None:
    client = signed_in(cast.officer)
    run = reconcile(csv_of([["示例外来", "新浪微博", "x-1", "", "", "正常"]]), cast.officer)
    address = text(client.get(f"{START}{run.pk}/")).partition("/sightings/new/")[2].partition('"')[0]
    form = text(client.get("/sightings/new/" + address.replace("&amp;", "&")))
    assert all(f'value="{value}"' in form for value in ("示例外来", "x-1", "与全国系统核对：全国系统有，本区台账没有"))
