"""责令关停, played in Chromium: an unfiled account is ordered closed, proved and executed; another order is revoked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite, pytest.mark.full]

UNFILED, ACTIVE = "示例乙局小视频", "示例乙局"


def order(supervisor: Visit, query: str, name: str, ground: str = "") -> Page:
    """From the register to the issued order."""
    page = supervisor.page
    supervisor.go(f"/accounts/?{query}")
    page.locator("th").get_by_role("link", name=name, exact=True).first.click()
    page.locator("main").get_by_role("link", name="责令关停", exact=True).click()
    if ground:
        page.get_by_label("依据").select_option(label=ground)
        page.get_by_label("事由").fill("市级检查通报（示例）")
    page.get_by_role("button", name="下一步：核对后下达").click()
    page.get_by_role("button", name="下达责令关停").click()
    expect(page.get_by_text("已下达，").first).to_be_visible()
    return page


def test_an_order_ends_by_execution_and_another_by_revocation(visit: Callable[..., Visit], signed_paper: Path) -> None:
    supervisor, operator = visit("supervisor"), visit("operator2", narrow=True)
    office = order(supervisor, "state=unfiled", UNFILED)

    # the unit is told, on its home and on the account; it sends the proof from a phone
    operator.go("/")
    phone = operator.page
    phone.get_by_role("link", name="去办理").first.click()
    expect(phone.get_by_text("停止更新，账号关停")).to_be_visible()
    phone.locator("#id_proof").set_input_files(signed_paper)
    phone.locator("[name=note]").fill("已在平台停用（示例）")
    phone.get_by_role("button", name="报送办理证明").click()
    expect(phone.get_by_text("办理证明已报送")).to_be_visible()

    # the supervisor's home leads there
    supervisor.go("/")
    office.locator("li", has_text=UNFILED).get_by_role("link", name="去核实").click()
    office.locator("[data-zl-dialog=execute]").click()
    office.locator("#execute [type=submit]").click()
    expect(office.get_by_text(f"已确认执行，账号“{UNFILED}”现为“已关停”。")).to_be_visible()

    # an order that was a mistake
    order(supervisor, "state=active&q=示例乙局", ACTIVE, "市级及以上检查被通报（第二十四条）")
    office.locator("[data-zl-dialog=revoke]").click()
    office.locator("#revoke [name=reason]").fill("通报的是另一个账号（示例）")
    office.get_by_role("button", name="撤销责令关停").click()
    expect(office.get_by_text("已撤销，").first).to_be_visible()
    supervisor.go("/orders/?show=ended")
    expect(office.locator("tbody tr")).to_have_count(5)  # with the three of the demo
