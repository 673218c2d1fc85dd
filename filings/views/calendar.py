"""工作日历: a year by months, its papers, and the form in which the administrator confirms one (第八条的工作日)."""

import calendar as weeks
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.policy import Action
from filings import calendar_in, confirming
from filings.forms.calendar import FIRST, LAST, CountForm, YearForm
from filings.views import calendar_moves
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.calendar import NEXT_YEAR_FROM, Calendar, YearPlan, parse_year, statutory_days
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Day, Year

WEEKDAYS = "一二三四五六日"
DEFAULT_N = 2  # 第八条: within 2 working days
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cell:
    """A day of a month: its class, the word in it ('' for none) and what it is called."""

    day: int
    css: str = ""
    word: str = ""
    title: str = ""


@dataclass(frozen=True)
class Month:
    """A month: how many working days, and its weeks from Monday on (None: a day of another month)."""

    number: int
    working: int
    rows: list[list[Cell | None]]


@dataclass
class Holiday:
    """A holiday of the year: its days off, and the days worked for it."""

    name: str
    off: list[date] = field(default_factory=list)
    on: list[date] = field(default_factory=list)

    @property
    def when(self) -> str:
        """「2月15日至23日」, its parts joined where it is interrupted."""
        return "、".join(_span(first, last) for first, last in _runs(self.off)) or "—"

    @property
    def instead(self) -> str:
        """「2月14日（周六）、2月28日（周六）」; '' when none is worked."""
        return "、".join(f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）" for day in self.on)


@may(Action.SIGNED_IN)
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The page; everybody signed in may read by which days the due times are counted."""
    return _page(request, _asked_year(request))


@may(Action.CALENDAR)
@post_only("filings:calendar")
def confirm(request: HttpRequest) -> HttpResponse:
    """核对 shows the days and what they move, 修改 leads back to the form, 确认 writes."""
    step, now = request.POST.get("step", "check"), db_now()
    if step == "check":
        form = YearForm(request.POST, request.FILES)
        if not form.is_valid():
            year = form.cleaned_data.get("year") or day_of(now).year
            return _page(request, year, form=form, status=422)
        return _checked(request, form.cleaned_data["data"])
    try:
        data = calendar_in.from_json(request.POST.get("data", ""))
        if step == "edit":
            plan = parse_year(data)
            return _page(request, plan.year, form=YearForm(initial=_typed(plan)))
        done, moved = confirming.confirm_year(data, by=user_of(request), now=now)
    except Refused as refused:
        return _page(request, _asked_year(request), refused=refused, status=status_of(refused))
    told = f"{moved} 件备案的时限随之重新计算。" if moved else "没有备案的时限因此变动。"
    messages.success(request, f"已确认 {done.row.year} 年：放假 {done.days_off} 天，调休上班 {done.days_on} 天。{told}")
    return redirect(f"{reverse('filings:calendar')}?year={done.row.year}")


def _asked_year(request: HttpRequest) -> int:
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else 0
    return year if FIRST <= year <= LAST else day_of(db_now()).year


def _page(
    request: HttpRequest, year: int, *, form: YearForm | None = None, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    today, standing = day_of(db_now()), Calendar.load()
    rows = {row.year: row for row in Year.objects.select_related("confirmed_by")}
    known = standing.confirmed
    pending = next(y for y in range(today.year, LAST + 2) if y not in known)
    names = _names(year)
    row = rows.get(year) if year in known else None
    context: dict[str, Any] = {
        "year": year,
        "row": row,
        "papers": [p for p in (row.papers if row else []) if p.startswith(("http://", "https://"))],
        "months": months(year, standing, names, today),
        "working": _working(year, standing),
        "holidays": holidays((day, name, not standing.days[day]) for day, name in names.items()),
        "years": sorted({*known, today.year, pending, year}),
        "known": known,
        "pending": pending,
        "waiting": calendar_moves.waiting(user_of(request)),
        "moved": calendar_moves.moved(user_of(request), row),
        "count": _count(request, standing, today),
        "may_confirm": policy.may(user_of(request), Action.CALENDAR),
        "refused": refused,
    }
    if context["may_confirm"]:
        context["form"] = form or YearForm(initial=_standing(year, row, standing, names))
    return render(request, "filings/calendar.html", context, status=status)


def _checked(request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
    """The days as they would stand, and how many due times they would move; nothing is written."""
    now = db_now()
    tried, moved = confirming.try_year(data, by=user_of(request), now=now)
    year = data["year"]
    given = [(day, name, off) for day, (name, off) in sorted(parse_year(data).days.items())]
    context = {
        "year": year,
        "data": data,
        "text": json.dumps(data, ensure_ascii=False),
        "months": months(year, tried, {day: name for day, name, _ in given}, day_of(now)),
        "working": _working(year, tried),
        "holidays": holidays((day, name, not off) for day, name, off in given),
        "off": sum(off for _, _, off in given),
        "on": sum(not off for _, _, off in given),
        "moved": moved,
        "missing": "、".join(_span(day, day) for day in sorted(statutory_days(year)) if not tried.is_off(day)),
        "again": Year.objects.filter(year=year, confirmed_at__isnull=False).exists(),
    }
    return render(request, "filings/calendar_check.html", context)


# --- a year in months and holidays --------------------------------------------------------------------------------


def months(year: int, standing: Calendar, names: Mapping[date, str], today: date) -> list[Month]:
    """The twelve months of `year`."""
    made = []
    for number in range(1, 13):
        rows = [
            [_cell(date(year, number, day), standing, names, today) if day else None for day in week]
            for week in weeks.monthcalendar(year, number)
        ]
        days = (date(year, number, day) for day in range(1, weeks.monthrange(year, number)[1] + 1))
        made.append(Month(number, sum(not standing.is_off(day) for day in days), rows))
    return made


def _cell(day: date, standing: Calendar, names: Mapping[date, str], today: date) -> Cell:
    off, weekend, name = standing.is_off(day), day.weekday() >= 5, names.get(day, "")
    if off and (day in standing.days or not weekend):
        cell = ("is-off", "休", name or "法定节假日（推算）")
    elif weekend and not off:
        cell = ("is-work", "班", f"{name}调休上班")
    else:
        cell = ("is-end" if weekend else "", "", "")
    css, word, title = cell
    return Cell(
        day.day, f"{css} is-today".strip() if day == today else css, word or ("今" if day == today else ""), title
    )


def _working(year: int, standing: Calendar) -> int:
    return standing.working_days_between(date(year - 1, 12, 31), date(year, 12, 31))


def holidays(days: Iterable[tuple[date, str, bool]]) -> list[Holiday]:
    """The days (day, name, worked) by holiday, in the order of their first day."""
    found: dict[str, Holiday] = {}
    for day, name, works in days:
        holiday = found.setdefault(name, Holiday(name))
        (holiday.on if works else holiday.off).append(day)
    return sorted(found.values(), key=lambda holiday: min(holiday.off or holiday.on))


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days that follow one another, as (first, last)."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == ONE_DAY:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _span(first: date, last: date) -> str:
    start = f"{first.month}月{first.day}日"
    if first == last:
        return start
    return f"{start}至{last.day}日" if first.month == last.month else f"{start}至{last.month}月{last.day}日"


def _names(year: int) -> dict[date, str]:
    """The named days that the paper of `year` rules, from the last week of the year before on."""
    first, last = date(year - 1, 12, NEXT_YEAR_FROM), date(year, 12, 31)
    return dict(Day.objects.filter(date__range=(first, last)).order_by("date").values_list("date", "name"))


# --- what the forms start with ------------------------------------------------------------------------------------


def _standing(year: int, row: Year | None, standing: Calendar, names: Mapping[date, str]) -> dict[str, Any]:
    """A confirmed year, to be corrected; of any other only its number."""
    if row is None:
        return {"year": year}
    days = calendar_in.to_rows((day, name, standing.days[day]) for day, name in names.items())
    return {"year": year, "number": row.number, "papers": "\n".join(row.papers), "days": days}


def _typed(plan: YearPlan) -> dict[str, Any]:
    """What was checked, back in the form."""
    days = calendar_in.to_rows((day, name, off) for day, (name, off) in sorted(plan.days.items()))
    return {"year": plan.year, "number": plan.number, "papers": "\n".join(plan.papers), "days": days}


def _count(request: HttpRequest, standing: Calendar, today: date) -> dict[str, Any]:
    """算一算: the form and, when it can be answered, the day."""
    asked = "day" in request.GET
    form = CountForm(request.GET if asked else {"day": today.isoformat(), "n": DEFAULT_N})
    told: dict[str, Any] = {"form": form}
    if form.is_valid():
        due = standing.working_day_after(form.cleaned_data["day"], form.cleaned_data["n"])
        told |= {"n": form.cleaned_data["n"], "on": due.day, "weekday": WEEKDAYS[due.day.weekday()]}
        told["provisional"] = due.provisional
    return told
