"""暂定 (rows 13, 14): a due time that is not sure yet is shown as such everywhere and counts as nobody's lateness."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from filings import going_up, going_up_counts, queues, review_queue, wording
from filings.models import Filing
from tests.factories import NOW, at, opening, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User
from zhonglou_media.portal import nav

pytestmark = pytest.mark.django_db


def overdue(state: str, **fields: Any) -> Filing:
    """A filing in `state` of which every due time is past, and 暂定 unless told otherwise."""
    filing = opening(state)
    past = NOW - timedelta(days=3)
    facts = {"report_due_at": past, "office_due_at": past, "event_due_at": past, "provisional": True, **fields}
    Filing.objects.filter(pk=filing.pk).update(**facts)
    filing.refresh_from_db()
    return filing


def page(who: User, url: str) -> str:
    client = Client()
    client.force_login(who)
    return client.get(url).content.decode()


@pytest.mark.parametrize("state", ["office_review", "accepted"])
@pytest.mark.parametrize("url", ["/", "/filings/exchange/", "/filings/{}/"])
def test_every_page_of_the_office_says_provisional(state: str, url: str) -> None:
    filing = overdue(state)
    shown = page(user(Role.OFFICER), url.format(filing.pk))
    assert "已逾期" not in shown
    if not (state == "office_review" and "exchange" in url):
        assert "暂定" in shown


def test_the_same_pages_say_late_once_it_is_sure() -> None:
    filing = overdue("accepted", provisional=False)
    for url in ("/", "/filings/exchange/", f"/filings/{filing.pk}/"):
        assert "已逾期" in page(user(Role.OFFICER), url)


def test_the_filing_page_marks_each_due_time() -> None:
    filing = overdue("office_review", correction_due_at=db_now() - timedelta(days=1), correction_from="2026-11-20")
    shown = page(filing.unit.memberships.get(role="operator").user, f"/filings/{filing.pk}/")
    assert shown.split('id="clocks"')[1].split("</ul>")[0].count("（暂定）") == 4


@pytest.mark.parametrize(("provisional", "late", "today"), [(True, 0, 0), (False, 1, 1)])
def test_what_is_not_sure_is_neither_late_nor_due_today(provisional: bool, late: int, today: int) -> None:
    now = at("2026-11-25 10:00")
    over, ending = opening("accepted"), opening("accepted")
    ends = [(over, at("2026-11-25 00:00")), (ending, at("2026-11-26 00:00"))]
    for filing, due in ends:
        Filing.objects.filter(pk=filing.pk).update(office_due_at=due, provisional=provisional)
    assert queues.urgency(going_up.to_pass_on(), now=now) == queues.Urgency(total=2, late=late, today=today)
    tally = going_up_counts.tally(now=now)
    assert (tally.of("late"), tally.of("today")) == (late, today)
    counted = nav.counts(user(Role.OFFICER), now)
    assert (counted["exchange"].late, counted["todo"].late) == (bool(late), bool(late))


def test_the_queue_does_not_call_it_in_time() -> None:
    filing = overdue("office_review")
    (row,) = review_queue.queue_rows([filing], user(Role.OFFICER), now=db_now())
    assert (row.report, row.late) == ("期限暂定", False)


def test_sentences_say_it_too() -> None:
    filing = overdue("to_report", report_due_at=at("2027-01-06 00:00"))
    assert "请在 2027-01-05 24:00（暂定） 前报送" in wording.next_step(filing, "", now=db_now())


# --- 迟报, 按期, 未发生 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "verdict", "shown"),
    [
        ({"provisional": False}, "迟报", "迟报"),  # row 11: withdrawn after the due time, never reported
        ({"provisional": False, "report_due_at": at("2027-02-01 00:00")}, "", "—"),  # before it
        ({"provisional": True}, "", "—"),
        ({"provisional": False, "not_occurred": True}, "未发生，不计", "未发生，不计"),
    ],
    ids=["late", "in time", "provisional", "not occurred"],
)
def test_one_withdrawn_is_late_or_not_counted_never_in_time(facts: dict[str, Any], verdict: str, shown: str) -> None:
    filing = overdue("withdrawn", **facts)
    assert wording.verdict(filing) == verdict
    officer = user(Role.OFFICER)
    cell = page(officer, "/filings/").split('data-label="期限">')[1].split("</td>")[0]
    assert shown in cell
    detail = page(officer, f"/filings/{filing.pk}/")
    assert "按期报送" not in detail
    assert ("迟报</strong>" in detail) == (verdict == "迟报")
    if filing.account is not None:
        tab = page(officer, f"/accounts/{filing.account_id}/filings/")
        assert (">迟报<" in tab) == (verdict == "迟报")
        assert ("未发生，不计" in tab) == (verdict == "未发生，不计")


def test_one_reported_and_refused_that_never_took_place_is_not_called_in_time() -> None:
    filing = opening("refused")
    assert wording.verdict(filing) == "按期报送"
    Filing.objects.filter(pk=filing.pk).update(not_occurred=True)
    filing.refresh_from_db()
    assert wording.verdict(filing) == "未发生，不计"
