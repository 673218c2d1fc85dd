"""催办: who is asked for what in each state, once a day, and what is said otherwise."""

from datetime import date, timedelta

import pytest

from accounts.models import Membership, Role
from filings import urging
from filings.models import Filing
from tests.factories import NOW, Cast, at, change, closing, opening, user
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def reminders() -> list[Notice]:
    return list(Notice.objects.filter(key__startswith="remind-").order_by("pk"))


# state, what is typed, whose notice, and what it asks for
ASKED = [
    ("leader_review", {}, "leader", "等您审批"),
    ("to_report", {}, "operator", "主要领导已批准，还没有报送，请在 2026-11-26 24:00 前报送"),
    ("returned", {}, "operator", "已退回修改，还没有改好再报，请在 2026-11-26 24:00 前改好再报"),
    ("accepted", {"uid": ""}, "operator", "还缺账号ID，请在“补充材料”里补录"),
]


@pytest.mark.parametrize(("state", "fields", "who", "words"), ASKED)
def test_whose_part_it_is_gets_one_notice_and_the_history_says_who(
    state: str, fields: dict[str, str], who: str, words: str
) -> None:
    cast = Cast()
    filing = opening(state, cast, **fields)
    done = urging.urge(filing.pk, by=cast.officer, now=LATER)
    (notice,) = reminders()
    assert notice.user == getattr(cast, who)
    assert words in notice.text
    assert notice.link == f"/filings/{filing.pk}/"
    assert done.said == f"已催办{getattr(cast, who)}"
    event = Event.objects.filter(subject_kind="filing", subject_id=filing.pk).last()
    assert event is not None
    assert (event.verb, event.actor, event.to_state) == ("remind", cast.officer, "")
    assert event.comment.startswith(done.said)
    assert Filing.objects.get(pk=filing.pk).state == state


NOBODY = [
    ("draft", {}, "还是草稿"),
    ("office_review", {}, "等区政府办公室审核"),
    ("accepted", {}, "没有要单位补的材料"),
    ("completed", {}, "已办结，已经结束"),
    ("withdrawn", {}, "已撤回，已经结束"),
    ("refused", {}, "不予备案，已经结束"),
]


@pytest.mark.parametrize(("state", "fields", "words"), NOBODY)
def test_what_waits_for_nobody_there_is_not_urged(state: str, fields: dict[str, str], words: str) -> None:
    cast = Cast()
    with pytest.raises(WrongState, match=words):
        urging.urge(opening(state, cast, **fields).pk, by=cast.officer, now=LATER)
    assert not reminders()


def test_a_missing_proof_is_asked_for_and_a_day_to_come_is_not() -> None:
    cast = Cast()
    cancel = closing("accepted", cast, kind="cancel")
    assert urging.asked_of(cancel, LATER) is None
    cancel.attachments.update(removed_at=NOW)
    asked = urging.asked_of(Filing.objects.get(pk=cancel.pk), LATER)
    assert asked is not None
    assert "还缺注销证明" in asked.words
    planned = closing("accepted", Cast(), effective_on="2026-12-20")
    assert urging.asked_of(planned, LATER) is None
    undated = change("accepted", Cast(), name="示例新名", effective_on="")
    asked = urging.asked_of(undated, LATER)
    assert asked is not None
    assert "还缺平台变更日期" in asked.words


def test_once_a_day_whoever_presses() -> None:
    cast = Cast()
    filing = opening("to_report", cast)
    urging.urge(filing.pk, by=cast.officer, now=at("2026-11-24 14:05"))
    with pytest.raises(WrongState, match=f"今天已经催办过：{cast.officer} 14:05 催办") as refused:
        urging.urge(filing.pk, by=cast.supervisor, now=at("2026-11-24 23:59"))
    assert refused.value.by == cast.officer
    assert len(reminders()) == 1
    urging.urge(filing.pk, by=cast.supervisor, now=at("2026-11-25 00:00"))
    assert len(reminders()) == 2


def test_a_due_time_that_has_passed_is_told_as_passed() -> None:
    cast = Cast()
    filing = opening("to_report", cast)
    urging.urge(filing.pk, by=cast.officer, now=at("2026-11-27 00:00"))
    assert "2026-11-26 24:00 已到期，请尽快报送" in reminders()[0].text


def test_a_unit_without_people_says_so() -> None:
    cast = Cast()
    filing = opening("leader_review", cast)
    Membership.objects.filter(user=cast.leader).update(to_date=date(2026, 11, 1))
    with pytest.raises(Refused, match="没有人可以催"):
        urging.urge(filing.pk, by=cast.officer, now=LATER)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OFFICER, Role.SUPERVISOR)])
def test_only_the_office_urges(role: Role) -> None:
    filing = opening("to_report")
    with pytest.raises(NotAllowed):
        urging.urge(filing.pk, by=user(role), now=LATER)
