"""The office's desk from acceptance to 办结, on a running portal with its worker: many at once, up, back, compared."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, Visit
from tests.browser.exported import ENDS, ended, fetched, offered
from zhonglou_media.core.clock import SHANGHAI

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite]

SAID = "健走"  # in what each filing says, and nowhere else
# Four openings that wait for the office, two each of two units of their own.
REPORTED = f"""
import json
from types import SimpleNamespace
from accounts.models import Role
from tests.factories import opening, unit, user
from zhonglou_media.core.clock import db_now
told = []
for name in ("示例己街道办事处", "示例庚镇人民政府"):
    of = unit(name)
    cast = SimpleNamespace(unit=of, operator=user(Role.OPERATOR, of), leader=user(Role.LEADER, of))
    for platform in ("douyin", "weibo"):
        label = name[:4] + "发布"
        said = dict(name=label, uid=platform + str(of.pk), purpose="发布政务信息和{SAID}活动（示例）。")
        made = opening("office_review", cast, now=db_now(), platform=platform, **said)
        told.append([made.pk, made.number, str(made.account_label)])
print(json.dumps(told))
"""
# Another order of columns than the demo's list: somebody must say what they mean.
LISTED = """新媒体名称,平台,账号ID,开办单位,状态
示例乙局旅游,百家号,demo-baijiahao-2,示例乙文体和旅游局,正常运行
示例乙局服务,微信公众号,gh_demo00000002,示例丙局,正常运行
示例城建监察,新浪微博,story-other,示例住建局,正常运行
"""


def accept_four(officer: Visit, pks: list[int], *, opened: list[str]) -> None:
    """Of what waits, tick `pks` and accept them at once; those that nobody has opened are skipped."""
    page = officer.page
    for label in opened:
        officer.go("/")
        page.locator("tbody").get_by_role("link", name=label).click()
        expect(page.locator("[data-zl-decide]")).to_be_visible()
    officer.go("/")
    for pk in pks:
        page.locator(f"tbody [name=row][value^='{pk}:']").check()
    page.get_by_role("button", name="批量通过…").click()
    expect(page.get_by_role("heading", name="通过所选4件中的2件？")).to_be_visible()
    page.get_by_role("button", name="通过 2 件").click()
    expect(page.get_by_text("成功 2 件，跳过 2 件，未成功 0 件")).to_be_visible()
    expect(page.get_by_text("未阅，打开看过才能办理。")).to_have_count(2)
    page.get_by_role("link", name="去导出").click()


def export_ticked(page: Page, portal: Portal, pks: list[int], folder: Path) -> dict[str, set[str]]:
    """导出到全国 on the open page: asked for, left, come back to, followed to its end, fetched."""
    before = offered(page)
    for pk in pks:
        page.locator(f"[name=filing][value='{pk}']").check()
    page.get_by_role("button", name="导出到全国").click()
    expect(page.get_by_text("已提交导出到全国系统")).to_be_visible()
    page.goto(portal.url + "/filings/")
    page.goto(portal.url + "/filings/exchange/")
    ended(page, before)
    return fetched(page, folder)


def paste_receipts(page: Page, portal: Portal, numbers: list[str]) -> None:
    """Both systems have taken each; without a head, as copied out of a sheet."""
    rows = [
        f"{number}\t{system}\t已备案\t{system}-{number[-4:]}\t{datetime.now(SHANGHAI):%Y-%m-%d}"
        for number in numbers
        for system in ("全国", "全省")
    ]
    page.goto(portal.url + "/filings/exchange/?by=paste#receipt")
    page.get_by_label("粘贴回执").fill("\n".join(rows))
    page.get_by_role("button", name="登记粘贴的回执").click()
    expect(page.get_by_role("heading", name="读取4行：登记4行")).to_be_visible(timeout=ENDS)
    expect(page.get_by_text("已办结，账号转为“正常运行”")).to_have_count(2)


def reconcile(page: Page, portal: Portal) -> None:
    """Their list goes in, its columns are confirmed, the four lists come; one press sends an account up."""
    page.goto(portal.url + "/filings/reconcile/")
    file = {"name": "全国清单（示例）.csv", "mimeType": "text/csv", "buffer": LISTED.encode("utf-8-sig")}
    page.get_by_label("清单文件").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="核对这份清单").click()
    expect(page.get_by_role("heading", name="已识别5列，请核对")).to_be_visible()
    page.get_by_role("button", name="按这样核对").click()
    expect(page.get_by_role("heading", name=re.compile("差异"))).to_be_visible(timeout=ENDS)
    for kind, said in {
        "only_here": "示例甲街道发布（微信公众号）",
        "only_there": "示例城建监察（新浪微博）",
        "differs": "示例丙局",
        "alive_there": "示例乙局旅游（百家号）",
    }.items():
        expect(page.locator(f"#{kind}")).to_contain_text(said)
    line = page.locator("#only_here tr").filter(has_text="示例甲街道发布（微信公众号）")
    line.get_by_role("button", name="加入全国导出").click()
    expect(line).to_contain_text("已加入全国导出")


def export_all(page: Page, portal: Portal, folder: Path) -> dict[str, set[str]]:
    """导出全国: what waits, with the account of the list."""
    page.goto(portal.url + "/filings/exchange/")
    before = offered(page)
    page.get_by_role("button", name=re.compile("^导出全国 .*个补报")).click()
    ended(page, before)
    return fetched(page, folder)


def print_and_fetch(page: Page, portal: Portal, pk: int, folder: Path) -> None:
    """The form on a page, and as a Word file."""
    page.goto(f"{portal.url}/filings/{pk}/")
    page.get_by_role("link", name="打印", exact=True).click()
    expect(page.get_by_text("核对码").first).to_be_visible()
    expect(page.get_by_text("单位（盖章）").first).to_be_visible()
    page.goto(f"{portal.url}/filings/{pk}/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Word 下载").click()
    download.value.save_as(folder / "form.docx")
    table = Document(BytesIO((folder / "form.docx").read_bytes())).tables[0]
    assert any(SAID in cell.text for row in table.rows for cell in row.cells)


def test_the_desk_from_acceptance_to_the_end(portal: Portal, visit: Callable[..., Visit], tmp_path: Path) -> None:
    told = json.loads(portal.command("shell", "-v", "0", "-c", REPORTED))
    pks, numbers, labels = ([row[i] for row in told] for i in range(3))
    officer = visit("officer2")
    page = officer.page

    accepted = [0, 2]
    accept_four(officer, pks, opened=[labels[i] for i in accepted])
    books = export_ticked(page, portal, [pks[i] for i in accepted], tmp_path)
    assert set(books) == {"合并", "示例己街道办事处", "示例庚镇人民政府"}
    names = {labels[i].partition("（")[0] for i in accepted}
    assert names <= books["合并"]
    assert [bool(names & books[unit]) for unit in ("示例己街道办事处", "示例庚镇人民政府")] == [True, True]

    paste_receipts(page, portal, [numbers[i] for i in accepted])
    reconcile(page, portal)
    assert "示例甲街道发布" in export_all(page, portal, tmp_path)["合并"]
    print_and_fetch(page, portal, pks[0], tmp_path)

    page.get_by_role("searchbox", name="搜索单位、账号、备案").fill(SAID)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="备案（4 条）")).to_be_visible()
    expect(page.get_by_text("备案中写有：").first).to_contain_text(SAID)
