"""附件4 in Chromium: a name changed from a phone, from the draft to the register; a sponsor changed, read by both."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_story_opening import decide, receipt
from zhonglou_media.core.clock import SHANGHAI

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite, pytest.mark.full]

OLD, NEW = "示例甲街道", "示例甲街道融媒"


def test_a_change_of_name_and_one_of_sponsor(visit: Callable[..., Visit]) -> None:
    operator, leader, officer = visit("operator", narrow=True), visit("leader"), visit("officer")
    page = operator.page
    operator.go("/filings/new/")
    page.get_by_role("button", name=re.compile(rf"变更\s*：{OLD}（抖音）")).click()
    found = re.search(r"/filings/(\d+)/edit/", page.url)
    assert found
    pk = int(found[1])

    # only the name differs; its announcement is drafted
    page.get_by_role("button", name=re.compile("改这一项.*账号名称")).click()
    page.get_by_label("账号名称").fill(NEW)
    page.get_by_role("button", name="保存并填下一步").click()
    expect(page.get_by_label("社会公告")).to_have_value(re.compile(f"更名为“{NEW}”"))
    page.get_by_label("变更原因").fill("统一各平台名称")
    page.locator("[name=effective_on]").fill(f"{datetime.now(SHANGHAI):%Y-%m-%d}")
    page.get_by_role("button", name="按填写内容重新起草").click()
    page.get_by_role("button", name="保存并去核对").click()
    expect(page.get_by_role("row", name=re.compile("账号名称")).locator("ins")).to_have_text(NEW)
    page.get_by_role("button", name="提交领导审批").click()

    # approved, reported, accepted, taken by both systems
    leader.go(f"/filings/{pk}/approve/")
    expect(leader.page.locator("ins").first).to_have_text(NEW)
    leader.page.get_by_role("button", name="批准", exact=True).click()
    leader.page.get_by_role("button", name="确认批准").click()
    operator.go(f"/filings/{pk}/")
    page.get_by_role("button", name="报送区政府办公室").click()
    expect(page.get_by_text(re.compile(r"ZLXMT-\d{4}-\d{4}")).first).to_be_visible()
    officer.go(f"/filings/{pk}/")
    decide(officer.page, "通过")
    receipt(officer.page, officer.portal, pk, "national", "QG-9")
    receipt(officer.page, officer.portal, pk, "provincial", "QS-9")

    # the register has the new name, its history old and new
    operator.go(f"/filings/{pk}/")
    expect(page.get_by_text("台账已改成变更后的内容").first).to_be_visible()
    page.get_by_role("link", name="账号页").click()
    expect(page.get_by_role("heading", name=re.compile(NEW)).first).to_be_visible()
    expect(page.get_by_text(f"账号名称由“{OLD}”改为“{NEW}”").first).to_be_visible()

    # the street takes an account of the bureau over, which reads it and is told
    operator.go("/filings/receive/?q=示例乙局服务")
    page.get_by_role("button", name="以本单位名义接收").first.click()
    expect(page.get_by_text("由接收单位填报").first).to_be_visible()
    page.get_by_role("button", name="保存并填下一步").click()
    page.get_by_label("变更原因").fill("职能划转")
    page.get_by_label("同平台已有账号的理由").fill("并行半年后合并")
    page.get_by_role("button", name="保存并去核对").click()
    page.get_by_role("button", name="提交领导审批").click()
    expect(page.get_by_text("待单位领导审批").first).to_be_visible()
    giving = visit("operator2")
    giving.go("/notices/")
    giving.page.get_by_role("button", name=re.compile("查看.*申请接收本单位账号")).first.click()
    expect(giving.page.get_by_role("heading", name=re.compile("变更报备·示例乙局服务"))).to_be_visible()
