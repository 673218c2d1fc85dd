"""The main job, played in Chromium by four people on a running portal: from the draft to 正常运行."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, Visit
from tests.browser.exported import ended, fetched, offered

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "示例甲街道快讯"


def draft(operator: Visit) -> int:
    """Fill 附件2 step by step and return the filing's id."""
    page = operator.page
    operator.go("/filings/new/")
    page.get_by_role("button", name="开始填报").click()
    found = re.search(r"/filings/(\d+)/edit/", page.url)
    assert found
    page.locator("[name=platform]").select_option(label="快手")
    page.get_by_label("账号名称").fill(NAME)
    page.get_by_role("button", name="保存并填下一步").click()
    page.get_by_label("责任科室").fill("党政办公室")
    page.get_by_role("button", name="保存并填下一步").click()
    page.get_by_label("功能定位").fill("发布街道政务信息")
    page.get_by_role("button", name="保存并去核对").click()
    return int(found[1])


def decide(page: Page, words: str, comment: str = "") -> None:
    """The officer's choice, and the button that names it."""
    page.get_by_role("radio", name=words).check()
    if comment:
        page.get_by_role("textbox", name="意见").fill(comment)
    page.locator("[data-zl-decide]").click()


def receipt(page: Page, portal: Portal, filing: int, system: str, number: str) -> None:
    """Record 已备案 of one system on the exchange page."""
    page.goto(f"{portal.url}/filings/exchange/?filing={filing}&system={system}")
    page.get_by_role("radio", name="已备案").check()
    page.get_by_label("上级编号").fill(number)
    page.get_by_role("button", name="登记回执", exact=True).click()


def test_an_opening_from_draft_to_registered(visit: Callable[..., Visit], tmp_path: Path) -> None:
    operator, leader, officer = visit("operator"), visit("leader", narrow=True), visit("officer")
    portal = operator.portal
    pk = draft(operator)
    page = operator.page
    page.get_by_role("button", name="提交领导审批").click()
    expect(page.get_by_text("待单位领导审批").first).to_be_visible()

    # the leader returns it on a phone, the operator puts it right and submits again
    leader.go("/")
    leader.page.get_by_role("link", name=re.compile(NAME)).first.click()
    leader.page.get_by_role("button", name="退回", exact=True).click()
    leader.page.get_by_role("dialog").get_by_label("意见").fill("请写明互动方式")
    leader.page.get_by_role("button", name="退回修改", exact=True).click()
    operator.go(f"/filings/{pk}/edit/reasons/")
    expect(page.get_by_text("请写明互动方式")).to_be_visible()
    page.get_by_label("留言", exact=True).check()
    page.get_by_role("button", name="保存并去核对").click()
    page.get_by_role("button", name="重新提交领导审批").click()

    # approve in two taps
    leader.go(f"/filings/{pk}/approve/")
    leader.page.get_by_role("button", name="批准", exact=True).click()
    leader.page.get_by_role("button", name="确认批准").click()
    expect(leader.page.get_by_text("待报送").or_(leader.page.get_by_text("已批准")).first).to_be_visible()

    # report; the office returns it; corrected and reported again without the leader
    operator.go(f"/filings/{pk}/")
    page.get_by_role("button", name="报送区政府办公室").click()
    expect(page.get_by_text(re.compile(r"ZLXMT-\d{4}-\d{4}")).first).to_be_visible()
    number = re.search(r"ZLXMT-\d{4}-\d{4}", page.inner_text("main"))
    assert number
    officer.go(f"/filings/{pk}/")
    decide(officer.page, "退回修改", "请补填账号ID")
    operator.go(f"/filings/{pk}/edit/basics/")
    expect(page.get_by_text("请补填账号ID")).to_be_visible()
    page.get_by_label("账号ID").fill("sl_kuaixun_01")
    page.get_by_role("button", name="保存草稿").last.click()
    operator.go(f"/filings/{pk}/edit/review/")
    page.get_by_role("button", name="重新报送").click()

    # accepted and exported
    officer.go(f"/filings/{pk}/")
    decide(officer.page, "通过")
    officer.go("/filings/exchange/")
    before = offered(officer.page)
    officer.page.get_by_role("button", name=re.compile("^导出全国")).click()
    ended(officer.page, before)
    cells = fetched(officer.page, tmp_path)["合并"]
    assert NAME in cells
    assert "sl_kuaixun_01" in cells
    assert any("参考" in cell for cell in cells)

    # one receipt, then the other
    receipt(officer.page, portal, pk, "national", "QG-1")
    officer.go("/")
    row = officer.page.get_by_role("row", name=re.compile(NAME))
    expect(row.get_by_text("已备案").first).to_be_visible()
    operator.go(f"/filings/{pk}/")
    expect(page.get_by_text("全国已备案，等省平台").first).to_be_visible()
    receipt(officer.page, portal, pk, "provincial", "QS-1")
    operator.go(f"/filings/{pk}/")
    expect(page.get_by_text("已办结").first).to_be_visible()
    operator.go(f"/accounts/?q={NAME}")
    page.locator("tbody").get_by_role("link", name=re.compile(NAME)).first.click()
    expect(page).to_have_url(re.compile(r"/accounts/\d+/$"))
    expect(page.locator(".zl-state--active").first).to_have_text(re.compile("正常运行"))
    expect(page.get_by_text(number[0]).first).to_be_visible()
    expect(page.get_by_text("QG-1").first).to_be_visible()
