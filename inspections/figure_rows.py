"""The rows behind a figure of the dashboard: exactly those that are counted, of the units a person reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Account, Unit
from accounts.models.unit import UnitKind
from inspections import figures_sql
from inspections.dashboard import FIGURES, Figure
from inspections.figures_sql import Span
from inspections.updating import Verdict
from zhonglou_media.core.clock import SHANGHAI, parse_day
from zhonglou_media.core.countdown import due24

ROWS_A_PAGE = 20
ALL, GOOD, BAD, UNKNOWN = "", "good", "bad", "unknown"
GOODS = {"filings": "on_time", "questions": "in_time", "checks": "passed", "rectified": "verified"}
WORDS = {  # good, bad
    "filings": ("按期", "逾期"),
    "updates": ("达标", "未达标"),
    "questions": ("按时回复", "未按时回复"),
    "checks": ("合格", "不合格"),
    "rectified": ("整改完成", "没有完成"),
}
NOT_KNOWN = "无法判断"
NO_KIND = "none"


@dataclass(frozen=True)
class Line:
    """What the list says of a row."""

    name: str
    sub: str
    url: str
    unit: Unit
    good: bool | None
    when: str


@dataclass(frozen=True)
class Listed:
    """A page of them, and how many there are of each kind."""

    figure: Figure
    lines: list[Line]
    page: Page[Any]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return self.counts[ALL]

    @property
    def words(self) -> tuple[str, str]:
        return WORDS[self.figure.key]


def rows(key: str, span: Span, *, which: str, kind: str, number: str | None) -> Listed:
    """Page `number` of the rows of the figure `key`, all of them or those that are good, bad or unknown.

    `kind`: of units of that kind alone (`none`: those without).
    """
    figure = FIGURES[key]
    if key == "updates":
        return _updates(figure, span, which, kind, number)
    found: QuerySet[Any] = QUERIES[key](span)
    prefix = "account__unit" if key == "questions" else "unit"
    if kind:
        found = found.filter(**{f"{prefix}__kind": "" if kind == NO_KIND else kind})
    good = {GOODS[key]: True}
    counts = {ALL: found.count(), GOOD: found.filter(**good).count()}
    counts[BAD] = counts[ALL] - counts[GOOD]
    shown = found.filter(**good) if which == GOOD else found.exclude(**good) if which == BAD else found
    page = Paginator(shown.select_related(*RELATED[key]).order_by(*ORDER[key]), ROWS_A_PAGE).get_page(number)
    return Listed(figure, [LINES[key](row) for row in page], page, counts)


def _updates(figure: Figure, span: Span, which: str, kind: str, number: str | None) -> Listed:
    accounts = figures_sql.judged_accounts(span).select_related("platform", "unit").order_by("unit__name", "pk")
    if kind:
        accounts = accounts.filter(unit__kind="" if kind == NO_KIND else kind)
    said = {
        account.pk: verdict
        for part in figures_sql.verdicts_of(list(accounts), span.months[0], span)
        for account, verdict in part
        if verdict is not None
    }
    verdicts = list(said.values())
    wanted = {GOOD: {Verdict.MET}, BAD: {Verdict.MISSED}, UNKNOWN: {Verdict.UNKNOWN}}
    chosen = wanted.get(which, {Verdict.MET, Verdict.MISSED})
    shown = [account for account in accounts if said.get(account.pk) in chosen]
    met, missed = verdicts.count(Verdict.MET), verdicts.count(Verdict.MISSED)
    counts = {ALL: met + missed, GOOD: met, BAD: missed, UNKNOWN: verdicts.count(Verdict.UNKNOWN)}
    page = Paginator(shown, ROWS_A_PAGE).get_page(number)
    good = {Verdict.MET: True, Verdict.MISSED: False, Verdict.UNKNOWN: None}
    return Listed(figure, [_of_account(account, good[said[account.pk]]) for account in page], page, counts)


def _of_account(account: Account, good: bool | None) -> Line:
    known = account.posts_known_until
    when = f"数据截至 {due24(known)}" if known else "尚无数据"
    return Line(
        account.name, str(account.platform), reverse("accounts:activity", args=[account.pk]), account.unit, good, when
    )


def _filing(row: Any) -> Line:
    sub = "·".join(part for part in (row.get_kind_display(), row.number) if part)
    reported = f"{_dt(row.first_reported_at)} 报送" if row.first_reported_at else "没有报送"
    url = reverse("filings:detail", args=[row.pk])
    return Line(row.account_label, sub, url, row.unit, row.on_time, f"{due24(row.report_due_at)} 到期，{reported}")


def _question(row: Any) -> Line:
    answered = f"{_dt(row.first_reply_at)} 回复" if row.first_reply_at else "没有回复"
    url = f"{reverse('accounts:activity', args=[row.account_id])}#messages"
    said = f"{_dt(row.asked_at)} 收到，{answered}"
    return Line(row.account.name, str(row.account.platform), url, row.account.unit, row.in_time, said)


def _sheet(row: Any) -> Line:
    url = reverse("inspections:of_account", args=[row.account_id])
    score = f"{row.score} 分" + ("，单项否决" if row.vetoed else "")
    return Line(row.account.name, str(row.account.platform), url, row.unit, row.passed, score)


def _rectification(row: Any) -> Line:
    said = f"{due24(row.due_at)} 到期，{row.get_state_display()}"
    url = reverse("inspections:rectification", args=[row.pk])
    return Line(row.problem, row.number, url, row.unit, row.verified, said)


def _dt(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


QUERIES: dict[str, Callable[[Span], QuerySet[Any]]] = {
    "filings": figures_sql.filings_of,
    "questions": figures_sql.questions_of,
    "checks": figures_sql.sheets_of,
    "rectified": figures_sql.rectifications_of,
}
LINES: dict[str, Callable[[Any], Line]] = {
    "filings": _filing,
    "questions": _question,
    "checks": _sheet,
    "rectified": _rectification,
}
RELATED: dict[str, Sequence[str]] = {
    "filings": ("unit", "account__platform", "account__unit", "opening__platform", "change", "closing", "draft"),
    "questions": ("account__platform", "account__unit"),
    "checks": ("account__platform", "unit"),
    "rectified": ("unit",),
}
ORDER: dict[str, Sequence[str]] = {
    "filings": ("report_due_at", "pk"),
    "questions": ("asked_at", "pk"),
    "checks": ("unit__name", "pk"),
    "rectified": ("due_at", "pk"),
}
KINDS = {kind.value: kind.label for kind in UnitKind} | {NO_KIND: "未分类"}


def month_of(code: str) -> date | None:
    """The month that an address names (2026-10), or None."""
    return parse_day(f"{code}-01") if len(code) == len("2026-10") else None
