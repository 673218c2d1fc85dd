"""The charts of the dashboard: each is a table with a title that says what it shows; a script draws it from that."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Case, CharField, Count, QuerySet, Value, When
from django.urls import reverse
from django.utils.http import urlencode

from accounts.flags import RuleCode
from accounts.models import Account, AccountState, Flag, UnitKind
from accounts.wording import SINCE
from inspections.dashboard import FIGURES, Line, Rate, Scope, Shown, bare, by_month, rate_of
from inspections.figures import months_to
from zhonglou_media.core.clock import SHANGHAI

LINES = ("filings", "updates", "questions")  # drawn; the table has all five
AGES = (("0-1", "1 天以内", 1), ("1-3", "1–3 天", 3), ("3-7", "3–7 天", 7), ("7", "7 天以上", 0))
STATES = (AccountState.ACTIVE, AccountState.PENDING, AccountState.CLOSING, AccountState.UNFILED)
NO_KIND = "未分类"
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Cell:
    """What a cell says and, where it counts something, where that is listed."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    cells: list[Cell]
    url: str = ""


@dataclass(frozen=True)
class Chart:
    """`kind` is how the script draws it; the rest is what the page says without it."""

    key: str
    kind: str
    title: str
    note: str
    head: list[str]
    rows: list[Row]
    wide: bool = False
    tall: bool = False
    empty: str = ""
    data: dict[str, str] = field(default_factory=dict)


def trend(month: date, rows: Sequence[Line], shown: Sequence[Shown], scope: Scope) -> Chart:
    """Twelve months of the five figures with the target."""
    months, found = months_to(month, 12), by_month(rows)
    rates = {key: [rate_of(found.get(of, []), figure) for of in months] for key, figure in FIGURES.items()}
    target = next(one.target for one in shown if one.figure.key in LINES)
    table = [
        Row(
            f"{of:%Y-%m}",
            [_percent(rates[key][n], scope.list_url(of, key)) for key in FIGURES],
            f"{scope.address}?month={of:%Y-%m}",
        )
        for n, of in enumerate(months)
    ]
    return Chart(
        "trend",
        "trend",
        trend_title({key: [rate.percent for rate in rates[key]] for key in LINES}, target),
        f"近12个月，单位：%；虚线为目标{target}%",
        ["月份", *(figure.label for figure in FIGURES.values())],
        table,
        wide=True,
        data={"target": str(target), "lines": str(len(LINES))},
    )


def trend_title(percents: dict[str, list[Decimal | None]], target: int) -> str:
    """Of the lines drawn: the one that falls longest, else the one farthest below the target."""
    latest = {key: values[-1] for key, values in percents.items() if values[-1] is not None}
    falls = {key: fall for key in latest if (fall := falling(percents[key])) >= 2}
    if not latest:
        return "本月没有可以画的数据"
    if falls:
        key = max(falls, key=lambda one: (falls[one], target - (latest[one] or 0)))
        gap = target - (latest[key] or Decimal())
        rest = f"离目标还差{gap}个百分点" if gap > 0 else "仍在目标以上"
        return f"{bare(FIGURES[key].label)}连续{falls[key]}个月下降，{rest}"
    below = {key: target - value for key, value in latest.items() if value < target}
    if not below:
        words = "、".join(bare(FIGURES[key].label) for key in latest)
        return f"{words}达到目标{target}%" if len(latest) == 1 else f"{words}都达到目标{target}%"
    key = max(below, key=lambda one: below[one])
    return f"{bare(FIGURES[key].label)}离目标最远，还差{below[key]}个百分点"


def falling(values: Sequence[Decimal | None]) -> int:
    """In how many months, up to the last, it fell one after the other."""
    count = 0
    for earlier, later in zip(values[-2::-1], values[:0:-1], strict=True):
        if earlier is None or later is None or later >= earlier:
            break
        count += 1
    return count


def ages(flags: QuerySet[Flag], scope: Scope, now: datetime) -> Chart:
    """The open flags by rule and by how long they stand: one query, of what is open."""
    bounds = [When(since__gte=now - timedelta(days=days), then=Value(key)) for key, _, days in AGES if days]
    rows = (
        flags.order_by()
        .annotate(since=SINCE)
        .annotate(age=Case(*bounds, default=Value(AGES[-1][0]), output_field=CharField()))
    )
    found = {(row["rule"], row["age"]): row["n"] for row in rows.values("rule", "age").annotate(n=Count("pk"))}
    totals = Counter[str]()
    for (rule, _), n in found.items():
        totals[rule] += n
    address = reverse("flags")
    unit: dict[str, str | int] = {"unit": scope.unit.pk} if scope.unit else {}
    labels = dict(RuleCode.choices)
    table = [
        Row(
            labels.get(rule, rule),
            [
                _count(found.get((rule, key), 0), f"{address}?{urlencode({'rule': rule, 'age': key, **unit})}")
                for key, _, _ in AGES
            ],
            f"{address}?{urlencode({'rule': rule, **unit})}",
        )
        for rule, _ in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return Chart(
        "ages",
        "ages",
        _ages_title(found, totals, labels),
        f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}未解除的，按规则和持续时间，单位：条",
        ["规则", *(label for _, label, _ in AGES)],
        table,
        tall=len(table) > 5,
        empty="没有未解除的预警。",
    )


def _ages_title(found: dict[tuple[str, str], int], totals: Counter[str], labels: dict[str, str]) -> str:
    total = sum(totals.values())
    old = {rule: n for (rule, age), n in found.items() if age == AGES[-1][0]}
    if not total:
        return "没有未解除的预警"
    if not old:
        return f"{total}条未解除预警都在7天以内"
    rule = max(old, key=lambda one: (old[one], one))
    many = f"其中{old[rule]}条是“{labels.get(rule, rule)}”"
    return f"{total}条未解除预警中{sum(old.values())}条超过7天，{many}"


def platforms(accounts: QuerySet[Account], scope: Scope) -> Chart:
    """The accounts that stand, by platform and state: one query."""
    rows = accounts.filter(state__in=STATES).order_by()
    grouped = rows.values_list("platform_id", "platform__name", "state").annotate(n=Count("pk"))
    found = {(pk, name, state): n for pk, name, state, n in grouped}
    totals = Counter[tuple[int, str]]()
    for (pk, name, _), n in found.items():
        totals[pk, name] += n
    address = reverse("accounts:list")
    unit: dict[str, str | int] = {"unit": scope.unit.pk} if scope.unit else {}
    order = sorted(totals, key=lambda one: (-totals[one], one[0]))
    table = [
        Row(
            name,
            [
                _count(
                    found.get((pk, name, state), 0),
                    f"{address}?{urlencode({'platform': pk, 'state': state.value, **unit})}",
                )
                for state in STATES
            ],
        )
        for pk, name in order
    ]
    total = sum(totals.values())
    title = "没有在册账号"
    if order:
        unfiled = sum(n for (_, _, state), n in found.items() if state == AccountState.UNFILED)
        share = Rate(totals[order[0]], total).percent
        title = f"{total}个账号中{order[0][1]}最多，占{share}%" + (
            f"；{unfiled}个未备案" if unfiled else "；没有未备案的"
        )
    return Chart(
        "platforms",
        "platforms",
        title,
        "按平台和状态，单位：个；已关停、已注销的不计",
        ["平台", *(state.label for state in STATES)],
        table,
        tall=len(table) > 5,
        empty="还没有在册账号。",
    )


def ontime(month: date, rows: Sequence[Line], scope: Scope, *, wide: bool) -> Chart:
    """The month's filings, on time and late, by kind of unit."""
    figure, kinds = FIGURES["filings"], {kind.value: kind.label for kind in UnitKind} | {"": NO_KIND}
    of_month = by_month(rows).get(month, [])
    rates = {kind: rate_of((row for row in of_month if row.kind == kind), figure) for kind in kinds}
    counted = {kind: rate for kind, rate in rates.items() if rate.of}
    table = [
        Row(
            kinds[kind],
            [
                _count(rate.good, scope.list_url(month, "filings", "good", kind=kind or "none")),
                _count(rate.bad, scope.list_url(month, "filings", "bad", kind=kind or "none")),
            ],
        )
        for kind, rate in counted.items()
    ]
    total = rate_of(of_month, figure)
    late = {kind: rate.bad for kind, rate in counted.items() if rate.bad}
    title = f"{total.of}件备案全部按期"
    if not total.of:
        title = "本月没有到期的备案"
    elif late:
        worst = max(late, key=lambda kind: late[kind])
        punctual = [kinds[kind] for kind in counted if kind not in late]
        rest = f"{'、'.join(punctual)}全部按期" if punctual else f"{kinds[worst]}最多"
        title = f"{total.of}件备案中{total.bad}件逾期，{rest}"
    return Chart(
        "ontime", "ontime", title, "本月到期的备案，按单位类别，单位：件", ["单位类别", "按期", "逾期"], table,
        wide=wide, empty="本月没有到期的备案。",
    )  # fmt: skip


def ranking(month: date, rows: Sequence[Line]) -> Chart:
    """单位活跃度, only where the office asked for it (减轻基层负担: off): updates of the month, most first."""
    sums = {(row.name, row.unit): sum(row.counts["days"]) for row in by_month(rows).get(month, [])}
    order = sorted(sums, key=lambda one: (-sums[one], one[0]))
    none = sum(not n for n in sums.values())
    title = "本月没有更新记录"
    if order and sums[order[0]]:
        title = f"{order[0][0]}更新最多，{none}个单位没有更新" if none else f"{order[0][0]}更新最多，各单位都有更新"
    table = [Row(name, [Cell(str(sums[name, unit]))]) for name, unit in order[:10]]
    return Chart(
        "ranking", "ranking", title, "本月更新次数，前10个单位，单位：次", ["单位", "更新次数"], table,
        tall=len(table) > 5, empty="本月没有更新记录。",
    )  # fmt: skip


@dataclass(frozen=True)
class HeatDay:
    css: str
    words: str


@dataclass(frozen=True)
class HeatWeek:
    days: list[HeatDay]
    month: str


@dataclass(frozen=True)
class Calendar:
    """The calendar of updates: weeks from Monday to Sunday, and the same by months as a table."""

    title: str
    weeks: list[HeatWeek]
    steps: list[int]  # from how many updates a square is darker
    table: list[Row]

    @property
    def days(self) -> Iterable[HeatDay]:
        return [day for week in self.weeks for day in week.days]


def calendar(month: date, rows: Sequence[Line], today: date) -> Calendar:
    """The updates of each day of the twelve months that end with `month`.

    Its numbers, and those of `ranking`, open nothing: the page of an account lists its updates, none lists them all.
    """
    months = months_to(month, 12)
    posts = Counter[date]()
    for row in rows:
        if row.month >= months[0]:
            for n, count in enumerate(row.counts["days"]):
                posts[row.month + timedelta(days=n)] += count
    first, last = months[0], _end(months[-1], today)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    updated = sorted(posts[day] for day in days if posts[day])
    steps = [updated[len(updated) * part // 3] for part in (1, 2)] if updated else [1, 1]
    table = []
    for of in months:
        of_month = [day for day in days if day.replace(day=1) == of]
        total, none = sum(posts[day] for day in of_month), sum(not posts[day] for day in of_month)
        table.append(Row(f"{of:%Y-%m}", [Cell(str(total)), Cell(str(none))]))
    return Calendar(_heat_title(posts, days), _weeks(posts, days, steps), steps, table)


def _end(month: date, today: date) -> date:
    return min((month + timedelta(days=31)).replace(day=1) - date.resolution, max(today, month))


def _weeks(posts: Counter[date], days: list[date], steps: list[int]) -> list[HeatWeek]:
    monday, weeks = days[0] - timedelta(days=days[0].weekday()), []
    while monday <= days[-1]:
        week = [monday + timedelta(days=n) for n in range(7)]
        begins = any(day.day == 1 and days[0] <= day <= days[-1] for day in week)
        label = f"{week[-1].month}月" if begins else ""
        weeks.append(HeatWeek([_square(day, posts[day], days, steps) for day in week], label))
        monday += WEEK
    return weeks


def _square(day: date, count: int, days: list[date], steps: list[int]) -> HeatDay:
    if not days[0] <= day <= days[-1]:
        return HeatDay("lvx", f"{day} 不在这12个月里")
    level = 0 if not count else 1 + sum(count > step for step in steps)
    return HeatDay(f"lv{level}", f"{day} 更新 {count} 次")


def _heat_title(posts: Counter[date], days: list[date]) -> str:
    total = sum(posts[day] for day in days)
    none = [day for day in days if not posts[day]]
    if not total:
        return "近12个月没有更新记录"
    if not none:
        return f"近12个月更新{total}次，每天都有更新"
    longest, since, run = 0, none[0], 0
    for day in days:
        run = 0 if posts[day] else run + 1
        if run > longest:
            longest, since = run, day - timedelta(days=run - 1)
    return f"近12个月更新{total}次，{len(none)}天没有更新，最长的一段是{since}起{longest}天"


def _percent(rate: Rate, url: str) -> Cell:
    return Cell("—" if rate.percent is None else str(rate.percent), url if rate.of else "")


def _count(number: int, url: str) -> Cell:
    return Cell(str(number), url if number else "")
