"""An account quiet for eight days, a citizen who waits for 25 hours: flagged by the real worker, cleared on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import TWO_SWEEPS, Portal, Visit
from zhonglou_media.core.clock import SHANGHAI, db_now

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db, pytest.mark.full]

NAME = "示例甲街道问答"
QUIET, WAITING = "超期未更新", "超 24 小时未回复"
# An account that has been watched for a month, as a go-live of that day would have left it.
REGISTER = f"""
from datetime import timedelta
from accounts import lifecycle
from accounts.models import Account, Origin, Platform, Unit
from zhonglou_media.core.clock import db_now
unit, platform = Unit.objects.get(short_name="示例甲街道"), Platform.objects.get(code="tieba")
account = Account(unit=unit, platform=platform, name="{NAME}", uid="story")
lifecycle.register([account], origin=Origin.BASELINE, now=db_now() - timedelta(days=30))
"""


def ago(**time: int) -> str:
    """A moment of the past as the field of a time takes it."""
    return (db_now() - timedelta(**time)).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def card(visit: Visit) -> Locator:
    """Our account's card on the page of recording."""
    visit.go("/activity/")
    return visit.page.locator("section").filter(has=visit.page.get_by_role("heading", name=NAME))


def flags(visit: Visit) -> list[str]:
    """What the page of flags says of what our account published and answered, from the top."""
    visit.go("/flags/")
    rows = visit.page.locator("tr").filter(has_text=NAME).all_inner_texts()
    return [row for row in rows if "无专门管理人员" not in row]  # a hint of its own, of every account without one


def wait_for(visit: Visit, condition: Callable[[list[str]], bool], what: str) -> None:
    waited, step = 0, 2_000
    while not condition(flags(visit)):
        assert waited <= TWO_SWEEPS, f"not within two sweeps: {what}"
        visit.page.wait_for_timeout(step)
        waited += step


def test_a_quiet_account_and_a_waiting_citizen_are_flagged_and_cleared(
    portal: Portal, visit: Callable[..., Visit]
) -> None:
    portal.command("shell", "-v", "0", "-c", REGISTER)
    operator, officer = visit("operator", narrow=True), visit("officer")
    page = operator.page

    # what happened: the last post eight days ago, a question of 25 hours ago, and nothing else until now
    card(operator).get_by_role("link", name="发了一条").click()
    page.locator("[name=when][value=at]").check()
    page.locator("[name=published_at]").fill(ago(days=8))
    page.get_by_role("button", name="登记", exact=True).click()
    card(operator).get_by_role("link", name="收到留言").click()
    page.locator("[name=when][value=at]").check()
    page.locator("[name=asked_at]").fill(ago(hours=25))
    page.get_by_label("内容").fill("社区食堂几点开门？（示例）")
    page.get_by_role("button", name="登记", exact=True).click()
    card(operator).get_by_role("button", name="只确认这个账号截至现在").click()
    asked = page.locator("dialog[open]")  # it cannot be taken back: what becomes overdue by it is named first
    expect(asked).to_contain_text("前更新")
    expect(asked).to_contain_text("确认后不能收回")
    asked.get_by_role("button", name="确认数据截至现在").click()
    expect(page.get_by_text("的数据已确认截至")).to_be_visible()

    wait_for(officer, lambda rows: any(QUIET in row for row in rows), QUIET)
    wait_for(officer, lambda rows: any(WAITING in row for row in rows), WAITING)

    # one tap each: published just now, answered just now
    card(operator).get_by_role("link", name="发了一条").click()
    page.get_by_label("标题").fill("社区食堂今起延长供餐（示例）")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("下次应在")).to_be_visible()
    card(operator).get_by_role("button", name="刚刚已回复").click()
    expect(page.get_by_text("记为超时回复")).to_be_visible()

    wait_for(officer, lambda rows: not rows, "neither flag")

    # the reply cleared the flag; it counts as late all the same
    officer.go("/accounts/?q=" + NAME)
    officer.page.get_by_role("link", name=NAME, exact=True).click()
    expect(officer.page.get_by_text("1 条超时")).to_be_visible()
    officer.page.get_by_role("link", name="发布与留言").click()
    officer.page.get_by_role("link", name="已回复").click()
    expect(officer.page.locator("tr").filter(has_text="超时回复")).to_have_count(1)
