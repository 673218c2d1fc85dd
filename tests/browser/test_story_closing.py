"""关停 and 注销, played in Chromium: an open question holds the closure up until it is handed over."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_story_opening import decide, receipt
from zhonglou_media.core.clock import SHANGHAI

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite, pytest.mark.full]

NAME = "示例甲街道文旅"
TAKER = "示例甲街道（新浪微博）"


def open_account(operator: Visit) -> Page:
    """The page of the account."""
    operator.go(f"/accounts/?q={NAME}")
    operator.page.locator("th").get_by_role("link", name=NAME, exact=True).first.click()
    return operator.page


def begin(operator: Visit, kind: str) -> int:
    """From the account's page to the form; the filing's id."""
    page = open_account(operator)
    page.locator("main").get_by_role("button", name=re.compile(f"^{kind}")).click()
    expect(page).to_have_url(re.compile(r"/filings/\d+/edit/"))
    found = re.search(r"/filings/(\d+)/", page.url)
    assert found
    return int(found[1])


def fill_in(page: Page, day: str, *, cancels: bool) -> None:
    """附件3; the announcement is the one that the form drafts."""
    if not cancels:
        page.get_by_label("关停（停止更新，账号保留）").check()
    page.get_by_label("功能相近整合").check()
    page.locator("[name=effective_on]").fill(day)
    page.get_by_role("button", name="保存并填下一步").click()
    page.locator("[name=successor]").select_option(label=TAKER)
    page.locator("[name=disposal]").select_option(label="保留在原账号")
    page.get_by_role("button", name="保存并填下一步").click()
    expect(page.locator("[name=notice_text]")).to_have_value(
        re.compile("因功能整合，.*今后政务信息请关注“示例甲街道”", re.S)
    )
    page.get_by_role("button", name="保存并去核对").click()
    page.get_by_role("button", name="提交领导审批").click()
    expect(page.get_by_text("已提交，等待").first).to_be_visible()


def pass_on(pk: int, operator: Visit, leader: Visit, officer: Visit) -> None:
    """Approved, reported, accepted; both systems take it."""
    leader.go(f"/filings/{pk}/approve/")
    leader.page.get_by_role("button", name="批准", exact=True).click()
    leader.page.get_by_role("button", name="确认批准").click()
    expect(leader.page.get_by_text("已批准").first).to_be_visible()
    operator.go(f"/filings/{pk}/")
    operator.page.get_by_role("button", name="报送区政府办公室").click()
    expect(operator.page.get_by_text("已报送，备案编号").first).to_be_visible()
    officer.go(f"/filings/{pk}/")
    decide(officer.page, "通过")
    for system in ("national", "provincial"):
        receipt(officer.page, operator.portal, pk, system, f"示例-{system}")


def test_an_account_is_closed_and_then_cancelled(visit: Callable[..., Visit], signed_paper: Path) -> None:
    operator, leader, officer = visit("operator"), visit("leader", narrow=True), visit("officer")
    page, today = open_account(operator), f"{datetime.now(SHANGHAI):%Y-%m-%d}"
    page.get_by_role("link", name="登记留言").click()
    page.locator("[name=body]").fill("展览几点开放？（示例）")
    page.locator("main form [type=submit]").click()
    expect(page.get_by_text("展览几点开放？").first).to_be_visible()
    pk = begin(operator, "关停报备")
    expect(page.get_by_text(re.compile("还有.*条咨询没有回复或转办"))).to_be_visible()
    fill_in(page, today, cancels=False)
    pass_on(pk, operator, leader, officer)

    # both systems have it, and it is not closed: questions are open; they are handed over at one press
    operator.go(f"/filings/{pk}/")
    expect(page.get_by_text("待上级平台备案").first).to_be_visible()
    page.get_by_role("link", name="办理未办结的咨询").click()
    page.get_by_role("button", name="转办选中的咨询").click()
    expect(page.get_by_text("两个系统均已备案，本件办结")).to_be_visible()

    # the public reads it
    page.get_by_role("link", name=re.compile(f"关于.*“{NAME}”停止更新的公告")).click()
    expect(page.get_by_role("heading", name=f"关于微信视频号账号“{NAME}”停止更新的公告")).to_be_visible()

    # cancelled: it stays closed until the proof is there
    pk = begin(operator, "注销报备")
    fill_in(page, today, cancels=True)
    pass_on(pk, operator, leader, officer)
    operator.go(f"/filings/{pk}/")
    expect(page.get_by_text("办结前还须补充：注销证明")).to_be_visible()
    page.get_by_role("link", name="补充材料").click()
    page.locator("#id_files").set_input_files(signed_paper)
    page.get_by_label("办理证明").check()
    page.get_by_role("button", name="保存补充内容").click()
    expect(page.get_by_text("本件办结，账号已注销")).to_be_visible()
    page.get_by_role("link", name="账号页").click()
    expect(page.locator(".zl-state--cancelled").first).to_have_text(re.compile("已注销"))
