"""导入台账 as a page: the preview, its confirmation, the workbook of refused rows, and what a bad file is answered."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Account, AccountState, Role, Unit
from tests.factories import account, unit, user
from zhonglou_media.core.models import Event, Job, JobState, User

pytestmark = pytest.mark.django_db
PAGE = "/accounts/import/"
LISTS = Path(__file__).parent.parent / "data"
HEADS = "单位,平台,账号名称,账号ID\n"
NAMELESS = ",抖音,没有单位,d2\n"


@pytest.fixture
def officer(client: Client) -> User:
    person = user(Role.OFFICER)
    client.force_login(person)
    return person


def upload(client: Client, content: bytes | str, *, name: str = "清单.csv", follow: bool = False, **fields: str) -> Any:
    content = content.encode() if isinstance(content, str) else content
    data = {"ground": "baseline", "document": "", "file": SimpleUploadedFile(name, content), **fields}
    return client.post(PAGE, data, follow=follow)


def confirm(client: Client, job: Job, digest: str | None = None) -> Any:
    return client.post(f"{PAGE}{job.pk}/", {"digest": job.params["digest"] if digest is None else digest}, follow=True)


def imported(client: Client, content: bytes | str, **fields: str) -> str:
    """The result page of a list that was uploaded and confirmed."""
    upload(client, content, **fields)
    text: str = confirm(client, Job.objects.latest("pk")).content.decode()
    return text


# --- the preview --------------------------------------------------------------------------------------------------


def test_a_real_list_is_shown_first_and_written_when_confirmed(client: Client, officer: User) -> None:
    response = upload(client, (LISTS / "list_a.xlsx").read_bytes(), name="list_a.xlsx", follow=True)
    text = response.content.decode()
    job = Job.objects.get()
    assert response.redirect_chain == [(f"/accounts/import/{job.pk}/", 302)]
    assert "读取30行：可新增 9 个账号" in text
    assert "21行不予导入" in text
    assert "导入 9 个账号…" in text
    assert (job.by, job.state, job.result["read"], Account.objects.count()) == (officer, JobState.PREPARED, 30, 0)
    assert not Event.objects.exists()
    text = confirm(client, job).content.decode()
    assert "读取30行：新增9个账号" in text
    assert text.count('<td class="zl-two__full">') == 21
    assert "待核" in text  # the units the list brought along
    job.refresh_from_db()
    assert (job.state, Account.objects.count(), Event.objects.get().actor) == (JobState.DONE, 9, officer)


def test_the_preview_says_what_was_read_and_which_columns_were_recognised(client: Client, officer: User) -> None:
    text = upload(
        client,
        "示例区清单,,,,\n单位,开设平台,账号名,粉丝（万）,责编\n示例局,抖音,示例发布,3.5,某某\n合计,,,,\n",
        name="示例.csv",
        document="示例政办函〔2021〕5号",
        follow=True,
    ).content.decode()
    assert "认出的列（4 / 5）" in text
    assert "第 2 行，上面的行是标题，不算" in text
    assert "不导入，台账没有这一列" in text
    assert "示例政办函〔2021〕5号" in text
    assert "粉丝数 35000" in text


def test_a_workbook_of_the_portals_own_is_told_why_its_columns_are_not_read(client: Client, officer: User) -> None:
    account(unit("示例局"), name="示例发布", uid="d1")
    text = upload(
        client,
        "主办单位,平台,账号名称,账号ID,状态,备案编号,全国系统编号,最近更新,下次应更新,数据截至,预警,责编\n"
        "示例局,抖音,示例发布,d1,正常运行,,,,,,无,某某\n",
        follow=True,
    ).content.decode()
    assert text.count("由平台计算或备案产生，不从清单导入") == 7
    assert text.count("不导入，台账没有这一列") == 1
    assert "没有要写入的内容" in text
    assert "每一行都与台账相同，不用导入" in text
    assert "改好清单" not in text


def test_a_number_of_followers_without_a_figure_is_kept_as_a_remark(client: Client, officer: User) -> None:
    text = upload(
        client, "单位,平台,账号名称,粉丝数\n示例局,抖音,示例发布,x百\n示例局,微博,示例发布,暂无\n", follow=True
    ).content.decode()
    assert text.count("备注 粉丝数：x百") == 1
    assert "粉丝数：暂无" not in text
    confirm(client, Job.objects.latest("pk"))
    kept = Account.objects.order_by("pk").values_list("followers", "remarks")
    assert sorted(kept, key=str) == [(None, ""), (None, "粉丝数：x百")]
    again = upload(client, "单位,平台,账号名称,粉丝数\n示例局,抖音,示例发布,x百\n", follow=True).content.decode()
    assert "每一行都与台账相同，不用导入" in again


def test_each_row_says_what_would_be_written_or_why_not(client: Client, officer: User) -> None:
    of = unit("示例局")
    account(of, name="示例发布", uid="d1", followers=5)
    account(of, name="示例旧名", uid="d3", same_platform_reason="示例")
    text = upload(
        client,
        "单位,平台,账号名称,账号ID,粉丝数\n示例局,抖音,示例发布,d1,8\n示例局,抖音,示例新名,d3,\n示例局,微博,示例微博,w1,\n,抖音,没有单位,d2,\n",
        follow=True,
    ).content.decode()
    assert "粉丝数 5 → 8" in text
    assert "账号名称：台账 示例旧名 → 表 示例新名" in text
    assert "账号ID w1" in text
    assert "缺少主办单位" in text
    assert "含与备案不一致 1 行" in text
    assert "新增 1 个、补充 1 个账号…" in text


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("", {"甲号", "乙号", "丙号", "丁号"}),
        ("created", {"乙号"}),
        ("changed", set()),
        ("unchanged", {"甲号"}),
        ("refused", {"丙号", "丁号"}),
        ("differs", {"丁号"}),
        ("nonsense", {"甲号", "乙号", "丙号", "丁号"}),
    ],
)
def test_the_counts_filter_the_rows(client: Client, officer: User, show: str, names: set[str]) -> None:
    of = unit("示例局")
    account(of, name="甲号", uid="d1")
    account(of, name="丁的旧名", uid="d4", same_platform_reason="示例")
    upload(client, HEADS + "示例局,抖音,甲号,d1\n示例局,微博,乙号,w1\n,抖音,丙号,d3\n示例局,抖音,丁号,d4\n")
    text = client.get(f"{PAGE}{Job.objects.get().pk}/", {"show": show}).content.decode()
    assert {name for name in ("甲号", "乙号", "丙号", "丁号") if f"<strong>{name}</strong>" in text} == names


def test_unknown_units_are_named_with_those_they_may_be_meant_for(client: Client, officer: User) -> None:
    unit("示例庚街道办事处", short_name="示例庚街道")
    unit("别的街道办事处")
    text = upload(
        client, HEADS + "示例庚街办,抖音,甲号,d1\n示例庚街办,微博,乙号,w1\n示例数据局,抖音,丙号,d2\n", follow=True
    ).content.decode()
    assert "2个单位不在台账里" in text
    assert re.search(r'示例庚街办 .*?data-label="行">2、3</td><td data-label="相近的单位">示例庚街道办事处</td>', text)
    assert "没有相近单位的 1 个：示例数据局（4 行）" in text


def test_a_long_list_is_paged(client: Client, officer: User) -> None:
    rows = "".join(f"示例{n}局,抖音,第{n:03}号,d{n}\n" for n in range(120))
    upload(client, HEADS + rows)
    job = Job.objects.get()
    text = client.get(f"{PAGE}{job.pk}/?page=5").content.decode()
    assert "第 101–120 条，共 120 条" in text
    assert "第119号" in text
    assert "第099号" not in text


def test_a_preview_asks_the_database_as_often_for_many_rows(
    client: Client, officer: User, django_assert_max_num_queries: Any
) -> None:
    rows = "".join(f"示例{n}局,抖音,第{n:03}号,d{n}\n" for n in range(120))
    with django_assert_max_num_queries(25):
        upload(client, HEADS + rows)
    with django_assert_max_num_queries(9):
        client.get(f"{PAGE}{Job.objects.get().pk}/")


def test_a_list_of_which_nothing_is_taken_shows_its_reasons_and_no_button(client: Client, officer: User) -> None:
    text = upload(client, HEADS + NAMELESS, document="我写的文件名", follow=True).content.decode()
    job = Job.objects.get()
    assert "都不能导入" in text
    assert "缺少主办单位" in text
    assert "data-zl-dialog" not in text
    assert f"/accounts/import/{job.pk}/refused.xlsx" in text
    answer = confirm(client, job)
    assert answer.status_code == 422
    assert "没有要写入台账的内容" in answer.content.decode()
    assert (Account.objects.count(), Job.objects.get().state) == (0, JobState.PREPARED)


# --- what came of it ----------------------------------------------------------------------------------------------


def test_the_result_can_be_read_again_and_is_listed(client: Client, officer: User) -> None:
    imported(client, HEADS + "示例局,抖音,示例发布,d1\n" + NAMELESS, document="示例政办函〔2021〕5号")
    job = Job.objects.get()
    client.force_login(user(Role.SUPERVISOR))
    text = client.get(f"/accounts/import/{job.pk}/").content.decode()
    assert "读取2行：新增1个账号" in text
    assert "来源文件：示例政办函〔2021〕5号" in text
    assert "没有单位" in text
    assert f'href="/accounts/import/{job.pk}/"' in client.get(PAGE).content.decode()


def test_a_preview_left_alone_is_listed_as_waiting(client: Client, officer: User) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n")
    assert "待确认" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("confirmed", [False, True], ids=["preview", "result"])
def test_the_refused_rows_come_back_as_a_workbook(client: Client, officer: User, confirmed: bool) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n,抖音,=1+1没有单位,d2\n")
    if confirmed:
        confirm(client, Job.objects.get())
    response = client.get(f"/accounts/import/{Job.objects.get().pk}/refused.xlsx")
    assert response["Content-Disposition"].startswith("attachment;")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["原行号", "单位", "平台", "账号名称", "账号ID", "未导入的原因"]
    assert rows[1][:5] == [3, None, "抖音", "=1+1没有单位", "d2"]
    assert rows[1][5]


@pytest.mark.parametrize("confirmed", [False, True], ids=["preview", "result"])
def test_a_list_without_refusals_has_no_workbook(client: Client, officer: User, confirmed: bool) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n")
    job = Job.objects.get()
    if confirmed:
        assert "每一行都已导入" in confirm(client, job).content.decode()
    assert client.get(f"/accounts/import/{job.pk}/refused.xlsx").status_code == 404


def test_the_same_list_again_has_nothing_to_write(client: Client, officer: User) -> None:
    imported(client, HEADS + "示例局,抖音,示例发布,d1\n")
    text = upload(client, HEADS + "示例局,抖音,示例发布,d1\n", follow=True).content.decode()
    assert "没有要写入的内容" in text
    assert re.search(r"<span>不变</span><b>1</b>", text)


def test_found_accounts_become_unfiled(client: Client, officer: User) -> None:
    text = imported(client, HEADS + "示例局,抖音,示例野号,d1\n", ground="found")
    assert "发现的未备案账号" in text
    assert Account.objects.get().state == AccountState.UNFILED


def test_a_row_that_differs_links_to_its_account(client: Client, officer: User) -> None:
    filed = account(unit("示例局"), name="示例发布", uid="d1")
    rows = HEADS + "示例局,抖音,另一个名字,d1\n示例局,抖音,示例新号,d2\n"
    assert f'href="/accounts/{filed.pk}/"' in upload(client, rows, follow=True).content.decode()
    text = confirm(client, Job.objects.get()).content.decode()
    assert "与备案不一致" in text
    assert f'href="/accounts/{filed.pk}/"' in text


def test_the_kind_of_the_list_is_chosen_and_what_lacks_a_reason_is_counted(client: Client, officer: User) -> None:
    form = client.get(PAGE).content.decode()
    assert 'name="ground"' in form
    assert "checked" not in form
    text = imported(client, HEADS + "示例局,抖音,示例甲号,d1\n示例局,抖音,示例乙号,d2\n")
    assert "其中1个账号标为存量待说明" in text
    assert "由区政府办公室会同系统管理员更正" in text


# --- bad files, and who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "清单文件是空的"),
        (b"a,b,c\n1,2,3\n", "单位"),
        (HEADS.encode(), "什么也没有导入"),
        (b"PK\x03\x04 not a workbook", "不是完好的 Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0old", "另存为不加密的 .xlsx"),
        (b"%PDF-1.4\x00\x01", "认不出文件的编码或格式"),
    ],
    ids=["empty", "no heads", "no rows", "broken", "xls", "pdf"],
)
def test_a_bad_file_gets_a_sentence_and_nothing_typed_is_lost(
    client: Client, officer: User, content: bytes, sentence: str
) -> None:
    response = upload(client, content, document="我写的文件名", ground="found")
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert 'value="我写的文件名"' in text
    assert re.search(r'value="found"[^>]*checked', text)
    assert (Account.objects.count(), Unit.objects.filter(status="unconfirmed").count(), Job.objects.count()) == (
        0,
        0,
        0,
    )


def test_no_file_and_an_unknown_ground_are_named(client: Client, officer: User) -> None:
    text = client.post(PAGE, {"ground": "nonsense", "document": "x"}).content.decode()
    assert "还有2处需要修改" in text
    assert "请选择要导入的清单文件。" in text


def test_a_file_too_large_is_said_before_it_is_read(
    client: Client, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.forms.MAX_BYTES", 10)
    response = upload(client, HEADS + "示例局,抖音,示例发布,d1\n")
    assert response.status_code == 422
    assert "请分成几个文件" in response.content.decode()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OFFICER, Role.SUPERVISOR)])
def test_nobody_else_imports_confirms_or_reads_imports(client: Client, officer: User, role: Role) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n" + NAMELESS)
    job = Job.objects.get()
    client.force_login(user(role, unit()))
    assert upload(client, HEADS).status_code == 403
    assert confirm(client, job).status_code == 403
    for address in (PAGE, f"{PAGE}{job.pk}/", f"{PAGE}{job.pk}/refused.xlsx"):
        assert client.get(address).status_code == 403
    assert not Account.objects.exists()


def test_another_kind_of_job_is_no_import(client: Client, officer: User) -> None:
    other = Job.objects.create(kind="export", created_at="2026-11-24 14:05+08:00", result={})
    assert client.get(f"{PAGE}{other.pk}/").status_code == 404
    assert confirm(client, other, "x").status_code == 404
    assert client.get(f"{PAGE}{other.pk}/refused.xlsx").status_code == 404
    assert client.get(PAGE).status_code == 200
