"""A unit that others went into, or stand under, is merged itself: nothing stays behind, none stands below itself."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Flag, Role, Unit
from filings import drafting, reporting, unit_merging
from filings.models import Filing
from inspections import ordering, sweep
from inspections.models import ClosureOrder
from tests.factories import NOW, Cast, account, change, opening, platform, scan, unit, user
from tests.inspections.ordered import order
from zhonglou_media.core import events
from zhonglou_media.core.models import Notice, User

pytestmark = pytest.mark.django_db


def merge(old: Unit, into: Unit) -> list[Filing]:
    by = user(Role.ADMIN)
    return unit_merging.merge(old.pk, into.pk, document="示例文件", on=date(2026, 11, 24), by=by, now=NOW)


def test_a_second_merger_takes_the_first_ones_accounts_along() -> None:
    first, second, third = unit("示例甲局"), Cast(unit("示例乙局")), Cast(unit("示例丙局"))
    row, submitted = account(first), account(first, platform=platform("weibo"))
    merge(first, second.unit)
    drafting.save_draft(Filing.objects.get(account=row).pk, by=second.operator, data={}, now=NOW)
    typed = {"effective_on": "2026-11-24", "notice_text": "关于变更的公告（示例）"}
    gone_on = Filing.objects.get(account=submitted)
    drafting.save_draft(gone_on.pk, by=second.operator, data=typed, now=NOW)
    drafting.submit(gone_on.pk, by=second.operator, now=NOW)

    told = {going.account: (going.drafted, going.words) for going in unit_merging.preview(second.unit, third.unit)}
    assert told[row] == (True, "为示例丙局生成主办单位变更的草稿")
    assert told[submitted][0] is False
    (draft,) = merge(second.unit, third.unit)
    assert (draft.account, draft.unit) == (row, third.unit)
    assert draft.draft.data["reason"].startswith("示例甲局已并入示例乙局，示例乙局于2026-11-24并入示例丙局")
    assert "主办单位由示例甲局变更为示例丙局" in draft.draft.data["notice_text"]
    old = Filing.objects.get(account=row, unit=second.unit)
    assert (old.state, events.timeline(old).last().comment) == (  # type: ignore[union-attr]
        "withdrawn",
        "示例乙局于2026-11-24并入示例丙局（示例文件），改由示例丙局重新起草",
    )
    first.refresh_from_db()
    assert (first.merged_into, events.timeline(first).count()) == (third.unit, 2)
    reporting.withdraw(gone_on.pk, by=User.objects.get(pk=third.operator.pk), reason="重办", on_platform=None, now=NOW)


def test_nobody_stands_below_itself_and_all_units_are_locked_before_the_chain() -> None:
    """Units, accounts, the chain's head last: an approval in a child unit holds that unit and waits for the head."""
    top = unit()
    old = unit(parent=top)
    mid, other = unit(parent=old), unit(parent=old)
    into = unit(parent=mid)
    account(old)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        merge(old, into)
    for row in (into, mid, other, old):
        row.refresh_from_db()
    assert [row.parent for row in (into, mid, other, old)] == [top, into, into, top]

    said = [query["sql"] for query in seen.captured_queries]
    head = next(n for n, sql in enumerate(said) if "core_event" in sql or "core_chain" in sql)
    locks = [
        sql for sql in said[:head] if f'"accounts_unit"."parent_id" = {old.pk}' in sql and sql.startswith("SELECT")
    ]
    assert len(locks) == 1
    assert locks[0].endswith("FOR NO KEY UPDATE") or connection.vendor == "sqlite"
    assert not any(sql.startswith("UPDATE") for sql in said[:head])


def test_a_standing_order_and_the_flag_of_an_unfiled_account_go_where_it_goes() -> None:
    old, into = Cast(), Cast()
    found = order(account(old.unit, found=True), by=old.supervisor)
    sweep.sweep(NOW)
    filed = order(account(old.unit), by=old.supervisor, ground="other")
    merge(old.unit, into.unit)
    sweep.sweep(NOW)
    assert Flag.objects.get(rule="unfiled_account").unit == into.unit  # 未备案 misses no due time: it follows
    operator = User.objects.get(pk=into.operator.pk)
    assert [ClosureOrder.objects.get(pk=row.pk).unit for row in (found, filed)] == [into.unit, old.unit]
    for row in (found, filed):  # that of the account that is still the merged unit's as well
        ordering.prove(row.pk, file=scan(), name="截图.pdf", by=operator, now=NOW)
        ordering.send_back(row.pk, reason="看不清", by=old.supervisor, now=NOW)
        assert (
            Notice.objects.filter(user=operator, text__contains=f"{row.number}·").filter(text__contains="退回").exists()
        )


def test_a_standing_order_goes_with_a_change_of_sponsor() -> None:
    giving, taking = Cast(), Cast()
    row = account(giving.unit)
    standing, ended = order(row, by=giving.supervisor, ground="other"), None
    ordering.revoke(standing.pk, reason="误发", by=giving.supervisor, now=NOW)
    ended, standing = standing, order(row, by=giving.supervisor, ground="other")
    change("completed", taking, on=row, intro="示例")
    assert [ClosureOrder.objects.get(pk=one.pk).unit for one in (ended, standing)] == [giving.unit, taking.unit]


def test_an_account_whose_opening_ended_after_the_merger_is_the_receiving_units() -> None:
    old, into = Cast(), Cast()
    filing = opening("to_report", old)
    merge(old.unit, into.unit)
    operator = User.objects.get(pk=into.operator.pk)
    reporting.withdraw(filing.pk, by=operator, reason="重办", on_platform=True, now=NOW)
    row = Account.objects.get(filings=filing)
    assert (row.state, row.unit) == ("unfiled", into.unit)
    assert drafting.start("open", by=operator, unit=into.unit, account=row, now=NOW).account == row
