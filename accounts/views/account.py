"""The page of one account, and what the supervisor may do from it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import fields, flags, heat, lifecycle, policy, wording
from accounts.access import may, seen_unit_ids, sees_phones, visible_accounts, visible_flags
from accounts.forms import ReasonForm
from accounts.models import Account, AccountState, ActivityDay, Flag, Message
from accounts.models.account import ENDED, OPENABLE, OperationMode
from accounts.policy import Action
from accounts.views import acts, filing_acts, history
from accounts.views.activity import recordable
from accounts.views.register import judged
from zhonglou_media.core.answers import back_to, post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User

RECENT_DAYS = 30
QUESTIONS_SHOWN, FILINGS_SHOWN = 5, 4
PEOPLE = ("leader_in_charge", "department_in_charge", "custodian", "custodian_phone")


@dataclass(frozen=True)
class Waivable:
    """An open flag, with the form of its waiver for who may waive it."""

    flag: Flag
    fact: str
    known: wording.Known
    dialog: str
    title: str
    form: ReasonForm | None
    passing: bool  # the account has moved on: the next sweep clears it


@dataclass(frozen=True)
class Recent:
    """What an account did in the last 30 days, and its questions of that time."""

    posts: int
    originals: int
    asked: int
    in_time: int
    waiting: int  # its own not answered, and not due yet: nobody can judge them
    unanswered: int  # of all times
    overdue: int  # of all times: not answered though due

    @classmethod
    def of(cls, account: Account, now: datetime) -> "Recent":
        """Two queries: the days, and the open questions."""
        since = day_of(now) - timedelta(days=RECENT_DAYS - 1)
        days = ActivityDay.objects.filter(account=account, day__gte=since, day__lte=day_of(now))
        sums = days.aggregate(
            **{name: Sum(name, default=0) for name in ("posts", "originals", "asked", "answered_in_time")}
        )
        open_ = list(_unanswered(account).values_list("account", "reply_due_at"))
        ahead = [asked_at for asked_at, due in open_ if due is not None and due > now]
        own = ahead.count(account.pk)  # one that it took over counts where it was asked
        late = len(open_) - len(ahead)
        return cls(sums["posts"], sums["originals"], sums["asked"], sums["answered_in_time"], own, len(open_), late)

    @property
    def judged(self) -> int:
        return max(self.asked - self.waiting, 0)

    @property
    def late(self) -> int:
        return max(self.judged - self.in_time, 0)

    @property
    def rate(self) -> str:
        """「85.7%」, '' where nothing was asked."""
        return f"{min(self.in_time / self.judged, 1):.1%}" if self.judged else ""

    @property
    def original_rate(self) -> str:
        return f"{self.originals / self.posts:.1%}" if self.posts else ""


@may(Action.VIEW_REGISTER)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts, people, flags and history of an account."""
    return show(request, pk)


@may(Action.VOID)
@post_only("accounts:detail", "pk")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """作废: an account recorded in error or twice."""
    user = cast(User, request.user)
    get_object_or_404(visible_accounts(user), pk=pk)
    form = ReasonForm(request.POST, auto_id="void-%s")
    if not form.is_valid():
        return show(request, pk, void_form=form, status=422)
    flagged = Flag.objects.open().filter(account=pk, fact_kind="account").exists()
    try:
        with transaction.atomic():
            account = Account.objects.select_for_update(of=("self",), no_key=True).select_related("platform").get(pk=pk)
            lifecycle.void(account, reason=form.cleaned_data["reason"], by=user, now=db_now())
    except Refused as refusal:
        return show(request, pk, void_form=form, refused=refusal, status=status_of(refusal))
    clears = "未备案账号的预警在下一次检查中解除。" if flagged else ""
    messages.success(request, f"账号“{account.name}”已作废，台账不再列出（状态选“作废”时可查）。{clears}")
    return redirect("accounts:detail", pk=pk)


@may(Action.WAIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def waive(request: HttpRequest, pk: int) -> HttpResponse:
    """免于追究 of one flag, from a dialog or on a page of its own; back to the page it was pressed on."""
    user = cast(User, request.user)
    flag = get_object_or_404(Flag.objects.select_related("unit", "account__platform"), pk=pk)
    back = back_to(request, reverse("accounts:detail", args=[flag.account_id]) if flag.account_id else reverse("home"))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            flags.waive([flag.pk], by=user, reason=form.cleaned_data["reason"], now=db_now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = status_of(refusal)
        else:
            of = f"“{flag.account}”的" if flag.account else ""
            messages.success(request, f"{of}预警“{flags.labels.get(flag.rule, flag.rule)}”已免于追究，理由记入履历。")
            return redirect(back)
    return render(request, "accounts/waive.html", {"flag": flag, "form": form, "next": back}, status=status)


def show(
    request: HttpRequest,
    pk: int,
    *,
    void_form: ReasonForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of the account; `void_form` is one that was incomplete and opens again, or `refused`: that is told."""
    user = cast(User, request.user)
    now = db_now()
    seen = (
        judged(visible_accounts(user), now, visible_flags(user))
        .select_related("platform", "unit", "reborn_of", "successor__platform")
        .prefetch_related("names")
    )
    account = get_object_or_404(seen, pk=pk)
    sees_flags = policy.may(user, Action.VIEW_FLAGS, account)
    of_account = flags.of_account(account).select_related("waived_by", "unit", "account__platform")
    units = seen_unit_ids(user)
    if units is not None:  # what another unit missed with it is that unit's, who reads both reads it there
        of_account = of_account.filter(unit__in=units)
    ever = list(of_account) if sees_flags else []
    standing = [flag for flag in ever if flag.cleared_at is None and flag.waived_at is None]
    said = wording.Facts.of(standing, now)
    sees_activity = policy.may(user, Action.VIEW_ACTIVITY, account)
    phones = sees_phones(user, account.unit_id)
    context: dict[str, Any] = {
        "account": account,
        **recordable(user, account, now),
        "sees_flags": sees_flags,
        "sees_activity": sees_activity,
        "heat": heat.of_account(account, now) if sees_activity else None,
        "recent": Recent.of(account, now) if sees_activity else None,
        "questions": list(_unanswered(account)[:QUESTIONS_SHOWN]) if sees_activity else [],
        "web_link": account.link if account.link.startswith(("https://", "http://")) else "",
        "facts": [fact(account, name) for name in fields.FILED if name not in PEOPLE and applies(account, name)],
        "people": [fact(account, name) for name in PEOPLE if name != "custodian_phone" or phones],
        "open_flags": [_waivable(user, account, flag, said) for flag in standing],
        "past_flags": [flag for flag in ever if flag not in standing],
        "others": account.unit.accounts.exclude(pk=pk).exclude(state=AccountState.VOID).select_related("platform"),
        "history": history.of_account(account, ever),
        "sees_filings": policy.may(user, Action.VIEW_FILING, account),
        "filings": _last_filings(user, account),
        "to_file": filing_acts.offered(user, account),
        "may_open": account.state in OPENABLE and account.unit.may_own and policy.may(user, Action.DRAFT, account),
        "void_form": (void_form or ReasonForm(auto_id="void-%s")) if _may_void(user, account) else None,
        "void_incomplete": void_form is not None and refused is None,
        "refused": refused,
        "typed": void_form.cleaned_data["reason"] if void_form is not None and refused is not None else "",
        "unfiled_stands": any(flag.rule == flags.RuleCode.UNFILED_ACCOUNT for flag in standing),
        "void_title": f"作废“{account.name}（{account.platform}）”？",
        **_standing(user, account),
        "announcements": (announcements := announcements_of(account)),
        "announced": _announced(account, announcements),
        "found": list(account.sightings.select_related("platform", "by").order_by("-found_at", "-pk")),
        "reborn": account.reborn_as.select_related("platform") if account.state == AccountState.CANCELLED else [],
    }
    return render(request, "accounts/detail.html", context, status=status)


def _standing(user: User, account: Account) -> dict[str, Any]:
    """What stands over the account: a closure order, its control lost; and what may be begun besides."""
    order = account.orders.filter(ended_at__isnull=True).first()
    due = f"应在 {due24(order.due_at)} 前办理，现为“{order.get_state_display()}”。" if order is not None else ""
    since = account.lost_control_since
    return {
        "order": order if order is not None and policy.may(user, Action.VIEW_ORDERS, order) else None,
        "order_words": f"这个账号被责令关停，依据：{order.get_ground_display()}" if order is not None else "",
        "order_due": due,
        "lost_words": f"这个账号已认定失控（自 {day_of(since)} 起）" if since is not None else "",
        "acts": acts.acts(user, account, ordered=order is not None),
    }


def announcements_of(account: Account) -> list[Any]:
    """What units have told the public of the account (第八条), the newest first; everybody may read it."""
    told = account.filings.filter(announcements__state="published").distinct().select_related("unit")
    rows = [
        row for filing in told.prefetch_related("announcements__corrected_by") for row in filing.announcements.all()
    ]
    return sorted((row for row in rows if row.published_at), key=lambda row: (row.published_at, row.pk), reverse=True)


def _announced(account: Account, rows: list[Any]) -> int | None:
    """The key of the one of `rows` with which it is leaving or has left; None where there is none."""
    if account.state not in (AccountState.CLOSING, *ENDED):
        return None
    return next((row.pk for row in rows if row.filing.kind in ("close", "cancel")), None)


def _unanswered(account: Account) -> QuerySet[Message]:
    """Questions it owes a reply, those it took over among them, the nearest due time first (第十五条)."""
    return Message.objects.owed_by([account]).order_by("reply_due_at", "pk")


def _last_filings(user: User, account: Account) -> list[Any]:
    """The newest filings of those units whose filings the person reads; the tab has them all."""
    rows, units = account.filings.order_by("-pk"), seen_unit_ids(user)
    if not policy.may(user, Action.VIEW_FILING, account):
        return []
    if units is not None:
        rows = rows.filter(Q(unit__in=units) | Q(change__giving_unit__in=units))
    return list(rows[:FILINGS_SHOWN])


def fact(account: Account, name: str) -> tuple[str, str]:
    """Label and value of a filed field; of a picture only whether there is one."""
    value = "已登记" if name == "avatar" and account.avatar_id else fields.shown(account, name)
    return fields.label(name), value


def applies(account: Account, name: str) -> bool:
    """Whether the field says something of such an account: 账号类型 is for 微信公众号, 运维单位 for 委托运维."""
    if name == "kind":
        return account.platform.has_kinds
    return name != "vendor" or bool(account.vendor) or account.operation_mode == OperationMode.OUTSOURCED


def _may_void(user: User, account: Account) -> bool:
    """Whether 作废 is offered: only where `lifecycle.void` would not refuse."""
    legal = (account.state, AccountState.VOID) in lifecycle.LEGAL
    if not legal or account.number or not policy.may(user, Action.VOID, account):
        return False
    if account.orders.filter(ended_at__isnull=True).exists():
        return False
    return not account.filings.filter(state__in=(*fields.LIVE_FILING, fields.COMPLETED_FILING)).exists()


def _waivable(user: User, account: Account, flag: Flag, said: wording.Facts) -> Waivable:
    dialog = f"waive-{flag.pk}"
    # What the next sweep clears needs no waiver.
    passing = flag.rule == flags.RuleCode.UNFILED_ACCOUNT and account.state != AccountState.UNFILED
    allowed = not passing and policy.may(user, Action.WAIVE, flag)
    title = f"预警“{flags.labels.get(flag.rule, flag.rule)}”免于追究？"
    fact, known = said.sentence(flag), said.known(flag)
    return Waivable(flag, fact, known, dialog, title, ReasonForm(auto_id=f"{dialog}-%s") if allowed else None, passing)
