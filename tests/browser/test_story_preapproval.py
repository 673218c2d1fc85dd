"""第九条, played in Chromium: a 区级部门 asks, the supervisor decides; a number opens, a refusal closes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.needs_sqlite, pytest.mark.full]

NAME, NUMBER = "示例乙局惠民", "示例〔2026〕88号"


def test_a_granted_application_opens_and_a_refused_retention_closes(visit: Callable[..., Visit]) -> None:
    operator, supervisor = visit("operator2"), visit("supervisor")
    page, office = operator.page, supervisor.page

    operator.go("/preapprovals/")
    page.get_by_role("link", name="申请新建").first.click()
    page.get_by_label("平台").select_option(label="微信公众号")
    page.get_by_label("拟用名称").fill(NAME)
    page.get_by_label("申请理由").fill("面向群众发放文旅消费券（示例）")
    page.get_by_role("button", name="提出申请").click()
    expect(page.get_by_text("待区府办决定").first).to_be_visible()

    # the supervisor's home leads there
    supervisor.go("/")
    office.get_by_role("link", name=f"新建微信公众号“{NAME}”").click()
    office.get_by_role("radio", name="批准", exact=False).first.check()
    office.get_by_label("批准文号").fill(NUMBER)
    office.locator("[data-zl-decide]").click()
    expect(office.get_by_text("已批准，并已通知单位")).to_be_visible()

    # the opening begins with what was granted, and is submitted
    operator.go("/preapprovals/")
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("button", name="用这个文号新建备案").click()
    expect(page.get_by_label("账号名称")).to_have_value(NAME)
    page.get_by_label("账号类型").select_option(label="订阅号")
    page.get_by_role("button", name="保存并填下一步").click()
    page.get_by_role("button", name="保存并填下一步").click()
    expect(page.get_by_label("前置申请批准文号")).to_have_value(NUMBER)
    page.get_by_label("功能定位").fill("发放消费券（示例）")
    page.get_by_label("同平台已有账号的理由").fill("原公众号拟关停（示例）")
    page.get_by_role("button", name="保存并去核对").click()
    page.get_by_role("button", name="提交领导审批").click()
    expect(page.get_by_text("待单位领导审批").first).to_be_visible()

    # the account that is there may not stay: its closure is drafted at once
    supervisor.go("/preapprovals/")
    office.get_by_role("link", name="去决定").first.click()
    office.get_by_role("radio", name="不予批准").check()
    office.get_by_label("意见").fill("与新公众号功能重复（示例）")
    office.locator("[name=decide-act_by]").fill("2099-12-31")
    office.get_by_label("确认不予保留").check()
    office.locator("[data-zl-decide]").click()
    expect(office.get_by_text("关停报备的草稿已经建好").first).to_be_visible()
    operator.go("/")
    page.get_by_role("link", name="关停报备·示例乙局服务").first.click()
    expect(page.get_by_text("草稿").first).to_be_visible()
