"""The admin makes a unit and a user, who sets a password by the link, is given a second membership, and switches."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import NARROW, Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite, pytest.mark.full]

UNIT, PERSON, LOGIN, PASSWORD = "示例新设数据局", "示例何某", "hemou", "钟楼-Tulou-8842-x"


def test_from_a_new_unit_to_a_person_with_two_memberships(visit: Callable[..., Visit], browser: Browser) -> None:
    admin = visit("admin")
    page = admin.page

    # a unit; its page says whom it lacks
    admin.go("/units/new/")
    page.get_by_label("全称").fill(UNIT)
    page.get_by_label("类别").select_option(label="区级部门")
    page.get_by_role("button", name="新增单位").click()
    expect(page.get_by_text("没有可在线审批的主要领导")).to_be_visible()

    # a user of it; the link is shown this once
    page.get_by_role("link", name="新增用户").click()
    page.get_by_label("姓名").fill(PERSON)
    page.get_by_label("用户名").fill(LOGIN)
    expect(page.get_by_label("单位", exact=True)).to_have_value(re.compile(r"\d+"))
    page.get_by_role("button", name="建立并生成链接").click()
    link = page.locator("#link").input_value()
    page.get_by_role("link", name="已交给本人，继续").click()
    expect(page.get_by_text("还没有设密码")).to_be_visible()
    account = page.url

    # the person, on a phone of their own
    context = browser.new_context(viewport=NARROW, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    own = context.new_page()
    own.goto(link)
    own.locator("[name=password]").fill(PASSWORD)
    own.locator("[name=again]").fill(PASSWORD)
    own.get_by_role("button", name="保存密码并登录").click()
    expect(own.get_by_text("密码已设好，已为您登录")).to_be_visible()
    own.goto(link)
    expect(own.get_by_text("链接已经用过")).to_be_visible()

    # a second membership: leader of a unit of the demo
    page.goto(account)
    page.locator("#add").get_by_label("单位", exact=True).select_option(label="示例乙局")
    page.get_by_role("radio", name="单位主要领导").check()
    page.get_by_role("button", name="登记任职").click()
    expect(page.get_by_text(f"已登记：{PERSON}任示例乙局“单位主要领导”")).to_be_visible()

    # signs in anew with the password, and switches: first as leader alone, then as operator alone
    own.goto(f"{admin.portal.url}/")
    own.locator("[data-zl-nav]").click()
    own.locator("#zl-nav").get_by_role("button", name="退出").click()
    own.locator("[name=username]").fill(LOGIN)
    own.locator("[name=password]").fill(PASSWORD)
    own.get_by_role("button", name="登录").click()
    for words, sees, misses in (
        ("示例乙局·单位主要领导", "备案台账", "新建备案"),
        (f"{UNIT}·填报员", "新建备案", "没有这一项"),
    ):
        own.locator("[data-zl-nav]").click()
        own.locator(".zl-hats--nav summary").click()
        own.locator(".zl-hats--nav").get_by_role("button", name=words).click()
        expect(own.get_by_text(f"现在以“{words}”办理")).to_be_visible()
        own.locator("[data-zl-nav]").click()
        expect(own.locator("#zl-nav").get_by_role("link", name=sees)).to_be_visible()
        expect(own.locator("#zl-nav").get_by_role("link", name=misses)).to_have_count(0)
        own.reload()
    context.close()
