"""What the dashboard says of a month: the five figures, how they moved, and sentences that name the finding.

Reads the roll-ups (`inspections/figures.py` defines what each figure counts), never the facts. Percentages have one
decimal, half up; a change is the difference of what is shown, in 百分点.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse

from accounts.models import Unit
from inspections.consistency import half_up
from inspections.figures import COLUMNS, KEPT, months_to
from inspections.models import CheckState, Circular, MonthDone, MonthFigure, Sheet, SpotCheck
from zhonglou_media.core.settings_at import Settings


@dataclass(frozen=True)
class Figure:
    """One of the five: its words, its columns of `MonthFigure`, its target, and what its definition says in a line."""

    key: str
    label: str
    of: str
    good: str
    unit_word: str
    bad_word: str
    meaning: str
    target: str = "target_percent"


FIGURES = {
    figure.key: figure
    for figure in (
        Figure(
            "filings", "按时备案率", "filings", "filings_on_time", "件", "逾期",
            "报送期限的最后一天在本月的备案中，在期限前报送的比例（第八条）。暂定期限、未发生、免于追究、"
            "期限前撤回的不计；重新报备的只计一次。",
        ),
        Figure(
            "updates", "更新达标率", "accounts", "accounts_updated", "个", "未达标",
            "本月应更新的账号中，没有整周不更新的比例，服务号看每月次数（第十四条）。数据不全、无法判断的不计，另行注明。",
        ),
        Figure(
            "questions", "24 小时回复率", "asked", "answered_in_time", "条", "未按时回复",
            "本月收到、已满回复时限的咨询中，24 小时内回复的比例（第十五条），计到前天收到的；"
            "还不知道有没有回复的不计。",
        ),
        Figure(
            "checks", "抽查合格率", "checked", "passed", "个", "不合格",
            "本月抽查中计入结果的账号里，合格的比例（第二十四条）；一个账号只计一次。",
        ),
        Figure(
            "rectified", "整改完成率", "rectifications", "rectified", "项", "没有完成",
            "整改期限的最后一天在本月的整改中，复核为完成的比例（第二十四条）；撤销的不计。",
            "rectified_target_percent",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """`good` of `of`."""

    good: int = 0
    of: int = 0

    @property
    def percent(self) -> Decimal | None:
        """With one decimal, half up; None where nothing was to be counted."""
        if not self.of:
            return None
        return half_up(self.good, self.of)

    @property
    def bad(self) -> int:
        return self.of - self.good


@dataclass(frozen=True)
class Shown:
    """A figure of the month beside that of the month before and its target."""

    figure: Figure
    rate: Rate
    before: Rate
    target: int
    unknown: int
    url: str
    bad_url: str = ""
    unknown_url: str = ""

    @property
    def change(self) -> Decimal | None:
        now, before = self.rate.percent, self.before.percent
        return None if now is None or before is None else now - before

    @property
    def moved(self) -> str:
        """「升 1.8 个百分点」."""
        if self.change is None:
            return "没有上月数据可比" if self.rate.of else "本月没有可计的"
        if not self.change:
            return "与上月持平"
        return f"{'升' if self.change > 0 else '降'} {abs(self.change)} 个百分点"

    @property
    def met(self) -> bool | None:
        percent = self.rate.percent
        return None if percent is None else percent >= self.target


@dataclass(frozen=True)
class Line:
    """A unit's row of a month, as the roll-up keeps it."""

    month: date
    unit: int
    kind: str
    name: str
    counts: Mapping[str, Any]


@dataclass(frozen=True)
class Scope:
    """Whose dashboard: `units` None is the whole district; `unit` where it is the page of one."""

    units: frozenset[int] | None
    unit: Unit | None = None

    @property
    def whose(self) -> str:
        return str(self.unit) if self.unit else ("全区" if self.units is None else "本单位")

    @property
    def address(self) -> str:
        return (
            reverse("inspections:unit_dashboard", args=[self.unit.pk])
            if self.unit
            else reverse("inspections:dashboard")
        )

    def list_url(self, month: date, figure: str, which: str = "", **more: str) -> str:
        """Where the rows behind a number are listed."""
        given = {"which": which, **more} | ({"unit": str(self.unit.pk)} if self.unit else {})
        query = "&".join(f"{name}={value}" for name, value in given.items() if value)
        url = reverse("inspections:figure", args=[f"{month:%Y-%m}", figure])
        return f"{url}?{query}" if query else url


@dataclass(frozen=True)
class Done:
    """A month that was computed, whether its check is done, and the circular of that if it was drafted."""

    month: date
    computed_at: datetime
    checked: bool
    circular: int | None = None

    @property
    def code(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def words(self) -> str:
        return f"{self.month.year}年{self.month.month}月"


def months_done() -> list[Done]:
    """The months to choose from, newest first: those whose roll-ups are kept up to date. One query."""
    drafted = Circular.objects.filter(spot_check__month=OuterRef("month"), corrects__isnull=True)
    waits = Sheet.objects.filter(spot_check=OuterRef("pk"), state="open")
    checks = SpotCheck.objects.filter(~Exists(waits), month=OuterRef("month")).exclude(state=CheckState.DRAFTED)
    rows = MonthDone.objects.annotate(checked=Exists(checks), circular=Subquery(drafted.values("pk")[:1]))
    return [Done(row.month, row.computed_at, row.checked, row.circular) for row in rows.order_by("-month")[:KEPT]]


def chosen(done: Sequence[Done], code: str, today: date) -> Done | None:
    """The month asked for; else the last one that is over, else the newest."""
    by_code = {row.code: row for row in done}
    over = next((row for row in done if row.month < today.replace(day=1)), None)
    return by_code.get(code) or over or (done[0] if done else None)


def lines(month: date, scope: Scope) -> list[Line]:
    """The roll-ups of the thirteen months that end with `month`: one query."""
    rows = MonthFigure.objects.filter(month__in=months_to(month, KEPT)).order_by()
    if scope.units is not None:
        rows = rows.filter(unit__in=scope.units)
    names = ("month", "unit_id", "unit__kind", "unit__short_name", "unit__name", *COLUMNS)
    return [
        Line(of, unit, kind, short or name, dict(zip(COLUMNS, counts, strict=True)))
        for of, unit, kind, short, name, *counts in rows.values_list(*names)
    ]


def rate_of(rows: Iterable[Line], figure: Figure) -> Rate:
    rows = list(rows)
    return Rate(sum(row.counts[figure.good] for row in rows), sum(row.counts[figure.of] for row in rows))


def by_month(rows: Iterable[Line]) -> dict[date, list[Line]]:
    found: dict[date, list[Line]] = {}
    for row in rows:
        found.setdefault(row.month, []).append(row)
    return found


def five(month: date, rows: Sequence[Line], scope: Scope, settings: Settings) -> list[Shown]:
    """The five figures; each target is the one that held on the month's last day."""
    months = by_month(rows)
    before, last = months_to(month, 2)[0], _last_day(month)
    unknown = sum(row.counts["accounts_unknown"] for row in months.get(month, []))
    return [
        Shown(
            figure,
            rate_of(months.get(month, []), figure),
            rate_of(months.get(before, []), figure),
            int(settings.at(figure.target, last)),
            unknown if figure.key == "updates" else 0,
            *(scope.list_url(month, figure.key, which) for which in ("", "bad", "unknown")),
        )
        for figure in FIGURES.values()
    ]


def _last_day(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1) - date.resolution


def headline(shown: Sequence[Shown]) -> str:
    """The finding of the month: 「4项好转，24小时回复率下降2.4个百分点」."""
    moved = [one for one in shown if one.change is not None]
    up = [one for one in moved if one.change and one.change > 0]
    down = sorted((one for one in moved if one.change and one.change < 0), key=lambda one: one.change or 0)
    if not moved:
        counted = [one for one in shown if one.rate.of]
        missed = [one for one in counted if not one.met]
        if not counted:
            return "本月没有可以统计的事项"
        return f"{len(counted)}项有数据，{len(missed)}项未达目标" if missed else f"{len(counted)}项有数据，都达到目标"
    better = f"{len(up)}项好转" if up else ""
    if not down:
        short_of = sum(1 for one in shown if one.rate.of and not one.met)
        short = f"，{short_of}项未达目标" if short_of else ""
        return (f"{better}，没有下降的" if up else "各项都与上月持平") + short
    worst, by = bare(down[0].figure.label), f"{abs(down[0].change or 0)}个百分点"
    worse = f"{worst}下降{by}" if len(down) == 1 else f"{len(down)}项下降，{worst}降得最多（{by}）"
    return "，".join(part for part in (better, worse) if part)


def bare(label: str) -> str:
    """A label within a title: without the spaces around numbers."""
    return label.replace(" ", "")
