"""年度考核 (第二十四条): weighed and computed while the year runs, frozen by the supervisor at its end.

Every figure is computed from facts (`assessed_facts.py`) by one formula (`year_score.py`), for all units at once, each
night and on demand; computed again from the same facts it changes nothing. Who computes, weighs or freezes holds the
row of the year; a frozen year changes no more (triggers).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import policy
from accounts.access import seen_unit_ids
from accounts.models import Account
from accounts.models.account import WATCHED
from accounts.policy import Action
from inspections import assessed_facts, figures, figures_sql
from inspections.models import (
    Assessment,
    AssessmentYear,
    CheckState,
    ClosureOrder,
    Incident,
    SpotCheck,
    YearState,
)
from inspections.year_score import Counts, Grade, Weights, grade, result, share
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.events import sm3
from zhonglou_media.core.models import User

FIRST_YEAR = 2021  # the regulation holds from 2021-03-22 on
COMPUTED = ("checks", "timely", "rectified", "score", "vetoed", "parts")
LONGEST = 2000


def grade_of(row: Assessment) -> Grade:
    """等次 of a line."""
    return grade(row.score, row.vetoed)


def weights_of(year: AssessmentYear) -> Weights:
    return Weights(year.weight_checks, year.weight_timely, year.weight_rectified)


def lines(user: User, year: AssessmentYear) -> QuerySet[Assessment]:
    """The lines of the units whose data `user` reads, by name: nobody is ranked."""
    ids, rows = seen_unit_ids(user), year.assessments.select_related("unit").order_by("unit__name")
    return rows if ids is None else rows.filter(unit__in=ids)


# --- computed -------------------------------------------------------------------------------------------------------


def tick(now: datetime) -> int:
    """Compute this year and every earlier one that is not frozen; returns how many lines changed. Each night."""
    figures.refresh(now)
    AssessmentYear.objects.get_or_create(year=day_of(now).year)
    changed = 0
    for number in AssessmentYear.objects.filter(state=YearState.OPEN).order_by("year").values_list("year", flat=True):
        with transaction.atomic():
            year = locked(number)
            if year.state == YearState.OPEN:
                changed += _compute(year, now)
    return changed


def recompute(number: int, *, by: User, now: datetime) -> int:
    """Compute the year again; returns how many lines changed. Raises NotAllowed, Refused, WrongState when frozen.

    It leaves no event: it writes nothing that does not follow from facts which have theirs.
    """
    policy.require(by, Action.ASSESS)
    _check_year(number, now)
    figures.refresh(now)
    AssessmentYear.objects.get_or_create(year=number)
    with transaction.atomic():
        return _compute(_open(number), now)


def locked(number: int) -> AssessmentYear:
    """The row of the year, held until the end of the transaction; Refused when it has none."""
    year = AssessmentYear.objects.select_for_update().filter(year=number).first()
    if year is None:
        raise Refused(f"{number} 年度的考核还没有计算，请先计算。")
    return year


def _open(number: int) -> AssessmentYear:
    year = locked(number)
    if year.state == YearState.FROZEN:
        last = events.timeline(year).filter(verb="freeze").last()
        who = f"{last.actor}已于 {day_of(last.at)} 定稿" if last is not None else "已经定稿"
        raise WrongState(f"{number} 年度考核{who}，不能再改。", by=last.actor if last else None)
    return year


def _check_year(number: int, now: datetime) -> None:
    if not FIRST_YEAR <= number <= day_of(now).year:
        raise Refused(f"只能考核 {FIRST_YEAR} 年至今年，请核对年度。")


def _compute(year: AssessmentYear, now: datetime) -> int:
    """Write the lines that changed, of all units at once; the caller holds the year's row. Ten queries at most."""
    there = {row.unit_id: row for row in year.assessments.all()}
    weights, written = weights_of(year), []
    counted = assessed_facts.counted(year.year, now)
    for unit_id, counts in counted.items():
        values = asdict(result(counts, weights)) | {"parts": counts.as_told()}
        row = there.get(unit_id)
        if row is None or any(getattr(row, name) != value for name, value in values.items()):
            written.append(Assessment(year=year, unit_id=unit_id, **values))
    gone = there.keys() - counted.keys()
    if gone:
        Assessment.objects.filter(year=year, unit__in=gone).delete()
    if written:
        unique = ["year", "unit"]
        Assessment.objects.bulk_create(
            written, batch_size=500, update_conflicts=True, unique_fields=unique, update_fields=COMPUTED
        )
    AssessmentYear.objects.filter(pk=year.pk).update(computed_at=now)
    year.computed_at = now
    return len(written) + len(gone)


# --- decided by the supervisor --------------------------------------------------------------------------------------


def weigh(number: int, weights: Weights, *, by: User, now: datetime, read: str | None = None) -> AssessmentYear:
    """Set the weights of the year and compute it anew.

    `read` is the `reading` of the page. Raises NotAllowed, Incomplete by field, WrongState when frozen, StaleReading.
    """
    role = policy.require(by, Action.ASSESS)
    told = asdict(weights)
    errors = {name: ["权重应在 0 到 100 之间。"] for name, weight in told.items() if not 0 <= weight <= 100}
    if not errors and sum(told.values()) != 100:
        errors["checks"] = [f"三项权重合计应为 100，现在是 {sum(told.values())}。"]
    if errors:
        raise Incomplete("请改正权重后再保存。", errors)
    with transaction.atomic():
        year = _open(number)
        _must_be(year, read)
        was = asdict(weights_of(year))
        if was == told:
            raise Incomplete("没有改动", {"checks": ["权重没有改动，不用保存。"]})
        year.weight_checks, year.weight_timely, year.weight_rectified = told.values()
        year.save()
        _compute(year, now)
        events.append(year, "weigh", by=by, role=role, at=now, detail={"was": was, "became": told})
    return year


def write_paragraph(number: int, text: str, *, by: User, now: datetime, read: str | None = None) -> AssessmentYear:
    """Keep the paragraph for the yearly report (政府信息公开工作年度报告). Raises as `weigh`."""
    role = policy.require(by, Action.ASSESS)
    text = text.strip()
    if not text:
        raise Incomplete("请填写段落后再保存。", {"paragraph": ["请填写年度报告的段落，或按数据重新起草。"]})
    if len(text) > LONGEST:
        raise Incomplete("请缩短后再保存。", {"paragraph": [f"段落不能超过 {LONGEST} 个字。"]})
    with transaction.atomic():
        year = _open(number)
        _must_be(year, read)
        if text != year.paragraph:
            year.paragraph = text
            year.save()
            events.append(year, "write_paragraph", by=by, role=role, at=now, digest=sm3(text))
    return year


def freeze(number: int, *, reason: str = "", by: User, now: datetime, read: str | None = None) -> AssessmentYear:
    """定稿: computed once more, then the year and its lines change no more; `first_day` at the earliest.

    While rectifications of the year are not verified or sheets not done, a `reason` is asked for. `read` is the
    `reading` of the page: lines that came out otherwise meanwhile are looked at first. Raises NotAllowed, Refused,
    WrongState, StaleReading.
    """
    role = policy.require(by, Action.ASSESS)
    figures.refresh(now)
    with transaction.atomic():
        year = _open(number)
        if day_of(now) < (first := first_day(number)):
            raise Refused(f"{number} 年度考核最早在 {first} 定稿，那时年度内的事项才全部到期。")
        _must_be(year, read)
        if _compute(year, now) and read is not None:
            raise StaleReading("没有定稿：上次计算以后，有单位的得分变了。请先重新计算，看过再定稿。", [])
        left = assessed_facts.still_open(number)
        if left and not reason.strip():
            raise Refused(f"还有{left.words()}，请写明现在定稿的理由。")
        Assessment.objects.filter(year=year).update(state=YearState.FROZEN)
        year.state, year.frozen_at, year.frozen_by = YearState.FROZEN, now, by
        year.paragraph = year.paragraph or draft_paragraph(year)
        year.save()
        detail = {"lines": year.assessments.count(), "digest": digest(year), "open": asdict(left)}
        events.append(
            year,
            "freeze",
            by=by,
            role=role,
            at=now,
            from_state=YearState.OPEN,
            to_state=YearState.FROZEN,
            comment=reason.strip(),
            detail=detail,
        )
    return year


def first_day(number: int) -> date:
    """When the year can be frozen: 2 January, when all of it is due, the questions of 31 December too."""
    return date(number + 1, 1, 1) + figures_sql.REPLY_DAYS - timedelta(days=1)


def why_not_yet(year: AssessmentYear, now: datetime) -> str:
    """Why the year may not be frozen now; '' when it may."""
    first = first_day(year.year)
    return f"最早在 {first} 定稿" if day_of(now) < first else ""


def reading(year: AssessmentYear) -> str:
    """What a page shows of the year that a decision stands on: state, weights, paragraph."""
    return sm3(f"{year.state} {weights_of(year)} {year.paragraph}")[:16]


def _must_be(year: AssessmentYear, read: str | None) -> None:
    if read is not None and read != reading(year):
        last = events.timeline(year).last()
        who = str(last.actor) if last is not None and last.actor is not None else "系统"
        raise StaleReading(f"没有办成：您打开页面以后，{who}改过权重或段落。请看过现在的再办理。", [])


def digest(year: AssessmentYear) -> str:
    """SM3 over the lines, for the history: what was frozen."""
    rows = year.assessments.order_by("unit").values_list("unit", "checks", "timely", "rectified", "score", "vetoed")
    return sm3("\n".join(" ".join(map(str, row)) for row in rows))


# --- the paragraph of the yearly report -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """What the district's year came to, from the lines."""

    counts: Counts
    grades: dict[Grade, int]
    vetoed: int
    units: int

    @classmethod
    def of(cls, rows: Sequence[Assessment]) -> "Totals":
        told = [Counts.told(row.parts) for row in rows]
        added: dict[str, Any] = {name: sum(getattr(one, name) for one in told) for name in Counts.__dataclass_fields__}
        grades = {one: sum(grade_of(row) == one for row in rows) for one in Grade}
        return cls(Counts(**added), grades, sum(row.vetoed for row in rows), len(rows))


def draft_paragraph(year: AssessmentYear) -> str:
    """政务新媒体 in the words of the yearly report (政府信息公开工作年度报告), from the figures alone."""
    return "".join(_sentences(year))


def _sentences(year: AssessmentYear) -> Iterator[str]:
    totals = Totals.of(list(year.assessments.all()))
    counts, span = totals.counts, assessed_facts.Span(year.year)
    yield f"政务新媒体监管情况。截至统计时，全区正常运行的政务新媒体账号 {_accounts()} 个，主办单位 {totals.units} 个。"
    checks = SpotCheck.objects.filter(~Q(state=CheckState.DRAFTED), month__year=year.year).count()
    if checks:
        found = f"检查账号 {counts.sheets} 个次，其中单项否决 {counts.sheets_vetoed} 个次"
        yield f"{year.year} 年开展抽查 {checks} 次，{found}。"
    if counts.filings:
        yield f"应报备案 {counts.filings} 件，按期报送率 {share(counts.filings_on_time, counts.filings)}%。"
    if counts.asked:
        yield f"收到咨询留言 {counts.asked} 条，24 小时内回复率 {share(counts.answered, counts.asked)}%。"
    if ordered := counts.in_time + counts.late + counts.failed + counts.waiting:
        yield f"下达整改通知 {ordered} 件，整改完成 {counts.in_time + counts.late} 件。"
    within = {"issued_at__gte": span.start, "issued_at__lt": span.end}
    if closed := ClosureOrder.objects.filter(**within).exclude(state="revoked").count():
        yield f"责令关停账号 {closed} 个。"
    if incidents := Incident.objects.filter(found_at__gte=span.start, found_at__lt=span.end).count():
        yield f"处置突发情况 {incidents} 起，均按程序登记。"
    good, enough, bad = (totals.grades[one] for one in (Grade.EXCELLENT, Grade.PASSED, Grade.FAILED))
    if good + enough + bad:
        veto = f"（一票否决 {totals.vetoed} 个）" if totals.vetoed else ""
        yield f"年度考核优秀 {good} 个、合格 {enough} 个、不合格 {bad} 个{veto}。"


def _accounts() -> int:
    return Account.objects.filter(state__in=WATCHED).count()
