"""What an operator records on a phone: 发了一条, 收到留言, 回复了留言, 确认数据截至现在. The use cases decide."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import activity, policy, recorded
from accounts.access import may, user_of, visible_accounts
from accounts.confirming import overdue_by
from accounts.forms import KindForm, PublicationForm, QuestionForm, RemovalForm, ReplyForm, TimedForm, WithdrawalForm
from accounts.models import Account, AccountState, Message, Publication
from accounts.policy import Action
from accounts.views import said, trail
from zhonglou_media.core.answers import back_to, post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Incomplete, Refused, WrongState

Row = TypeVar("Row", Publication, Message)
SAME_TAP = timedelta(minutes=1)  # a reply of the same person so shortly before is the same tap on a phone
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


# --- 数据截至 -------------------------------------------------------------------------------------------------------


@may(Action.RECORD_ACTIVITY)
@post_only("accounts:record")
def confirm_all(request: HttpRequest) -> HttpResponse:
    """确认数据截至现在 for just those accounts that the dialog named: one registered since has been seen by nobody."""
    named = {int(pk) for pk in request.POST.getlist("account") if pk.isdecimal()}
    if not named:
        raise Refused("没有选中账号，请返回“登记发布”，刷新页面后再确认。")
    accounts = list(visible_accounts(user_of(request)).filter(pk__in=named))
    if len(accounts) < len(named):
        raise Http404
    now = db_now()
    if _unsaid(request, accounts, now):
        messages.warning(request, AGAIN)
        return redirect("accounts:record")
    confirmed = activity.confirm_all(named, by=user_of(request), now=now)
    messages.success(request, f"{confirmed}个账号的数据已确认截至 {_hm(now)}。{MEANS}")
    return redirect("accounts:record")


@may(Action.RECORD_ACTIVITY)
@post_only("accounts:detail", "pk")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """确认数据截至现在 of one account."""
    account, now = _account(request, pk), db_now()
    if _unsaid(request, [account], now):
        messages.warning(request, AGAIN)
        return redirect(_back(request, account))
    activity.confirm_known(pk, by=user_of(request), now=now)
    messages.success(request, f"“{account}”的数据已确认截至 {_hm(now)}。{MEANS}")
    return redirect(_back(request, account))


def _unsaid(request: HttpRequest, accounts: Sequence[Account], now: datetime) -> bool:
    """Whether confirming makes something overdue of which the page said nothing: it was opened before that came due."""
    shown = request.POST.getlist("overdue")
    return any(item.mark not in shown for item in overdue_by(accounts, now).values())


AGAIN = "没有确认：您打开页面以后又有账号或咨询到期，确认后会按逾期判断。请看过下面的页面，先登记已经办的，再确认。"
MEANS = "截至这一刻没有登记的发布和留言视为没有，更新、回复是否逾期据此判断。"


# --- publications ---------------------------------------------------------------------------------------------------


@may(Action.RECORD_ACTIVITY)
@never_cache
@read_or_post
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """登记一条发布."""
    return _record(request, pk, "publish", PublicationForm, activity.publish, said.published)


def _record(
    request: HttpRequest,
    pk: int,
    page: str,
    of: type[TimedForm],
    act: Callable[..., Row],
    told: Callable[[Row, datetime], str],
) -> HttpResponse:
    """The form `of` on its page; once it is valid `act` records what was typed, and `told` says what follows."""
    account, now = _account(request, pk), db_now()
    form = of(request.POST if request.method == "POST" else None, now=now)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            row = act(pk, **form.given(), by=user_of(request), now=now)
        except Refused as refused:
            status = _tell(form, refused)
        else:
            messages.success(request, told(row, now))
            return redirect(_back(request, account))
    return _show(request, page, account, status, form=form)


@may(Action.RECORD_ACTIVITY)
@never_cache
@read_or_post
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """登记删除, asked first on a page that says what follows."""
    row = get_object_or_404(_of_own(request, Publication.objects.all()), pk=pk)
    account, now = _account(request, row.account_id), db_now()
    form = RemovalForm(request.POST if request.method == "POST" else None, now=now)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            activity.remove(pk, removed_at=_at(form, "removed_at"), by=user_of(request), now=now)
        except Refused as refused:
            status = _tell(form, refused)
        else:
            messages.success(
                request, f"“{account}”已登记删除。{said.after_removal(said.account_of(row), now)}登记错了可以恢复。"
            )
            return redirect(_back(request, account))
    return _show(request, "remove", account, status, form=form, publication=row)


@may(Action.RECORD_ACTIVITY)
@post_only("accounts:remove", "pk")
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """恢复 of a removed publication."""
    row = get_object_or_404(_of_own(request, Publication.objects.all()), pk=pk)
    account = _account(request, row.account_id)
    activity.restore(pk, by=user_of(request), now=db_now())
    messages.success(request, f"“{account}”已恢复，这一条重新计入发布。")
    return redirect(_back(request, account))


# --- questions ------------------------------------------------------------------------------------------------------


@may(Action.RECORD_ACTIVITY)
@never_cache
@read_or_post
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """登记一条留言, with its reply where it was answered at once."""
    return _record(request, pk, "ask", QuestionForm, activity.ask, _asked)


def _asked(row: Message, now: datetime) -> str:
    what = f"“{said.account_of(row)}”已登记留言。"
    if row.first_reply_at is None:
        return f"{what}{said.due(row, now)}"
    return _with_undo(f"{what}{said.replied(row)}", row)


@may(Action.VIEW_ACTIVITY)
@never_cache
@read_or_post
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One question, what happened to it, and for who records it what can be done with it."""
    return _message_page(request, pk)


@may(Action.RECORD_ACTIVITY)
@post_only("accounts:message", "pk")
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """登记首次回复: with one tap, or at a time."""
    now = db_now()
    form = ReplyForm(request.POST, now=now, auto_id="reply-%s")
    row = _message(request, pk)
    if not form.is_valid():
        return _message_page(request, pk, reply_form=form, status=422)
    try:
        done = activity.reply(pk, at=_at(form, "at"), by=user_of(request), now=now)
    except WrongState as refused:
        done = Message.objects.get(pk=pk)
        mine = refused.by == user_of(request) and refused.at is not None and now - refused.at <= SAME_TAP
        if done.first_reply_at is None or not mine:
            return _message_page(request, pk, reply_form=form, refused=refused)
        # Else it was the second tap of one person: told as the first was.
    except Incomplete as refused:
        form.tell(refused)
        return _message_page(request, pk, reply_form=form, status=422)
    back = _back(request, row.account)
    messages.success(request, _with_undo(f"“{row.account}”{said.replied(done)}", done, back))
    return redirect(back)


def _with_undo(told: str, row: Message, back: str = "") -> SafeString:
    """A reply is recorded by one tap on a phone: the way to take it back stands beside what it means."""
    url = reverse("accounts:message", args=[row.pk]) + (f"?{urlencode({'next': back})}" if back else "")
    minutes = activity.TAKE_BACK.seconds // 60
    return format_html('{} <a href="{}">登记错了？{} 分钟内可以撤销</a>', told, url, minutes)


@may(Action.RECORD_ACTIVITY)
@post_only("accounts:message", "pk")
def unreply(request: HttpRequest, pk: int) -> HttpResponse:
    """登记错了，撤销: the question waits for its reply again."""
    row, now = _message(request, pk), db_now()
    try:
        done = activity.unreply(pk, by=user_of(request), now=now)
    except WrongState as refused:
        return _message_page(request, pk, refused=refused)
    messages.success(request, f"“{row.account}”已撤销登记的回复。{said.due(done, now)}")
    return redirect(_back(request, row.account))


@may(Action.RECORD_ACTIVITY)
@post_only("accounts:message", "pk")
def reclassify(request: HttpRequest, pk: int) -> HttpResponse:
    """改类型."""
    row, now = _message(request, pk), db_now()
    form = KindForm(request.POST, auto_id="kind-%s")
    if not form.is_valid():
        return _message_page(request, pk, kind_form=form, status=422)
    overdue = form.cleaned_data["kind"] == row.Kind.INQUIRY and said.overdue_as_inquiry(row, now) is not None
    if overdue and "overdue" not in request.POST:
        return _message_page(request, pk, kind_form=form, ask_overdue=True, status=422)
    try:
        done = activity.reclassify(pk, kind=form.cleaned_data["kind"], by=user_of(request), now=now)
    except WrongState as refused:
        return _message_page(request, pk, kind_form=form, refused=refused)
    stays = "改类型前已逾期，期限保留。" if done.kind != done.Kind.INQUIRY and done.reply_due_at else ""
    messages.success(
        request, f"“{row.account}”的留言类型已改为{done.get_kind_display()}。{stays or said.due(done, now)}"
    )
    return redirect(_back(request, row.account))


@may(Action.RECORD_ACTIVITY)
@post_only("accounts:message", "pk")
def withdraw_message(request: HttpRequest, pk: int) -> HttpResponse:
    """网民已撤回或删除."""
    row, now = _message(request, pk), db_now()
    form = WithdrawalForm(request.POST, now=now, auto_id="withdraw-%s")
    if not form.is_valid():
        return _message_page(request, pk, withdraw_form=form, status=422)
    try:
        activity.withdraw_message(pk, at=_at(form, "at"), by=user_of(request), now=now)
    except WrongState as refused:
        return _message_page(request, pk, withdraw_form=form, refused=refused)
    except Incomplete as refused:
        form.tell(refused)
        return _message_page(request, pk, withdraw_form=form, status=422)
    messages.success(request, f"“{row.account}”已登记网民撤回或删除，这条留言不用再回复。")
    return redirect(_back(request, row.account))


def _message_page(
    request: HttpRequest,
    pk: int,
    *,
    reply_form: ReplyForm | None = None,
    kind_form: KindForm | None = None,
    withdraw_form: WithdrawalForm | None = None,
    ask_overdue: bool = False,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    row, now, user = _seen_message(request, pk), db_now(), user_of(request)
    by = row.answerer
    may_record = by.state in recorded.RECORDABLE and policy.may(user, Action.RECORD_ACTIVITY, by)
    request.nav_path = reverse("accounts:record" if may_record else "accounts:list")  # type: ignore[attr-defined]
    context = {
        "message_": row,
        "may_record": may_record,
        "trail": trail.of_message(row),
        "open": row.waits,
        **said.of_overdue(said.overdue_as_inquiry(row, now)),
        "ask_overdue": ask_overdue,
        "may_unreply": may_record and activity.may_unreply(row, by=user, now=now),
        "reply_form": reply_form or ReplyForm(now=now, auto_id="reply-%s"),
        "kind_form": kind_form or KindForm(initial={"kind": row.kind}, auto_id="kind-%s"),
        "withdraw_form": withdraw_form or WithdrawalForm(now=now, auto_id="withdraw-%s"),
        "kind_open": kind_form is not None,
        "withdraw_open": withdraw_form is not None,
        "refused": refused,
    }
    account = by if policy.may(user, Action.VIEW_ACTIVITY, by) else row.account
    return _show(request, "message", account, status_of(refused) if refused else status, **context)


# --- what they share ------------------------------------------------------------------------------------------------


def _account(request: HttpRequest, pk: int) -> Account:
    """The account, if this person records for it: 404, 403 or 409 otherwise."""
    seen = visible_accounts(user_of(request)).select_related("platform", "unit")
    account = get_object_or_404(seen, pk=pk)
    recorded.allowed(account, by=user_of(request))
    return account


def _of_own(request: HttpRequest, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.filter(account__in=visible_accounts(user_of(request)))


def _message(request: HttpRequest, pk: int) -> Message:
    """The message, if this person records for whose it is to answer: 404, 403 or 409 otherwise."""
    row = _seen_message(request, pk)
    recorded.allowed(row.answerer, by=user_of(request))
    return row


def _seen_message(request: HttpRequest, pk: int) -> Message:
    """The message, if this person reads it: 404 or 403 otherwise."""
    seen = visible_accounts(user_of(request))
    rows = Message.objects.filter(Q(account__in=seen) | Q(handed_to__in=seen))
    rows = rows.select_related("account__platform", "account__unit", "handed_to__platform", "handed_to__unit")
    row: Message = get_object_or_404(rows, pk=pk)
    if not policy.may(user_of(request), Action.VIEW_ACTIVITY, row.answerer):
        policy.require(user_of(request), Action.VIEW_ACTIVITY, row.account)
    return row


def _at(form: TimedForm, name: str) -> datetime | None:
    """The time that was typed; None for 刚刚, which the use case takes to the second."""
    return None if form.cleaned_data["when"] == "now" else form.cleaned_data[name]


def _tell(form: TimedForm, refused: Refused) -> int:
    """Put a refusal on the form; returns the status of the page."""
    if isinstance(refused, Incomplete):
        form.tell(refused)
    else:
        form.add_error(None, str(refused))
    return status_of(refused)


def _back(request: HttpRequest, account: Account) -> str:
    """Where the person came from, else the account's own records."""
    return back_to(request, reverse("accounts:activity", args=[account.pk]))


def _show(request: HttpRequest, page: str, account: Account, status: int, **context: Any) -> HttpResponse:
    form = context.get("form")
    if form is not None and form.is_bound and status == 200:
        status = 422
    request.nav_path = reverse("accounts:record")  # type: ignore[attr-defined]  # these pages lie under it
    back = _back(request, account)
    ended = account.state == AccountState.CLOSED
    context |= {"account": account, "next": back, "closed": ended, "list_url": reverse("accounts:record")}
    return render(request, f"accounts/{page}.html", context, status=status)


def _hm(now: datetime) -> str:
    return f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
