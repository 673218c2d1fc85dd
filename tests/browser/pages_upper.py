"""上级平台备案: rows ticked on a phone, a receipt begun from its row, one whose filing was not told well enough."""

from playwright.sync_api import Page, expect

from tests.browser.acts import fill, press, then
from tests.browser.conftest import NARROW
from tests.browser.pages import Shot
from tests.browser.scene import Scene

SEND = press("#receipt form [type=submit]")


def tick_on_a_phone(page: Page, scene: Scene) -> None:
    """A row by its own box, then all of them; what is covered or hidden cannot be ticked."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    boxes = page.locator("tbody [name=filing]")
    boxes.first.check()
    expect(page.get_by_role("button", name="导出到全国")).to_be_visible()
    page.get_by_label("全选本页").check()
    expect(boxes.last).to_be_checked()


UPPER = [
    Shot("filings:exchange", "officer", "ticked", act=tick_on_a_phone),
    Shot("filings:exchange", "officer", "from_row", act=press("tbody a[href*='#receipt']")),
    Shot("filings:exchange", "officer", "several", act=then(fill(**{"receipt-filing": "示例"}), SEND), status=422),
]
