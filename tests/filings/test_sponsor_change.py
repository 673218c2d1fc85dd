"""主办单位变更: filed by who receives the account, read by who gives it away; each is told, nothing is blocked."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.flags import run_rule
from accounts.models import Account, AccountName, Flag, Role, Unit
from filings import drafting, objecting, reporting, reviewing
from filings.models import Filing, FilingState
from filings.rules import RULES
from inspections import sweep
from tests.factories import NOW, PDF, Cast, account, change, platform, read, unit, user
from tests.filings.exchanging import state_of, take
from zhonglou_media.core import files
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def giving() -> Cast:
    return Cast(unit("示例原主办局"))


@pytest.fixture
def receiving() -> Cast:
    return Cast(unit("示例接收街道"))


@pytest.fixture
def row(giving: Cast) -> Account:
    return account(giving.unit, name="示例移交账号", number="ZLXMT-2020-0009")


def told(person: User) -> list[str]:
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("text", flat=True))


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_account_goes_over_and_both_units_are_told(giving: Cast, receiving: Cast, row: Account) -> None:
    filing = change("accepted", receiving, on=row)
    assert filing.change.giving_unit == giving.unit
    assert any("示例接收街道申请接收本单位账号" in text for text in told(giving.leader))
    assert any("已审核通过" in text for text in told(giving.operator))
    filing = change_done(filing)
    row.refresh_from_db()
    assert (row.unit, filing.state) == (receiving.unit, FilingState.COMPLETED)
    assert any("账号的主办单位改为示例接收街道" in text for text in told(giving.operator))
    assert any("办结" in text for text in told(receiving.operator))
    assert filing.announcements.get().text == "关于账号变更的公告（示例）"


def change_done(filing: Filing) -> Filing:
    take(filing, "national")
    take(filing, "provincial")
    filing.refresh_from_db()
    return filing


def test_the_giving_unit_reads_it_from_its_submission_on(giving: Cast, receiving: Cast, row: Account) -> None:
    reader = signed_in(giving.operator)
    draft = change("draft", receiving, on=row)
    assert reader.get(f"/filings/{draft.pk}/").status_code == 404
    reporting.withdraw(draft.pk, by=receiving.operator, reason="", on_platform=None, now=NOW)
    filing = change("office_review", receiving, on=row)
    paper = files.keep(PDF, files.PDF)
    attached = reporting.attach(filing.pk, by=receiving.operator, file=paper, name="移交函.pdf", now=NOW)
    html = reader.get(f"/filings/{filing.pk}/").content.decode()
    assert "提出异议" in html
    assert "<ins>示例接收街道</ins>" in html
    assert str(filing.number) in reader.get("/filings/").content.decode()
    assert str(filing.number) in reader.get(f"/accounts/{row.pk}/filings/").content.decode()
    answer = reader.get(f"/filings/files/{attached.pk}/")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, PDF)
    assert reader.get(f"/filings/{filing.pk}/edit/").status_code in (302, 403)
    taker = signed_in(receiving.operator)
    html = taker.get(f"/filings/{filing.pk}/").content.decode()
    assert f"/accounts/{row.pk}/" not in html  # the account is not theirs yet
    assert signed_in(user(Role.OPERATOR, unit())).get(f"/filings/{filing.pk}/").status_code == 404


def test_an_objection_reaches_the_officer_and_blocks_nothing(giving: Cast, receiving: Cast, row: Account) -> None:
    filing = change("office_review", receiving, on=row)
    page = f"/filings/{filing.pk}/object/"
    client = signed_in(giving.leader)
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": " "}).status_code == 422
    assert client.post(page, {"reason": "账号仍由本局使用"}).status_code == 302
    assert Event.objects.get(subject_kind="filing", subject_id=filing.pk, verb="object").role == Role.LEADER
    assert any("提出异议" in text for text in told(receiving.officer))
    for person in (receiving.officer, receiving.operator, giving.operator):
        html = signed_in(person).get(f"/filings/{filing.pk}/").content.decode()
        assert "原主办单位提出异议" in html
        assert "账号仍由本局使用" in html

    done = reviewing.accept(filing.pk, by=receiving.officer, read=read(filing), now=NOW)
    assert done.state == FilingState.ACCEPTED


def test_who_may_object_and_when(giving: Cast, receiving: Cast, row: Account) -> None:
    filing = change("to_report", receiving, on=row)
    objection = {"reason": "示例", "now": NOW}
    with pytest.raises(WrongState):
        objecting.object_(filing.pk, by=giving.operator, **objection)
    reporting.report(filing.pk, by=receiving.operator, now=NOW)
    for person in (receiving.operator, receiving.officer, Cast().leader):
        with pytest.raises(NotAllowed):
            objecting.object_(filing.pk, by=person, **objection)
    plain = change("office_review", giving, on=account(giving.unit, platform=platform("weibo")))
    with pytest.raises(WrongState, match="不变更主办单位"):
        objecting.object_(plain.pk, by=giving.operator, **objection)


@pytest.mark.parametrize("state", ["draft", "to_report"])
def test_one_press_of_another_unit_does_not_hold_up_the_unit_of_the_account(
    giving: Cast, receiving: Cast, row: Account, state: str
) -> None:
    taken = change("to_report", receiving, on=row)
    if state == "draft":
        drafting.reopen(taken.pk, by=receiving.operator, now=NOW)
    client = signed_in(giving.operator)
    assert "同一账号同时只办一件" not in client.get(f"/accounts/{row.pk}/").content.decode()
    own = drafting.start("close", by=giving.operator, unit=giving.unit, account=row, now=NOW)
    taken.refresh_from_db()
    assert (taken.state, taken.ended_at, own.state) == ("withdrawn", NOW, "draft")
    event = Event.objects.get(subject_kind="filing", subject_id=taken.pk, verb="withdraw")
    assert (event.actor, event.comment) == (
        giving.operator,
        "示例原主办局开始为该账号办理备案，尚未报送的变更报备由系统撤回。",
    )
    assert any("本单位尚未报送的变更报备已撤回" in text for text in told(receiving.operator))
    with pytest.raises(Refused, match="有一件由示例原主办局办理的关停报备"):
        drafting.start("change", by=receiving.operator, unit=receiving.unit, account=row, now=NOW)


def test_what_was_reported_or_drafted_by_a_merger_gives_no_way(giving: Cast, receiving: Cast, row: Account) -> None:
    change("returned", receiving, on=row)
    with pytest.raises(Refused, match="有一件由示例接收街道办理的变更报备"):
        drafting.start("close", by=giving.operator, unit=giving.unit, account=row, now=NOW)
    other = account(giving.unit, platform=platform("weibo"))
    draft = change("draft", receiving, on=other)
    Unit.objects.filter(pk=giving.unit.pk).update(status="merged", merged_into=receiving.unit)
    assert set(Filing.objects.in_the_way()) == set(Filing.objects.live())
    assert not Filing.objects.get(pk=draft.pk).gives_way
    with pytest.raises(Refused, match="有一件由示例接收街道办理的变更报备"):
        drafting.start("close", by=giving.operator, unit=giving.unit, account=other, now=NOW)


def test_a_second_account_on_the_platform_needs_a_reason(receiving: Cast, row: Account) -> None:
    account(receiving.unit, name="示例已有")
    with pytest.raises(Incomplete) as incomplete:
        change("leader_review", receiving, on=row)
    assert "已有账号“示例已有”" in incomplete.value.errors["same_platform_reason"][0]
    reporting.withdraw(Filing.objects.get().pk, by=receiving.operator, reason="", on_platform=None, now=NOW)
    done = change("completed", receiving, on=row, same_platform_reason="机构改革，两个账号并行一年")
    assert state_of(done) == FilingState.COMPLETED
    row.refresh_from_db()
    assert row.same_platform_reason == "机构改革，两个账号并行一年"


def test_a_missed_due_time_stays_with_the_unit_that_missed_it(giving: Cast, receiving: Cast, row: Account) -> None:
    Account.objects.filter(pk=row.pk).update(posts_known_until=NOW + timedelta(days=60))
    later = NOW + timedelta(days=20)
    sweep.sweep(later)
    missed = Flag.objects.get(account=row, rule="inactive")
    change("completed", receiving, on=row, now=later)
    sweep.sweep(later + timedelta(hours=1))
    missed.refresh_from_db()
    assert (missed.unit, missed.cleared_at) == (giving.unit, None)
    assert Flag.objects.filter(account=row, rule="inactive").count() == 1


# --- the page that takes an account over ----------------------------------------------------------------------------


def test_what_the_receiving_unit_missed_is_not_shown_to_the_giving_one(
    giving: Cast, receiving: Cast, row: Account
) -> None:
    filing = change("office_review", receiving, on=row, effective_on="2026-11-20")
    for rule in RULES:
        run_rule(rule, NOW.replace(day=26))
    flag = Flag.objects.get(rule="unapproved_event")
    assert (flag.unit, flag.account, flag.fact_id) == (receiving.unit, row, filing.pk)
    own = signed_in(giving.operator).get(f"/accounts/{row.pk}/").content.decode()
    assert "未批先建" not in own
    seen = signed_in(giving.supervisor).get(f"/accounts/{row.pk}/").content.decode()
    assert "11-20 已变更，11-24 才经主要领导批准" in seen
    assert "开通早于批准" not in seen


def test_an_account_is_found_by_number_and_by_every_name_it_ever_had(receiving: Cast, row: Account) -> None:
    AccountName.objects.create(account=row, name="示例老名字", name_key="示例老名字", look_key="示例老名字", since=NOW)
    client = signed_in(receiving.operator)
    for words in ("ZLXMT-2020-0009", "移交账号", "老名字"):
        html = client.get("/filings/receive/", {"q": words}).content.decode()
        assert "示例移交账号" in html, words
        assert "示例原主办局" in html
    assert "请至少输入" in client.get("/filings/receive/", {"q": "示"}).content.decode()
    assert "没有找到" in client.get("/filings/receive/", {"q": "不存在的"}).content.decode()


def test_one_press_begins_the_change_of_sponsor(receiving: Cast, giving: Cast, row: Account) -> None:
    client = signed_in(receiving.operator)
    answer = client.post("/filings/receive/", {"account": row.pk})
    filing = Filing.objects.get(account=row)
    assert (filing.unit, filing.kind, answer["Location"]) == (receiving.unit, "change", f"/filings/{filing.pk}/edit/")
    html = client.get(f"/filings/{filing.pk}/edit/").content.decode()
    assert "示例原主办局" in html
    assert '<span id="changed">1</span>' in html
    assert (
        "主办单位由示例原主办局变更为示例接收街道" in client.get(f"/filings/{filing.pk}/edit/reasons/").content.decode()
    )
    assert client.post("/filings/receive/", {"account": account(receiving.unit).pk}).status_code == 404


def test_accounts_of_a_merged_unit_stand_first(receiving: Cast, giving: Cast, row: Account) -> None:
    giving.unit.merged_into, giving.unit.status = receiving.unit, "merged"
    giving.unit.save()
    busy = account(giving.unit, name="示例在办账号", platform=platform("weibo"))
    change("leader_review", giving, on=busy)
    account(giving.unit, found=True, name="示例未备案", platform=platform("kuaishou"))
    html = signed_in(receiving.operator).get("/filings/receive/").content.decode()
    assert "并入本单位的单位，有3个账号" in html
    assert "有一件办理中的变更报备" in html
    assert "只有正常运行的账号可以变更主办单位" in html
    assert html.count("以本单位名义接收") == 1


def test_only_who_files_for_a_unit_takes_over(giving: Cast, row: Account) -> None:
    for person in (giving.leader, giving.officer):
        assert signed_in(person).get("/filings/receive/").status_code == 403
