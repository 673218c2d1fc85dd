"""An account that ended, or left the district, while its month was checked: nobody judges it, nobody waits for it."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, Unit
from inspections import check_progress, checks, sheets
from inspections.models import Sheet, SpotCheck
from tests.factories import NOW, Cast, account, at, unit
from tests.inspections.checked import accounts, confirmed, judged, people
from tests.inspections.sheeted import Facts, check, sheet
from tests.inspections.sheeted import facts as facts
from zhonglou_media.core.models import User
from zhonglou_media.portal.nav import counts
from zhonglou_media.portal.office_month import month_todos

pytestmark = pytest.mark.django_db


def gone(row: Account, state: str = "closed") -> None:
    if state == "guided":
        Unit.objects.filter(pk=row.unit_id).update(scope="guided")
    else:
        Account.objects.filter(pk=row.pk).update(state=state, state_since=NOW, next_update_due_at=None)


def text(answer: Any) -> str:
    return re.sub(r"<[^>]+>", "", str(answer.content.decode()))


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


# what became of the account, its first result (None: none), a second's; gone, open, differing, the word of its line
CASES: list[tuple[str, bool | None, bool | None, int, int, int, str]] = [
    ("active", None, None, 0, 1, 0, "未核"),
    ("closing", None, None, 0, 1, 0, "未核"),
    ("closed", None, None, 1, 0, 0, "已不在运行"),
    ("cancelled", None, None, 1, 0, 0, "已不在运行"),
    ("guided", None, None, 1, 0, 0, "已不在运行"),
    ("active", True, None, 0, 0, 0, "合格"),
    ("closed", True, None, 0, 0, 0, "合格"),
    ("closed", False, None, 0, 0, 0, "不合格"),
    ("active", True, False, 0, 1, 1, "两人不一致"),
    ("closed", True, False, 1, 0, 0, "已不在运行"),
]


@pytest.mark.parametrize(("state", "first", "second", "ended", "open_", "differing", "word"), CASES)
def test_what_waits_and_what_is_gone(
    state: str, first: bool | None, second: bool | None, ended: int, open_: int, differing: int, word: str
) -> None:
    cast, of, running = Cast(), account(), check()
    rows = [sheet(cast.officer, of, on=running)]
    if second is not None:
        rows.append(sheet(cast.supervisor, of, on=running, part=2))
        judged(rows[1:], passed=second, counts=False)
    if first is not None:
        judged(rows[:1], passed=first, counts=second is None)
    gone(of, state)
    done = checks.progress(running)
    assert (done.gone, done.open, done.differing, done.asked) == (ended, open_, differing, 1 - ended)
    assert check_progress.months(SpotCheck.objects.all())[0].progress.open == open_
    assert check_progress.waiting(running).count() == open_
    from inspections import check_rows
    from inspections.views.checks import _which

    listed = check_rows.in_order(check_rows.of_check(running, None)).select_related(*check_rows.READ)
    assert [line.word for line in check_rows.lines(list(listed))] == [word]
    for office in (True, False):  # each tab lists as many as it says
        for label, number, chosen in _which(done, office).values():
            assert check_rows.of_check(running, None).filter(chosen).count() == number, label
    mine = first is None and not ended
    assert check_progress.own(cast.officer).count() == counts(cast.officer, NOW)["checks"].number == mine
    assert (sheets.next_open(cast.officer) is not None) == mine
    assert sum("待核" in row.title for row in month_todos(cast.officer)) == mine


def test_a_month_with_an_account_that_is_gone_goes_to_its_end() -> None:
    officer, _ = people(2)
    rows = accounts(1, 3)
    running = confirmed(officer)
    judged(running.sheets.filter(account__in=rows[1:]), passed=True)
    client = signed_in(officer)
    assert "起草通报" not in [row.verb for row in month_todos(officer)]
    gone(rows[0])
    page = text(client.get("/checks/2026-11/"))
    for said in ("已核2 / 2个", "1 个已不在运行，不再检查", "结束抽查…", "起草通报", "已不在运行 1", "未核 0"):
        assert said in page
    for said in ("接着核我的", "改分工："):
        assert said not in page
    assert [row.title for row in month_todos(officer)] == ["2026年11月抽查可以起草通报"]
    assert "已不在运行" in text(client.get("/checks/2026-11/?show=gone"))
    assert "名单上的账号都有了结果" in text(client.get("/checks/2026-11/?show=open"))
    assert "已结束" in text(client.post("/checks/2026-11/close/", follow=True))


def test_the_last_clean_sheets_are_the_last_beside_one_that_is_gone(facts: Facts) -> None:
    cast, running = Cast(), check()
    ended, other = account(), account(unit(scope="guided"))
    rows = [sheet(cast.officer, of, on=running) for of in (account(), ended, other)]
    gone(ended)
    client = signed_in(cast.officer)
    page = client.get("/checks/2026-11/clean/")
    assert "1个账号系统没有发现问题" in text(page)
    assert "提交并起草通报" in text(page)
    done = sheets.submit_clean(running.pk, [row.pk for row in rows], by=cast.officer, now=NOW)
    assert [row.pk for row in done.done] == [rows[0].pk]
    assert done.left == []
    assert Sheet.objects.filter(state="open").count() == 2
    assert checks.close(running.pk, by=cast.officer, now=at("2026-12-01 00:00")).state == "closed"
