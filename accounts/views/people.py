"""The tab 人员 of an account: its custodians (第十八条), contracts of 委托运维 (第十九条), and what is recorded."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import custodians, outsourcing, policy
from accounts.access import may, sees_phones, visible_accounts
from accounts.event_words import agreed
from accounts.histories import Entry, who
from accounts.models import Account, AccountState, Outsourcing
from accounts.models.account import GONE, OperationMode
from accounts.people_forms import ArrivalForm, ContractForm, EndForm, LeavingForm, PeopleForm
from accounts.policy import Action
from zhonglou_media.core import events
from zhonglou_media.core.answers import back_to, post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Event, User

FORMS: dict[str, type[PeopleForm]] = {
    "arrival": ArrivalForm,
    "leaving": LeavingForm,
    "contract": ContractForm,
    "end": EndForm,
}


@may(Action.VIEW_REGISTER)
@require_safe
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who keeps the account and who runs it, now and before."""
    return _page(request, pk)


@may(Action.PEOPLE)
@post_only("accounts:people", "pk")
def name(request: HttpRequest, pk: int) -> HttpResponse:
    """登记管理人员."""

    def done(typed: dict[str, Any], by: User, now: datetime) -> str:
        row = custodians.name(pk, **typed, by=by, now=now)
        filed = Account.objects.values_list("custodian", flat=True).get(pk=pk)
        then = "" if filed == row.name else "备案的管理员不同，请办理变更报备。"
        return f"已登记{row.name}自 {row.from_date} 起管理这个账号。{then}"

    return _act(request, pk, "arrival", done)


@may(Action.PEOPLE)
@post_only("accounts:people", "pk")
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """登记离任."""

    def done(typed: dict[str, Any], by: User, now: datetime) -> str:
        row = custodians.leave(pk, **typed, by=by, now=now)
        return f"已登记{row.name}于 {row.to_date} 离任。请登记接任的管理人员，更换密码，并办理变更报备。"

    return _act(request, pk, "leaving", done)


@may(Action.PEOPLE)
@post_only("accounts:people", "pk")
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    """登记委托, or 更正 the one that the page showed (`row`)."""
    row_id = request.POST.get("row", "")

    def done(typed: dict[str, Any], by: User, now: datetime) -> str:
        if row_id.isdecimal():
            row = outsourcing.amend(pk, int(row_id), **typed, by=by, now=now)
        else:
            row = outsourcing.begin(pk, **typed, by=by, now=now)
        return f"已登记委托{row.vendor}运维。{_in_order(row, now)}"

    return _act(request, pk, "contract", done)


@may(Action.PEOPLE)
@post_only("accounts:people", "pk")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """停止委托."""
    row_id = request.POST.get("row", "")

    def done(typed: dict[str, Any], by: User, now: datetime) -> str:
        row = outsourcing.end(pk, int(row_id) if row_id.isdecimal() else 0, **typed, by=by, now=now)
        return f"已登记 {row.ended_on} 停止委托{row.vendor}运维。请收回权限、更换密码，并办理变更报备。"

    return _act(request, pk, "end", done)


def _act(
    request: HttpRequest, pk: int, which: str, done: Callable[[dict[str, Any], User, datetime], str]
) -> HttpResponse:
    """What the four acts share: the form, the use case, the page again with what was typed where it was refused."""
    user = cast(User, request.user)
    get_object_or_404(visible_accounts(user), pk=pk)
    form = FORMS[which](request.POST, auto_id=f"{which}-%s")
    if not form.is_valid():
        return _page(request, pk, form, which, status=422)
    try:
        said = done(form.cleaned_data, user, db_now())
    except Incomplete as incomplete:
        form.tell(incomplete)
        return _page(request, pk, form, which, status=422)
    except Refused as refused:
        return _page(request, pk, form, which, refused=refused, status=status_of(refused))
    messages.success(request, said)
    return redirect(back_to(request, reverse("accounts:people", args=[pk])))


def _page(
    request: HttpRequest,
    pk: int,
    bound: PeopleForm | None = None,
    which: str = "",
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    user, now = cast(User, request.user), db_now()
    account = get_object_or_404(visible_accounts(user).select_related("platform", "unit"), pk=pk)
    today, rows = day_of(now), list(account.custodians.order_by("from_date", "pk"))
    keeper, contracts = custodians.current(rows, today), list(account.outsourcings.order_by("starts_on", "pk"))
    standing = next((row for row in contracts if row.ended_on is None), None)
    shown = {
        "arrival": ArrivalForm(initial={"from_date": today}, auto_id="arrival-%s"),
        "leaving": LeavingForm(initial={"to_date": today}, auto_id="leaving-%s"),
        "contract": ContractForm(initial=ContractForm.of(standing), auto_id="contract-%s"),
        "end": EndForm(initial={"ended_on": today}, auto_id="end-%s"),
    }
    if bound is not None:
        shown[which] = bound
    may_record = account.state not in GONE and policy.may(user, Action.PEOPLE, account)
    context: dict[str, Any] = {
        "account": account,
        "sees_activity": policy.may(user, Action.VIEW_ACTIVITY, account),
        "sees_filings": policy.may(user, Action.VIEW_FILING, account),
        "phones": sees_phones(user, account.unit_id),
        "may_record": may_record,
        "may_change": may_record and account.state == AccountState.ACTIVE,
        "keeper": keeper,
        "last": rows[-1] if rows else None,
        "custodians": rows[::-1],
        "filed_otherwise": keeper is not None and keeper.name != account.custodian,
        "gone": rows[-1] if rows and keeper is None and rows[-1].name == account.custodian else None,
        "contracts": [(row, _in_order(row, now)) for row in contracts[::-1]],
        "standing": standing,
        "outsourced": account.operation_mode == OperationMode.OUTSOURCED,
        "forms": shown,
        "bound": bound,
        "which": which,
        "refused": refused,
        "next": back_to(request),
        "trail": trail(account),
    }
    return render(request, "accounts/people.html", context, status=status)


def _in_order(row: Outsourcing, now: datetime) -> str:
    """What is not in order of a contract that stands, '' where nothing is."""
    if row.ended_on is not None:
        return ""
    missing = [] if row.reviewer else ["没有本单位内容审核人"]
    missing += [] if row.nda else ["没有签订保密协议"]
    missing += ["合同已到期"] if row.ends_on is not None and row.ends_on < day_of(now) else []
    return f"还不合规：{'，'.join(missing)}。" if missing else ""


# --- what is recorded -----------------------------------------------------------------------------------------------

VERBS: dict[str, Callable[[dict[str, Any]], str]] = {
    custodians.NAMED: lambda said: f"登记管理人员：{said['name']}自 {said['from']} 到任",
    custodians.PHONE: lambda said: f"更正{said['name']}的电话",
    custodians.LEFT: lambda said: f"登记离任：{said['name']}于 {said['to']} 离任",
    outsourcing.BEGUN: lambda said: f"登记委托运维：{agreed(said)}",
    outsourcing.AMENDED: lambda said: f"更正委托运维：{agreed(said['was'])} → {agreed(said)}",
    outsourcing.ENDED: lambda said: f"停止委托{said['vendor']}运维：{said['on']}",
}


def trail(account: Account) -> list[Entry]:
    """Who recorded what, newest first: one query."""
    return [_entry(event) for event in events.timeline(account).filter(verb__in=VERBS).order_by("-seq")]


def _entry(event: Event) -> Entry:
    return Entry(VERBS[event.verb](event.detail), who(event), event.at, "", "")
