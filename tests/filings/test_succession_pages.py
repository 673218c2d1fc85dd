"""Row 12 on the pages: a filing that replaces another has one due time, and says whose first report counts."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from filings import wording
from filings.models import Filing
from tests.factories import PDF, Cast, at, opening
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = int(db_now().timestamp())
    session.save()
    return client


def page(response: Any) -> str:
    return str(response.content.decode())


def after_a_refusal(state: str = "leader_review", ended: str = "refused") -> Filing:
    """One made again after another was refused or withdrawn; the same people, the same platform."""
    cast = Cast()
    opening(ended, cast, now=db_now(), platform="douyin")
    return opening(state, cast, now=db_now(), platform="douyin")


@pytest.mark.parametrize("ended", ["refused", "withdrawn"])
def test_dialog_message_and_page_name_one_due_time(ended: str) -> None:
    filing = after_a_refusal(ended=ended)
    leader = signed_in(filing.cast.leader)
    asked = page(leader.get(f"/filings/{filing.pk}/approve/"))
    standing = filing.revisions.get(number=filing.revision)
    sent = {"decision": "approve", "revision": standing.number, "sm3": standing.sm3, "comment": ""}
    done = page(leader.post(f"/filings/{filing.pk}/approve/", sent, follow=True))
    filing = Filing.objects.get(pk=filing.pk)
    clock = wording.running(filing)
    assert clock is not None
    assert f"批准后应于 {clock.until} 前报送" in asked
    assert f"应于 {clock.until} 前报送区政府办公室" in done


def test_what_was_not_reported_nor_returned_itself_does_not_say_so() -> None:
    filing = after_a_refusal("to_report")
    old = filing.replaces
    assert old is not None
    operator = signed_in(filing.cast.operator)
    shown = page(operator.get(f"/filings/{filing.pk}/"))
    assert f"{old.number}（不予备案）</a>，沿用其首次报送" in shown
    for false in ("首次报送按期报送", "改好再报", "按退回日", "按期改正", "改正期限"):
        assert false not in shown
    assert "本件批准日" in shown
    reported = page(operator.post(f"/filings/{filing.pk}/report/", follow=True))
    assert "已报送，备案编号" in reported
    assert "已重新报送" not in reported
    assert "按期改正" not in reported


def test_the_form_says_what_the_new_clock_counts_from() -> None:
    filing = after_a_refusal("to_report")
    filing.returns, filing.provisional = 0, False
    clock = wording.running(filing)
    assert clock is not None
    assert clock.verb == "报送"
    assert "所承接的一件已报送过" in clock.why
    filing.returns = 1
    again = wording.running(filing)
    assert again is not None
    assert (again.verb, again.why[:4]) == ("改好再报", "自退回之")


def test_what_would_be_due_changes_nothing_on_the_filing() -> None:
    filing = opening("leader_review", now=at("2026-11-24 14:05"))
    clock = wording.if_approved(filing, on=day_of(at("2026-11-24 14:05")), now=at("2026-11-24 15:00"))
    assert clock is not None
    assert clock.until == "2026-11-26 24:00"
    assert (filing.report_due_at, filing.first_approved_on, filing.approved_on) == (None, None, None)


def test_a_paper_dated_before_the_calendar_asks_the_same_question() -> None:
    filing = opening("leader_review", now=db_now())
    operator = signed_in(filing.cast.operator)
    sent = {"leader_name": "王五", "approved_on": "2019-01-01", "scan": SimpleUploadedFile("签批.pdf", PDF)}
    asked = page(operator.post(f"/filings/{filing.pk}/paper/", sent))
    assert "日期无误，仍要登记" in asked
    assert "已过" in asked
    assert Filing.objects.get(pk=filing.pk).approved_on is None
    kept = asked.split('name="kept" value="')[1].split('"')[0]
    again = {"leader_name": "王五", "approved_on": "2019-01-01", "kept": kept, "confirmed": "1"}
    done = page(operator.post(f"/filings/{filing.pk}/paper/", again, follow=True))
    assert "已过，请尽快报送" in done
    assert "到时会在待办里提醒您" not in done
