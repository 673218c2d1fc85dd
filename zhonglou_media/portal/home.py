"""首页·待办: one function a role; a person with several roles switches on top of the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import may, user_of, visible_flags
from accounts.models import Account, AccountState, Flag, Role, Unit
from accounts.models.account import GONE
from accounts.policy import Action, carried_on, grants_of, roles_of, units_of
from accounts.views.register import judged
from filings import content, handing_over, kind_words
from filings.models import Filing, FilingKind, FilingState
from filings.timeline import verb_label
from filings.views.leader import in_force_from, opened_without_approval
from filings.wording import RETURNS, Running, asked, day, moment, report_days, running
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.models import Event, User
from zhonglou_media.portal.flag_rows import flag_rows
from zhonglou_media.portal.nav import WITH_THE_OPERATOR
from zhonglou_media.portal.office_home import office_home
from zhonglou_media.portal.reader_home import reader_home
from zhonglou_media.portal.unit_todos import FAR, Group, UnitTodo, unit_todos

S = FilingState
ROWS = 50  # what a page of to-dos shows; the rest is one click away in the list
RECENT = 5


@dataclass(frozen=True)
class Tab:
    """One of a person's homes."""

    label: str
    url: str
    current: bool
    count: int | None = None


@may(Action.SIGNED_IN)
@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The home of the role asked for by `?role=`, else of the first one the person holds."""
    homes: tuple[tuple[str, str, set[Role], Callable[..., HttpResponse]], ...] = (
        ("office", "区政府办公室", {Role.OFFICER, Role.SUPERVISOR}, office_home),
        ("leader", "单位主要领导", {Role.LEADER}, leader_home),
        ("operator", "填报员", {Role.OPERATOR}, operator_home),
        ("reader", "查阅", {Role.AUDITOR, Role.ADMIN, Role.PARENT}, reader_home),
    )
    held = roles_of(user_of(request))
    mine = [entry for entry in homes if entry[2] & held]
    asked = request.GET.get("role", "")
    key, _, _, page = next((entry for entry in mine if entry[0] == asked), mine[0])
    url = reverse("home")
    tabs = [Tab(label, f"{url}?role={name}", name == key) for name, label, _, _ in mine]
    request.home_tabs = tabs if len(tabs) > 1 else []  # type: ignore[attr-defined]
    return page(request)


# --- operator -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Todo:
    """A row of 待办: why it waits, until when, and the one thing to do."""

    filing: Filing
    why: str
    clock: Running | None
    verb: str
    url: str
    group: Group
    no_clock: str = "未经领导批准，暂不计时"

    def order(self) -> tuple[Group, datetime, int]:
        return self.group, self.clock.due if self.clock else FAR, -self.filing.pk


def operator_home(request: HttpRequest) -> HttpResponse:
    """待办 in the order of `Group`; the unit's accounts and open flags."""
    user, now = user_of(request), db_now()
    units = units_of(user, Role.OPERATOR)
    live = (
        Filing.objects.live()
        .filter(unit__in=carried_on(user, Role.OPERATOR))
        .select_related("unit", "account__platform", "account__unit", "opening__platform", "closing", "draft", "leader")
    )
    marked = handing_over.with_left_behind(live, now)
    with_us = list(marked.filter(Q(state__in=WITH_THE_OPERATOR) | Q(left_behind=True)))
    returns = _last_returns(with_us)
    todos = [_handled(filing, returns.get(filing.pk), user, now) for filing in with_us]
    others = unit_todos(units, now)
    placed = [(todo.order(), True, todo) for todo in todos] + [(todo.order(now), False, todo) for todo in others]
    placed.sort(key=lambda row: row[0])
    context = {
        "units": units,
        "todos": [(is_filing, todo) for _, is_filing, todo in placed[:ROWS]],
        "more": max(len(placed) - ROWS, 0),
        "finding": _finding(todos, others, now),
        "waiting": [(filing, asked(filing)) for filing in live.filter(state=S.LEADER_REVIEW)[:ROWS]],
        "beyond": live.filter(state__in=(S.OFFICE_REVIEW, S.ACCEPTED)).count(),
        "accounts": _accounts(units, now),
        **_flags(user, Role.OPERATOR, now),
        "recent": Filing.objects.filter(unit__in=units, state__in=(S.COMPLETED, S.REFUSED))
        .select_related("account__platform", "opening__platform", "draft")
        .order_by("-ended_at")[:RECENT],
        "days": report_days(day_of(now)),
        "kinds": kind_words.CHOICES,
        "tabs": getattr(request, "home_tabs", []),
    }
    return render(request, "portal/home_operator.html", context)


@dataclass(frozen=True)
class Finding:
    """What the title says: how many, of which late and ending today."""

    total: int
    late: int
    today: int


def _finding(todos: Sequence[Todo], others: Sequence[UnitTodo], now: datetime) -> Finding:
    clocks = [todo.clock for todo in todos if todo.clock]
    late = sum(clock.is_over(now) for clock in clocks) + sum(todo.is_over(now) for todo in others)
    today = sum(not clock.is_over(now) and clock.ends_on(day_of(now)) for clock in clocks)
    today += sum(not todo.is_over(now) and todo.ends_on(now) for todo in others)
    return Finding(len(todos) + len(others), late, today)


def _last_returns(filings: Sequence[Filing]) -> dict[int, Event]:
    """By filing, the last word of who sent it back; only where nothing came after it."""
    events = Event.objects.filter(subject_kind="filing", subject_id__in=[filing.pk for filing in filings])
    moves = events.exclude(to_state="").exclude(verb="read").select_related("actor").order_by("seq")
    last = {event.subject_id or 0: event for event in moves if event.from_state != event.to_state}
    return {pk: event for pk, event in last.items() if event.verb in RETURNS}


def _handled(filing: Any, back: Event | None, user: User, now: datetime) -> Todo:
    """The row of `filing` with who handles it; one that is left behind asks for somebody who takes it over."""
    if filing.left_behind and filing.state not in WITH_THE_OPERATOR:
        clock, url = running(filing), reverse("filings:hand_over", args=[filing.pk])
        why = f"经办人{filing.owner}已不再任本单位填报员，请接手，以便补充材料、处理退回。"
        return Todo(filing, why, clock, "去接手", url, Group.DUE if clock else Group.DRAFTS, "等待办理中")
    todo = _todo(filing, back, now)
    if filing.left_behind:
        return replace(todo, why=f"{todo.why}（原经办人{filing.owner}已离任，还没有人接手）")
    return replace(todo, why=f"{todo.why}（经办人{filing.owner}）") if filing.owner not in (None, user) else todo


def _todo(filing: Filing, back: Event | None, now: datetime) -> Todo:
    clock = asked(filing)
    page = reverse("filings:detail", args=[filing.pk])
    form = reverse("filings:edit", args=[filing.pk])
    if back is not None:
        who = (
            "主要领导"
            if back.verb == "leader_return"
            else "上级系统"
            if back.verb == "upper_return"
            else "区政府办公室"
        )
        why = f"{who} {moment(back.at, now)} 退回：“{back.comment}”"
        return Todo(filing, why, clock, "去修改", form, Group.RETURNED)
    if filing.state == S.TO_REPORT:
        approved = f"主要领导 {day(filing.approved_on, now)} 批准"
        if clock and clock.is_over(now):
            why = f"{approved}，报送期限已过，请尽快报送。"
        elif clock and clock.ends_on(day_of(now)):
            why = f"{approved}。今日 24:00 前报送均为按期；缺的附件可先报送、后补齐。"
        else:
            why = f"{approved}，请在 {clock.until} 前报送。" if clock else f"{approved}，请报送。"
        return Todo(filing, why, clock, "去报送", page, Group.DUE)
    if filing.state == S.RETURNED:
        return Todo(filing, "区政府办公室退回，请改好再报。", clock, "去修改", form, Group.RETURNED)
    if filing.author_id is None and filing.account is not None and filing.account.unit_id != filing.unit_id:
        why = f"单位撤并：{filing.account.unit}已并入本单位，主办单位变更已起草，请核对后提交领导审批。"
        return Todo(filing, why, clock, "去核对", form, Group.DUE if clock else Group.DRAFTS)
    draft = getattr(filing, "draft", None)
    saved = f"最近保存 {draft.saved_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}。" if draft else "还没有保存过。"
    return Todo(filing, saved, clock, "继续填", form, Group.DUE if clock else Group.DRAFTS)


@dataclass(frozen=True)
class AccountRow:
    """An account of the unit with its open flags."""

    account: Account
    flags: list[Flag]


def _accounts(units: Sequence[Unit], now: datetime) -> list[AccountRow]:
    own = Account.objects.filter(unit__in=units).exclude(state__in=GONE)
    rows = judged(own, now, Flag.objects.filter(unit__in=units)).select_related("platform", "unit")
    accounts = list(rows.exclude(state=AccountState.CLOSED))
    flags: dict[int, list[Flag]] = {}
    for flag in Flag.objects.open().filter(account__in=accounts, unit__in=units):
        flags.setdefault(flag.account_id or 0, []).append(flag)
    return [AccountRow(account, flags.get(account.pk, [])) for account in accounts]


def _flags(user: User, role: Role, now: datetime) -> dict[str, Any]:
    """Open flags that the person reads as `role`, as the list and its count have them; the oldest first, with links."""
    grants = grants_of(user)
    own = grants.own[role]
    rows = visible_flags(user).open().filter(unit__in=own | grants.children.get(role, set()))
    shown = list(rows.select_related("unit", "account__platform")[:ROWS])
    of_others = any(flag.unit_id not in own for flag in shown)
    return {
        "flags": flag_rows(shown, now),
        "flag_count": rows.count() if len(shown) == ROWS else len(shown),
        "flags_of_others": of_others,
    }


# --- leader ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """A filing that waits for the leader, with what is cheap to say about it; the rules speak on its own page."""

    filing: Filing
    why: str
    submitted: str
    early: str  # done on the platform before any approval, in words
    warning: str
    article: int
    own: bool


def leader_home(request: HttpRequest) -> HttpResponse:
    """What waits for approval, first what is already open; what was approved and is not reported; recent decisions."""
    user, now = user_of(request), db_now()
    units = units_of(user, Role.LEADER)
    rows = Filing.objects.filter(unit__in=carried_on(user, Role.LEADER)).for_lists()
    rows = rows.select_related("last_editor", "author", "change__giving_unit")
    waiting = list(rows.filter(state=S.LEADER_REVIEW).order_by("pk"))
    submitted = _submitted(waiting)
    today = day_of(now)
    since = in_force_from(today)
    cards = [
        _card(filing, user, submitted.get(filing.pk), opened_without_approval(filing, today, since), now)
        for filing in waiting
    ]
    cards.sort(key=lambda card: not card.early)
    approved = [(filing, running(filing)) for filing in rows.filter(state=S.TO_REPORT)]
    approved.sort(key=lambda pair: pair[1].due if pair[1] else FAR)
    context = {
        "units": units,
        "cards": cards[:ROWS],
        "total": len([card for card in cards if not card.own]),
        "already": sum(bool(card.early) and not card.own for card in cards),
        "only_openings": all(card.filing.kind == FilingKind.OPEN for card in cards if card.early),
        "approved": approved[:ROWS],
        "recent": _decisions(user),
        **_flags(user, Role.LEADER, now),
        "account_count": Account.objects.filter(unit__in=units, state=AccountState.ACTIVE).count(),
        "days": report_days(day_of(now)),
        "tabs": getattr(request, "home_tabs", []),
    }
    return render(request, "portal/home_leader.html", context)


def _submitted(filings: Sequence[Filing]) -> dict[int, Event]:
    """By filing, its last submission."""
    ids = [filing.pk for filing in filings]
    events = Event.objects.filter(subject_kind="filing", subject_id__in=ids, verb="submit")
    return {event.subject_id or 0: event for event in events.order_by("seq")}


def _card(filing: Filing, user: User, submit: Event | None, already_open: bool, now: datetime) -> Card:
    by = filing.last_editor or filing.author
    when = f"{by} {moment(submit.at, now)} 提交" if submit else f"{by} 提交"
    again = f"，第 {filing.revision} 版" if filing.revision > 1 else ""
    warning, article = _warning(filing)
    own = user.pk in (filing.author_id, filing.last_editor_id)
    act = kind_words.of(filing).act
    early = "已在平台开通，未批先建" if filing.kind == FilingKind.OPEN else f"已在平台上{act}，批准在后"
    return Card(filing, _why(filing), when + again, early if already_open else "", warning, article, own)


def _why(filing: Filing) -> str:
    """Why it is filed, in the unit's words."""
    details = filing.details
    if filing.kind == FilingKind.OPEN:
        return str(details.purpose)
    if filing.kind == FilingKind.CHANGE:
        return str(details.reason)
    reasons = content.words("reasons", details.reasons, filing.kind)
    return f"{reasons}。{details.explanation}" if details.explanation else reasons


def _warning(filing: Filing) -> tuple[str, int]:
    """What is cheap to say about it, with its article; ('', 0) when there is nothing."""
    details = filing.details
    if filing.kind == FilingKind.CHANGE and details.giving_unit_id is not None:
        return f"从{details.giving_unit}接收账号，主办单位变更", 8
    if filing.kind in (FilingKind.OPEN, FilingKind.CHANGE) and details.same_platform_reason:
        on = f"在{details.platform}" if filing.kind == FilingKind.OPEN else "在同一平台"
        return f"本单位{on}已有账号，已写明理由", 7
    if filing.kind == FilingKind.OPEN and details.verified_entity not in ("", filing.unit.name):
        return "认证主体与主办单位名称不一致", 6
    return "", 0


@dataclass(frozen=True)
class Decision:
    """What the leader decided lately."""

    what: str
    at: datetime
    comment: str
    back: bool
    url: str


def _decisions(user: User) -> list[Decision]:
    verbs = ("leader_approve", "leader_return")
    events = list(Event.objects.filter(actor=user, subject_kind="filing", verb__in=verbs).order_by("-seq")[:RECENT])
    rows = Filing.objects.filter(pk__in=[event.subject_id for event in events]).for_lists()
    named = {filing.pk: filing.account_label for filing in rows}
    return [
        Decision(
            f"{verb_label(event.verb)}：{named[event.subject_id or 0]}",
            event.at,
            event.comment,
            event.verb == "leader_return",
            reverse("filings:detail", args=[event.subject_id]),
        )
        for event in events
    ]
