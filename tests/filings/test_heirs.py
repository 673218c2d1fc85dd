"""What a unit that was merged away had under way, the people of the receiving unit carry on."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import Membership, Role
from filings import approving, drafting, handing_over, preapprovals, reporting, reviewing, unit_merging
from filings.models import Filing
from tests.factories import NOW, Cast, account, change, opening, platform, read, unit, user
from zhonglou_media.core.errors import NotAllowed, Refused
from zhonglou_media.core.models import Notice, User

pytestmark = pytest.mark.django_db


def gone(old: Cast, into: Cast) -> None:
    """`old` is merged into the unit of `into`, and its people have left."""
    unit_merging.merge(
        old.unit.pk, into.unit.pk, document="示例文件", on=date(2026, 11, 24), by=user(Role.ADMIN), now=NOW
    )
    Membership.objects.filter(unit=old.unit).delete()


def anew(person: User) -> User:
    """Asked in a later request: what one may do is read once a request."""
    return User.objects.get(pk=person.pk)


def test_a_returned_filing_is_taken_over_corrected_and_reported_by_the_receiving_unit(client: Client) -> None:
    old, into, foreign = Cast(), Cast(), Cast()
    filing = opening("returned", old)
    gone(old, into)
    operator, leader = anew(into.operator), anew(into.leader)
    client.force_login(operator)
    assert filing.account_label in client.get("/").content.decode()
    assert client.get(f"/filings/{filing.pk}/edit/").status_code == 200
    with pytest.raises(NotAllowed):
        drafting.save_draft(filing.pk, by=foreign.operator, data={}, now=NOW)
    handing_over.hand_over(filing.pk, to=operator.pk, by=operator, now=NOW)
    assert not Filing.objects.filter(handing_over.left_behind(NOW)).exists()
    drafting.save_draft(filing.pk, by=operator, data={"purpose": "改正后的理由"}, now=NOW)
    drafting.submit(filing.pk, by=operator, now=NOW)
    assert Notice.objects.filter(user=leader, text__contains="提交领导审批").exists()
    approving.leader_approve(filing.pk, by=leader, read=read(filing), now=NOW)
    reporting.report(filing.pk, by=operator, now=NOW)
    reviewing.accept(filing.pk, by=old.officer, read=read(filing), now=NOW)
    filing.refresh_from_db()
    assert (filing.state, filing.unit, filing.author) == ("accepted", old.unit, old.operator)


def test_what_was_under_way_may_be_withdrawn_and_what_remains_be_closed_but_nothing_opened() -> None:
    old, into = Cast(unit(kind="department")), Cast()
    running, kept = change("to_report", old), account(old.unit, platform=platform("weibo"))
    gone(old, into)
    operator = anew(into.operator)
    reporting.withdraw(running.pk, by=operator, reason="不再办理", on_platform=None, now=NOW)
    draft = Filing.objects.get(account=kept)
    assert (draft.unit, draft.kind) == (into.unit, "change")
    reporting.withdraw(draft.pk, by=operator, reason="改为关停", on_platform=None, now=NOW)
    assert drafting.start("close", by=operator, unit=old.unit, account=kept, now=NOW).unit == old.unit
    with pytest.raises(Refused, match="主办，请由该单位填报"):
        drafting.start("close", by=operator, unit=into.unit, account=kept, now=NOW)
    with pytest.raises(Refused, match="不能再新建开办备案或接收账号"):
        drafting.start("open", by=operator, unit=old.unit, now=NOW)
    with pytest.raises(Refused, match="已并入"):
        drafting.start("change", by=operator, unit=old.unit, account=account(), now=NOW)
    Membership.objects.create(user=old.operator, unit=old.unit, role=Role.OPERATOR)
    with pytest.raises(Refused, match="不能再申请新建"):
        preapprovals.ask_new(
            by=anew(old.operator),
            unit=old.unit,
            platform=platform("wechat"),
            account_name="示例",
            reason="x",
            now=NOW,
        )


def test_the_page_offers_what_remains_and_no_opening_for_a_unit_that_is_gone(client: Client) -> None:
    old, into = Cast(), Cast()
    kept, closed = account(old.unit), account(old.unit, found=True, platform=platform("weibo"))
    opening("draft", old, on=closed)  # else it would be the receiving unit's
    gone(old, into)
    Membership.objects.create(user=old.operator, unit=old.unit, role=Role.OPERATOR)
    for person, units in ((old.operator, []), (into.operator, [into.unit])):
        client.force_login(person)
        shown = client.get("/filings/new/").context
        assert shown["units"] == units
        assert [filed.account for filed in shown["filed"]] == [kept]
        assert client.get(f"/accounts/{closed.pk}/").context["may_open"] is False
