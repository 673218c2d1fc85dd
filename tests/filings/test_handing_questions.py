"""Open questions of a closing account go to a named account, or the closing does not complete (第十五条)."""

from datetime import date

import pytest
from django.test import Client

from accounts import activity, rules
from accounts.models import Account, ActivityDay, Message, Role
from filings import exchange, handing_questions, reporting
from filings.models import Filing
from tests.factories import NOW, Cast, account, closing, opening, platform, user
from zhonglou_media.core import events
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def taker(cast: Cast) -> Account:
    return account(cast.unit, name="示例承接账号", platform=platform("weibo"))


def asked(row: Account, cast: Cast) -> Message:
    return activity.ask(row.pk, asked_at=NOW, body="请问几点上班？", by=cast.operator, now=NOW)


def answered_by_both_systems(filing: Filing, cast: Cast) -> None:
    for system in ("national", "provincial"):
        exchange.take_receipt(
            filing.pk, system=system, result="taken", number="1", on=NOW.date(), by=cast.officer, now=NOW
        )
    filing.refresh_from_db()


def test_it_completes_once_the_last_open_question_is_handed_over(cast: Cast, taker: Account) -> None:
    filing = closing("accepted", cast, effective_on="2026-11-24")
    question = asked(filing.registered, cast)
    answered_by_both_systems(filing, cast)
    assert (filing.state, filing.registered.state) == ("accepted", "closing")
    assert "还有咨询没有办结" in filing.conflict
    done, went = handing_questions.hand_over(filing.pk, messages=[question.pk], to=taker.pk, by=cast.operator, now=NOW)
    question.refresh_from_db()
    assert (went, done.state, question.handed_to) == (1, "completed", taker)
    assert Account.objects.get(pk=filing.account_id).state == "closed"
    assert [event.verb for event in events.timeline(taker)][-1] == "take_questions"


def test_an_answer_ends_it_too_and_the_next_try_completes(cast: Cast) -> None:
    filing = closing("accepted", cast, effective_on="2026-11-24")
    question = asked(filing.registered, cast)
    answered_by_both_systems(filing, cast)
    activity.reply(question.pk, at=NOW, by=cast.operator, now=NOW)
    assert exchange.complete_again(filing.pk, by=cast.officer, now=NOW).state == "completed"


def test_who_took_it_over_answers_it_and_who_gave_it_away_does_not(cast: Cast) -> None:
    other = Cast()
    successor = account(other.unit, name="示例承接账号", platform=platform("weibo"))
    filing = closing("accepted", cast)
    question = asked(filing.registered, cast)
    Message.objects.filter(pk=question.pk).update(handed_to=successor)
    with pytest.raises(WrongState, match="已转由账号“示例承接账号”办理"):
        activity.reply(question.pk, by=cast.operator, now=NOW)
    client = Client()
    client.force_login(other.operator)
    assert "待回复的咨询（1条" in client.get(f"/accounts/{successor.pk}/").content.decode()
    tab = client.get(f"/accounts/{successor.pk}/activity/?show=unanswered").content.decode()
    assert "转来，请在本账号答复" in tab
    assert client.get(f"/messages/{question.pk}/").status_code == 200
    assert activity.reply(question.pk, by=other.operator, now=NOW).first_reply_at == NOW


def test_a_closing_account_stays_watched_and_one_handed_over_is_nobodys_late_reply(cast: Cast, taker: Account) -> None:
    filing = closing("accepted", cast)
    question = asked(filing.registered, cast)
    later = NOW.replace(day=26)
    assert list(rules.slow_reply(later)) == [question]
    assert filing.registered.next_update_due_at is not None
    handing_questions.hand_over(filing.pk, messages=[question.pk], to=taker.pk, by=cast.operator, now=NOW)
    assert not rules.slow_reply(later).exists()
    assert Notice.objects.filter(text__contains="转由“示例承接账号”答复").count() == 0  # the same person handed it over


def test_only_accounts_in_operation_take_over_and_each_question_remembers_who_answers_it(
    cast: Cast, taker: Account, client: Client
) -> None:
    opening("to_report", cast, platform="kuaishou", name="示例待备案", same_platform_reason="分工不同（示例）")
    filing = closing("office_review", cast)
    question = asked(filing.registered, cast)
    assert list(handing_questions.takers(filing)) == [taker]
    handing_questions.hand_over(filing.pk, messages=[question.pk], to=taker.pk, by=cast.operator, now=NOW)
    reporting.withdraw(filing.pk, by=cast.operator, reason="不关停了", on_platform=None, now=NOW)
    client.force_login(cast.operator)
    page = client.get(f"/messages/{question.pk}/").content.decode()
    assert "转办：由“示例承接账号”承接答复" in page
    assert "收回转办：关停未办成，仍由原账号答复" in page


@pytest.mark.parametrize(
    ("case", "error", "words"),
    [
        ("leader", NotAllowed, "登记发布和留言"),
        ("foreign account", Incomplete, "承接账号"),
        ("itself", Incomplete, "承接账号"),
        ("answered", Incomplete, "选咨询"),
        ("opening", WrongState, "只有关停、注销备案"),
        ("completed", WrongState, "已办结"),
    ],
)
def test_what_may_not_be_handed_over(cast: Cast, taker: Account, case: str, error: type[Refused], words: str) -> None:
    filing = closing("completed" if case == "completed" else "accepted", cast, effective_on="2026-11-24")
    row = filing.registered
    question = asked(row, cast) if case != "completed" else Message(pk=0)
    if case == "answered":
        activity.reply(question.pk, by=cast.operator, now=NOW)
    target = {"foreign account": account(platform=platform("weibo")), "itself": row}.get(case, taker)
    subject = opening("accepted", cast, platform="kuaishou") if case == "opening" else filing
    by = cast.leader if case == "leader" else cast.operator
    with pytest.raises(error, match=words):
        handing_questions.hand_over(subject.pk, messages=[question.pk], to=target.pk, by=by, now=NOW)
    assert not Message.objects.exclude(handed_to=None).exists()


def test_the_page_hands_over_what_is_ticked_and_forgets_nothing(cast: Cast, taker: Account, client: Client) -> None:
    filing = closing("accepted", cast)
    first, second = (
        asked(filing.registered, cast),
        activity.ask(filing.account_id or 0, asked_at=NOW.replace(minute=1), by=cast.operator, now=NOW),
    )
    client.force_login(cast.operator)
    url = f"/filings/{filing.pk}/questions/"
    assert "还有2条未办结的咨询" in client.get(url).content.decode()
    refused = client.post(url, {"messages": [first.pk], "to": ""})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "请选择由哪个账号承接" in page
    assert f'value="{first.pk}" checked' in page
    assert f'value="{second.pk}" checked' not in page
    done = client.post(url, {"messages": [first.pk], "to": taker.pk}, follow=True).content.decode()
    assert "已转办 1 条咨询" in done
    client.force_login(user(Role.OPERATOR, Cast().unit))
    assert client.get(url).status_code == 404


def test_days_with_handed_questions_are_counted_again(cast: Cast, taker: Account) -> None:
    filing = closing("accepted", cast)
    question = asked(filing.registered, cast)
    days = ActivityDay.objects.filter(account=filing.registered, day=date(2026, 11, 24))
    assert days.get().asked == 1
    handing_questions.hand_over(filing.pk, messages=[question.pk], to=taker.pk, by=cast.operator, now=NOW)
    assert days.get().asked == 0


def test_a_closing_that_ends_without_success_gives_the_questions_back(cast: Cast, taker: Account) -> None:
    filing = closing("office_review", cast)
    kept, answered = (
        asked(filing.registered, cast),
        activity.ask(filing.registered.pk, asked_at=NOW.replace(minute=1), by=cast.operator, now=NOW),
    )
    handing_questions.hand_over(filing.pk, messages=[kept.pk, answered.pk], to=taker.pk, by=cast.operator, now=NOW)
    activity.reply(answered.pk, at=NOW, by=cast.operator, now=NOW)
    reporting.withdraw(filing.pk, by=cast.operator, reason="不关停了", on_platform=None, now=NOW)
    kept.refresh_from_db()
    answered.refresh_from_db()
    assert (kept.handed_to, answered.handed_to) == (None, taker)
    assert list(rules.slow_reply(NOW.replace(day=26))) == [kept]


@pytest.mark.parametrize("state", ["draft", "leader_review", "to_report", "returned"])
def test_one_that_is_not_before_the_office_hands_nothing_over(cast: Cast, taker: Account, state: str) -> None:
    filing = closing(state, cast)
    question = asked(filing.registered, cast)
    with pytest.raises(WrongState):
        handing_questions.hand_over(filing.pk, messages=[question.pk], to=taker.pk, by=cast.operator, now=NOW)


def test_who_took_questions_over_cannot_close_before_they_are_answered(cast: Cast, taker: Account) -> None:
    first = closing("accepted", cast, effective_on="2026-11-24")
    question = asked(first.registered, cast)
    handing_questions.hand_over(first.pk, messages=[question.pk], to=taker.pk, by=cast.operator, now=NOW)
    second = closing("accepted", cast, on=taker, effective_on="2026-11-24")
    answered_by_both_systems(second, cast)
    assert second.state == "accepted"
    assert "咨询没有办结" in second.conflict
    third = account(cast.unit, platform=platform("kuaishou"))
    done, _ = handing_questions.hand_over(second.pk, messages=[question.pk], to=third.pk, by=cast.operator, now=NOW)
    question.refresh_from_db()
    assert (done.state, question.handed_to) == ("completed", third)
