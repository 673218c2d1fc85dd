"""前置申请 (第九条, 第十条): asked by a 区级部门, decided by the supervisor, and what follows."""

from datetime import date

import pytest
from django.db import IntegrityError

from accounts.models import Account, Membership, Role
from filings import preapprovals, preapproving, reporting, tasks
from filings.models import Filing, FilingKind, PreApproval
from tests.factories import NOW, Cast, account, at, opening, platform, preapproval, unit, user
from tests.filings.asking import asked_new, asked_to_keep, department, wechat
from zhonglou_media.core import events
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db

LATER = at("2026-11-25 09:00")


def told(person: object) -> list[str]:
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("text", flat=True))


# --- asking ---------------------------------------------------------------------------------------------------------


def test_a_department_asks_for_a_new_account_and_the_supervisor_is_told() -> None:
    cast = department()
    row = asked_new(cast)

    assert (row.state, row.purpose, row.asked_by, row.asked_at, row.act_by) == (
        "asked",
        "new",
        cast.operator,
        NOW,
        None,
    )
    (event,) = events.timeline(row)
    assert (event.verb, event.actor, event.role, event.to_state) == ("ask", cast.operator, "operator", "asked")
    assert told(cast.supervisor) == [f"{cast.unit}申请新建微信公众号“示例局服务”，请决定。"]
    assert told(cast.officer) == []


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("subdistrict", "wechat", "不是区级部门，无需前置申请"),
        ("town", "mini_program", "不是区级部门，无需前置申请"),
        ("development_zone", "wechat", "不是区级部门，无需前置申请"),
        ("department", "weibo", "微博，无需前置申请"),
    ],
)
def test_who_needs_none_is_sent_to_the_filing(kind: str, code: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        asked_new(Cast(unit(kind=kind)), code)
    assert not PreApproval.objects.exists()


def test_only_the_units_own_operator_asks_and_says_why() -> None:
    cast, other = department(), department()
    with pytest.raises(NotAllowed, match="提出前置申请"):
        preapprovals.ask_new(
            by=other.operator, unit=cast.unit, platform=platform("app"), account_name="示例", reason="示例", now=NOW
        )
    with pytest.raises(NotAllowed):
        preapprovals.ask_retention(wechat(cast).pk, by=cast.leader, reason="示例", now=NOW)
    with pytest.raises(Incomplete) as incomplete:
        asked_new(cast, reason=" ")
    assert list(incomplete.value.errors) == ["reason"]


def test_the_same_is_asked_once_also_by_a_double_tap() -> None:
    cast = department()
    asked_new(cast)
    with pytest.raises(WrongState, match="正等区政府办公室决定"):
        asked_new(cast, name="示例局服务 ")
    asked_new(cast, name="示例局另一个")
    row = wechat(cast)
    asked_to_keep(cast, row)
    with pytest.raises(WrongState, match="已办理“提出前置申请”，这件前置申请现为“待区府办决定”"):
        asked_to_keep(cast, row)
    assert PreApproval.objects.count() == 3


def test_what_the_night_listed_is_the_row_that_is_asked() -> None:
    cast = department()
    row = wechat(cast)
    preapprovals.list_retentions(NOW)
    listed = PreApproval.objects.get()
    asked = asked_to_keep(cast, row)

    assert (asked.pk, asked.state, asked.act_by) == (listed.pk, "asked", at("2027-02-23 00:00"))
    assert [event.from_state for event in events.timeline(asked)] == ["not_asked"]


@pytest.mark.parametrize("fields", [{"found": True}, {"platform": "weibo"}])
def test_only_a_watched_wechat_account_is_kept(fields: dict[str, object]) -> None:
    cast = department()
    code = str(fields.pop("platform", "wechat"))
    row = account(cast.unit, platform=platform(code), **fields)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=r"只有微信公众号|不用申请保留"):
        asked_to_keep(cast, row)


# --- the decision ---------------------------------------------------------------------------------------------------


def test_granted_under_a_number_and_the_unit_is_told() -> None:
    cast = department()
    row = preapproving.grant(asked_new(cast).pk, by=cast.supervisor, document_no=" 示例〔2026〕1号 ", now=LATER)

    row.refresh_from_db()
    assert (row.state, row.document_no, row.decided_by, row.decided_at) == (
        "granted",
        "示例〔2026〕1号",
        cast.supervisor,
        LATER,
    )
    event = events.timeline(row).last()
    assert event is not None
    assert (event.verb, event.role, event.from_state, event.to_state) == ("grant", "supervisor", "asked", "granted")
    words = "新建微信公众号“示例局服务”已批准，批准文号“示例〔2026〕1号”，请用这个文号新建备案。"
    assert told(cast.operator) == told(cast.leader) == [words]


@pytest.mark.parametrize("again", ["区办〔2026〕12号", " 区办[2026] 12号 "])
def test_one_document_grants_one_application(again: str) -> None:
    cast = department()
    first, second = asked_new(cast), asked_new(department(), "mini_program")
    preapproving.grant(first.pk, by=cast.supervisor, document_no="区办〔2026〕12号", now=LATER)
    with pytest.raises(Incomplete, match=f"已用于批准{cast.unit}新建微信公众号“示例局服务”") as caught:
        preapproving.grant(second.pk, by=cast.supervisor, document_no=again, now=LATER)
    assert list(caught.value.errors) == ["document_no"]
    preapproving.grant(second.pk, by=cast.supervisor, document_no="区办〔2026〕13号", now=LATER)


def test_a_refused_retention_starts_its_closure_in_the_same_moment() -> None:
    cast = department()
    row = asked_to_keep(cast, wechat(cast, name="示例局旧号"))
    preapproving.refuse(row.pk, by=cast.supervisor, decision="整合到区级账号", act_by=date(2026, 12, 31), now=LATER)

    row.refresh_from_db()
    assert (row.state, row.act_by, row.decision) == ("refused", at("2027-01-01 00:00"), "整合到区级账号")
    draft = Filing.objects.get(account=row.account)
    assert (draft.kind, draft.state, draft.unit, draft.author) == (FilingKind.CLOSE, "draft", cast.unit, None)
    typed = draft.draft.data
    assert (typed["mode"], typed["reasons"], typed["due_on"]) == ("stop", ["retention"], "2026-12-31")
    (said,) = told(cast.operator)
    assert "应于 2026-12-31 24:00 前办结关停（第九条）。关停报备的草稿已经建好，请接着填写。" in said
    assert told(cast.leader) == [said]


def test_a_live_filing_stands_in_the_way_of_the_closure_and_is_named() -> None:
    cast = department()
    kept = wechat(cast)
    row = asked_to_keep(cast, kept)
    live = opening("draft", cast, platform="douyin")
    Filing.objects.filter(pk=live.pk).update(account=kept)
    preapproving.refuse(row.pk, by=cast.supervisor, decision="示例", act_by=date(2026, 11, 25), now=LATER)

    assert Filing.objects.filter(account=kept).count() == 1
    assert "该账号有一件办理中的备案" in told(cast.operator)[-1]
    assert "请先办完或撤回；此后的夜间由系统建好关停报备的草稿" in told(cast.operator)[-1]
    assert preapproving.start_closures(LATER) == 0
    Filing.objects.filter(pk=live.pk).update(state="withdrawn", ended_at=LATER)
    tasks.list_retentions()
    assert preapproving.start_closures(LATER) == 0  # begun already
    draft = Filing.objects.get(account=kept, state="draft")
    assert (draft.kind, draft.draft.data["due_on"], draft.author) == (FilingKind.CLOSE, "2026-11-25", None)
    assert told(cast.leader)[-1].endswith("不予批准，关停报备的草稿已经建好，请接着填写。")
    reporting.withdraw(draft.pk, by=cast.operator, reason="", on_platform=None, now=LATER)
    assert preapproving.start_closures(LATER) == 0  # the flag says so from now on


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"decision": " ", "act_by": date(2026, 12, 31)}, "decision", "请写明不予批准的理由"),
        ({"decision": "示例", "act_by": None}, "act_by", "请填写关停期限"),
        ({"decision": "示例", "act_by": date(2026, 11, 24)}, "act_by", "不能早于今天（2026-11-25）"),
    ],
)
def test_a_refusal_says_why_and_until_when(facts: dict[str, object], field: str, words: str) -> None:
    cast = department()
    row = asked_to_keep(cast)
    with pytest.raises(Incomplete) as incomplete:
        preapproving.refuse(row.pk, by=cast.supervisor, now=LATER, **facts)  # type: ignore[arg-type]
    assert words in incomplete.value.errors[field][0]
    row.refresh_from_db()
    assert row.state == "asked"
    assert not Filing.objects.exists()


def test_who_decides_and_who_does_not() -> None:
    cast = department()
    row = asked_new(cast)
    for person in (cast.operator, cast.leader, cast.officer):
        with pytest.raises(NotAllowed, match="决定前置申请"):
            preapproving.grant(row.pk, by=person, document_no="示例1号", now=LATER)
    Membership.objects.create(user=cast.operator, unit=unit(), role=Role.SUPERVISOR)
    cast.operator.__dict__.pop("_grants", None)
    with pytest.raises(NotAllowed, match="不能由您自己决定"):
        preapproving.grant(row.pk, by=cast.operator, document_no="示例1号", now=LATER)
    with pytest.raises(Incomplete, match="批准文号"):
        preapproving.grant(row.pk, by=cast.supervisor, document_no=" ", now=LATER)


def test_the_second_supervisor_learns_who_was_first() -> None:
    cast = department()
    row = asked_new(cast)
    preapproving.grant(row.pk, by=cast.supervisor, document_no="示例1号", now=LATER)
    with pytest.raises(WrongState, match=f"{cast.supervisor.name} 11-25 09:00 已办理“批准前置申请”") as late:
        preapproving.refuse(row.pk, by=user(Role.SUPERVISOR), decision="示例", now=LATER)
    assert late.value.by == cast.supervisor


def test_the_application_follows_its_account_to_another_department() -> None:
    giving, taking = department(), department()
    row = asked_to_keep(giving)
    Account.objects.filter(pk=row.account_id).update(unit=taking.unit)
    preapproving.refuse(row.pk, by=giving.supervisor, decision="示例", act_by=date(2026, 12, 31), now=LATER)
    row.refresh_from_db()
    assert row.unit == taking.unit == Filing.objects.get(kind="close").unit
    assert told(giving.operator) == []
    assert len(told(taking.operator)) == 1


def test_the_table_refuses_what_no_use_case_writes() -> None:
    cast = department()
    with pytest.raises(IntegrityError):
        preapproval(cast.unit, state="granted", document_no="")
