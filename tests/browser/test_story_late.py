"""A paper approval of last month: flagged by the real worker within two sweeps, cleared by reporting, late for good."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TWO_SWEEPS, Visit
from zhonglou_media.core.clock import day_of, db_now

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db, pytest.mark.full]

NAME = "示例乙局旧事"
WORDS = "逾期未报送"


def reload_until(visit: Visit, path: str, text: str, *, within: int) -> None:
    """Open a page again and again until `text` shows beside our filing's name, at most `within` milliseconds."""
    waited, step = 0, 2_000
    visit.go(path)
    while visit.page.locator("li, tr, .zl-head, .zl-todo").filter(has_text=NAME).filter(has_text=text).count() == 0:
        assert waited <= within, f"{text} did not show on {path}"
        visit.page.wait_for_timeout(step)
        waited += step
        visit.page.reload()


def test_a_late_paper_approval_is_flagged_and_stays_late(visit: Callable[..., Visit], signed_paper: Path) -> None:
    operator, officer = visit("operator2"), visit("officer2")
    page = operator.page
    operator.go("/filings/new/")
    page.get_by_role("button", name="开始填报").click()
    found = re.search(r"/filings/(\d+)/edit/", page.url)
    assert found
    pk = found[1]
    page.locator("[name=platform]").select_option(label="小红书")
    page.get_by_label("账号名称").fill(NAME)
    page.get_by_role("button", name="保存并填下一步").click()
    operator.go(f"/filings/{pk}/edit/reasons/")
    page.get_by_label("功能定位").fill("发布文旅信息")
    page.get_by_role("button", name="保存并去核对").click()
    page.get_by_role("button", name="提交领导审批").click()

    # recorded with a date of last month: told before it is saved
    operator.go(f"/filings/{pk}/paper/")
    page.get_by_label("签批的主要领导").fill("示例郑十")
    page.get_by_role("textbox", name="批准日期").fill((day_of(db_now()) - timedelta(days=30)).isoformat())
    page.get_by_label("签批件").set_input_files(signed_paper)
    page.get_by_role("button", name="登记书面批准").click()
    expect(page.get_by_text("已过").first).to_be_visible()
    page.get_by_role("button", name="日期无误，仍要登记").click()

    # the sweep of the running worker raises the flag: on the filing and on both homes
    reload_until(operator, f"/filings/{pk}/", WORDS, within=TWO_SWEEPS)
    reload_until(operator, "/", WORDS, within=0)
    reload_until(officer, "/", WORDS, within=0)

    # reporting clears it; the filing stays late
    operator.go(f"/filings/{pk}/")
    page.get_by_role("button", name="报送区政府办公室").click()
    waited = 0
    while page.locator(".zl-head").filter(has_text=WORDS).count():
        assert waited <= TWO_SWEEPS, "the flag was not cleared"
        page.wait_for_timeout(3_000)
        waited += 3_000
        operator.go(f"/filings/{pk}/")
    expect(page.get_by_text("迟报").first).to_be_visible()
