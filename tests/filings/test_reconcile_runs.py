"""Runs: the columns remembered, rows that cannot be compared, notes that are carried over, what is under way."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, Role
from filings import exchange, exporting
from filings.exporting.columns import Row
from filings.models import ExportMark, LineKind, Reconciliation, ReconciliationLine
from filings.reconciling import acting, fields, running, shown
from tests.factories import NOW, Cast, account, change, closing, opening, platform, unit, user
from tests.filings.reconciled import HEADS, confirm, csv_of, found, officer, prepare, reconcile
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Event, JobState, Notice
from zhonglou_media.core.tables_out import write_xlsx

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


def listed(one: Account, **more: str) -> list[str]:
    said = {"name": one.name, "platform": one.platform.name, "uid": one.uid, "link": "", "unit": one.unit.name}
    return list({**said, "state": "正常", **more}.values())


def line_of(kind: str, run_pk: int) -> ReconciliationLine:
    return shown.lines_of(Reconciliation.objects.get(pk=run_pk)).get(kind=kind)


def row_for(kind: str, run_pk: int) -> shown.Row:
    return shown.rows([line_of(kind, run_pk)], now=NOW)[0]


# --- columns --------------------------------------------------------------------------------------------------------


def test_the_columns_are_asked_for_once_then_the_same_heads_run_at_once() -> None:
    one, by = account(), officer()
    first = prepare(csv_of([listed(one)]), by)
    assert first.state == JobState.PREPARED
    confirm(first)
    run_next({running.KIND: running.RECONCILE})
    assert prepare(csv_of([listed(one, name="示例另一个")]), by).state == JobState.QUEUED
    # Another system, another head, a state that nobody has explained: somebody is asked again.
    assert prepare(csv_of([listed(one)]), by, system="provincial").state == JobState.PREPARED
    assert prepare(csv_of([listed(one)], [*HEADS[:-1], "现状"]), by).state == JobState.PREPARED
    assert prepare(csv_of([listed(one, state="运行良好")]), by).state == JobState.PREPARED


def test_what_a_column_means_is_kept_with_the_run() -> None:
    one = account(department_in_charge="办公室")
    job = prepare(csv_of([[*listed(one), "法宣科"]], [*HEADS, "股室"]))
    confirm(job, department_in_charge="股室")
    run_next({running.KIND: running.RECONCILE})
    run = running.latest("national")
    assert run is not None
    assert run.columns["department_in_charge"] == "股室"
    assert found(run) == {"differs": {f"{one.name}:department_in_charge"}}
    again = prepare(csv_of([[*listed(one), "办公室"]], [*HEADS, "股室"]))
    assert again.params["columns"]["department_in_charge"] == "股室"


def test_a_list_does_not_run_before_its_name_platform_and_states_are_known() -> None:
    job = prepare(csv_of([["示例", "抖音", "", "", "", "说不清"]]))
    by = job.by
    assert by is not None
    with pytest.raises(Incomplete) as lacking:
        running.confirm(job.pk, columns={"name": "新媒体名称"}, states={}, by=by, now=NOW)
    assert lacking.value.errors == {"columns": ["请指定哪一列是平台。"]}
    columns = {"name": "新媒体名称", "platform": "平台", "state": "运行状态"}
    with pytest.raises(Incomplete) as lacking:
        running.confirm(job.pk, columns=columns, states={}, by=by, now=NOW)
    assert lacking.value.errors == {"states": ["请说明状态“说不清”是正常还是已关停。"]}
    running.confirm(job.pk, columns=columns, states={"说不清": "alive"}, by=by, now=NOW)


def test_two_officers_who_confirm_the_same_list_run_it_once() -> None:
    job = prepare(csv_of([["示例", "抖音", "", "", "", "正常"]]))
    confirm(job)
    with pytest.raises(WrongState, match="已经在核对"):
        confirm(job)


def test_the_same_list_sent_twice_is_two_runs_that_say_the_same() -> None:
    content, by = csv_of([["示例外来", "抖音", "x", "", "", "正常"]]), officer()
    reconcile(content, by)
    jobs = [prepare(content, by), prepare(content, by)]
    while run_next({running.KIND: running.RECONCILE}):
        pass
    runs = [Reconciliation.objects.get(job=job) for job in jobs]
    assert [(run.counts["lines"], run.counts["new"], run.counts["gone"]) for run in runs] == [(1, 0, 0)] * 2
    assert runs[1].previous == runs[0]


def test_only_the_office_reconciles() -> None:
    with pytest.raises(NotAllowed):
        prepare(csv_of([["示例", "抖音", "", "", "", "正常"]]), user("operator", unit()))


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "空的"), (csv_of([]), "表头下面没有账号"), (b"\xd0\xcf\x11\xe0" * 9, "另存为")],
)
def test_what_is_no_list_is_refused_with_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        prepare(content)


# --- rows that cannot be compared -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"platform": "看不懂"}], "不认识平台"),
        ([{"platform": "99"}], "不止指一个平台"),
        ([{"name": ""}], "账号名称空着"),
        ([{}, {}], "是同一个账号"),
        ([{}, {"uid": "", "unit": "别的单位"}], "是同一个账号"),  # by id, and by its name
    ],
)
def test_a_row_that_cannot_be_compared_is_counted_and_makes_no_difference(rows: list[dict[str, str]], why: str) -> None:
    one = account(name="示例看不清", uid="dim")
    run = reconcile(csv_of([listed(one, **more) for more in rows]))
    assert found(run) == {}
    assert (run.counts["uncompared"], run.counts["aside"]) == (len(rows), 1)
    assert all(why in said for _, _, _, said in run.job.result["uncompared"])


def test_two_rows_of_an_account_that_we_do_not_have_are_no_two_differences() -> None:
    row = ["示例外来", "抖音", "x", "", "", "正常"]
    run = reconcile(csv_of([row, row]))
    assert (found(run), run.counts["uncompared"]) == ({}, 2)


def test_a_difference_that_cannot_be_seen_this_time_is_not_gone() -> None:
    one, by = account(), officer()
    reconcile(csv_of([listed(one, unit="别的单位")]), by)
    run = reconcile(csv_of([listed(one, unit="别的单位"), listed(one)]), by)
    assert (run.counts["lines"], run.counts["gone"], run.counts["unsure"]) == (0, 0, 1)


def test_a_link_to_the_front_page_of_a_platform_tells_no_account() -> None:
    one = account(name="示例甲", uid="", link="https://weibo.com/")
    run = reconcile(csv_of([["示例乙", one.platform.name, "", "weibo.com", "", "正常"]]))
    assert found(run) == {"only_here": {"示例甲"}, "only_there": {"示例乙"}}


def test_a_closed_row_means_the_cancelled_account_and_an_open_one_its_successor() -> None:
    of = unit()
    old = account(of, name="示例同名", uid="old")
    Account.objects.filter(pk=old.pk).update(state="cancelled", next_update_due_at=None)
    new = account(of, name="示例同名", uid="new", same_platform_reason="示例")
    rows = [listed(new, uid=""), listed(new, uid="", state="注销")]
    run = reconcile(csv_of(rows))
    assert (found(run), run.counts["uncompared"]) == ({}, 0)


@pytest.mark.parametrize(
    ("state", "there", "kind"),
    [
        ("unfiled", "正常", "only_there"),  # they have it filed, we found it unfiled
        ("unfiled", "已关停", None),
        ("closing", "已关停", None),  # they were told
        ("closing", "正常", None),
        ("closed", "正常", "alive_there"),
        ("cancelled", "正常", "alive_there"),
        ("closed", "已关停", None),
        ("active", "已关停", "differs"),
    ],
)
def test_what_a_state_on_either_side_comes_to(state: str, there: str, kind: str | None) -> None:
    one = account(found=state == "unfiled")
    watched = {} if state in ("active", "closing", "unfiled") else {"next_update_due_at": None}
    Account.objects.filter(pk=one.pk).update(state=state, **watched)
    run = reconcile(csv_of([listed(one, state=there)]))
    assert set(found(run)) == ({kind} if kind else set())


def test_an_account_whose_opening_is_in_hand_may_be_there_or_not() -> None:
    one = opening("accepted").account
    assert one is not None
    assert found(reconcile(csv_of([listed(one, unit="别的单位")]))) == {}
    assert found(reconcile(csv_of([["示例外来", "抖音", "x", "", "", "关停"]]))) == {}


@pytest.mark.parametrize("state", ["unfiled", "closed", "void"])
def test_what_the_office_does_not_expect_there_is_not_missed(state: str) -> None:
    one = account(found=True)
    Account.objects.filter(pk=one.pk).update(state=state)
    assert found(reconcile(csv_of([["示例外来", "抖音", "x", "", "", "关停"]]))) == {}


# --- notes ----------------------------------------------------------------------------------------------------------


def test_a_note_is_carried_over_while_the_line_says_the_same() -> None:
    one, by = account(), officer()
    first = reconcile(csv_of([listed(one, unit="别的单位")]), by)
    line = acting.note(line_of("differs", first.pk).pk, "已请省里改", read="", by=by, now=NOW)
    same = line_of("differs", reconcile(csv_of([listed(one, unit="别的单位")]), by).pk)
    assert (same.key, same.note, same.noted_by, same.since) == (line.key, "已请省里改", by, first.at)
    other = line_of("differs", reconcile(csv_of([listed(one, unit="又一个单位")]), by).pk)
    assert (other.key, other.note, other.since) == (line.key, "", first.at)
    assert row_for("differs", other.run_id).changed


def test_the_second_to_note_a_line_is_told_what_the_first_wrote() -> None:
    run = reconcile(csv_of([["示例外来", "抖音", "x", "", "", "正常"]]))
    line, first = line_of("only_there", run.pk), officer()
    acting.note(line.pk, "甲写的", read="", by=first, now=NOW)
    with pytest.raises(WrongState, match="甲写的") as late:
        acting.note(line.pk, "乙写的", read="", by=officer(), now=NOW)
    assert late.value.by == first
    assert Event.objects.filter(verb="note").count() == 1


# --- what is under way ----------------------------------------------------------------------------------------------


def test_a_filing_that_is_on_its_way_is_said_on_the_line() -> None:
    cast = Cast()
    one = account(cast.unit, department_in_charge="办公室")
    filing = change("office_review", cast, on=one, department_in_charge="法宣科")
    heads = [*HEADS, "责任科室"]
    row = row_for("differs", reconcile(csv_of([[*listed(one), "法宣科"]], heads)).pk)
    assert (row.filing, row.waits, row.may_ask) == (filing, True, False)
    assert "变更报备" in row.under_way
    assert "区府办审核" in row.under_way
    # A change of something else accounts for nothing.
    row = row_for("differs", reconcile(csv_of([[*listed(one, unit="别的单位"), ""]], heads)).pk)
    assert (row.filing, row.under_way) == (None, "")


@pytest.mark.parametrize(
    ("listed_on", "said"),
    [(TODAY - timedelta(1), "清单早于回执"), (TODAY, "清单与回执同日"), (TODAY + timedelta(1), "")],
)
def test_a_receipt_after_the_list_accounts_for_what_is_missing_there(listed_on: date, said: str) -> None:
    filing = opening("accepted")
    cast = filing.cast  # type: ignore[attr-defined]
    exchange.take_receipt(filing.pk, system="national", result="taken", on=TODAY, by=cast.officer, now=NOW)
    row = row_for("only_here", reconcile(csv_of([["示例外来", "抖音", "x", "", "", "关停"]]), listed_on=listed_on).pk)
    assert row.under_way.endswith(said)
    assert (row.under_way != "") == (said != "")


def test_a_closure_that_only_one_system_has_taken_is_under_way_for_the_other() -> None:
    cast = Cast()
    filing = closing("accepted", cast)
    run = reconcile(csv_of([["示例外来", "抖音", "x", "", "", "关停"]]))
    row = row_for("only_here", run.pk)
    assert row.filing == filing
    assert "关停报备" in row.under_way


def test_the_lines_of_a_page_ask_as_often_for_many_as_for_few(django_assert_num_queries: Any) -> None:
    of = unit()
    rows = [listed(account(of, same_platform_reason="示例"), unit="别的单位") for _ in range(12)]
    run = reconcile(csv_of(rows))
    for number in (2, 12):
        lines = list(shown.lines_of(run)[:number])
        with django_assert_num_queries(6):
            shown.rows(lines, now=NOW)


@pytest.mark.parametrize("system", ["national", "provincial"])
def test_what_we_export_is_read_back_without_a_difference(system: str, tmp_path: Path) -> None:
    of = unit("常州市钟楼区示例局")
    more: dict[str, Any] = {
        "same_platform_reason": "示例",
        "leader_in_charge": "示例领导",
        "custodian_phone": "0519-00000000",
    }
    accounts = [
        account(of, platform=platform("wechat"), kind="service", operation_mode="self", link="https://a.cn/1", **more),
        account(of, platform=platform("xiaohongshu"), operation_mode="outsourced", vendor="示例公司", **more),
        account(of, platform=platform("app"), name="=示例公式", **more),
    ]
    columns = exporting.COLUMNS[system]
    lines = [[column.cell(Row(n, ExportMark.NEW, None, one)) for column in columns] for n, one in enumerate(accounts)]
    write_xlsx(tmp_path / "out.xlsx", [exporting.sheet(system, columns, lines)])
    job = prepare((tmp_path / "out.xlsx").read_bytes(), system=system)
    confirm(job, **({"platform": "平台代码", "kind": "账号类型代码"} if system == "provincial" else {}))
    run_next({running.KIND: running.RECONCILE})
    run = Reconciliation.objects.get(job=job)
    assert (found(run), run.counts["uncompared"], run.counts["unread"]) == ({}, 0, {})
    assert run.counts["by_id"] == 3


# --- what a line leads to -------------------------------------------------------------------------------------------


def test_an_account_goes_up_with_the_mark_of_its_line() -> None:
    by = officer()
    rows, names = [], {}
    for state, more in (("active", None), ("active", {"unit": "别的单位"}), ("closed", {}), ("cancelled", {})):
        one = account()
        if state != "active":
            Account.objects.filter(pk=one.pk).update(state=state, next_update_due_at=None)
        names[one.pk] = state
        rows += [] if more is None else [listed(one, **more)]
    run = reconcile(csv_of(rows), by)
    marks = {}
    for line in run.lines.order_by("pk"):
        marks[line.kind, names[line.account_id or 0]] = acting.export(line.pk, by=by, now=NOW).mark
    assert marks == {
        ("only_here", "active"): "open",
        ("differs", "active"): "update",
        ("alive_there", "closed"): "close",
        ("alive_there", "cancelled"): "cancel",
    }
    with pytest.raises(WrongState, match="在待导出"):
        acting.export(run.lines.earliest("pk").pk, by=officer(), now=NOW)
    assert row_for("only_here", run.pk).requested is not None


def test_a_unit_is_asked_once_a_day_and_told_what_differs() -> None:
    cast = Cast()
    one = account(cast.unit)
    line = line_of("differs", reconcile(csv_of([listed(one, unit="别的单位")])).pk)
    assert acting.ask(line.pk, by=cast.officer, now=NOW) == 1
    told = Notice.objects.get(user=cast.operator)
    assert "别的单位" in told.text
    assert told.link == f"/accounts/{one.pk}/"
    with pytest.raises(WrongState, match="今天 14:05 已经请"):
        acting.ask(line.pk, by=officer(), now=NOW)
    assert not row_for("differs", line.run_id).may_ask
    acting.ask(line.pk, by=cast.officer, now=NOW + timedelta(days=1))
    assert Event.objects.filter(verb="ask_change", subject_id=one.pk).count() == 2


@pytest.mark.parametrize("role", [Role.PARENT, Role.AUDITOR, Role.OPERATOR])
def test_the_history_of_an_account_keeps_no_telephone_of_either_side(role: Role, client: Client) -> None:
    above = unit()
    cast = Cast(unit(parent=above))
    one = account(cast.unit, custodian="示例管理人", custodian_phone="0519-11111111")
    content = csv_of([[*listed(one), "别人 0519-33333333", "0519-22222222"]], [*HEADS, "管理员", "管理员电话"])
    acting.ask(line_of("differs", reconcile(content).pk).pk, by=cast.officer, now=NOW)
    reader = cast.operator if role == Role.OPERATOR else user(role, above if role == Role.PARENT else None)
    client.force_login(reader)
    shown_then = client.get(f"/accounts/{one.pk}/").content.decode()
    assert "管理员电话不一致" in shown_then
    kept = Event.objects.get(verb="ask_change", subject_id=one.pk)
    for text in (kept.comment, str(kept.detail), Notice.objects.get(user=cast.operator).text):
        assert not any(number * 8 in text for number in "123")
    hidden = "23" if role == Role.OPERATOR else "123"  # its own it reads in the register
    assert not any(number * 8 in shown_then for number in hidden)


@pytest.mark.parametrize("state", ["正常", "已关停"])
def test_a_unit_without_anybody_to_ask_is_not_asked_and_nothing_is_drafted(state: str) -> None:
    one, by = account(unit("示例无人局")), officer()
    line = line_of("differs", reconcile(csv_of([listed(one, unit="别的单位", state=state)])).pk)
    with pytest.raises(Refused, match="示例无人局没有填报员的用户"):
        acting.ask(line.pk, by=by, now=NOW)
    assert not one.filings.exists()
    assert not Event.objects.filter(verb="ask_change").exists()  # so that it can be asked today still


def test_what_they_call_closed_is_drafted_as_a_closure_for_the_unit() -> None:
    cast = Cast()
    one = account(cast.unit)
    line = line_of("differs", reconcile(csv_of([listed(one, state="已关停")])).pk)
    acting.ask(line.pk, by=cast.officer, now=NOW)
    draft = one.filings.get()
    assert (draft.kind, draft.state, draft.owner) == ("close", "draft", None)
    assert Notice.objects.get(user=cast.operator).link == f"/filings/{draft.pk}/"


def test_a_unit_with_a_filing_in_hand_is_not_asked() -> None:
    cast = Cast()
    one = account(cast.unit)
    change("draft", cast, on=one)
    line = line_of("differs", reconcile(csv_of([listed(one, unit="别的单位")])).pk)
    with pytest.raises(WrongState, match="办理中"):
        acting.ask(line.pk, by=cast.officer, now=NOW)


def test_an_account_that_only_they_have_is_entered_with_what_they_say() -> None:
    run = reconcile(csv_of([["示例外来", "新浪微博", "x-1", "https://weibo.com/x", "示例局", "正常"]]))
    address = row_for("only_there", run.pk).sighting
    assert "platform=weibo&" in address
    assert "&uid=x-1&link=https%3A%2F%2Fweibo.com%2Fx&" in address


def test_every_compared_field_has_words_and_is_one_of_the_register() -> None:
    assert set(fields.COMPARED) <= {field.name for field in Account._meta.get_fields()}
    assert set(LineKind) == set(shown.NOTES)
