"""A month without a problem costs the office six clicks, from its home to the circular that anybody reads."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts import activity_days, due_times
from accounts.models import Account, Publication, Role, Source
from inspections import checks
from tests.browser.conftest import WIDE
from tests.factories import account, platform, unit, user
from zhonglou_media.core.clock import day_of, db_now

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.needs_sqlite]

DAY = timedelta(days=1)


def lively(n: int) -> list[Account]:
    """Accounts that published every other day for two months, with nothing asked and all known until now."""
    now = db_now()
    names = ("示例甲街道发布", "示例乙局在线", "示例丙镇之声")
    rows = [account(unit(), platform=platform("douyin"), name=names[i], now=now - 90 * DAY) for i in range(n)]
    Publication.objects.bulk_create(
        Publication(
            account=row, external_id=f"p{days}", title="便民提示", source=Source.TYPED, published_at=now - days * DAY
        )
        for row in rows
        for days in range(1, 60, 2)
    )
    ids = [row.pk for row in rows]
    Account.objects.filter(pk__in=ids).update(posts_known_until=now, messages_known_until=now)
    activity_days.recount_posts(ids, day_of(now - 60 * DAY), day_of(now))
    due_times.recompute(ids)
    return rows


def test_an_empty_month_in_six_clicks(browser: Browser, live_server: LiveServer) -> None:
    rows = lively(3)
    supervisor = user(Role.SUPERVISOR, name="示例负责人")
    supervisor.set_password("Zhonglou-demo-2021")
    supervisor.save()
    checks.draft(day_of(db_now()), by=None, now=db_now())  # as the tick on the 1st does
    page = browser.new_page(viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    page.goto(live_server.url + "/login/")
    page.fill("[name=username]", supervisor.username)
    page.fill("[name=password]", "Zhonglou-demo-2021")
    page.press("[name=password]", "Enter")
    expect(page.get_by_role("link", name="去确定")).to_be_visible()
    page.evaluate("sessionStorage.setItem('clicks', '0')")
    page.add_init_script(
        "addEventListener('click', () => sessionStorage.clicks = 1 + Number(sessionStorage.clicks), true)"
    )
    page.reload()

    page.get_by_role("link", name="去确定").click()
    page.get_by_text("确定名单…", exact=True).click()
    page.get_by_role("button", name="确定名单", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{len(rows)}个账号系统没有发现问题")
    page.get_by_role("button", name="提交并起草通报").click()
    page.get_by_role("button", name="审定公开").click()
    page.get_by_role("button", name="确认公开这份通报").click()

    expect(page.get_by_text("没有发现").or_(page.get_by_text("全部合格")).first).to_be_visible()
    assert int(page.evaluate("sessionStorage.getItem('clicks')")) <= 6
    url = page.url
    page.close()
    public = browser.new_page()
    public.goto(url)
    expect(public.get_by_role("heading", level=1)).to_contain_text("通报")
    expect(public.get_by_role("table").nth(1)).to_contain_text("100.0%")
    public.close()
