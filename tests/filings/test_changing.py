"""变更报备: what is filed, what it does to the register, and what stands in its way (第八条)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts import lifecycle, outsourcing
from accounts.models import Account, AccountName, Custodian, Outsourcing
from accounts.views import filing_acts
from filings import approving, changing, drafting, kinds, reviewing
from filings.forms.change import filled
from filings.models import Filing, FilingKind, FilingState
from filings.wording import next_step
from tests.factories import NOW, Cast, account, change, closing, platform, read, unit
from tests.filings.exchanging import correct, send, supplement, take
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db

LONG = "示例甲街道办事处政务服务便民信息发布与公众互动交流综合平台官方抖音号"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def items(filing: Filing) -> list[tuple[str, str, str]]:
    return [(item.field, item.old, item.new) for item in filing.items.all()]


def complete(filing: Filing) -> Filing:
    """Both systems have taken it."""
    take(filing, "national")
    take(filing, "provincial")
    filing.refresh_from_db()
    return filing


@pytest.mark.parametrize(
    ("typed", "filed"),
    [
        ({"intro": "新简介"}, [("intro", "旧简介", "新简介")]),
        ({"intro": " 旧简介 ", "department_in_charge": "党政办"}, [("department_in_charge", "", "党政办")]),
        ({"name": "示例新名", "intro": "旧简介"}, [("name", "示例旧名", "示例新名")]),
        ({"purpose": "一\r\n二"}, [("purpose", "", "一\n二")]),
        ({"operation_mode": "self"}, [("operation_mode", "outsourced", "self"), ("vendor", "示例公司", "")]),
        ({"uid": "新ID", "custodian": "张三"}, [("uid", "旧ID", "新ID"), ("custodian", "", "张三")]),
    ],
)
def test_only_what_differs_is_filed(cast: Cast, typed: dict[str, Any], filed: list[tuple[str, str, str]]) -> None:
    outsourced = {"operation_mode": "outsourced", "vendor": "示例公司"} if "operation_mode" in typed else {}
    row = account(cast.unit, name="示例旧名", uid="旧ID", intro="旧简介", custodian="", **outsourced)
    assert sorted(items(change("leader_review", cast, on=row, **typed))) == sorted(filed)


@pytest.mark.parametrize("typed", [{"intro": "旧简介"}, {"operator_phone": "0519-0000", "remarks": "只改联系方式"}])
def test_what_differs_in_nothing_filed_is_no_change(cast: Cast, typed: dict[str, str]) -> None:
    with pytest.raises(Incomplete) as incomplete:
        change("leader_review", cast, on=account(cast.unit, intro="旧简介"), **typed)
    assert "没有要变更的事项" in incomplete.value.errors["name"][0]


def test_what_the_register_lacks_stops_no_change_of_something_else(cast: Cast) -> None:
    """A baseline account may have a name that is too long and an outsourced operation without a vendor."""
    row = account(cast.unit, name=LONG, operation_mode="outsourced", platform=platform("wechat"))
    assert items(change("leader_review", cast, on=row, intro="新简介")) == [("intro", "", "新简介")]


def test_an_account_that_keeps_its_place_gives_no_reason_anew(cast: Cast) -> None:
    account(cast.unit)
    second = account(cast.unit, same_platform_reason="存量待说明")
    filing = change("completed", cast, on=second, name="示例第二个")
    assert Account.objects.get(pk=second.pk).same_platform_reason == "存量待说明"
    assert filing.state == FilingState.COMPLETED


def test_completion_writes_what_was_filed_and_the_history_tells_old_and_new(cast: Cast) -> None:
    row = account(cast.unit, name="示例旧名", custodian="张三", custodian_phone="0519-0001")
    change("completed", cast, on=row, name="示例新名", custodian="李四", custodian_phone="0519-0002")
    row.refresh_from_db()
    assert (row.name, row.name_key, row.custodian) == ("示例新名", "示例新名", "李四")
    assert set(AccountName.objects.filter(account=row).values_list("name", flat=True)) >= {"示例新名"}
    assert Custodian.objects.get(account=row, to_date__isnull=True).name == "李四"
    event = Event.objects.get(subject_kind="account", subject_id=row.pk, verb="change")
    assert event.comment.startswith("备案 ZLXMT-2026-")
    assert "账号名称由“示例旧名”改为“示例新名”" in event.comment
    assert "0519-0002" not in str(event.detail)
    assert event.detail["fields"] == ["name", "custodian", "custodian_phone"]


def test_the_contracts_of_an_account_follow_its_change(cast: Cast) -> None:
    row = account(cast.unit)
    for vendor in ("示例甲传媒", "示例乙传媒", ""):
        mode = {"operation_mode": "outsourced" if vendor else "self", "vendor": vendor}
        complete(change("accepted", cast, on=Account.objects.get(pk=row.pk), **mode))
        held = outsourcing.current(row)
        assert (held.vendor if held else "") == vendor
        assert held is None or held.lapses_at is not None  # no reviewer is known yet
    assert Outsourcing.objects.filter(account=row).count() == 2


@pytest.mark.parametrize(
    ("code", "to", "giving", "said"),
    [
        ("douyin", {"platform": "wechat", "kind": "service"}, "", "原则上不再单独新建微信公众号"),
        ("douyin", {"platform": "app"}, "", "原则上不再单独新建移动客户端"),
        ("douyin", {"platform": "weibo"}, "", ""),
        ("wechat", {}, "subdistrict", "接收的微信公众号须申请保留"),
        ("wechat", {}, "department", ""),
        ("weibo", {}, "subdistrict", ""),
    ],
)
def test_articles_9_and_10_are_said_of_a_change_too(code: str, to: dict[str, str], giving: str, said: str) -> None:
    taker = Cast(unit(kind="department"))
    owner = unit(kind=giving) if giving else taker.unit
    row = account(owner, platform=platform(code), kind="service" if code == "wechat" else "")
    filing = change("draft", taker, on=row)
    told = [one.title for one in changing.check(to, filing=filing) if one.article in (9, 10)]
    assert said in "".join(told)
    assert len(told) == bool(said)


def test_a_change_of_kind_moves_the_due_time_of_updates(cast: Cast) -> None:
    row = account(cast.unit, platform=platform("wechat"), kind="subscription")
    before = row.next_update_due_at
    change("completed", cast, on=row, kind="service")
    row.refresh_from_db()
    assert row.kind == "service"
    assert before is not None
    assert row.next_update_due_at != before


def test_completion_waits_for_the_day_on_which_it_was_done_on_the_platform(cast: Cast) -> None:
    filing = change("accepted", cast, effective_on="", intro="新简介")
    assert complete(filing).state == FilingState.ACCEPTED
    with pytest.raises(Incomplete) as ahead:
        supplement(filing, effective_on=(NOW.date() + timedelta(days=3)).isoformat())
    assert "还没有到" in ahead.value.errors["effective_on"][0]  # planned ahead is not done
    assert "还缺：平台变更日期" in next_step(filing, "", now=NOW)
    supplement(filing, effective_on=NOW.date().isoformat())
    filing.refresh_from_db()
    assert filing.state == FilingState.COMPLETED
    assert filing.registered.intro == "新简介"


def test_a_change_that_is_not_seen_on_the_platform_waits_for_no_day_there(cast: Cast) -> None:
    filing = change("accepted", cast, effective_on="", custodian="李四", custodian_phone="0519-00000002")
    assert complete(filing).state == FilingState.COMPLETED


def test_a_day_ahead_stops_the_submission_and_is_said_while_typing(cast: Cast) -> None:
    """The form says it by the server's clock, the use case by its own."""
    with pytest.raises(Incomplete) as ahead:
        change("leader_review", cast, effective_on=(NOW.date() + timedelta(days=1)).isoformat(), intro="新简介")
    assert [*ahead.value.errors] == ["effective_on"]
    filing = change("draft", Cast(), effective_on="2199-01-01", intro="新简介")
    said = changing.check(filing.draft.data, filing=filing)
    assert ("stop", "平台变更日期还没有到") in [(check.level, check.title) for check in said]


@pytest.mark.parametrize(
    ("day", "notice", "said"),
    [
        ("2026-11-20", "", ""),  # as drafted
        ("2026-11-20", "自2026年11月20日起，示例新名", ""),
        ("2026-11-20", "自2026年11月19日起，示例新名", "公告与本表不一致"),
        ("2026-11-20", "自2026年11月19日起，示例别名", "公告没有写明新名称"),
        ("", "自2026年11月19日起，示例新名", ""),
    ],
)
def test_an_announcement_that_says_another_day_is_told(cast: Cast, day: str, notice: str, said: str) -> None:
    written = {"notice_text": notice} if notice else {}
    row = account(cast.unit, name="示例旧名")
    filing = change("draft", cast, on=row, name="示例新名", effective_on=day, **written)
    data = filled(filing, {k: v for k, v in filing.draft.data.items() if notice or k != "notice_text"})
    found = [c for c in changing.check(data, filing=filing) if c.field == "notice_text" and c.level == "warn"]
    assert [c.title for c in found] == ([said] if said else [])
    assert notice or "自2026年11月20日起" in data["notice_text"]


def test_a_day_before_the_approval_is_said_in_the_words_of_the_kind(cast: Cast) -> None:
    row = account(cast.unit)
    filing = change("draft", cast, on=row, effective_on="2021-04-01", intro="新简介")
    said = [check.title for check in changing.check(filing.draft.data, filing=filing)]
    assert "平台变更日期早于主要领导批准，属先变更、后批准" in said
    planned = closing("draft", Cast(), effective_on="2199-01-01")
    assert not [c for c in kinds.of(planned).check(planned.draft.data, filing=planned) if "早于" in c.title]


# --- a change that lost its race ------------------------------------------------------------------------------------


def renamed(row: Account, cast: Cast) -> None:
    Account.objects.filter(pk=row.pk).update(name="示例别名", name_key="示例别名")


def closed_by_order(row: Account, cast: Cast) -> None:
    row.refresh_from_db()
    lifecycle.end_by_order(row, cancelled=False, ground="责令 示例1号", by=None, role="system", now=NOW)


def id_taken(row: Account, cast: Cast) -> None:
    account(name="示例占用者", uid="被占的ID")


def name_taken(row: Account, cast: Cast) -> None:
    account(name="示例改后", uid="")


def place_taken(row: Account, cast: Cast) -> None:
    account(cast.unit, name="示例占位者", platform=platform("weibo"))


@pytest.mark.parametrize(
    ("meanwhile", "typed", "named"),
    [
        (renamed, {"name": "示例改后"}, "账号名称：本件从“示例原名”变更，而台账现为“示例别名”"),
        (closed_by_order, {"intro": "新简介"}, "账号“示例原名”现为“已关停”"),
        (id_taken, {"uid": "被占的ID"}, "已登记“示例占用者”"),
        (name_taken, {"name": "示例改后"}, "已登记“示例改后”"),
        (place_taken, {"platform": "weibo"}, "已有账号“示例占位者”"),
    ],
)
def test_a_change_that_lost_its_race_names_the_value_and_changes_nothing(
    cast: Cast, meanwhile: Callable[[Account, Cast], None], typed: dict[str, str], named: str
) -> None:
    row = account(cast.unit, name="示例原名", intro="旧简介")
    filing = change("accepted", cast, on=row, **typed)
    meanwhile(row, cast)
    before = Account.objects.filter(pk=row.pk).values().get()
    assert complete(filing).state == FilingState.ACCEPTED
    assert named in filing.conflict
    assert Account.objects.filter(pk=row.pk).values().get() == before
    assert not Event.objects.filter(subject_kind="account", subject_id=row.pk, verb="change").exists()
    done = reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="台账已变")
    assert (done.state, done.conflict) == (FilingState.OFFICE_REVIEW, "")


def test_an_approval_meets_the_same_conflict(cast: Cast) -> None:
    row = account(cast.unit, name="示例原名")
    filing = change("leader_review", cast, on=row, name="示例改后")
    renamed(row, cast)
    with pytest.raises(Refused, match="台账现为“示例别名”"):
        approving.leader_approve(filing.pk, by=cast.leader, read=read(filing), now=NOW)


def test_after_a_conflict_the_unit_files_from_what_the_register_says_now(cast: Cast) -> None:
    row = account(cast.unit, name="示例原名")
    filing = change("accepted", cast, on=row, name="示例改后")
    renamed(row, cast)
    complete(filing)
    reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="台账已变")
    reviewing.return_(filing.pk, by=cast.officer, read=read(filing), now=NOW, comment="请重新核对")
    correct(filing)
    assert items(filing) == [("name", "示例别名", "示例改后")]
    assert complete(filing).state == FilingState.COMPLETED
    assert Account.objects.get(pk=row.pk).name == "示例改后"


# --- what all kinds but openings share ------------------------------------------------------------------------------


def make(kind: str, state: str, cast: Cast, **more: Any) -> Filing:
    return change(state, cast, **more) if kind == "change" else closing(state, cast, kind=kind, **more)


@pytest.mark.parametrize("kind", ["change", "close", "cancel"])
def test_a_refusal_above_brings_it_back_and_the_corrected_one_is_done(kind: str, cast: Cast, tmp_path: Path) -> None:
    row = account(cast.unit)
    filing = make(kind, "accepted", cast, on=row)
    send(filing, tmp_path / "up.xlsx")
    take(filing, "national", "refused", reason="材料不清楚")
    filing.refresh_from_db()
    row.refresh_from_db()
    assert (filing.state, row.state) == (FilingState.RETURNED, "active")
    correct(filing, **({"reason": "补充说明"} if kind == "change" else {"explanation": "补充说明"}))
    assert complete(filing).state == FilingState.COMPLETED
    row.refresh_from_db()
    assert row.state == {"change": "active", "close": "closed", "cancel": "cancelled"}[kind]


@pytest.mark.parametrize(
    ("old", "new", "days", "other_unit", "inherits"),
    [
        ("change", "change", 30, False, True),
        ("change", "change", 31, False, False),
        ("close", "close", 5, False, True),
        ("cancel", "cancel", 5, False, True),
        ("close", "change", 5, False, False),
        ("close", "cancel", 5, False, False),
        ("change", "change", 5, True, False),
    ],
)
def test_made_again_within_thirty_days_it_inherits_the_clock(
    cast: Cast, old: str, new: str, days: int, other_unit: bool, inherits: bool
) -> None:
    row = account(cast.unit)
    ended = make(old, "withdrawn", cast, on=row)
    again = make(new, "leader_review", Cast() if other_unit else cast, on=row, now=NOW + timedelta(days=days))
    assert (again.replaces_id == ended.pk) is inherits
    assert (again.first_approved_on == ended.first_approved_on) is inherits


def test_the_account_page_offers_what_the_kinds_allow() -> None:
    offered = {kind: set(states) for kind, _, states in filing_acts.STATES}
    assert offered == {k: set(v.starts_from) for k, v in kinds.KINDS.items() if k != FilingKind.OPEN}


def test_one_filing_at_a_time_for_an_account(cast: Cast) -> None:
    row = account(cast.unit)
    first = change("draft", cast, on=row)
    started = {"by": cast.operator, "unit": cast.unit, "account": row, "now": NOW}
    assert drafting.start("change", **started) == first
    with pytest.raises(Refused, match="办理中"):
        drafting.start("close", **started)
