"""The left navigation: one list for all roles; a person sees the pages that person may open, with counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils.functional import SimpleLazyObject

from accounts.access import visible_flags
from accounts.models import Level, Role
from accounts.policy import Action, carried_on, could, grants_of
from filings import going_up, preapprovals, queues, review_queue
from filings.handing_over import left_behind
from filings.models import Filing, FilingState
from filings.models.filing import CLOSINGS
from inspections import check_progress, incidents, lateness, rectify_board, upper_shown
from inspections.access import visible_orders
from inspections.models import IncidentState
from inspections.models.order import STANDING, OrderState
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.counting import Tally, tallied, tally
from zhonglou_media.core.models import Notice, User
from zhonglou_media.portal import unit_todos

WITH_THE_OPERATOR = (FilingState.RETURNED, FilingState.TO_REPORT, FilingState.DRAFT)


@dataclass(frozen=True)
class Page:
    """A page of the navigation: its words, URL name, icon and the key of its count ('' for none)."""

    label: str
    url_name: str
    icon: str
    count: str = ""


GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "我的工作",
        (
            Page("待办", "home", "checklist", "todo"),
            Page("已办", "done", "circle-check"),
            Page("我发起的", "mine", "send"),
            Page("新建备案", "filings:new", "plus"),
            Page("登记发布", "accounts:record", "message"),
            Page("季度确认", "accounts:quarter", "list-check"),
            Page("季度自查", "inspections:self_checks", "clipboard-check"),
        ),
    ),
    (
        "备案",
        (
            Page("备案台账", "filings:list", "file-text"),
            Page("上级平台备案", "filings:exchange", "building-bank", "exchange"),
            Page("与上级平台核对", "filings:reconcile", "arrows-diff"),
            Page("责令关停", "inspections:orders", "ban", "orders"),
            Page("前置申请", "filings:preapprovals", "clipboard-check", "preapprovals"),
            Page("打印模板", "filings:templates", "printer"),
        ),
    ),
    (
        "账号",
        (
            Page("账号台账", "accounts:list", "device-mobile"),
            Page("预警", "flags", "alert-triangle", "flags"),
            Page("确认情况", "accounts:quarter_overview", "clipboard-list"),
            Page("发现账号", "accounts:sightings", "map-search"),
            Page("导入台账", "accounts:import", "upload"),
            Page("导入数据", "accounts:activity_import", "upload"),
        ),
    ),
    (
        "监管",
        (
            Page("抽查", "inspections:checks", "clipboard-check", "checks"),
            Page("自查情况", "inspections:self_checks_overview", "clipboard-list"),
            Page("突发情况", "inspections:incidents", "alert-circle", "incidents"),
            Page("上级工单", "inspections:uppers", "mail", "upper"),
            Page("整改", "inspections:rectifications", "tool", "rectify"),
            Page("一票否决", "inspections:vetoes", "circle-x"),
            Page("通报", "inspections:circulars_office", "speakerphone"),
            Page("检查指标", "inspections:indicators", "table"),
        ),
    ),
    (
        "统计",
        (
            Page("月度看板", "inspections:dashboard", "chart-bar"),
            Page("年度考核", "inspections:years", "star"),
        ),
    ),
    (
        "查阅",
        (
            Page("通知", "notices", "bell"),
            Page("工作日历", "filings:calendar", "calendar"),
            Page("实施细则", "regulation", "book"),
            Page("使用帮助", "help", "help"),
            Page("本区设定", "accounts:thresholds", "adjustments"),
            Page("操作记录", "events", "history"),
            Page("运行状况", "runs", "activity"),
        ),
    ),
    (
        "系统管理",
        (
            Page("用户", "users", "users"),
            Page("单位", "units", "building"),
        ),
    ),
)


@dataclass(frozen=True)
class Count:
    """A number beside a page; red when something in it is late."""

    number: int
    late: bool = False


@dataclass(frozen=True)
class Link:
    """A page as one person sees it."""

    label: str
    url: str
    icon: str
    current: bool
    count: Count | None


def counts(user: User, now: datetime) -> dict[str, Count]:
    """What waits for `user` at `now`, by the keys of `Page.count`, and `unread`, the notices.

    One query for all areas; where a unit owes the quarter's confirmation or check, one more for the day it is due.
    """
    areas = {key: area for key, ask in AREAS.items() if (area := ask(user, now)) is not None}
    operated = grants_of(user).own.get(Role.OPERATOR, set())
    found = tallied(areas | (unit_todos.asked(operated, now) if operated else {}))
    others = unit_todos.told(found, now) if operated else []
    todo = sum(found[key].get(of, 0) for key in areas for of in ("todo", "decide"))
    late = any(found[key].get("todo_late", 0) for key in areas) or any(row.is_over(now) for row in others)
    beside = {key: Count(found[key]["all"], found[key].get("late", 0) > 0) for key in areas if "all" in found[key]}
    return {"todo": Count(todo + len(others), late)} | beside


def _count(condition: Q | None = None) -> models.Count:
    return models.Count("pk", filter=condition)


# --- the areas: each says its rows; `all` and `late` stand beside its page, `todo`, `decide`, `todo_late` are 待办 ----


def _unread(user: User, now: datetime) -> Tally | None:
    return tally(Notice.objects.filter(user=user, read_at__isnull=True), all=_count())


def _filings(user: User, now: datetime) -> Tally | None:
    """What is with the operators and leaders of the person's units, or was left behind there."""
    if not could(user, Action.DRAFT, Action.LEADER_APPROVE):
        return None
    handled = carried_on(user, Role.OPERATOR)
    turns = Q(state__in=WITH_THE_OPERATOR, unit__in=handled)
    turns |= Q(state=FilingState.LEADER_REVIEW, unit__in=carried_on(user, Role.LEADER))
    turns |= Q(unit__in=handled) & left_behind(now)
    return tally(Filing.objects.filter(turns), todo=_count(), todo_late=_count(_unit_is_late(now)))


def _reviews(user: User, now: datetime) -> Tally | None:
    if not could(user, Action.ACCEPT):
        return None
    return tally(review_queue.to_review(), todo=_count(), todo_late=_count(queues.over(now)))


def _exchange(user: User, now: datetime) -> Tally | None:
    """What is to be passed on to the systems above: all of it is the office's to do."""
    if not could(user, Action.ACCEPT):
        return None
    late = _count(queues.over(now))
    return tally(going_up.to_pass_on(), all=_count(), late=late, todo=_count(), todo_late=late)


def _preapprovals(user: User, now: datetime) -> Tally | None:
    if not could(user, Action.ACCEPT) or not could(user, Action.DECIDE_PREAPPROVAL):
        return None
    return tally(preapprovals.waiting(), all=_count(), todo=_count())


def _flags(user: User, now: datetime) -> Tally | None:
    """The open flags of the units the person reads; red when one of them is a breach."""
    if not could(user, Action.VIEW_FLAGS):
        return None
    return tally(visible_flags(user).open(), all=_count(), late=_count(Q(level=Level.BREACH)))


def _orders(user: User, now: datetime) -> Tally | None:
    """The standing orders of the units the person reads, red when one is overdue; those whose proof waits for the
    supervisor are among his to-dos.
    """
    if not could(user, Action.VIEW_ORDERS):
        return None
    late, proved = Q(due_at__lte=now), Q(state=OrderState.PROVED)
    todo = {"todo": _count(proved), "todo_late": _count(proved & late)} if could(user, Action.ORDER) else {}
    return tally(visible_orders(user).filter(state__in=STANDING), all=_count(), late=_count(late), **todo)


def _upper(user: User, now: datetime) -> Tally | None:
    """The findings from above that are not answered, of the units the person reads, red when one is late."""
    return upper_shown.open_and_late(user, now) if could(user, Action.VIEW_CHECKS) else None


def _incidents(user: User, now: datetime) -> Tally | None:
    """Incidents that are not closed, of the units the person reads; what waits to be passed on is among the office's
    to-dos and makes the number red there.
    """
    if not could(user, Action.VIEW_INCIDENTS):
        return None
    rows, waits = incidents.visible(user).filter(state__in=incidents.OPEN), Q(state=IncidentState.RECORDED)
    if not could(user, Action.PASS_INCIDENT):
        return tally(rows, all=_count())
    late = waits & Q(pass_due_at__lt=now)
    return tally(rows, all=_count(), late=_count(waits), todo=_count(waits), todo_late=_count(late))


def _checks(user: User, now: datetime) -> Tally | None:
    """The sheets that the person is still to check, red once a month is over; of the office alone."""
    if not could(user, Action.CHECK):
        return None
    mine = check_progress.own(user)
    return tally(mine, all=_count(), late=_count(Q(spot_check__due_at__lte=now)))


def _rectify(user: User, now: datetime) -> Tally | None:
    """Open rectifications of the units the person reads, red when one is overdue. What is to be verified is among the
    office's to-dos, what is to be decided among the supervisor's.
    """
    if not could(user, Action.VIEW_CHECKS):
        return None
    todo = {"todo": _count(rectify_board.ANSWERED)} if could(user, Action.VERIFY_RECTIFICATION) else {}
    if todo and could(user, Action.DECIDE_RECTIFICATION):
        todo["decide"] = _count(rectify_board.WAITS)
    rows = rectify_board.visible_rectifications(user).filter(rectify_board.OPEN)
    return tally(rows, all=_count(), late=_count(lateness.overdue(now)), **todo)


AREAS: dict[str, Callable[[User, datetime], Tally | None]] = {
    "unread": _unread,
    "filings": _filings,
    "reviews": _reviews,
    "exchange": _exchange,
    "preapprovals": _preapprovals,
    "flags": _flags,
    "orders": _orders,
    "upper": _upper,
    "incidents": _incidents,
    "checks": _checks,
    "rectify": _rectify,
}


def _unit_is_late(now: datetime) -> Q:
    """A clock of the unit is over: the report's, the correction's, or the day by which a decision wants it closed."""
    report = Q(report_due_at__lte=now, first_reported_at__isnull=True)
    today = day_of(now)
    closed = Q(closing__due_on__lt=today) | Q(
        revision=0, draft__data__due_on__gt="", draft__data__due_on__lt=today.isoformat()
    )
    decided = Q(kind__in=CLOSINGS, report_due_at__isnull=True) & closed
    return Q(provisional=False) & (report | Q(correction_due_at__lte=now)) | decided


def label_of(url_name: str) -> str:
    """What the navigation calls a page; KeyError for one that is not in it."""
    return {page.url_name: page.label for _, members in GROUPS for page in members}[url_name]


@dataclass(frozen=True)
class Hat:
    """A membership that can be chosen on top of the page; without `pk` all of them."""

    pk: int | None
    words: str
    current: bool


@dataclass(frozen=True)
class Identity:
    """Whom the top bar shows: the unit (or 「… 等3个单位」), the roles held there, and what one may switch to."""

    unit: str
    roles: str
    hats: list[Hat]


def identity(user: User) -> Identity:
    """As whom `user` acts; there is nothing to switch to for who holds one membership."""
    held = grants_of(user).held
    chosen = [m for m in held if m.pk == user.acting_as]
    shown = chosen or held
    units = list(dict.fromkeys(str(m.unit) for m in shown))
    roles = list(dict.fromkeys(str(m.get_role_display()) for m in shown))
    unit = units[0] if len(units) == 1 else f"{units[0]} 等{len(units)}个单位" if units else "没有任职"
    hats = [Hat(m.pk, f"{m.unit}·{m.get_role_display()}", m in chosen) for m in held]
    every = [Hat(None, f"全部（{len(held)}项任职）", not chosen)]
    return Identity(unit, "、".join(roles), every + hats if len(held) > 1 else [])


def links(user: User, path: str, shown: dict[str, Count]) -> list[tuple[str, list[Link]]]:
    """The groups and pages `user` may open; the one that `path` is, or lies under, is current."""
    pages = [(group, page, reverse(page.url_name)) for group, members in GROUPS for page in members]
    under = [url for _, _, url in pages if path == url or (url != "/" and path.startswith(url))]
    here = max(under, key=len, default="")
    found: dict[str, list[Link]] = {}
    for group, page, url in pages:
        if _may_open(user, page.url_name):
            count = shown.get(page.count)
            link = Link(page.label, url, page.icon, url == here, count if count and count.number else None)
            found.setdefault(group, []).append(link)
    return list(found.items())


def _may_open(user: User, url_name: str) -> bool:
    """What the view says of itself (`accounts.access`) decides; nothing is decided here."""
    allowed_to = _allowed_to(url_name)
    return allowed_to == "public" or could(user, *allowed_to)


@cache
def _allowed_to(url_name: str) -> Any:
    """What the view of a page was marked with; addresses do not change while the portal runs."""
    return getattr(resolve(reverse(url_name)).func, "allowed_to", frozenset())


def signed_in(request: HttpRequest) -> User | None:
    """The person signed in; None also where a request failed before it was known who asks."""
    user = getattr(request, "user", None)
    return cast(User, user) if user is not None and user.is_authenticated else None


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the page's `now` (the database's clock, read once), and the shell of signed-in people.

    `working_calendar` is read when the first countdown of a page asks for it, the navigation when the page shows one: a
    fragment does not. A view whose page lies under that of another says so in `request.nav_path`; one that has read
    the clock already, in `request.clock`.
    """
    now = getattr(request, "clock", None) or db_now()
    context: dict[str, Any] = {
        "now": now,
        "working_calendar": SimpleLazyObject(Calendar.load),
        "office_contact": settings.OFFICE_CONTACT,
    }
    if user := signed_in(request):
        shown = identity(user)
        waiting = cast("dict[str, Count]", SimpleLazyObject(lambda: counts(user, now)))
        context |= {
            "nav_groups": SimpleLazyObject(lambda: links(user, getattr(request, "nav_path", request.path), waiting)),
            "nav_unread": SimpleLazyObject(lambda: waiting["unread"].number),
            "nav_search": could(user, Action.VIEW_REGISTER),
            "nav_unit": shown.unit,
            "nav_roles": shown.roles,
            "nav_hats": shown.hats,
        }
    return context
