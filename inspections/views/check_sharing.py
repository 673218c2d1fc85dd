"""抽查的分工: an account added by hand, sheets shared anew, a sheet for another person or for a second one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.models import Account
from accounts.policy import Action
from inspections import check_progress, checks, sharing
from inspections.access import check_for
from inspections.forms.checks import AddForm, CheckerForm, ShareForm, Told
from inspections.models import CheckState, Sheet, SheetState, SpotCheck
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.names import name_key
from zhonglou_media.core.searching import searched

MATCHES = 20


@may(Action.DRAFT_CHECK)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def add(request: HttpRequest, month: str) -> HttpResponse:
    """手工增加: search, choose, say why."""
    check = check_for(request, month)
    typed = searched(request.POST.get("q", request.GET.get("q", "")))
    found = _matches(check, typed)
    form = AddForm(request.POST if request.method == "POST" else None, found=found, auto_id="add-%s")

    def act() -> str:
        sheet = checks.add_account(
            check.pk,
            form.cleaned_data["account"],
            reason=form.cleaned_data["reason"],
            by=user_of(request),
            now=db_now(),
        )
        who = f"，由{sheet.checker}检查" if sheet.checker is not None else ""
        return f"“{sheet.account}”已列入{check}{who}。"

    context = {"check": check, "q": typed, "found": found, "more": len(found) == MATCHES}
    return _answer(request, check, form, act, "inspections/check_add.html", context)


def _matches(check: SpotCheck, typed: str) -> list[Account]:
    """Accounts of that name that are not on the list; of a draft also those who are drawn are left out."""
    key = name_key(typed)
    if not key:
        return []
    rows = checks.checked_accounts().filter(name_key__contains=key).exclude(sheets__spot_check=check)
    found = list(rows.select_related("platform", "unit").order_by("name", "pk")[: MATCHES * 5])
    if check.state == CheckState.DRAFTED:
        drawn = set(checks.published(check)["sample"])
        found = [row for row in found if row.pk not in drawn]
    return found[:MATCHES]


@may(Action.DRAFT_CHECK)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def share(request: HttpRequest, month: str) -> HttpResponse:
    """重新分配 what nobody has begun."""
    check, now = check_for(request, month), db_now()
    people = sharing.checkers(now)
    initial = {"among": [user.pk for user in people]}
    data = request.POST if request.method == "POST" else None
    form = ShareForm(data, people=people, initial=initial, auto_id="share-%s")

    def act() -> str:
        moved = sharing.share(check.pk, among=form.cleaned_data["among"], by=user_of(request), now=now)
        return f"已重新分配，{moved} 份检查单换了检查人。" if moved else "分配没有变化。"

    open_ = check.sheets.filter(state=SheetState.OPEN)
    context = {
        "check": check,
        "shares": check_progress.shares(check),
        "free": open_.filter(saved_at__isnull=True).count(),
        "begun": open_.filter(saved_at__isnull=False).count(),
    }
    return _answer(request, check, form, act, "inspections/check_share.html", context)


@may(Action.DRAFT_CHECK)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def checker(request: HttpRequest, pk: int) -> HttpResponse:
    """Who checks an account: another person, or a second one."""
    sheet = _sheet(pk)
    check, now = sheet.spot_check, db_now()
    both = list(check.sheets.filter(account=sheet.account).select_related("checker").order_by("part"))
    taken = {row.checker_id for row in both}
    people = [user for user in sharing.checkers(now) if user.pk not in taken]
    second = request.POST.get("act") == "second"
    form = CheckerForm(request.POST if request.method == "POST" else None, people=people, auto_id="checker-%s")

    def act() -> str:
        use_case = sharing.second_checker if second else sharing.reassign
        done = use_case(pk, to=form.cleaned_data["to"], by=user_of(request), now=now)
        return (
            f"“{sheet.account}”{'增加' if second else '改由'}{done.checker}{'同查' if second else '检查'}，已通知本人。"
        )

    context = {
        "check": check,
        "sheet": sheet,
        "both": both,
        "may_reassign": sheet.state == SheetState.OPEN,
        "may_double": len(both) == 1 and not sheet.counts,
        "people": people,
    }
    return _answer(request, check, form, act, "inspections/check_checker.html", context)


def _sheet(pk: int) -> Sheet:
    rows = Sheet.objects.select_related("spot_check", "account__platform", "unit", "checker").defer("spot_check__drawn")
    sheet = get_object_or_404(rows, pk=pk)
    if sheet.spot_check.state == CheckState.DRAFTED:
        raise Http404
    return sheet


def _answer(
    request: HttpRequest,
    check: SpotCheck,
    form: Told,
    act: Callable[[], str],
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """The form; once it is complete, the act and back to the month."""
    refused: Refused | None = None
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            done = act()
        except Incomplete as incomplete:
            form.take(incomplete)
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            messages.success(request, done)
            return redirect("inspections:check", check.code)
    return render(request, template, context | {"form": form, "refused": refused}, status=status)
