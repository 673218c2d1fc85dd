"""The page of a unit: what it joins, who may read it, and the links to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import activity
from accounts.flags import run_rule
from accounts.models import Membership, Role, UnitName
from accounts.rules import RULES
from tests.factories import Cast, account, opening, platform, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


def page(client: Client, person: User, pk: int, status: int = 200) -> str:
    client.force_login(person)
    answer = client.get(f"/units/{pk}/")
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def people() -> Cast:
    return Cast(unit("示例丙镇人民政府", kind="town", parent=unit("示例主管局")))


def test_its_people_accounts_flags_and_filings(client: Client, people: Cast) -> None:
    now = db_now()
    found = account(people.unit, name="示例丙镇发布", now=now - timedelta(days=30))
    activity.publish(found.pk, published_at=now - timedelta(days=9), by=people.operator, now=now)
    activity.confirm_known(found.pk, by=people.operator, now=now)
    live = opening("office_review", people, name="示例在办", platform="weibo")
    done = opening("withdrawn", people, name="示例撤回", platform="kuaishou")
    UnitName.objects.create(unit=people.unit, name="示例丙乡")
    for rule in RULES:
        run_rule(rule, now)
    text = page(client, people.officer, people.unit.pk)
    for words in ("示例丙镇人民政府", "镇", "行业主管部门：", "示例主管局", "曾用名：示例丙乡"):
        assert words in text
    assert str(people.operator) in text
    assert str(people.leader) in text
    assert str(people.officer) not in text.split("人员")[-1]
    assert f'href="/accounts/{found.pk}/"' in text
    assert "超期未更新" in text
    assert "未解除的预警（1条）" in text
    assert "办理中的备案（1件）" in text
    assert f'href="/filings/{live.pk}/"' in text
    assert f'href="/filings/{done.pk}/"' not in text
    assert "共 2 件" in text
    assert "由区政府办公室办理" in text
    assert "没有期限" not in text


def test_somebody_who_left_is_not_among_its_people(client: Client, people: Cast) -> None:
    gone = user(Role.OPERATOR, people.unit, name="示例离任")
    Membership.objects.filter(user=gone).update(to_date="2026-01-31")
    assert "示例离任" not in page(client, people.officer, people.unit.pk)


def test_a_void_account_is_not_listed(client: Client, people: Cast) -> None:
    found = account(people.unit, name="示例作废号", found=True)
    type(found).objects.filter(pk=found.pk).update(state="void")
    assert "示例作废号" not in page(client, people.officer, people.unit.pk)


def test_an_empty_unit_says_what_will_be_there(client: Client) -> None:
    text = page(client, user(Role.OFFICER), unit().pk)
    for words in ("这个单位还没有账号", "没有未解除的预警", "没有办理中的备案", "还没有填报员和领导"):
        assert words in text
    assert text.count("没有未解除的预警") == 1


def test_a_filing_that_nobody_approved_has_no_clock_yet(client: Client, people: Cast) -> None:
    opening("leader_review", people)
    text = page(client, people.officer, people.unit.pk)
    assert "批准后计时" in text
    assert "由区政府办公室办理" not in text


def test_a_unit_that_a_list_brought_says_who_looks_at_it(client: Client, people: Cast) -> None:
    words = "导入清单时新建，名称和类别由系统管理员核对更正"
    assert words not in page(client, people.officer, people.unit.pk)
    brought = unit("示例新局", status="unconfirmed")
    account(brought, name="示例新局发布")
    assert words in page(client, people.officer, brought.pk)
    listed = client.get("/accounts/").content.decode()
    assert listed.count('<span class="zl-tag">待核</span>') == 1


def test_the_parent_sees_its_children_and_their_pages(client: Client, people: Cast) -> None:
    parent = people.unit.parent
    assert parent is not None
    above = user(Role.PARENT, parent)
    assert f'href="/units/{people.unit.pk}/"' in page(client, above, parent.pk)
    page(client, above, people.unit.pk)
    # A child knows its parent's name; its page is not its own to read.
    text = page(client, people.operator, people.unit.pk)
    assert "示例主管局" in text
    assert f'href="/units/{parent.pk}/"' not in text
    page(client, people.operator, parent.pk, status=404)


def test_a_foreign_unit_does_not_exist_and_the_admin_sees_neither_flags_nor_filings(
    client: Client, people: Cast
) -> None:
    account(people.unit, found=True)
    page(client, user(Role.OPERATOR, unit()), people.unit.pk, status=404)
    page(client, people.officer, 999_999, status=404)
    text = page(client, user(Role.ADMIN), people.unit.pk)
    assert "预警" not in text.split("<main")[1]
    assert "办理中的备案" not in text


def test_pages_of_an_account_lead_to_its_unit(client: Client, people: Cast) -> None:
    found = account(people.unit)
    client.force_login(people.operator)
    for address in (f"/accounts/{found.pk}/", f"/accounts/{found.pk}/activity/", f"/accounts/{found.pk}/filings/"):
        assert f'href="/units/{people.unit.pk}/"' in client.get(address).content.decode()


def test_the_number_of_queries_does_not_grow(client: Client, people: Cast) -> None:
    def row(number: int, code: str) -> None:
        account(people.unit, name=f"号{number}", found=True, platform=platform(code))
        opening("to_report", people, name=f"新{number}", platform=code)

    def counted() -> Any:
        for rule in RULES:
            run_rule(rule, db_now())
        with CaptureQueriesContext(connection) as queries:
            page(client, people.operator, people.unit.pk)
        return len(queries)

    row(0, "weibo")
    counted()
    few = counted()
    for number, code in enumerate(("kuaishou", "toutiao", "bilibili", "sohu"), 1):
        row(number, code)
    assert counted() == few
    assert few <= 40
