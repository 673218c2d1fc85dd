"""A unit is merged into another: its accounts, drafts for the receiving unit, all in one transaction or not at all."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts import policy
from accounts.access import visible_accounts
from accounts.models import Account, Role, Unit
from accounts.models.unit import UnitStatus
from filings import approving, drafting, exchange, reporting, reviewing, unit_merging
from filings.models import Filing, Receipt
from tests.factories import NOW, Cast, account, opening, platform, read, unit, user
from zhonglou_media.core import events
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Notice, User

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 24)
PAPER = "示例机构改革方案〔2026〕1号"


@pytest.fixture
def admin() -> User:
    return user(Role.ADMIN)


def merge(old: Unit, into: Unit, by: User, document: str = PAPER, on: date = ON) -> list[Filing]:
    return unit_merging.merge(old.pk, into.pk, document=document, on=on, by=by, now=NOW)


def test_each_account_in_use_gets_a_draft_of_the_receiving_unit_that_is_nobodys_yet(admin: User) -> None:
    old, into = unit("示例撤销街道"), Cast(unit("示例接收街道"))
    kept = [account(old, platform=platform(code)) for code in ("douyin", "weibo")]
    drafts = merge(old, into.unit, admin)
    assert [(d.account, d.unit, d.kind, d.state, d.author, d.owner) for d in drafts] == [
        (row, into.unit, "change", "draft", None, None) for row in kept
    ]
    assert drafts[0].draft.data["reason"] == f"示例撤销街道于2026-11-24并入示例接收街道（{PAPER}）"
    assert "主办单位由示例撤销街道变更为示例接收街道" in drafts[0].draft.data["notice_text"]
    old.refresh_from_db()
    assert (old.status, old.merged_into) == (UnitStatus.MERGED, into.unit)
    assert {row.unit_id for row in Account.objects.all()} == {old.pk}  # filed: only the filings move them
    assert Notice.objects.filter(user=into.operator, text__contains="2个账号的主办单位变更已起草").exists()
    assert [events.timeline(one).get().verb for one in (old, into.unit)] == ["merge", "receive"]


def test_what_becomes_of_each_state(admin: User) -> None:
    cast, into = Cast(unit("示例撤销街道")), unit("示例接收街道")
    active, doubled = account(cast.unit, platform=platform("douyin")), account(cast.unit, platform=platform("weibo"))
    account(into, platform=platform("weibo"))
    unfiled = account(cast.unit, found=True, platform=platform("kuaishou"))
    pending = opening("to_report", cast, platform="bilibili").account
    busy = account(cast.unit, platform=platform("toutiao"))
    drafting.start("change", by=cast.operator, unit=cast.unit, account=busy, now=NOW)
    told = {
        going.account: (going.drafted, going.doubled, going.words) for going in unit_merging.preview(cast.unit, into)
    }
    assert told[active] == (True, False, "为示例接收街道生成主办单位变更的草稿")
    assert told[doubled][:2] == (True, True)
    assert "须写明理由，或关停其中一个（第七条）" in told[doubled][2]
    assert told[unfiled] == (False, False, "未备案，由示例接收街道补报开办备案或关停")
    assert pending is not None
    assert told[pending][0] is False
    assert "有一件办理中的备案" in told[pending][2]
    assert told[busy][0] is False
    drafts = merge(cast.unit, into, admin)
    assert {draft.account for draft in drafts} == {active, doubled}
    unfiled.refresh_from_db()
    assert unfiled.unit == into
    assert events.timeline(unfiled).last().verb == "merge_unit"  # type: ignore[union-attr]


def test_a_double_asks_the_receiving_unit_for_a_reason_before_it_is_submitted(admin: User) -> None:
    old, into = unit(), Cast()
    account(old, name="示例甲", uid="a")
    account(into.unit, name="示例甲", uid="b")
    (draft,) = merge(old, into.unit, admin)
    drafting.save_draft(draft.pk, by=into.operator, data={}, now=NOW)
    with pytest.raises(Incomplete) as refused:
        drafting.submit(draft.pk, by=into.operator, now=NOW)
    assert "同一平台" in refused.value.errors["same_platform_reason"][0]


def test_the_first_who_saves_is_the_author_and_the_account_moves_on_completion(admin: User) -> None:
    old, into = unit(), Cast()
    row = account(old)
    (draft,) = merge(old, into.unit, admin)
    drafting.save_draft(draft.pk, by=into.operator, data={"effective_on": "2026-11-24"}, now=NOW)
    drafting.submit(draft.pk, by=into.operator, now=NOW)
    filing = Filing.objects.get(pk=draft.pk)
    assert (filing.author, filing.change.giving_unit) == (into.operator, old)
    approving.leader_approve(filing.pk, by=into.leader, read=read(filing), now=NOW)
    reporting.report(filing.pk, by=into.operator, now=NOW)
    reviewing.accept(filing.pk, by=into.officer, read=read(filing), now=NOW)
    for system in ("national", "provincial"):
        exchange.take_receipt(filing.pk, system=system, result="taken", number="1", on=ON, by=into.officer, now=NOW)
    assert Receipt.objects.count() == 2
    row.refresh_from_db()
    assert row.unit == into.unit
    filing.refresh_from_db()
    assert filing.state == "completed"


def test_the_receiving_units_people_read_what_was_merged_into_it_and_its_children_move_up(admin: User) -> None:
    old, into = unit(), Cast()
    child, row = unit(parent=old), account(old)
    merge(old, into.unit, admin)
    reader = User.objects.get(pk=into.operator.pk)
    assert row in visible_accounts(reader)
    for action in ("record_activity", "import_activity", "report_lost"):  # its questions are answered meanwhile
        assert policy.may(reader, policy.Action(action), row)
    child.refresh_from_db()
    assert child.parent == into.unit


def test_the_parent_of_the_unit_goes_on_reading_what_has_not_gone_over(admin: User) -> None:
    above, into = unit(), unit()
    old, reader = unit(parent=above), user(Role.PARENT, above)
    row = account(old)
    merge(old, into, admin)
    assert row in visible_accounts(reader)


@pytest.mark.parametrize(
    ("case", "error", "words"),
    [
        ("itself", Incomplete, "不能并入自己"),
        ("merged", Incomplete, "已经撤并"),
        ("internal", Incomplete, "内设机构"),
        ("twice", WrongState, "已经并入"),
        ("no paper", Incomplete, "撤并单位的文件"),
        ("tomorrow", Incomplete, "这一天还没有到"),
        ("officer", NotAllowed, "管理单位"),
    ],
)
def test_who_and_what_may_not(case: str, error: type[Refused], words: str, admin: User) -> None:
    old, into, third = unit(), unit(), unit()
    account(old)
    if case == "merged":
        merge(into, third, admin)
    if case == "twice":
        merge(old, third, admin)
    if case == "internal":
        into = unit(internal=True)
    by = user(Role.OFFICER) if case == "officer" else admin
    before, on = Filing.objects.count(), ON + timedelta(days=1) if case == "tomorrow" else ON
    with pytest.raises(error) as refused:
        merge(old, old if case == "itself" else into, by, "  " if case == "no paper" else PAPER, on)
    said = str(refused.value) + str(getattr(refused.value, "errors", ""))
    assert words in said
    assert Filing.objects.count() == before


def test_the_page_shows_each_account_first_and_forgets_nothing(admin: User, client: Client) -> None:
    old, into = unit("示例撤销街道"), unit("示例接收街道")
    row = account(old)
    client.force_login(admin)
    url = f"/units/{old.pk}/merge/"
    empty = client.post(url, {"document": "示例文件"})
    assert empty.status_code == 422
    assert 'value="示例文件"' in empty.content.decode()
    early = client.post(url, {"into": into.pk, "document": PAPER, "on": "2199-11-24"})
    assert (early.status_code, "这一天还没有到" in early.content.decode()) == (422, True)
    shown = client.post(url, {"into": into.pk, "document": PAPER, "on": "2026-11-24"}).content.decode()
    assert row.name in shown
    assert not Filing.objects.exists()
    done = client.post(url, {"into": into.pk, "document": PAPER, "on": "2026-11-24", "confirmed": "1"}, follow=True)
    assert "起草了 1 件主办单位变更" in done.content.decode()
    assert client.get(url).status_code == 302
