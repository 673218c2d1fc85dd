"""The dashboard as Chromium draws and prints it: on one sheet of A4, charts from their tables, readable in grey."""

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Role
from inspections import figures, sweep
from tests import pdf_pages
from tests.browser.test_pages import session_of
from tests.factories import user
from tests.inspections.figured import World
from zhonglou_media.core.clock import db_now

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.needs_sqlite]
CHARTS = 4


def test_the_dashboard_is_drawn_and_prints_on_one_sheet(browser: Browser, live_server: LiveServer) -> None:
    now = db_now()
    World(60, now=now)
    sweep.sweep(now)
    figures.refresh(now)
    officer = user(Role.OFFICER)
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1366, "height": 768})
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(officer.username), "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/dashboard/")
    page.wait_for_load_state("networkidle")
    assert page.locator("canvas").count() == CHARTS
    assert page.locator(".zl-chart__table:visible").count() == 0
    tell_apart(page)
    page.locator("[data-zl-table]").first.click()
    assert page.locator(".zl-chart__table:visible").count() == 1
    page.locator("[data-zl-table]").first.click()
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 800})
        keep(page, f"dashboard-{width}")
    page.set_viewport_size({"width": 1366, "height": 800})
    pdf = page.pdf(prefer_css_page_size=True)
    pdf_pages.pictures(pdf, "dashboard")
    assert len(pdf_pages.pages(pdf)) == 1
    assert complaints == []
    context.close()


def tell_apart(page: Page) -> None:
    """In grey: the greys that a stack of bars is made of are as many as it has parts, and paper and ink beside them."""
    for key, parts in (("ages", 4), ("platforms", 4), ("ontime", 2)):
        greys = page.locator(f"[data-zl-chart={key}] canvas").evaluate(GREYS)
        assert len(greys) >= parts, (key, greys)


GREYS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = {};
  for (let i = 0; i < data.length; i += 4) {
    const grey = Math.round((0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]) / 20);
    if (data[i + 3] > 250) found[grey] = (found[grey] || 0) + 1;
  }
  return Object.keys(found).filter((grey) => found[grey] > 150);
}"""


def keep(page: Page, name: str) -> None:
    """The page, and the same in grey, to be looked at."""
    pdf_pages.PICTURES.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(200)  # the charts follow the width
    page.screenshot(full_page=True, path=pdf_pages.PICTURES / f"{name}.png")
    page.evaluate("document.documentElement.style.filter = 'grayscale(1)'")
    page.screenshot(full_page=True, path=pdf_pages.PICTURES / f"{name}-grey.png")
    page.evaluate("document.documentElement.style.filter = ''")
