"""没有发现问题的一次提交: an empty month costs minutes, not a press an indicator."""

from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.policy import Action
from inspections import checks, sheets
from inspections.access import check_for
from inspections.models import CheckState, SheetState, SpotCheck
from inspections.views.circulars import drafted
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused


@may(Action.CHECK)
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def clean_sheets(request: HttpRequest, month: str) -> HttpResponse:
    """The person's open sheets of which nothing was found, handed in with one press; the others are named."""
    check = check_for(request, month)
    user, now = user_of(request), db_now()
    refused: Refused | None = None
    if request.method == "POST":
        try:
            came = sheets.submit_clean(check.pk, ids(request.POST.getlist("sheet")), by=user, now=now)
        except Refused as refusal:
            refused = refusal
        else:
            left = f"；{len(came.left)} 张的数据有变，没有提交，请逐张核对" if came.left else ""
            messages.success(request, f"已提交 {len(came.done)} 张检查单，没有发现问题{left}。")
            if request.POST.get("then") == "draft" and not came.left:
                return drafted(request, check)
            if came.left:
                return redirect("inspections:clean_sheets", check.code)
            return redirect("inspections:check", check.code)
    running = check.state == CheckState.CONFIRMED
    looked = sheets.look_through(check, by=user, now=now) if running else []
    clean = [row for row in looked if not row.problems]
    context = {
        "check": check,
        "running": running,
        "clean": clean[: sheets.AT_ONCE],
        "more": max(len(clean) - sheets.AT_ONCE, 0),
        "left": [row for row in looked if row.problems],
        "last": _is_last(check, looked),
        "refused": refused,
    }
    return render(request, "inspections/clean_sheets.html", context, status=status_of(refused) if refused else 200)


def _is_last(check: SpotCheck, looked: Sequence[sheets.Looked]) -> bool:
    """Whether handing all of `looked` in leaves no account of the check without a result: the circular can follow."""
    if not looked or any(row.problems for row in looked) or len(looked) > sheets.AT_ONCE:
        return False
    mine = {row.sheet.account_id for row in looked}
    return not check.sheets.filter(state=SheetState.OPEN).exclude(
        pk__in=[row.sheet.pk for row in looked]
    ).exists() and (not checks.without_result(check).exclude(account__in=mine).exists())


def ids(sent: Iterable[str]) -> list[int]:
    """The numbers among what a form sent."""
    return [int(text) for text in sent if text.isdecimal() and len(text) < 10]
