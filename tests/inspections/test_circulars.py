"""A circular from draft to publication: what is drafted, 数字核对, who may, what stops it, and its corrections."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Role
from inspections import circular_checking, circular_figures, circular_text, circulars
from inspections.models import Circular, Finding, Rectification, Sheet, SpotCheck
from tests.factories import NOW, Cast, at, unit, user
from tests.inspections.circulars_made import (
    MONTH,
    Made,
    Row,
    a_check,
    another_officer,
    check_of,
    drafted,
    empty_month,
    published,
)
from zhonglou_media.core import files
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def saved(circular: Circular, made: Made, **typed: Any) -> Circular:
    version = Circular.objects.values_list("version", flat=True).get(pk=circular.pk)
    return circulars.save(circular.pk, typed, version=version, by=made.officer, now=LATER)


def judged(circular: Circular) -> circular_checking.Checked:
    circular.refresh_from_db()
    return circulars.check_figures(circular, circular_figures.figures(circular.spot_check))


# --- drafted ---------------------------------------------------------------------------------------------------------


def test_what_is_drafted() -> None:
    made, circular = drafted()
    assert circular.title == "关于2026年10月全区政务新媒体抽查情况的通报"
    assert circular.document_no == "钟政办函〔2026〕1号"
    assert circular.addressed_to == "开发区、高新园（邹区镇）、各街道，区各办局、直属单位："
    assert circular.overview.split("\n")[0] == (
        "数据截至2026年10月31日24:00，全区1个单位在册运行政务新媒体账号9个，本次全面检查9个。"
        "合格6个，不合格3个，合格率66.7%。"
    )
    assert "区级部门3个，合格1个，合格率33.3%；街道6个，合格5个，合格率83.3%。" in circular.overview
    assert "（一）两周内无更新。1个账号：示例发布（微信公众号）。" in circular.problems
    assert "2个账号：示例文旅（抖音）、示例民政（微信公众号）。" in circular.problems
    assert "（五）得分低于60分。1个账号：示例民政（微信公众号）。" in circular.problems
    assert circular.praise == "1个账号得满分：示例满分（微信公众号），予以表扬。"
    found = judged(circular)
    assert (found.off, found.unknown, list(found.within)) == ([], [], [])
    assert len(found.agreeing) > 15
    assert made.check.circulars.count() == 1


def test_an_empty_month_is_drafted_and_published_as_it_is() -> None:
    _, circular = published(empty_month())
    assert circular.problems == "本次检查没有发现问题。"
    assert "合格率100.0%" in circular.overview
    assert circular.index_no == "2026-0001"


def test_drafting_closes_the_check_once_each_account_has_a_result() -> None:
    made = a_check(state="confirmed")
    waiting = Sheet.objects.get(account=made.accounts["示例甲1"])
    Sheet.objects.filter(pk=waiting.pk).update(counts=False)
    with pytest.raises(Refused, match="1 个账号没有结果"):
        drafted(made)
    assert not Circular.objects.exists()
    Sheet.objects.filter(pk=waiting.pk).update(counts=True)
    drafted(made)
    assert SpotCheck.objects.get(pk=made.check.pk).state == "closed"


def test_pressed_twice_there_is_one_draft() -> None:
    made, circular = drafted()
    assert circulars.draft(made.check.pk, by=made.officer, now=LATER).pk == circular.pk


def test_change_since_the_last_published_circular() -> None:
    published(a_check(month=date(2026, 9, 1)))
    _, circular = drafted(a_check())
    assert "合格率66.7%，与上月持平。" in circular.overview
    assert judged(circular).off == []
    _, better = drafted(empty_month(month=date(2026, 11, 1)))
    assert "，较2026年9月提升33.3个百分点。" in better.overview
    assert judged(better).off == []


def test_the_deadline_of_the_orders_is_in_the_demands_and_checked() -> None:
    made = a_check()
    finding = Finding.objects.get(indicator__code="N2.1")
    facts: dict[str, Any] = {"unit": finding.unit, "account": finding.account, "problem": "无更新", "issued_at": NOW}
    Rectification.objects.create(number="示例1号", finding=finding, due_at=at("2026-11-28 00:00"), **facts)
    _, circular = drafted(made)
    assert circular.rectify_by == date(2026, 11, 27)
    assert "于2026年11月27日前" in circular.demands
    saved(circular, made, demands=circular.demands.replace("27日", "28日"))
    assert [mark.label for mark in judged(circular).off] == ["整改期限"]


def test_who_put_right_in_time_is_thanked() -> None:
    made = a_check(month=date(2026, 9, 1))
    finding = Finding.objects.get(indicator__code="N2.1")
    answered = {"answer": "已更新", "answered_at": NOW, "first_answered_at": NOW, "answered_by": made.cast.operator}
    facts: dict[str, Any] = {"unit": finding.unit, "problem": "无更新", "issued_at": NOW, "state": "verified"}
    order = Rectification.objects.create(
        number="示例1号", finding=finding, due_at=LATER, verified_at=NOW, verified_by=made.officer, **facts, **answered
    )
    assert circular_figures.figures(a_check().check)["in_time"] == [made.cast.unit.name]
    Rectification.objects.filter(pk=order.pk).update(answered_at=LATER + timedelta(hours=1))  # sent back, then late
    assert circular_figures.figures(SpotCheck.objects.get(month=MONTH))["in_time"] == []
    Rectification.objects.filter(pk=order.pk).update(answered_at=NOW, due_at=NOW)
    assert circular_figures.figures(SpotCheck.objects.get(month=MONTH))["in_time"] == []


@pytest.mark.parametrize(("n", "said"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一")])
def test_numerals(n: int, said: str) -> None:
    assert circular_text.numeral(n) == said


# --- 数字核对 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "old", "new", "told"),
    [
        ("overview", "合格6个", "合格7个", "合格：文中7，记录6"),
        ("overview", "不合格3个", "不合格 ２ 个", "不合格：文中2，记录3"),
        ("overview", "合格率66.7%", "合格率66.6%", "合格率：文中66.6，记录66.7"),
        ("overview", "合格率66.7%", "合格率67%", "合格率：文中67，记录66.7"),
        ("overview", "账号9个", "账号10个", "在册账号：文中10，记录9"),
        ("overview", "检查9个", "检查了8个", "检查：文中8，记录9"),
        ("overview", "1个单位", "2个单位", "单位：文中2，记录1"),
        ("overview", "区级部门3个", "区级部门4个", "区级部门检查：文中4，记录3"),
        ("overview", "合格率33.3%", "合格率33.4%", "区级部门合格率：文中33.4，记录33.3"),
        ("overview", "微博1个，合格0个", "微博1个，合格1个", "微博合格：文中1，记录0"),
        ("problems", "问题5项", "问题6项", "发现问题：文中6，记录5"),
        ("problems", "涉及4个账号", "涉及5个账号", "涉及账号：文中5，记录4"),
        ("problems", "无更新。1个账号", "无更新。2个账号", "两周内无更新：文中2，记录1"),
        ("problems", "示例发布（微信公众号）", "示例发部（微信公众号）", "“示例发部（微信公众号）”不在检查结果里"),
        ("problems", "示例发布（微信公众号）", "示例文旅（抖音）", "点名的“示例文旅（抖音）”没有这个问题"),
        ("problems", "示例文旅（抖音）、示例民政", "示例民政", "没有点名“示例文旅（抖音）”"),
        ("praise", "1个账号得满分", "3个账号得满分", "得满分：文中3，记录1"),
    ],
)  # fmt: skip
def test_one_changed_figure_is_found(section: str, old: str, new: str, told: str) -> None:
    made, circular = drafted()
    text = getattr(circular, section)
    assert old in text
    saved(circular, made, **{section: text.replace(old, new, 1)})
    found = judged(circular)
    assert any(told in mark.sentence for mark in found.off), [mark.sentence for mark in found.off]
    with pytest.raises(Refused, match="处数字不一致"):
        circulars.submit(circular.pk, version=circular.version, by=made.officer, now=LATER)
    with pytest.raises(Refused, match="处数字不一致"):
        circulars.publish(circular.pk, version=circular.version, by=made.supervisor, now=LATER)


def test_figures_are_held_against_each_other() -> None:
    made, circular = drafted()
    saved(circular, made, overview=circular.overview.replace("合格6个", "合格7个", 1))
    assert any("合格7 + 不合格3 = 10" in mark.sentence for mark in judged(circular).within)


def test_names_state_no_figures() -> None:
    made = check_of([Row("合格12个（热线）12345", problems=("Z08",)), Row("示例、合格率5%。", problems=("Z08",))])
    _, circular = drafted(made)
    assert judged(circular).off == []
    assert judged(circular).unknown == []


def test_a_figure_that_nothing_is_known_of_stops_nothing() -> None:
    made, circular = drafted()
    saved(circular, made, work="本月开展培训3次，约谈单位2家。")
    found = judged(circular)
    assert (found.stops, [mark.said for mark in found.unknown]) == (0, ["3次", "2家"])


def test_changed_to_what_the_facts_say() -> None:
    made, circular = drafted()
    saved(circular, made, overview=circular.overview.replace("合格6个", "合格７个", 1))
    circular.refresh_from_db()
    (mark,) = judged(circular).off
    circulars.fix(circular.pk, mark.key, version=circular.version, by=made.officer, now=LATER)
    assert judged(circular).off == []
    assert "。合格6个，不合格3个" in circular.overview
    with pytest.raises(Refused, match="已经改过"):
        circulars.fix(circular.pk, mark.key, version=circular.version, by=made.officer, now=LATER)


def test_a_change_turned_round_is_put_right_word_and_all() -> None:
    published(a_check(month=date(2026, 9, 1)))
    made, circular = drafted(empty_month())
    saved(circular, made, overview=circular.overview.replace("提升33.3", "下降33.3"))
    (mark,) = judged(circular).off
    circulars.fix(circular.pk, mark.key, version=circular.version, by=made.officer, now=LATER)
    circular.refresh_from_db()
    assert "较上月提升33.3个百分点" in circular.overview


def test_an_explanation_stands_in_the_text_and_lets_it_pass() -> None:
    made, circular = drafted()
    saved(circular, made, overview=circular.overview.replace("合格6个", "合格7个", 1))
    circular.refresh_from_db()
    (mark,) = judged(circular).off
    why = "示例发布经复核改为合格"
    with pytest.raises(Incomplete):
        circulars.explain(circular.pk, mark.key, " ", version=circular.version, by=made.officer, now=LATER)
    circulars.explain(circular.pk, mark.key, why, version=circular.version, by=made.officer, now=LATER)
    found = judged(circular)
    assert (found.stops, [m.key for m in found.told]) == (0, [mark.key])
    assert f"{why}。" in circular.overview
    done = circulars.publish(circular.pk, version=circular.version, by=made.supervisor, now=LATER)
    assert done.circular.state == "published"


def test_an_explanation_taken_out_of_the_text_or_of_another_figure_explains_nothing() -> None:
    made, circular = drafted()
    saved(circular, made, overview=circular.overview.replace("合格6个", "合格7个", 1))
    circular.refresh_from_db()
    (mark,) = judged(circular).off
    circulars.explain(circular.pk, mark.key, "经复核改为合格", version=circular.version, by=made.officer, now=LATER)
    circular.refresh_from_db()
    saved(circular, made, overview=circular.overview.replace("合格7个", "合格8个", 1))
    assert [m.said for m in judged(circular).off] == ["8"]
    saved(circular, made, overview=circular.overview.replace("合格8个", "合格7个", 1).replace("经复核改为合格。", ""))
    assert [m.said for m in judged(circular).off] == ["7"]


def test_what_no_record_tells_of_is_confirmed_by_a_person() -> None:
    made, circular = drafted()
    saved(circular, made, praise=f"{circular.praise}\n示例甲1（微信公众号）更新及时，予以表扬。")
    (mark,) = judged(circular).stopping
    with pytest.raises(Refused, match="核对无误"):
        circulars.submit(circular.pk, version=circular.version, by=made.officer, now=LATER)
    circulars.confirm(circular.pk, mark.key, version=circular.version, by=made.officer, now=LATER)
    found = judged(circular)
    assert (found.stops, [m.key for m in found.told], found.confirmed) == (0, [mark.key], {mark.key})
    assert Event.objects.filter(subject_kind="circular", verb="explain", detail__confirmed=True).count() == 1
    with pytest.raises(Refused, match="已经改过或核对过"):
        circulars.confirm(circular.pk, mark.key, version=circular.version, by=made.officer, now=LATER)
    circulars.publish(circular.pk, version=circular.version, by=made.supervisor, now=LATER)


def test_a_difference_is_not_confirmed() -> None:
    made, circular = drafted()
    saved(circular, made, overview=circular.overview.replace("合格6个", "合格7个", 1))
    (mark,) = judged(circular).stopping
    with pytest.raises(Refused):
        circulars.confirm(circular.pk, mark.key, version=circular.version, by=made.officer, now=LATER)


def test_a_section_is_taken_from_the_results_again() -> None:
    made, circular = drafted()
    saved(circular, made, problems="略")
    circular.refresh_from_db()
    circulars.again(circular.pk, "problems", version=circular.version, by=made.officer, now=LATER)
    circular.refresh_from_db()
    assert circular.problems.startswith("检查发现问题5项")
    with pytest.raises(Refused):
        circulars.again(circular.pk, "work", version=circular.version, by=made.officer, now=LATER)


NAME = st.text(st.sampled_from("示例合格不率检查个账号（）、。：；0123456789%甲乙<&=@"), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(NAME, st.booleans(), st.sampled_from(["Z07", "Z08", ""])),
        min_size=1,
        max_size=6,
        unique_by=lambda row: row[0],
    )
)
def test_whatever_accounts_are_called_what_is_drafted_agrees(rows: list[tuple[str, bool, str]]) -> None:
    """Pure: the figures are written out, the text drafted and read back."""
    good = sum(ok for _, ok, _ in rows)
    labels = {name: f"{circular_figures.clean(name)}（微信）" for name, *_ in rows}
    found = {code: [labels[name] for name, _, of in rows if of == code] for code in ("Z07", "Z08")}
    rate = circular_figures.half_up(good, len(rows))
    part = {"微信": len(rows)}
    said: dict[str, Any] = {
        "id": "2026-10",
        "as_of": "",
        "method": "all",
        "pass_mark": 60,
        "units": 1,
        "total": len(rows),
        "checked": len(rows),
        "passed": good,
        "failed": len(rows) - good,
        "rate_total": rate,
        **{f"by_{key}": part for key in ("owner", "type")},
        **{f"passed_by_{key}": {"微信": good} for key in ("owner", "type")},
        **{f"rate_by_{key}": {"微信": rate} for key in ("owner", "type")},
        "veto": [],
        "deduct": [{"code": c, "type": f"问题{c}", "count": len(of), "accounts": of} for c, of in found.items() if of],
        "findings": sum(map(len, found.values())),
        "accounts_found": sum(map(len, found.values())),
        "low": [labels[name] for name, ok, _ in rows if not ok],
        "full_marks": [],
        "in_time": [],
    }
    checked = circular_checking.check(circulars.drafted_sections(said, None, LATER), said)
    assert [mark.sentence for mark in checked.off] == []
    assert list(checked.within) == []


# --- saved, sent, published ------------------------------------------------------------------------------------------


def test_a_page_opened_before_is_stale() -> None:
    made, circular = drafted()
    other = another_officer()
    circulars.save(circular.pk, {"work": "甲"}, version=1, by=other, now=LATER)
    with pytest.raises(StaleReading) as stale:
        circulars.save(circular.pk, {"work": "乙"}, version=1, by=made.officer, now=LATER)
    assert [(d.label, d.old, d.new) for d in stale.value.difference] == [("主要工作", "甲", "乙")]
    assert str(other) in str(stale.value)
    with pytest.raises(StaleReading):
        circulars.publish(circular.pk, version=1, by=made.supervisor, now=LATER)


def test_saving_nothing_new_writes_nothing() -> None:
    made, circular = drafted()
    before = Event.objects.count()
    assert saved(circular, made, title=circular.title).version == 1
    assert Event.objects.count() == before


@pytest.mark.parametrize("name", ["title", "addressed_to", "signed", "document_no"])
def test_what_is_too_long_is_told_at_its_field(name: str) -> None:
    made, circular = drafted()
    with pytest.raises(Incomplete) as incomplete:
        saved(circular, made, **{name: "长" * 500})
    assert list(incomplete.value.errors) == [name]


def test_what_is_blank_may_be_saved_and_not_sent() -> None:
    made, circular = drafted()
    saved(circular, made, demands=" ")
    circular.refresh_from_db()
    with pytest.raises(Incomplete) as incomplete:
        circulars.submit(circular.pk, version=circular.version, by=made.officer, now=LATER)
    assert list(incomplete.value.errors) == ["demands"]


def test_sent_for_approval_sent_back_and_published() -> None:
    made, circular = drafted()
    circulars.submit(circular.pk, version=1, by=made.officer, now=LATER)
    assert Notice.objects.filter(user=made.supervisor, text__contains="已送审").count() == 1
    with pytest.raises(WrongState, match="撤回"):
        saved(circular, made, title="另一个")
    with pytest.raises(Refused, match="退回的理由"):
        circulars.send_back(circular.pk, reason=" ", by=made.supervisor, now=LATER)
    circulars.send_back(circular.pk, reason="请写明整改期限", by=made.supervisor, now=LATER)
    assert Notice.objects.filter(user=made.officer, text__contains="请写明整改期限").count() == 1
    circulars.submit(circular.pk, version=1, by=made.officer, now=LATER)
    circulars.recall(circular.pk, by=made.officer, now=LATER)
    circulars.submit(circular.pk, version=1, by=made.officer, now=LATER)
    done = circulars.publish(circular.pk, version=1, by=made.supervisor, now=LATER)
    assert (done.circular.state, done.circular.index_no, done.units) == ("published", "2026-0001", 1)
    verbs = Event.objects.filter(subject_kind="circular").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["draft", "submit", "send_back", "submit", "recall", "submit", "publish"]


def test_only_those_whose_it_is() -> None:
    made, circular = drafted()
    pk, at_ = circular.pk, {"version": 1, "now": LATER}
    for person in (made.cast.operator, made.cast.leader, user(Role.AUDITOR), user(Role.ADMIN)):
        for act in (
            lambda by: circulars.draft(made.check.pk, by=by, now=LATER),
            lambda by: circulars.save(pk, {}, by=by, **at_),
            lambda by: circulars.submit(pk, by=by, **at_),
            lambda by: circulars.publish(pk, by=by, **at_),
            lambda by: circulars.correct(pk, reason="更正", by=by, now=LATER),
        ):
            with pytest.raises(NotAllowed):
                act(person)
    for act in (
        lambda by: circulars.publish(pk, by=by, **at_),
        lambda by: circulars.send_back(pk, reason="改", by=by, now=LATER),
    ):
        with pytest.raises(NotAllowed):
            act(made.officer)


def test_published_it_is_immutable() -> None:
    made, circular = published()
    for act in (
        lambda: circulars.save(circular.pk, {"title": "改"}, version=1, by=made.officer, now=LATER),
        lambda: circulars.publish(circular.pk, version=1, by=made.supervisor, now=LATER),
        lambda: circulars.recall(circular.pk, by=made.officer, now=LATER),
        lambda: circulars.draft(made.check.pk, by=made.officer, now=LATER),
    ):
        with pytest.raises(WrongState):
            act()
    for change in ({"title": "改"}, {"state": "draft"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Circular.objects.filter(pk=circular.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Circular.objects.filter(pk=circular.pk).delete()


def test_results_that_changed_since_it_was_saved_stop_the_publication() -> None:
    made, circular = drafted()
    Sheet.objects.filter(account=made.accounts["示例甲1"]).update(passed=False, score=Decimal(40))
    with pytest.raises(Refused, match="检查结果又有变动"):
        circulars.publish(circular.pk, version=1, by=made.supervisor, now=LATER)
    Sheet.objects.filter(account=made.accounts["示例甲1"]).update(passed=True, score=Decimal(95))
    circulars.publish(circular.pk, version=1, by=made.supervisor, now=LATER)


def test_an_account_without_a_result_stops_it() -> None:
    made, circular = drafted()
    Sheet.objects.filter(account=made.accounts["示例甲1"]).update(counts=False)
    saved(circular, made, title="甲")
    circular.refresh_from_db()
    with pytest.raises(Refused, match="1 个账号没有检查结果"):
        circulars.submit(circular.pk, version=circular.version, by=made.officer, now=LATER)


def test_units_that_are_named_are_told_and_others_are_not() -> None:
    other, cast = Cast(unit()), Cast(unit())
    made = check_of([Row("示例甲", problems=("Z08",)), Row("示例乙", unit=other.unit)], cast=cast)
    _, circular = published(made)
    told = Notice.objects.filter(link=f"/circulars/{circular.index_no}/")
    assert {cast.operator.pk, cast.leader.pk} <= set(told.values_list("user", flat=True))
    assert not told.filter(user__in=[other.operator, other.leader]).exists()
    assert not told.filter(user=made.supervisor).exists()


def test_numbers_are_taken_once() -> None:
    _, first = published(a_check(month=date(2026, 9, 1)))
    assert (first.document_no, first.index_no) == ("钟政办函〔2026〕1号", "2026-0001")
    made, second = drafted(a_check())
    assert second.document_no == "钟政办函〔2026〕2号"
    saved(second, made, document_no=first.document_no)
    second.refresh_from_db()
    with pytest.raises(Incomplete) as incomplete:
        circulars.publish(second.pk, version=second.version, by=made.supervisor, now=LATER)
    assert "请改用 钟政办函〔2026〕2号" in incomplete.value.errors["document_no"][0]
    saved(second, made, document_no="钟政办发〔2026〕30号")
    second.refresh_from_db()
    done = circulars.publish(second.pk, version=second.version, by=made.supervisor, now=LATER)
    assert done.circular.index_no == "2026-0002"
    assert circulars.drafted_number(LATER) == "钟政办函〔2026〕2号"


# --- corrected -------------------------------------------------------------------------------------------------------


def test_a_correction_names_the_old_one_which_stays() -> None:
    made, old = published()
    with pytest.raises(Refused, match="更正的内容"):
        circulars.correct(old.pk, reason=" ", by=made.officer, now=LATER)
    new = circulars.correct(old.pk, reason="示例发布改判", by=made.officer, now=LATER)
    assert circulars.correct(old.pk, reason="又一次", by=made.officer, now=LATER).pk == new.pk
    assert f"《{old.title}》（{old.document_no}）有关内容需要更正：示例发布改判。" in new.basis
    assert circulars.correction_of(old) is None
    done = circulars.publish(new.pk, version=1, by=made.supervisor, now=LATER)
    assert circulars.correction_of(old) == done.circular
    assert (done.circular.index_no, Circular.objects.get(pk=old.pk).title) == ("2026-0002", old.title)
    with pytest.raises(WrongState, match="2026-0002"):
        circulars.correct(old.pk, reason="再更正", by=made.officer, now=LATER)
    again = circulars.correct(new.pk, reason="再更正", by=made.officer, now=LATER)
    assert again.corrects == new
    assert again.title.count("更正") == 1


def test_what_is_not_published_is_not_corrected() -> None:
    made, circular = drafted()
    with pytest.raises(WrongState):
        circulars.correct(circular.pk, reason="更正", by=made.officer, now=LATER)


def test_the_word_file_is_kept_as_it_was_published() -> None:
    _, circular = published()
    assert circular.word is not None
    with files.open_file(circular.word) as content:
        assert content.read(2) == b"PK"


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 11, 26), "于2026年11月27日前在本平台提交整改情况。"),
        (date(2026, 11, 27), "于2026年11月27日前在本平台提交整改情况。"),
        (date(2026, 11, 28), "整改期限（2026年11月27日）已过，还没有整改到位的单位要立即整改"),
    ],
)
def test_a_day_that_is_over_is_no_demand(today: date, words: str) -> None:
    assert words in circular_text.demands(date(2026, 11, 27), today)
