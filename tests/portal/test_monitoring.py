"""预警: what the page finds, who sees which flag, what narrows it, its workbook, and the waiver of a list."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import flags
from accounts.models import Account, Flag, Followers, Level, Role, Unit
from inspections import sweep
from tests.accounts.activity import post, question
from tests.factories import Cast, account, at, opening, platform, unit, user
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now, start_of
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
Visit = Callable[..., str]


@pytest.fixture
def visit(client: Client) -> Visit:
    def visit(who: User, url: str = "/flags/", status: int = 200) -> str:
        client.force_login(who)
        response = client.get(url)
        assert response.status_code == status
        return response.content.decode()

    return visit


def days_ago(n: float) -> Any:
    return db_now() - timedelta(days=n)


def quiet(of: Unit, days: int, name: str = "示例安静号", **fields: Any) -> Account:
    """An account whose update has been due for `days` whole days, with data until now."""
    row = account(of, name=name, now=days_ago(days + 60), **fields)
    post(row, start_of(day_of(db_now())) - timedelta(days=days + 8) + timedelta(hours=9), title="旧闻")
    Account.objects.filter(pk=row.pk).update(posts_known_until=db_now(), messages_known_until=db_now())
    row.refresh_from_db()
    return row


def run_all() -> None:
    sweep.sweep(db_now())


def rules_shown(page: str) -> set[str]:
    return {rule.value for rule in flags.RuleCode if f"rule={rule.value}" in page}


# --- what is found --------------------------------------------------------------------------------------------------


def test_the_head_says_how_many_stand_and_how_many_for_long(visit: Visit) -> None:
    of = unit()
    quiet(of, 9, "示例甲号", platform=platform("weibo"))
    quiet(of, 3, "示例乙号", platform=platform("douyin"))
    account(of, found=True, name="示例丙号", now=days_ago(2), platform=platform("wechat"))
    run_all()
    page = visit(user(Role.OFFICER))
    assert "<title>未解除预警3条，1条超过7天" in page
    assert page.index("示例甲号") < page.index("示例乙号") < page.index("示例丙号")
    assert page.count("zl-two__end zl-nowrap zl-late") == 1
    assert rules_shown(page) == {"inactive", "unfiled_account"}
    assert "应于" in page
    assert "《旧闻》" in page


def test_an_empty_list_says_what_will_appear(visit: Visit) -> None:
    page = visit(user(Role.AUDITOR))
    assert "<title>没有未解除的预警" in page
    assert "超期未更新、超 24 小时未回复" in page
    assert "flags/export" not in page


def test_a_question_is_shown_by_its_time_and_leads_to_where_it_is_answered(visit: Visit) -> None:
    row = account(now=days_ago(3))
    question(row, days_ago(1.5), source="typed", body="门牌号是多少")
    run_all()
    page = visit(user(Role.OFFICER), "/flags/?rule=slow_reply")
    assert f'href="/accounts/{row.pk}/activity/"' in page
    assert "的咨询，应于" in page
    assert "门牌号" not in page


# --- who sees which -------------------------------------------------------------------------------------------------


def test_a_unit_sees_its_own_flags_and_a_parent_those_of_its_children(visit: Visit) -> None:
    parent = unit()
    own, foreign = Cast(unit(parent=parent)), Cast()
    account(own.unit, found=True, name="示例自家号", now=days_ago(2))
    account(foreign.unit, found=True, name="示例别家号", now=days_ago(2))
    run_all()
    for person in (own.operator, own.leader, user(Role.PARENT, parent)):
        page = visit(person)
        assert "示例自家号" in page
        assert "示例别家号" not in page
        assert "未解除预警1条" in page
        assert "示例别家号" not in visit(person, f"/flags/?unit={foreign.unit.pk}")
        assert "免于追究所选" not in page
    assert "示例别家号" in visit(own.officer)


def test_a_guided_unit_is_never_listed(visit: Visit) -> None:
    guided = unit()
    account(guided, found=True, name="示例指导号", now=days_ago(2))
    run_all()
    Unit.objects.filter(pk=guided.pk).update(scope="guided")  # the next sweep clears its flag
    officer = user(Role.OFFICER)
    for url in ("/flags/", "/"):
        assert "示例指导号" not in visit(officer, url)


# --- what narrows it ------------------------------------------------------------------------------------------------


FILTERS = [
    ("", {"甲", "乙", "丙", "丁"}),
    ("?rule=inactive", {"甲", "乙"}),
    ("?rule=no_data", {"丁"}),
    ("?rule=nonsense", {"甲", "乙", "丙", "丁"}),
    ("?level=hint", {"丁"}),
    ("?level=breach", {"甲", "乙", "丙"}),
    ("?age=3", {"甲", "丁"}),
    ("?age=7", {"甲"}),
    ("?age=30", set()),
    ("?age=new", {"甲", "乙", "丙", "丁"}),
    ("?age=-1", {"甲", "乙", "丙", "丁"}),
    ("?unit=UNIT", {"丙"}),
    ("?unit=UNIT&level=hint", set()),
    ("?unit=999999", {"甲", "乙", "丙", "丁"}),
    ("?show=ended", set()),
]


@pytest.fixture
def four(db: None) -> Unit:
    """Flags of four accounts; 丙 is of the unit returned."""
    of, other = unit(), unit()
    quiet(of, 9, "示例甲", platform=platform("weibo"))
    quiet(of, 2, "示例乙", platform=platform("douyin"))
    account(other, found=True, name="示例丙", now=days_ago(1))
    short = quiet(of, 5, "示例丁", platform=platform("wechat"))
    Account.objects.filter(pk=short.pk).update(posts_known_until=days_ago(6))
    run_all()
    return other


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_conditions_of_the_address_narrow_the_list(query: str, names: set[str], visit: Visit, four: Unit) -> None:
    page = visit(user(Role.OFFICER), "/flags/" + query.replace("UNIT", str(four.pk)))
    assert {name for name in "甲乙丙丁" if f">示例{name}<" in page} == names
    assert "未解除预警4条" in page  # the head finds all of them, whatever is looked at


def test_newest_first_when_asked(visit: Visit, four: Unit) -> None:
    page = visit(user(Role.OFFICER), "/flags/?sort=new")
    assert [page.index(f">示例{name}<") for name in "丙乙丁甲"] == sorted(page.index(f">示例{n}<") for n in "甲乙丙丁")


def test_tabs_keep_the_other_conditions(visit: Visit, four: Unit) -> None:
    page = visit(user(Role.OFFICER), "/flags/?level=breach")
    assert "?level=breach&amp;rule=inactive" in page
    assert "rule=no_data" not in page  # a hint: none under this condition


def test_an_account_that_came_back_is_as_old_as_its_finding(visit: Visit) -> None:
    row = account(name="示例复活", now=days_ago(600))
    Account.objects.filter(pk=row.pk).update(state="closed", state_since=days_ago(400), next_update_due_at=None)
    row.refresh_from_db()
    post(row, days_ago(1))
    run_all()
    officer = user(Role.OFFICER)
    assert ">示例复活<" not in visit(officer, "/flags/?age=3")
    Flag.objects.update(raised_at=days_ago(4))
    assert ">示例复活<" in visit(officer, "/flags/?age=3")
    assert "4 天" in visit(officer)


# --- those that ended -----------------------------------------------------------------------------------------------


def test_the_last_tab_shows_what_was_cleared_and_waived_in_30_days(visit: Visit) -> None:
    cast, of = Cast(), unit()
    waived = quiet(of, 3, "示例免除号", platform=platform("weibo"))
    quiet(of, 3, "示例消除号", platform=platform("douyin"))
    quiet(of, 3, "示例早先号", platform=platform("wechat"))
    run_all()
    flags.waive([Flag.objects.get(account=waived).pk], by=cast.supervisor, reason="平台停机维护", now=db_now())
    Flag.objects.filter(account__name="示例消除号").update(cleared_at=days_ago(1))
    Flag.objects.filter(account__name="示例早先号").update(cleared_at=days_ago(31))
    page = visit(cast.officer, "/flags/?show=ended")
    assert ">示例免除号<" in page
    assert "决定免于追究" in page
    assert "平台停机维护" in page
    assert ">示例消除号<" in page
    assert "示例早先号" not in page
    assert ">示例免除号<" not in visit(cast.officer)


# --- its workbook ---------------------------------------------------------------------------------------------------


def workbook(client: Client, who: User, query: str = "") -> list[tuple[Any, ...]]:
    client.force_login(who)
    answer = client.get(f"/flags/export.xlsx{query}")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def test_the_workbook_holds_what_is_narrowed_and_seen(client: Client, four: Unit) -> None:
    officer = user(Role.OFFICER)
    rows = workbook(client, officer, "?rule=inactive")
    assert [row[1] for row in rows[2:]] == ["示例甲", "示例乙"]
    heads = dict(zip(rows[1], rows[2], strict=True))
    assert heads["预警"] == "超期未更新"
    assert heads["依据"] == "第十四条"
    assert "《旧闻》，应于" in heads["事实"]
    assert heads["已持续"] == "9 天"
    known = Account.objects.get(name="示例甲").posts_known_until
    assert known is not None
    told = f"{known.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    assert str(heads["数据截至"]).startswith(told)  # with its year
    assert [row[1] for row in workbook(client, user(Role.OPERATOR, four))[2:]] == ["示例丙"]
    assert len(workbook(client, officer)) == 2 + 4


def test_the_workbook_costs_as_many_queries_for_many_flags(client: Client, four: Unit) -> None:
    officer = user(Role.OFFICER)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            workbook(client, officer)
        return len(captured)

    workbook(client, officer)
    few = cost()
    for n in range(30):
        account(four, found=True, name=f"示例又{n}", platform=platform("douyin"), now=days_ago(2))
    run_all()
    assert len(workbook(client, officer)) == 2 + 34
    assert cost() == few


# --- waiver of a list -----------------------------------------------------------------------------------------------


def test_the_list_is_named_before_it_is_waived_with_one_reason(client: Client, visit: Visit, four: Unit) -> None:
    supervisor = user(Role.SUPERVISOR)
    ids = list(Flag.objects.filter(rule="inactive").values_list("pk", flat=True))
    page = visit(supervisor, f"/flags/waive/?flag={ids[0]}&flag={ids[1]}&next=/flags/?rule=inactive")
    assert "2条预警免于追究" in page
    assert ">示例甲<" in page
    assert ">示例乙<" in page
    assert ">示例丙<" not in page
    answer = client.post("/flags/waive/", {"flag": ids, "reason": "平台停机维护", "next": "/flags/?rule=inactive"})
    assert (answer.status_code, answer["Location"]) == (302, "/flags/?rule=inactive")
    held = Flag.objects.filter(waived_at__isnull=False)
    assert set(held.values_list("pk", "waived_by", "waive_reason")) == {
        (pk, supervisor.pk, "平台停机维护") for pk in ids
    }
    assert "2 条预警已免于追究" in visit(supervisor)


def test_without_a_reason_nothing_is_waived(client: Client, four: Unit) -> None:
    client.force_login(user(Role.SUPERVISOR))
    ids = list(Flag.objects.values_list("pk", flat=True))
    answer = client.post("/flags/waive/", {"flag": ids, "reason": "  "})
    assert answer.status_code == 422
    assert "请写明理由" in answer.content.decode()
    assert not Flag.objects.filter(waived_at__isnull=False).exists()


def test_who_was_first_is_told_what_was_typed_stays_and_none_of_the_list_is_waived(client: Client, four: Unit) -> None:
    first = user(Role.SUPERVISOR, name="示例先办")
    ids = list(Flag.objects.values_list("pk", flat=True))
    taken = Flag.objects.get(account__name="示例丙")
    flags.waive([taken.pk], by=first, reason="已另行说明", now=at("2026-11-24 14:02"))
    client.force_login(user(Role.SUPERVISOR))
    answer = client.post("/flags/waive/", {"flag": ids, "reason": "这是我写的理由"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"“{taken.account}”的“未备案账号”预警已免于追究，这一次什么也没有改。" in page
    assert "示例先办 于 2026-11-24 14:02 决定。理由已经保留，再按一次就只对其余 3 条免于追究。" in page
    assert "这是我写的理由" in page
    assert Flag.objects.filter(waived_at__isnull=False).count() == 1
    assert f'name="flag" value="{taken.pk}"' not in page  # pressing again waives the others
    assert page.count('type="hidden" name="flag"') == 3


@pytest.mark.parametrize("given", [{}, {"flag": ["x", ""]}], ids=["nothing", "nonsense"])
def test_without_a_choice_one_is_led_back(client: Client, given: dict[str, Any]) -> None:
    client.force_login(user(Role.SUPERVISOR))
    answer = client.get("/flags/waive/", given | {"next": "https://elsewhere.example/"}, follow=True)
    assert answer.redirect_chain == [("/flags/", 302)]
    assert "请先勾选要免于追究的预警" in answer.content.decode()


def test_only_the_supervisor_waives(client: Client, four: Unit) -> None:
    flag = Flag.objects.first()
    assert flag is not None
    for role in (Role.OFFICER, Role.OPERATOR, Role.AUDITOR):
        client.force_login(user(role, four))
        assert client.post("/flags/waive/", {"flag": [flag.pk], "reason": "我要免除"}).status_code == 403
    assert not Flag.objects.filter(waived_at__isnull=False).exists()


# --- 数据截至 -------------------------------------------------------------------------------------------------------


def test_until_when_the_data_of_each_platform_reach(visit: Visit) -> None:
    for n, known in enumerate((None, days_ago(0), days_ago(3), days_ago(30))):
        row = account(name=f"示例号{n}", platform=platform("weibo"), now=days_ago(40))
        Account.objects.filter(pk=row.pk).update(posts_known_until=known)
    account(unit(scope="guided"), platform=platform("douyin"))
    page = visit(user(Role.OFFICER))
    begin = page.index('id="known"')
    shown = page[begin : page.index("</section>", begin)]
    row = re.sub(r"<[^>]+>|\s", "", shown[shown.index("<tbody>") :])
    assert row == "新浪微博4个账号截至今天1前7天1更早1尚无数据1"
    assert f'href="/accounts/?platform={platform("weibo").pk}&amp;state=active"' in shown
    assert "抖音" not in shown


def test_each_number_leads_to_just_those_accounts(visit: Visit) -> None:
    for known in (None, days_ago(0), days_ago(6.5), days_ago(7), days_ago(8.5), days_ago(30)):
        row = account(platform=platform("weibo"), now=days_ago(40))
        Account.objects.filter(pk=row.pk).update(posts_known_until=known)
    account(platform=platform("weibo"), found=True)  # not watched: no number counts it
    officer = user(Role.OFFICER)
    links = re.findall(r'href="(/accounts/[^"]+known=\w+)"[^>]*>(\d+)</a>', visit(officer))
    assert [number for _, number in links] == ["1", "2", "2", "1"]
    for link, number in links:
        assert f"找到{number}个账号" in visit(officer, link.replace("&amp;", "&"))


# --- cost -------------------------------------------------------------------------------------------------------------


def one_of_each() -> None:
    """A flag of every rule the portal has but two of filings."""
    cast = Cast()
    quiet(cast.unit, 3, platform=platform("weibo"))
    short = quiet(cast.unit, 3, platform=platform("douyin"))
    Account.objects.filter(pk=short.pk).update(posts_known_until=days_ago(9))
    asked = question(short, days_ago(2), source="typed")
    assert asked.pk
    account(cast.unit, found=True, platform=platform("wechat"), now=days_ago(2))
    Account.objects.filter(pk=short.pk).update(doubled_since=days_ago(1), name_differs_since=days_ago(1))
    today = start_of(day_of(db_now()))
    Followers.objects.create(account=short, day=day_of(today), count=9, jumped_at=today, source="import")
    opening("to_report", cast, now=days_ago(20), platform="kuaishou")
    run_all()


@pytest.mark.usefixtures("known_years")
def test_a_page_full_of_flags_costs_as_many_queries_as_one_of_each(visit: Visit) -> None:
    officer = user(Role.SUPERVISOR)

    def cost(url: str = "/flags/") -> int:
        with CaptureQueriesContext(connection) as captured:
            visit(officer, url)
        return len(captured)

    one_of_each()
    assert len(set(Flag.objects.open().values_list("rule", flat=True))) == 8
    cost()
    few = cost()
    for _ in range(4):
        one_of_each()
    assert Flag.objects.open().count() == 40
    assert "第 1–25 条，共 40 条" in visit(officer)
    assert cost() == few
    assert few <= 31
    chosen = "&".join(f"flag={pk}" for pk in Flag.objects.values_list("pk", flat=True))
    assert cost(f"/flags/waive/?{chosen}") == cost(f"/flags/waive/?{chosen}")
    assert cost(f"/flags/waive/?{chosen}") <= 26


def test_levels_are_told_apart_by_colour_and_word(visit: Visit, four: Unit) -> None:
    page = visit(user(Role.OFFICER))
    assert page.count("zl-flag--late") == 3
    assert page.count("zl-flag--soon") == 1
    assert Level.HINT.label in page
