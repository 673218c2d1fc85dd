"""What the page of a filing says: to the leader, of a return, of an ended one and how to make it again."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Role
from filings import approving, drafting
from filings.models import Filing
from filings.views.sheet import judge
from tests.factories import NOW, Cast, account, change, closing, opening, read, unit, user
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


def page(person: User, filing: Filing, tail: str = "") -> str:
    client = Client()
    client.force_login(person)
    return re.sub(r"\s+", " ", client.get(f"/filings/{filing.pk}/{tail}").content.decode())


def test_the_leader_is_told_what_he_does_himself(cast: Cast) -> None:
    filing = opening("leader_review", cast)
    shown = page(cast.leader, filing)
    assert f"请您审批。批准后由{cast.operator}在 2 个工作日内报送。" in shown
    assert f"等待{cast.leader}审批" not in shown
    assert f"等待{cast.leader}审批" in page(cast.operator, filing)


def test_a_draft_that_the_leader_gave_back_is_called_so(cast: Cast) -> None:
    filing = opening("leader_review", cast)
    approving.leader_return(filing.pk, by=cast.leader, read=read(filing), now=NOW, comment="请写全")
    assert "zl-state--returned" in page(cast.operator, filing)
    drafting.submit(filing.pk, by=cast.operator, now=NOW)
    drafting.recall(filing.pk, by=cast.operator, now=NOW)
    assert "zl-state--returned" not in page(cast.operator, filing)


def test_a_withdrawn_draft_asks_for_nothing(cast: Cast) -> None:
    filing = opening("draft", cast, name="")
    assert "需修改" in page(cast.operator, filing)
    filing.withdraw()
    filing.ended_at = NOW
    filing.save()
    shown = page(cast.operator, filing)
    assert "没有提交的表" in shown
    assert "需修改" not in shown


def test_a_planned_day_is_no_fact_and_each_kind_has_its_words(cast: Cast) -> None:
    ahead = (day_of(db_now()) + timedelta(days=40)).isoformat()
    planned = page(cast.operator, closing("leader_review", cast, effective_on=ahead))
    assert f"计划 {ahead} 停止更新，还没有批准" in planned
    assert f"账号 {ahead} 已停止更新" not in planned
    other = Cast()
    done = page(other.operator, change("leader_review", other, effective_on="2021-04-01", intro="新简介"))
    assert "起记为先变更、后批准" in done
    assert "未批先建" not in done


@pytest.mark.parametrize("kind", ["change", "close", "sponsor"])
def test_what_ended_is_made_again_on_its_own_clock(cast: Cast, kind: str) -> None:
    row = account(unit() if kind == "sponsor" else cast.unit)
    make = closing if kind == "close" else change
    filing = make("to_report", cast, on=row, now=db_now())
    filing = Filing.objects.get(pk=filing.pk)
    client = Client()
    client.force_login(cast.operator)
    client.post(f"/filings/{filing.pk}/withdraw/", {"reason": "示例"})
    shown = page(cast.operator, filing)
    assert "重新填报</button>" in shown
    assert "30 天内重新填报的，沿用本件的报送期限（" in shown
    sent = {"unit": cast.unit.pk, "account": row.pk, "again": filing.pk}
    answer = client.post(f"/filings/open/{filing.kind}/", sent)
    new = Filing.objects.exclude(pk=filing.pk).get(account=row)
    assert answer["Location"].startswith(f"/filings/{new.pk}/edit/")
    assert (new.unit, new.kind) == (cast.unit, filing.kind)


def test_nobody_takes_an_account_over_by_naming_anothers_ended_filing(cast: Cast) -> None:
    row = account(unit())
    ended = change("withdrawn", cast, on=row)
    client = Client()
    client.force_login(user(Role.OPERATOR, unit()))
    assert client.post("/filings/open/change/", {"account": row.pk, "again": ended.pk}).status_code == 404
    assert Filing.objects.filter(account=row).count() == 1


def test_the_sponsor_stands_once_in_a_change_of_sponsor(cast: Cast) -> None:
    filing = change("leader_review", cast, on=account(unit()))
    shown = page(cast.operator, filing)
    assert '<th scope="row">填报单位</th>' in shown
    assert shown.count('<th scope="row">主办单位</th>') <= 1


def test_each_error_of_a_step_is_counted(cast: Cast) -> None:
    """The steps and the summary agree also where one field is wrong in two ways."""
    sheet = judge(opening("draft", cast, name=""))
    sheet.missing.discard("name")
    sheet.errors["name"] = ["一", "二"]
    basics = next(task for task in sheet.tasks() if task.step == "basics")
    assert basics.words == f"{len(sheet.problems())}处需修改"


def test_the_count_of_items_is_sent_to_its_own_step_alone(cast: Cast) -> None:
    filing = change("draft", cast)
    assert 'id="changed"' in page(cast.operator, filing, "rules/items/")
    assert 'id="changed"' not in page(cast.operator, filing, "rules/reasons/")


def test_the_page_of_new_filings_says_which_kinds_wait_for_what(cast: Cast) -> None:
    row = account(cast.unit)
    client = Client()
    client.force_login(cast.operator)
    change("draft", Cast(), on=row)  # a foreign draft gives way: every kind is offered
    assert "有一件办理中的" not in client.get("/filings/new/").content.decode()
    mine = Cast()
    change("draft", mine, on=account(mine.unit))
    client.force_login(mine.operator)
    assert "关停、注销：有一件办理中的变更报备，同一账号同时只办一件" in client.get("/filings/new/").content.decode()


def test_nothing_that_htmx_settles_is_an_inline_style(cast: Cast) -> None:
    assert "&quot;style&quot;" not in page(cast.operator, change("draft", cast), "edit/reasons/").replace('"', "&quot;")
