"""What is refused, returned, undone or objected to, in Chromium: each decisive press, and what the other side reads."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, Visit
from tests.browser.refusals import GIVEN, MERGED, OLD_UNIT
from tests.browser.test_story_opening import decide, receipt

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite]

WHY = "依据第八条，变更内容与事实不符（示例）"
OBJECTION = "本单位仍在使用这个账号（示例）"


def stands(page: Page, words: str) -> None:
    """The state that the page's head shows."""
    expect(page.locator("main .zl-state").first).to_have_text(re.compile(words))


def test_refusals_objections_a_merger_and_the_quarter(portal: Portal, visit: Callable[..., Visit]) -> None:
    told = portal.command("shell", "-v", "0", "-c", "from tests.browser import refusals; refusals.main()")
    ids, accounts = (json.loads(told.splitlines()[-1])[of] for of in ("filings", "accounts"))
    officer, operator = visit("officer"), visit("operator", narrow=True)
    desk, phone = officer.page, operator.page

    # 不予备案: only after a second look; the unit reads why
    officer.go(f"/filings/{ids['refused']}/")
    decide(desk, "不予备案", WHY)
    expect(desk.get_by_text("请勾选确认").first).to_be_visible()
    desk.locator("[name=office-confirmed]").check()
    desk.locator("[data-zl-decide]").click()
    expect(desk.locator("[data-zl-decide]")).to_have_text(re.compile("通过"))  # the next of the queue
    operator.go(f"/filings/{ids['refused']}/")
    stands(phone, "不予备案")
    expect(phone.get_by_text(WHY).first).to_be_visible()

    # 上级退回 of an accepted closure: the account is in operation again
    operator.go(f"/accounts/{accounts['returned']}/")
    stands(phone, "拟关停")
    officer.go(f"/filings/exchange/?filing={ids['returned']}&system=national")
    desk.locator("[name=receipt-result][value=refused]").check()
    desk.locator("[name=receipt-reason]").fill("公告时间不足（示例）")
    desk.get_by_role("button", name="登记回执", exact=True).click()
    operator.go(f"/filings/{ids['returned']}/")
    stands(phone, "退回修改")
    expect(phone.get_by_text("公告时间不足（示例）").first).to_be_visible()
    operator.go(f"/accounts/{accounts['returned']}/")
    stands(phone, "正常运行")

    # 撤销通过
    supervisor = visit("supervisor")
    supervisor.go(f"/filings/{ids['undone']}/")
    supervisor.page.locator("summary", has_text="撤销通过").click()
    supervisor.page.locator("[name=unaccept-comment]").fill("看错了材料（示例）")
    supervisor.page.get_by_role("button", name=re.compile("^撤销通过")).click()
    expect(supervisor.page.get_by_text("回到待审").first).to_be_visible()

    # the giving unit objects, the officer reads it and decides all the same: the account goes over
    giving = visit("operator2")
    giving.go(f"/filings/{ids['given']}/object/")
    giving.page.locator("[name=reason]").fill(OBJECTION)
    giving.page.get_by_role("button", name="提出异议").click()
    expect(giving.page.get_by_text("异议已提出").first).to_be_visible()
    officer.go(f"/filings/{ids['given']}/")
    expect(desk.locator("#decide").get_by_text(OBJECTION)).to_be_visible()
    decide(desk, "通过")
    for system in ("national", "provincial"):
        receipt(desk, portal, ids["given"], system, f"示例-{system}")
    operator.go(f"/filings/{ids['given']}/")
    stands(phone, "已办结")
    operator.go(f"/accounts/{accounts['given']}/")
    expect(phone.get_by_role("heading", name=re.compile(GIVEN)).first).to_be_visible()
    expect(phone.get_by_text("示例甲街道办事处").first).to_be_visible()

    # a unit was merged into the street: its operator finds the account and the draft
    operator.go("/filings/receive/")
    row = phone.locator("tr", has_text=MERGED)
    expect(row).to_contain_text(OLD_UNIT)
    row.get_by_role("link", name=re.compile("继续填")).click()
    expect(phone).to_have_url(re.compile(rf"/filings/{ids['merged']}/edit/"))

    # 季度确认
    giving.go("/quarter/")
    giving.page.locator("[data-zl-dialog^=yes-]").first.click()
    giving.page.locator("dialog[open]").get_by_role("button", name="全部属实").click()
    expect(giving.page.get_by_text("全部属实").first).to_be_visible()
    expect(giving.page.get_by_text(re.compile("已由示例周八于.*确认"))).to_be_visible()
