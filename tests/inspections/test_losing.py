"""账号失控 (第十八条): reported, declared, not judged, succeeded, regained."""

from datetime import date, datetime
from typing import Any

import pytest

from accounts import activity, due_times, hints, rules
from accounts.models import Account, Flag, Publication
from filings import checks, reporting
from filings.models import Filing
from inspections import losing, ordering, sweep
from inspections.losing import Declared
from inspections.models import ClosureOrder
from tests.factories import NOW, Cast, account, at, opening
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db
LATE = at("2026-12-10 09:00")  # the account was due on 2026-12-02
SINCE = date(2026, 11, 28)


@pytest.fixture
def cast() -> Cast:
    return Cast()


def declared(of: Account, cast: Cast, now: datetime = LATE, **more: Any) -> Declared:
    terms: dict[str, Any] = {"since": SINCE, "reason": "密码遗失", "due_on": date(2026, 12, 31), **more}
    return losing.declare(of.pk, **terms, by=cast.supervisor, now=now)


def open_rules(of: Account) -> set[str]:
    return set(Flag.objects.open().filter(account=of).values_list("rule", flat=True))


def test_a_report_stays_in_the_history_and_tells_the_office(cast: Cast) -> None:
    of = account(cast.unit, name="示例发布")
    losing.report(of.pk, since=SINCE, what="原管理员离职，密码未移交", by=cast.operator, now=LATE)

    text = f"{cast.unit}报告账号失控：示例发布（抖音），自 2026-11-28 起：原管理员离职，密码未移交。请核实后认定。"
    assert {(n.user, n.text) for n in Notice.objects.all()} >= {(cast.officer, text), (cast.supervisor, text)}
    assert Event.objects.get(verb="report_lost").detail == {"since": "2026-11-28"}
    of.refresh_from_db()
    assert (of.lost_control_since, of.next_update_due_at) == (None, at("2026-12-02 00:00"))  # judged until declared


def test_declared_it_is_ordered_closed_and_its_flags_are_waived(cast: Cast) -> None:
    of = account(cast.unit)
    sweep.sweep(LATE)
    assert open_rules(of) >= {"no_data"}
    done = declared(of, cast)

    of.refresh_from_db()
    assert (of.lost_control_since, of.next_update_due_at, of.state) == (at("2026-11-28 00:00"), None, "active")
    assert (done.waived, done.stood) == (1, False)
    assert (done.order.ground, done.order.due_at) == ("lost", at("2027-01-01 00:00"))
    flag = Flag.objects.get(account=of, rule="no_data")
    assert (flag.waive_reason, flag.waived_by) == ("账号失控：密码遗失", cast.supervisor)


def test_what_was_missed_before_the_loss_stays_missed(cast: Cast) -> None:
    of = account(cast.unit)  # due at 2026-12-02 00:00
    sweep.sweep(LATE)
    assert declared(of, cast, since=date(2026, 12, 2)).waived == 0
    sweep.sweep(LATE)
    flag = Flag.objects.get(account=of, rule="no_data")
    assert (flag.waived_at, flag.cleared_at) == (None, LATE)


def test_while_it_is_lost_no_rule_judges_its_updates(cast: Cast) -> None:
    of = account(cast.unit)
    declared(of, cast, now=NOW, since=date(2026, 11, 24))
    for kind in ("", "service"):
        of.refresh_from_db()
        of.kind = kind
        assert rules.next_update_due(of) is None
    due_times.recompute([of.pk])  # whoever writes its facts
    activity.publish(of.pk, published_at=NOW, by=cast.operator, now=NOW)
    sweep.sweep(LATE)
    of.refresh_from_db()
    assert of.next_update_due_at is None
    assert open_rules(of) & {"inactive", "no_data"} == set()


def test_a_successor_takes_its_place_without_a_reason(cast: Cast) -> None:
    of = account(cast.unit)
    new = opening("leader_review", cast, same_platform_reason="接替")
    filing = Filing.objects.get(pk=new.pk)
    assert [c.title for c in said(filing)] == [f"本单位在抖音已有账号“{of.name}”（正常运行）"]
    declared(of, cast, now=NOW, since=date(2026, 11, 24))

    assert [c.title for c in said(filing)] == ["同一平台只有这一个账号"]
    assert hints.second_accounts() == set()
    reporting.withdraw(new.pk, by=cast.operator, reason="另填一件", on_platform=None, now=NOW)
    successor = opening("completed", Cast(cast.unit), name="示例接替").account
    assert successor is not None
    assert (successor.state, successor.same_platform_reason) == ("active", "")


def said(filing: Filing) -> list[checks.Check]:
    found = checks.check_details(filing.opening, filing)
    return [check for check in found if check.field == "same_platform_reason"]


def test_control_regained_it_is_judged_again_from_its_facts(cast: Cast) -> None:
    of = account(cast.unit)
    row = declared(of, cast, now=NOW, since=date(2026, 11, 24)).order
    Publication.objects.create(account=of, external_id="1", published_at=at("2026-12-01 10:00"), source="import")
    losing.recover(of.pk, reason="平台申诉成功", by=cast.supervisor, now=LATE)
    of.refresh_from_db()
    assert (of.lost_control_since, of.next_update_due_at) == (None, at("2026-12-09 00:00"))
    assert ordering.standing_of(of) == row  # until it is revoked
    with pytest.raises(WrongState, match="没有认定失控，无需恢复"):
        losing.recover(of.pk, reason="x", by=cast.supervisor, now=LATE)


def test_a_waived_due_time_stays_waived_when_control_is_regained(cast: Cast) -> None:
    of = account(cast.unit)
    sweep.sweep(LATE)
    declared(of, cast)
    losing.recover(of.pk, reason="找回密码", by=cast.supervisor, now=LATE)
    sweep.sweep(LATE)
    assert open_rules(of) & {"inactive", "no_data"} == set()


def test_a_place_taken_by_a_successor_is_not_given_back(cast: Cast) -> None:
    of = account(cast.unit)
    declared(of, cast, now=NOW, since=date(2026, 11, 24))
    opening("to_report", Cast(cast.unit), name="示例接替")
    with pytest.raises(WrongState, match="本单位在抖音已有账号“示例接替”（待备案）接替，不能恢复"):
        losing.recover(of.pk, reason="找回密码", by=cast.supervisor, now=NOW)


def test_an_order_that_stands_is_not_doubled(cast: Cast) -> None:
    of = account(cast.unit)
    first = ordering.issue(of.pk, ordering.Terms("named", "省里通报"), by=cast.supervisor, now=NOW)
    done = declared(of, cast)
    assert (done.order, done.stood, ClosureOrder.objects.count()) == (first, True, 1)


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"since": date(2026, 12, 11)}, {"since": ["失控日期不能晚于今天，请核对。"]}),
        ({"reason": " "}, {"reason": ["请写明认定失控的理由。"]}),
        ({"due_on": date(2026, 12, 9)}, {"due_on": ["办理期限不能早于今天；立即办理的，填今天。"]}),
    ],
)
def test_what_a_declaration_must_say(more: dict[str, Any], errors: dict[str, list[str]], cast: Cast) -> None:
    of = account(cast.unit)
    with pytest.raises(Incomplete) as refused:
        declared(of, cast, **more)
    assert refused.value.errors == errors
    of.refresh_from_db()
    assert of.lost_control_since is None  # all or nothing


def test_who_may_and_when(cast: Cast) -> None:
    of = account(cast.unit)
    told: dict[str, Any] = {"since": SINCE, "what": "x", "now": LATE}
    for person in (cast.leader, cast.supervisor, Cast().operator):
        with pytest.raises(NotAllowed, match="您不能报告账号失控"):
            losing.report(of.pk, **told, by=person)
    for person in (cast.operator, cast.officer):
        with pytest.raises(NotAllowed, match="您不能认定账号失控"):
            losing.declare(of.pk, since=SINCE, reason="x", due_on=None, by=person, now=LATE)
    declared(of, cast)
    for act in (lambda: losing.report(of.pk, **told, by=cast.operator), lambda: declared(of, cast)):
        with pytest.raises(WrongState, match="已认定失控（自 2026-11-28 起），不用再办"):
            act()
    pending = opening("to_report", Cast(cast.unit), platform="weibo").account
    assert pending is not None
    with pytest.raises(Refused, match="现为“待备案”，不需要按失控办理"):
        losing.report(pending.pk, **told, by=cast.operator)


@pytest.mark.parametrize("found", [True, False])
def test_an_account_that_is_opened_after_it_was_lost_is_judged_and_holds_its_place_again(
    cast: Cast, *, found: bool
) -> None:
    of = account(cast.unit, found=found)
    order = declared(of, cast).order
    if not found:
        ordering.execute(order.pk, reason="已核实", by=cast.supervisor, now=LATE)
    filing = opening("completed", cast, on=of, now=LATE, uid=of.uid)
    of.refresh_from_db()
    assert (of.state, of.lost_control_since, of.next_update_due_at) == ("active", None, at("2026-12-18 00:00"))
    assert Event.objects.get(verb="activate").comment == f"备案 {filing.number}：原失控认定随之终止"
    with pytest.raises(Incomplete) as refused:
        opening("leader_review", cast, now=LATE)
    assert "same_platform_reason" in refused.value.errors
