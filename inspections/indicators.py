"""检查指标 (附件1): which version is in force on a day, and how the supervisor makes the next one.

A draft is begun as a copy of a version, edited line by line, and published from a coming day on; then it changes no
more (triggers), and a check keeps the version it was begun with. There is one draft at a time. Each use case locks the
set, compares the version that was read, writes, and appends its event last. Days are Shanghai's.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from accounts import policy
from accounts.policy import Action
from inspections.indicator_diff import NUMBERS, differences
from inspections.models import Indicator, IndicatorKind, IndicatorSet, Measure, SetState
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, User

MOST = Decimal(100)
LIMITS = {Measure.GAP: (1, 365, "天"), Measure.ORIGINALS: (1, 100, "个百分点")}  # measures that read `limit`
CODE = re.compile(r"[A-Z][A-Z0-9]*(\.[0-9]+)?")
ARTICLES = re.compile(r"[0-9]+(,[0-9]+)*")
LAST_ARTICLE = 26
FURTHEST = timedelta(days=366)


@dataclass(frozen=True)
class Numbers:
    """What a version says beside its lines."""

    name: str
    source: str
    pass_mark: int
    bonus_above: int
    bonus_cap: int


@dataclass(frozen=True)
class Line:
    """A line as it is typed."""

    code: str
    kind: str
    name: str
    group: str = ""
    check_text: str = ""
    threshold: str = ""
    limit: int | None = None
    points: Decimal = Decimal(0)
    cap: Decimal = Decimal(0)
    unit_word: str = "项"
    articles: str = ""
    measure: str = ""
    to_rectify: bool = True
    order: int | None = None  # None: the last of its kind


# --- what is read ---------------------------------------------------------------------------------------------------


def in_force(on: date) -> IndicatorSet:
    """The published version with the latest 施行日期 not after `on` (a Shanghai day). Raises Refused when none is."""
    published = IndicatorSet.objects.filter(state=SetState.PUBLISHED, from_date__lte=on)
    found = published.order_by("-from_date").first()
    if found is None:
        raise Refused(f"{on} 还没有施行的检查指标，请由区政府办公室负责人先发布一版。")
    return found


def lines_of(indicator_set: IndicatorSet) -> list[Indicator]:
    """Its lines in the order of the page: one query."""
    return list(Indicator.objects.filter(indicator_set=indicator_set).order_by("order", "id"))


def draft() -> IndicatorSet | None:
    """The one that is being drafted."""
    return IndicatorSet.objects.filter(state=SetState.DRAFT).order_by("pk").first()


# --- use cases ------------------------------------------------------------------------------------------------------


def start(source_id: int, *, by: User, now: datetime) -> IndicatorSet:
    """起草: a copy of the version `source_id`, with all its lines.

    Raises NotAllowed, or WrongState while another draft stands (of two who press at once, one).
    """
    role = policy.require(by, Action.INDICATORS)
    with transaction.atomic():
        IndicatorSet.objects.select_for_update().order_by("pk").first()  # one draft at a time
        if (standing := draft()) is not None:
            raise WrongState(f"已有一版草稿“{standing}”，请先改好、发布那一版。", by=standing.made_by)
        source = IndicatorSet.objects.get(pk=source_id, state=SetState.PUBLISHED)
        made = IndicatorSet.objects.create(
            name=_free_name(day_of(now)),
            source=source.source,
            **{name: getattr(source, name) for name in NUMBERS},
            made_by=by,
            made_at=now,
        )
        lines = lines_of(source)
        for line in lines:
            line.pk, line.indicator_set, line.state = None, made, SetState.DRAFT
            line._state.adding = True
        Indicator.objects.bulk_create(lines)
        detail = {"copied": source.pk, "lines": len(lines)}
        events.append(made, "start", by=by, role=role, at=now, to_state=made.state, comment=source.name, detail=detail)
    return made


def save_numbers(set_id: int, numbers: Numbers, *, read: int, by: User, now: datetime) -> IndicatorSet:
    """Change name, source and the numbers of the draft. Raises NotAllowed, WrongState, StaleReading, Incomplete."""
    with transaction.atomic():
        of, role = _begin(set_id, read, by)
        _complain(wrong_numbers(of, numbers))
        was = {name: getattr(of, name) for name in asdict(numbers)}
        for name, value in asdict(numbers).items():
            setattr(of, name, value)
        _save(of)
        detail = {"was": was, "became": asdict(numbers)}
        events.append(of, "edit", by=by, role=role, at=now, detail=detail)
    return of


def save_line(set_id: int, line_id: int | None, typed: Line, *, read: int, by: User, now: datetime) -> Indicator:
    """Add a line to the draft (`line_id` None) or change one. Raises as `save_numbers`."""
    with transaction.atomic():
        of, role = _begin(set_id, read, by)
        line = Indicator(indicator_set=of) if line_id is None else _line(of, line_id)
        _complain(errors_of(typed, of, line))
        was = None if line_id is None else _told(line)
        for name, value in asdict(typed).items():
            if name != "order":
                setattr(line, name, value)
        if typed.order is not None or line_id is None:
            line.order = typed.order if typed.order is not None else _room(of, typed.kind)
        line.save()
        _save(of)
        verb = "add_line" if line_id is None else "edit_line"
        detail = {"was": was, "became": _told(line)}
        events.append(of, verb, by=by, role=role, at=now, comment=str(line), detail=detail)
    return line


def remove_line(set_id: int, line_id: int, *, read: int, by: User, now: datetime) -> str:
    """Take a line out of the draft; returns what it was called. Raises as `save_numbers`."""
    with transaction.atomic():
        of, role = _begin(set_id, read, by)
        line = _line(of, line_id)
        what, was = str(line), _told(line)
        line.delete()
        _save(of)
        events.append(of, "remove_line", by=by, role=role, at=now, comment=what, detail={"was": was})
    return what


def publish(set_id: int, from_date: date, *, read: int, by: User, now: datetime) -> IndicatorSet:
    """发布: the version holds from `from_date` on, tomorrow at the earliest, and changes no more.

    Raises as `save_numbers`; Incomplete by field when the day does not do or the lines are not ready.
    """
    with transaction.atomic():
        of, role = _begin(set_id, read, by)
        _complain(_wrong_day(from_date, day_of(now)), then="改好后才能发布")
        before, lines = in_force(from_date), lines_of(of)
        if not any(line.kind == IndicatorKind.VETO for line in lines):
            raise Refused("这一版没有单项否决指标，补上后才能发布。")
        changed = differences(before, lines_of(before), of, lines)
        Indicator.objects.filter(indicator_set=of).update(state=SetState.PUBLISHED)
        was, of.state = of.state, SetState.PUBLISHED
        of.from_date, of.published_by, of.published_at = from_date, by, now
        try:
            with transaction.atomic():
                of.save()
        except IntegrityError:  # somebody else's version of the same day, at the same moment
            raise Incomplete("没有发布", {"from_date": [_taken(from_date)]}) from None
        events.append(
            of,
            "publish",
            by=by,
            role=role,
            at=now,
            from_state=was,
            to_state=of.state,
            comment=f"{from_date} 起施行",
            detail={"from_date": from_date.isoformat(), "lines": len(lines), "differences": len(changed)},
        )
    return of


# --- what they share ------------------------------------------------------------------------------------------------


def _begin(set_id: int, read: int, by: User) -> tuple[IndicatorSet, str]:
    role = policy.require(by, Action.INDICATORS)
    of = IndicatorSet.objects.select_for_update(of=("self",)).get(pk=set_id)
    if of.state != SetState.DRAFT:
        last = _last(of)
        who = f"{last.actor}" if last and last.actor else "有人"
        raise WrongState(
            f"没有办成：{who}已发布“{of}”，发布后不能再改；请另起一版。",
            by=last.actor if last else None,
            at=last.at if last else None,
        )
    if of.version != read:
        last = _last(of)
        who, did = (str(last.actor or "系统"), last.comment) if last else ("有人", "")
        told = f"没有保存：您打开页面以后，{who}又改过这一版{f'（{did}）' if did else ''}。请看过现在的内容再改。"
        raise StaleReading(told, [])
    return of, role


def _last(of: IndicatorSet) -> Event | None:
    return events.timeline(of).last()


def _save(of: IndicatorSet) -> None:
    of.version += 1
    of.save()


def _line(of: IndicatorSet, line_id: int) -> Indicator:
    line = Indicator.objects.filter(indicator_set=of, pk=line_id).first()
    if line is None:
        raise WrongState("这一条已经删去，请返回这一版查看。")
    return line


def _told(line: Indicator) -> dict[str, Any]:
    """A line for the record."""
    return {name: str(getattr(line, name)) for name in asdict(Line("", "", ""))}


def _room(of: IndicatorSet, kind: str) -> int:
    """The place after the last line of its kind; those behind it move up one."""
    last = Indicator.objects.filter(indicator_set=of, kind=kind).aggregate(last=Max("order"))["last"]
    if last is None:
        last = Indicator.objects.filter(indicator_set=of).aggregate(last=Max("order"))["last"] or 0
    Indicator.objects.filter(indicator_set=of, order__gt=last).update(order=F("order") + 1)
    return int(last) + 1


def _free_name(today: date) -> str:
    """2026 年第 2 版: the first number that nobody uses."""
    names = set(IndicatorSet.objects.values_list("name", flat=True))
    n = 1
    while f"{today.year} 年第 {n} 版" in names:
        n += 1
    return f"{today.year} 年第 {n} 版"


def _complain(errors: Mapping[str, list[str]], then: str = "改好后才能保存") -> None:
    if errors:
        raise Incomplete(f"还有{len(errors)}处需要修改，{then}。", dict(errors))


def wrong_numbers(of: IndicatorSet, numbers: Numbers) -> dict[str, list[str]]:
    """What is wrong with the numbers of a version, by field."""
    errors: dict[str, list[str]] = {}
    if not numbers.name.strip():
        errors["name"] = ["请填写这一版的名称。"]
    elif IndicatorSet.objects.filter(name=numbers.name).exclude(pk=of.pk).exists():
        errors["name"] = [f"已有一版叫“{numbers.name}”，请换一个名称。"]
    for name, most in (("pass_mark", 100), ("bonus_above", 100), ("bonus_cap", 20)):
        if not 0 <= getattr(numbers, name) <= most:
            errors[name] = [f"应在 0 到 {most} 之间。"]
    if "pass_mark" not in errors and "bonus_above" not in errors and numbers.bonus_above < numbers.pass_mark:
        errors["bonus_above"] = ["不低于合格线：不合格的不加分。"]
    return errors


def errors_of(typed: Line, of: IndicatorSet, line: Indicator) -> dict[str, list[str]]:
    """What is wrong with a line as it is typed, by field; `line` is the row that it becomes."""
    errors: dict[str, list[str]] = {}
    if not CODE.fullmatch(typed.code):
        errors["code"] = ["代码用大写字母和数字，如 N2.1、Z07。"]
    elif Indicator.objects.filter(indicator_set=of, code=typed.code).exclude(pk=line.pk).exists():
        errors["code"] = [f"本版已有 {typed.code}，请换一个代码。"]
    if typed.articles and not _articles(typed.articles):
        errors["articles"] = [f"填条款的序号，几条之间用逗号隔开，如 11,12（1 至 {LAST_ARTICLE}）。"]
    errors |= _wrong_points(typed) | _wrong_measure(typed)
    if typed.kind == IndicatorKind.BONUS and typed.to_rectify:
        errors["to_rectify"] = ["加分项没有要整改的，请取消勾选。"]
    return errors


def _articles(text: str) -> bool:
    return bool(ARTICLES.fullmatch(text)) and all(1 <= int(one) <= LAST_ARTICLE for one in text.split(","))


def _wrong_points(typed: Line) -> dict[str, list[str]]:
    if typed.kind == IndicatorKind.VETO:
        return {name: ["单项否决不记分，请改为 0 或留空。"] for name in ("points", "cap") if getattr(typed, name) != 0}
    errors: dict[str, list[str]] = {}
    if not 0 < typed.points <= MOST:
        errors["points"] = ["每次分值应大于 0，不超过 100。"]
    if typed.cap > MOST:
        errors["cap"] = ["分值上限不超过 100。"]
    elif "points" not in errors and typed.cap < typed.points:
        errors["cap"] = ["分值上限不能小于每次分值。"]
    return errors


def _wrong_measure(typed: Line) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    bonus = typed.kind == IndicatorKind.BONUS
    if typed.measure == Measure.ORIGINALS and not bonus:
        errors["measure"] = ["原创比例只用于加分项。"]
    elif typed.measure not in (Measure.MANUAL, Measure.ORIGINALS) and bonus:
        errors["measure"] = ["加分项可选“人工核对”或“原创比例”。"]
    if typed.limit is not None:
        least, most, unit = LIMITS.get(Measure(typed.measure), (0, 0, ""))
        if not unit:
            errors["limit"] = ["这种预判不用界限，请留空。"]
        elif not least <= typed.limit <= most:
            errors["limit"] = [f"应在 {least} 到 {most} {unit}之间。"]
    return errors


def _wrong_day(from_date: date, today: date) -> dict[str, list[str]]:
    tomorrow = today + timedelta(days=1)
    if from_date < tomorrow:
        return {"from_date": [f"最早从明天（{tomorrow}）起施行，已经开始的抽查不受影响。"]}
    if from_date > today + FURTHEST:
        return {"from_date": ["最多提前一年发布，请核对年份。"]}
    if IndicatorSet.objects.filter(from_date=from_date).exists():
        return {"from_date": [_taken(from_date)]}
    return {}


def _taken(from_date: date) -> str:
    return f"{from_date} 起已有一版施行，请换一天。"
