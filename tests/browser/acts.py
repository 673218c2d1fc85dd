"""What is done on a page before it is looked at."""

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from accounts import custodians
from tests.browser.scene import Scene
from tests.factories import PDF
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

Act = Callable[[Page, Scene], None]
NAMELESS: FilePayload = {
    "name": "清单.csv",
    "mimeType": "text/csv",
    "buffer": "单位,平台,账号名称\n示例丙镇,抖音,\n,微博,示例丙镇\n".encode(),
}


def press(selector: str) -> Act:
    """Press a button that sends a form, and wait for the answer."""

    def act(page: Page, scene: Scene) -> None:
        with page.expect_navigation():
            page.locator(selector).first.click()

    return act


def show(selector: str) -> Act:
    """Press a button that opens something on the page."""
    return lambda page, scene: page.locator(selector).first.click()


def fill(**values: str) -> Act:
    """Type into fields by name."""

    def act(page: Page, scene: Scene) -> None:
        for name, value in values.items():
            page.locator(f"main [name='{name}']").first.fill(value)

    return act


def choose(selector: str) -> Act:
    """Choose a radio button."""
    return lambda page, scene: page.locator(selector).first.check()


def having_read_the_first(name: str) -> Act:
    """The page was opened on the first revision; meanwhile there is a second."""

    def act(page: Page, scene: Scene) -> None:
        first = scene.first_reading(name)
        page.evaluate(
            """([number, sm3]) => {
              for (const field of document.querySelectorAll("[name$=revision]")) field.value = number;
              for (const field of document.querySelectorAll("[name$=sm3]")) field.value = sm3;
            }""",
            [first.number, first.sm3],
        )

    return act


def then(*acts: Act) -> Act:
    """One after the other."""

    def act(page: Page, scene: Scene) -> None:
        for one in acts:
            one(page, scene)

    return act


def refuse_by_keyboard(page: Page, scene: Scene) -> None:
    """不予备案 is reached with the arrow keys; only then the page asks whether the account is on the platform."""
    question = page.get_by_text("平台上是否已开通？")
    expect(question).to_be_hidden()
    page.locator("[value=accept]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(question).to_be_visible()


def ended_meanwhile(page: Page, scene: Scene) -> None:
    """The form of this page is sent for a filing that somebody else has decided."""
    done = reverse("filings:decide", args=[scene.filings["示例甲街道百家"].pk])
    page.evaluate("action => { document.querySelector('#decide form').action = action }", done)
    press("[data-zl-decide]")(page, scene)


def compare(platform: str, name: str) -> Act:
    """Type what was seen; the register is compared without a button."""

    def act(page: Page, scene: Scene) -> None:
        page.select_option("main [name=platform]", platform)
        page.locator("main [name=name]").press_sequentially(name)
        expect(page.locator("#sorting [name=account]").first).to_be_visible()

    return act


def another_custodian(page: Page, scene: Scene) -> None:
    """While the page is open, a colleague records that another person keeps an account."""
    row, by = scene.accounts["示例甲街道 weibo"], User.objects.get(username="operator")
    now = db_now()
    custodians.name(row.pk, name="示例吴九", phone="0519-00000004", from_date=day_of(now), by=by, now=now)


def forget_the_token(page: Page, scene: Scene) -> None:
    """The page was open so long that its form is no longer taken."""
    page.evaluate(
        "() => { for (const f of document.getElementsByName('csrfmiddlewaretoken')) f.value = 'x'.repeat(64) }"
    )
    press("header form button")(page, scene)


def send_list(file: FilePayload) -> Act:
    """Upload a list of accounts."""

    def act(page: Page, scene: Scene) -> None:
        page.set_input_files("[name=file]", file)
        press("main form [type=submit]")(page, scene)

    return act


def late_paper(page: Page, scene: Scene) -> None:
    """A paper signed long ago: the page says so before it records it."""
    page.set_input_files("[name=scan]", {"name": "签批件.pdf", "mimeType": "application/pdf", "buffer": PDF})
    then(fill(leader_name="示例王五", approved_on="2026-01-05"), press("main form [type=submit]"))(page, scene)


def sign_in(password: str, times: int = 1) -> Act:
    """Try to sign in."""

    def act(page: Page, scene: Scene) -> None:
        for _ in range(times):
            page.fill("[name=username]", "operator")
            page.fill("[name=password]", password)
            press("form [type=submit]")(page, scene)

    return act
