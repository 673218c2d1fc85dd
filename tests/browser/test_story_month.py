"""A month of the office on a running portal (第二十四条): draw, check on a phone, put right, publish, read."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from inspections.checks import next_month
from tests.browser.conftest import Portal, Visit
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.portal.demo_month import PICTURE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite]

ACCOUNT = "示例甲街道预约"  # of no other story: they share the portal
PROBLEM = "菜单“办事预约”打不开（示例）"


def draw(page: Page, portal: Portal, month: str) -> None:
    """The list of the coming month, confirmed; everything is for this officer."""
    page.goto(f"{portal.url}/checks/")
    year, number = month.split("-")
    page.get_by_role("button", name=f"起草{year}年{int(number)}月名单").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("待确定")
    page.get_by_text("确定名单…", exact=True).click()
    page.get_by_role("button", name="确定名单", exact=True).click()
    expect(page.get_by_text("名单已确定并公开")).to_be_visible()
    page.goto(f"{portal.url}/checks/{month}/share/")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_label("示例赵六").check()
    page.get_by_role("button", name="重新分配").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已核0")


def clean(page: Page, portal: Portal, month: str) -> None:
    """What has no problem at once, but for the account that is looked at on the phone."""
    page.goto(f"{portal.url}/checks/{month}/clean/")
    box = page.get_by_role("row").filter(has_text=ACCOUNT).get_by_role("checkbox")
    if box.count():
        box.uncheck()
        page.get_by_role("button", name="确认并提交", exact=True).click()
        expect(page.get_by_text("没有发现问题。")).to_be_visible()


def fill(page: Page) -> None:
    """One sheet at phone size: 其余都没有发现, then what the data do not tell, then 提交."""
    if ACCOUNT in page.get_by_role("heading", level=1).inner_text():
        item = page.locator("#i-Z08")
        item.locator("[type=radio][value='1']").check()
        item.get_by_label("几处").fill("1")
        item.get_by_label("情况").fill(PROBLEM)
    page.get_by_label("我已打开账号逐项看过").check()
    page.get_by_role("button", name="其余都没有发现").click()
    unjudged = page.locator("[data-zl-ind]:not(:has(input[type=radio]:checked))")
    while unjudged.count():
        item = page.locator(f"[id='{unjudged.first.get_attribute('id')}']")  # the same one after it is judged
        item.locator("[type=radio][value='0']").check()
    before = page.url
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page).not_to_have_url(before)  # a save under way is waited for first


def check(page: Page, portal: Portal, month: str) -> None:
    """接着核我的, until none is left."""
    for _ in range(40):
        page.goto(f"{portal.url}/checks/{month}/")
        more = page.get_by_role("link", name=re.compile("接着核我的"))
        if not more.count():
            return
        more.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("检查单：")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        fill(page)
    raise AssertionError("the sheets do not end")


def answer(unit: Visit, folder: Path) -> str:
    """The unit puts it right, with a picture; the address of the order."""
    page = unit.page
    unit.go("/rectifications/")
    page.locator(".zl-order").filter(has_text=PROBLEM).filter(has_text=ACCOUNT).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("待整改")
    picture = folder / "改后截图.png"
    picture.write_bytes(PICTURE)
    page.get_by_label("整改情况").fill("菜单已改正，并排了每周检查（示例）。")
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_role("button", name="提交答复").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("待复核")
    return page.url


def verify(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_text("整改到位…", exact=True).click()
    page.get_by_role("button", name="整改到位", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("整改完成")


def publish(officer: Visit, supervisor: Visit, month: str) -> str:
    """Drafted, a paragraph added, sent for approval, published; where it is read."""
    page = officer.page
    officer.go(f"/checks/{month}/")
    page.get_by_text("起草通报…", exact=True).click()
    page.get_by_role("button", name="起草通报", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("抽查通报（草稿）")
    page.locator("[name=work]").fill("开展了一次业务培训（示例）。")
    page.get_by_role("button", name="送审").click()
    expect(page.get_by_text("已送审")).to_be_visible()
    page = supervisor.page
    supervisor.go("/")
    page.get_by_role("link", name="去审定").first.click()
    page.get_by_role("button", name="确认公开这份通报").click()
    expect(page.get_by_text("开展了一次业务培训（示例）。")).to_be_visible()
    return page.url


def read(browser: Browser, url: str, folder: Path) -> None:
    """Anybody reads it, without signing in, and fetches the paper."""
    page = browser.new_page()
    page.goto(url)
    expect(page.get_by_text(PROBLEM).or_(page.get_by_text(ACCOUNT)).first).to_be_visible()
    expect(page.get_by_role("table").filter(has_text="合计").first).to_be_visible()
    with page.expect_download() as download:
        page.locator("a[href$='/word/']").first.click()
    download.value.save_as(folder / "circular.docx")
    assert (folder / "circular.docx").read_bytes()[:2] == b"PK"
    page.close()


def test_a_month_from_the_draw_to_the_public(
    portal: Portal, visit: Callable[..., Visit], browser: Browser, tmp_path: Path
) -> None:
    month = f"{next_month(datetime.now(SHANGHAI).date()):%Y-%m}"
    officer = visit("officer2")
    draw(officer.page, portal, month)
    clean(officer.page, portal, month)

    check(visit("officer2", narrow=True).page, portal, month)

    verify(officer.page, answer(visit("operator"), tmp_path))
    url = publish(officer, visit("supervisor"), month)
    read(browser, url, tmp_path)
