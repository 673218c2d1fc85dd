"""A filing is handed to a colleague, and what a person who leaves handles does not lie about."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role
from filings import handing_over
from filings.models import Filing
from tests.factories import NOW, Cast, opening, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, WrongState
from zhonglou_media.core.models import Event, Notice, User

pytestmark = pytest.mark.django_db

YESTERDAY = date(2026, 11, 23)


class Team(Cast):
    """A unit with a second operator."""

    def __init__(self) -> None:
        super().__init__()
        self.colleague = user(Role.OPERATOR, self.unit, name="示例同事")
        self.admin = user(Role.ADMIN)

    @property
    def membership(self) -> Membership:
        return self.operator.memberships.get()

    def leaves(self, to: User | None = None, **more: Any) -> Membership:
        given = {"last_day": YESTERDAY, "to": to and to.pk, "by": self.admin, "now": NOW}
        return handing_over.end_membership(self.membership.pk, **given | more)

    def todo(self, who: User) -> str:
        client = Client()
        client.force_login(who)
        return client.get("/").content.decode()


@pytest.fixture
def team() -> Team:
    return Team()


def give(filing: Filing, to: User, by: User, comment: str = "") -> Filing:
    return handing_over.hand_over(filing.pk, to=to.pk, by=by, now=NOW, comment=comment)


@pytest.mark.parametrize("state", ["draft", "leader_review", "to_report", "office_review", "returned", "accepted"])
def test_who_handles_it_changes_and_who_wrote_it_never_does(team: Team, state: str) -> None:
    filing = opening(state, team)
    give(filing, team.colleague, team.operator, "还缺二维码")
    filing.refresh_from_db()
    assert (filing.owner, filing.author, filing.state) == (team.colleague, team.operator, state)
    event = Event.objects.get(verb="hand_over")
    assert (event.actor, event.role, event.comment) == (team.operator, "operator", "还缺二维码")
    assert event.detail == {"from": team.operator.pk, "to": team.colleague.pk, "to_name": "示例同事"}
    notice = Notice.objects.get(user=team.colleague, text__contains="移交给您经办")
    assert notice.link == reverse("filings:detail", args=[filing.pk])


def test_a_colleague_takes_it_over_without_being_told_so(team: Team) -> None:
    filing = opening("draft", team)
    give(filing, team.colleague, team.colleague)
    assert not Notice.objects.filter(user=team.colleague, text__contains="移交").exists()
    with pytest.raises(WrongState, match="已由示例同事经办"):
        give(filing, team.colleague, team.operator)


def test_only_operators_of_the_unit_give_and_take(team: Team) -> None:
    filing, stranger = opening("draft", team), user(Role.OPERATOR, unit())
    disabled = user(Role.OPERATOR, team.unit)
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    for to in (stranger, team.leader, team.officer, disabled):
        with pytest.raises(Incomplete) as refused:
            give(filing, to, team.operator)
        assert refused.value.errors == {"to": ["请选择本单位现任的填报员。"]}
    for by in (stranger, team.leader, team.officer, team.supervisor, team.admin):
        with pytest.raises(NotAllowed, match="移交备案"):
            give(filing, team.colleague, by)
    ended = opening("refused", team)
    with pytest.raises(WrongState, match="不予备案"):
        give(ended, team.colleague, team.operator)
    assert not Event.objects.filter(verb="hand_over").exists()


def test_the_new_handler_may_not_approve_and_the_author_still_may_not(team: Team) -> None:
    """Handing over changes no one of the three people of 第八条."""
    Membership.objects.create(user=team.operator, unit=team.unit, role=Role.LEADER)
    filing = opening("leader_review", team)
    give(filing, team.colleague, team.operator)
    client = Client()
    client.force_login(team.operator)
    page = client.get(reverse("filings:detail", args=[filing.pk])).content.decode()
    assert "看并审批" not in page
    assert "经办人 示例同事" in page


# --- ending a membership ------------------------------------------------------------------------------------------


def test_what_the_person_handles_in_the_unit_goes_to_the_colleague_in_one_piece(team: Team) -> None:
    mine = [opening("draft", team), opening("office_review", team, platform="weibo")]
    ended, elsewhere = opening("withdrawn", team, platform="kuaishou"), opening("draft")
    Filing.objects.filter(pk=elsewhere.pk).update(owner=team.operator)
    team.leaves(team.colleague)
    assert {Filing.objects.get(pk=f.pk).owner for f in mine} == {team.colleague}
    assert {Filing.objects.get(pk=f.pk).owner for f in (ended, elsewhere)} == {team.operator}
    assert team.membership.to_date == YESTERDAY
    event = Event.objects.get(verb="end_membership")
    assert (event.subject_id, event.actor, event.role) == (team.operator.pk, team.admin, "admin")
    assert (event.detail["filings"], event.detail["to_user"]) == ([f.pk for f in mine], team.colleague.pk)
    assert [e.role for e in Event.objects.filter(verb="hand_over")] == ["admin", "admin"]
    assert Notice.objects.filter(user=team.colleague, text__contains="移交给您经办").count() == 2


def test_nothing_is_handed_over_when_the_membership_cannot_end(team: Team) -> None:
    filing = opening("draft", team)
    for to, last_day in ((team.leader, YESTERDAY), (team.operator, YESTERDAY), (team.colleague, date(2026, 1, 1))):
        with pytest.raises(Incomplete):
            team.leaves(to, last_day=last_day)
    filing.refresh_from_db()
    assert (filing.owner, team.membership.to_date) == (team.operator, None)
    assert not Event.objects.filter(verb__in=["hand_over", "end_membership"]).exists()


def test_a_leaders_filings_are_nobodys_to_hand_over(team: Team) -> None:
    opening("leader_review", team)
    row = team.leader.memberships.get()
    handing_over.end_membership(row.pk, last_day=YESTERDAY, to=None, by=team.admin, now=NOW)
    assert Event.objects.get(verb="end_membership").detail["filings"] == []


@pytest.mark.parametrize("state", ["draft", "to_report", "office_review", "accepted"])
def test_what_nobody_took_over_stands_in_every_operators_todo(team: Team, state: str) -> None:
    filing = opening(state, team)
    before = team.todo(team.colleague)
    assert "离任" not in before
    team.leaves()
    text = team.todo(team.colleague)
    assert filing.account_label.partition("（")[0] in text
    assert f"{team.operator.name}" in text
    waits = "已不再任本单位填报员" if state in ("office_review", "accepted") else "还没有人接手"
    assert waits in text
    give(filing, team.colleague, team.colleague)
    assert waits not in team.todo(team.colleague)


def test_a_disabled_persons_filings_are_left_behind_too(team: Team) -> None:
    opening("office_review", team)
    User.objects.filter(pk=team.operator.pk).update(is_active=False)
    assert "去接手" in team.todo(team.colleague)


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_hands_over_and_keeps_what_was_typed(team: Team, client: Client) -> None:
    filing = opening("to_report", team)
    url, page = (reverse(f"filings:{name}", args=[filing.pk]) for name in ("hand_over", "detail"))
    client.force_login(team.operator)
    assert url in client.get(page).content.decode()
    text = client.get(url).content.decode()
    assert f"示例同事（{team.colleague.username}）" in text
    assert "由我接手" not in text  # he handles it already
    answer = client.post(url, {"comment": "说明不能丢"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "请选择接手的同事" in text
    assert "说明不能丢" in text
    assert client.post(url, {"to": str(team.leader.pk)}).status_code == 422
    text = client.post(url, {"to": str(team.colleague.pk)}, follow=True).content.decode()
    assert "已移交示例同事经办，并已通知" in text
    assert "经办人 示例同事" in text
    assert "经办人 示例同事" in client.get(reverse("filings:list")).content.decode()
    text = client.post(url, {"to": str(team.operator.pk)}, follow=True).content.decode()
    assert "已由您接手" in text


def test_the_page_of_a_filing_that_ended_or_is_foreign(team: Team, client: Client) -> None:
    ended, foreign = opening("withdrawn", team), opening("draft")
    client.force_login(team.operator)
    assert client.get(reverse("filings:hand_over", args=[ended.pk])).status_code == 302
    answer = client.post(reverse("filings:hand_over", args=[ended.pk]), {"to": str(team.colleague.pk)})
    assert answer.status_code == 409
    assert client.get(reverse("filings:hand_over", args=[foreign.pk])).status_code == 404
    client.force_login(team.leader)
    assert client.get(reverse("filings:hand_over", args=[ended.pk])).status_code == 403


def test_a_unit_with_one_operator_is_told_what_to_do(client: Client) -> None:
    alone = Cast()
    filing = opening("draft", alone)
    client.force_login(alone.operator)
    assert "本单位没有别的填报员" in client.get(reverse("filings:hand_over", args=[filing.pk])).content.decode()
