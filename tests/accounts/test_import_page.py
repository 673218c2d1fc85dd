"""导入台账 as a page: counts, reasons, the workbook of refused rows, and what a bad file is answered."""

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
from zhonglou_media.core.models import Job, User

pytestmark = pytest.mark.django_db
PAGE = "/accounts/import/"
LISTS = Path(__file__).parent.parent / "data"
HEADS = "单位,平台,账号名称,账号ID\n"


@pytest.fixture
def officer(client: Client) -> User:
    person = user(Role.OFFICER)
    client.force_login(person)
    return person


def upload(client: Client, content: bytes | str, *, name: str = "清单.csv", follow: bool = False, **fields: str) -> Any:
    content = content.encode() if isinstance(content, str) else content
    data = {"ground": "baseline", "document": "", "file": SimpleUploadedFile(name, content), **fields}
    return client.post(PAGE, data, follow=follow)


def test_a_real_list_shows_its_counts_and_each_refused_row(client: Client, officer: User) -> None:
    response = upload(client, (LISTS / "list_a.xlsx").read_bytes(), name="list_a.xlsx", follow=True)
    text = response.content.decode()
    job = Job.objects.get()
    assert response.redirect_chain == [(f"/accounts/import/{job.pk}/", 302)]
    assert "读取30行：新增9个账号" in text
    assert "21行没有导入" in text
    assert text.count('<td class="zl-two__full">') == 21
    assert "待核" in text  # the units the list brought along
    assert (job.by, job.kind, job.result["read"], Account.objects.count()) == (officer, "import_registry", 30, 9)


def test_the_result_can_be_read_again_and_is_listed(client: Client, officer: User) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n,抖音,没有单位,d2\n", document="示例政办函〔2021〕5号")
    job = Job.objects.get()
    client.force_login(user(Role.SUPERVISOR))
    text = client.get(f"/accounts/import/{job.pk}/").content.decode()
    assert "读取2行：新增1个账号" in text
    assert "来源文件：示例政办函〔2021〕5号" in text
    assert "没有单位" in text
    assert f'href="/accounts/import/{job.pk}/"' in client.get(PAGE).content.decode()


def test_the_refused_rows_come_back_as_a_workbook(client: Client, officer: User) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n,抖音,=1+1没有单位,d2\n")
    response = client.get(f"/accounts/import/{Job.objects.get().pk}/refused.xlsx")
    assert response["Content-Disposition"].startswith("attachment;")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["原行号", "单位", "平台", "账号名称", "账号ID", "未导入的原因"]
    assert rows[1][:5] == [3, None, "抖音", "=1+1没有单位", "d2"]
    assert rows[1][5]


def test_an_import_without_refusals_has_no_workbook(client: Client, officer: User) -> None:
    response = upload(client, HEADS + "示例局,抖音,示例发布,d1\n", follow=True)
    assert "每一行都已导入" in response.content.decode()
    assert client.get(f"/accounts/import/{Job.objects.get().pk}/refused.xlsx").status_code == 404


def test_the_same_list_again_changes_nothing(client: Client, officer: User) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n")
    text = upload(client, HEADS + "示例局,抖音,示例发布,d1\n", follow=True).content.decode()
    assert "新增0个账号" in text
    assert re.search(r"<span>不变</span><b>1</b>", text)


def test_found_accounts_become_unfiled(client: Client, officer: User) -> None:
    text = upload(client, HEADS + "示例局,抖音,示例野号,d1\n", ground="found", follow=True).content.decode()
    assert "发现的未备案账号" in text
    assert Account.objects.get().state == AccountState.UNFILED


def test_a_row_that_differs_links_to_its_account(client: Client, officer: User) -> None:
    filed = account(unit("示例局"), name="示例发布", uid="d1")
    text = upload(client, HEADS + "示例局,抖音,另一个名字,d1\n示例局,抖音,示例新号,d2\n", follow=True).content.decode()
    assert "与备案不一致" in text
    assert f'href="/accounts/{filed.pk}/"' in text


def test_a_list_of_which_nothing_is_taken_is_shown_with_its_reasons(client: Client, officer: User) -> None:
    response = upload(client, HEADS + ",抖音,没有单位,d2\n", document="我写的文件名")
    text = response.content.decode()
    job = Job.objects.get()
    assert response.status_code == 422
    assert "都不能导入" in text
    assert 'value="我写的文件名"' in text
    assert f"/accounts/import/{job.pk}/refused.xlsx" in text
    assert not Account.objects.exists()
    assert "都没有导入" in client.get(f"/accounts/import/{job.pk}/").content.decode()


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
def test_nobody_else_imports_or_reads_imports(client: Client, officer: User, role: Role) -> None:
    upload(client, HEADS + "示例局,抖音,示例发布,d1\n,抖音,没有单位,d2\n")
    job = Job.objects.get()
    client.force_login(user(role, unit()))
    assert upload(client, HEADS).status_code == 403
    for address in (PAGE, f"{PAGE}{job.pk}/", f"{PAGE}{job.pk}/refused.xlsx"):
        assert client.get(address).status_code == 403


def test_another_kind_of_job_is_no_import(client: Client, officer: User) -> None:
    other = Job.objects.create(kind="export", created_at="2026-11-24 14:05+08:00", result={})
    assert client.get(f"{PAGE}{other.pk}/").status_code == 404
    assert client.get(f"{PAGE}{other.pk}/refused.xlsx").status_code == 404
    assert client.get(PAGE).status_code == 200


def test_the_kind_of_the_list_is_chosen_and_what_lacks_a_reason_is_counted(client: Client, officer: User) -> None:
    form = client.get(PAGE).content.decode()
    assert 'name="ground"' in form
    assert "checked" not in form
    text = upload(client, HEADS + "示例局,抖音,示例甲号,d1\n示例局,抖音,示例乙号,d2\n", follow=True).content.decode()
    assert "其中1个账号标为存量待说明" in text
    assert "由区政府办公室会同系统管理员更正" in text
