"""没有发现问题的一次提交: an empty month costs minutes, not a press an indicator."""

from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.policy import Action
from inspections import check_progress, sheets
from inspections.access import check_for
from inspections.models import CheckState, SheetState, SpotCheck
from inspections.views.circulars import drafted
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused

LEFT_SHOWN = 50  # of those that have to be filled in one by one; the month's page has them all


@may(Action.CHECK)
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def clean_sheets(request: HttpRequest, month: str) -> HttpResponse:
    """The person's open sheets of which nothing was found, handed in with one press; the others are named.

    Looks through AT_ONCE of them at a time: what it costs does not grow with the district.
    """
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
    page = Paginator(sheets.of_person(check, user), sheets.AT_ONCE).get_page(request.GET.get("page"))
    looked = sheets.look_through(page, now=now) if running else []
    problems = [row for row in looked if row.problems]
    context = {
        "check": check,
        "running": running,
        "clean": [row for row in looked if not row.problems],
        "page": page,
        "more": page.paginator.count - len(looked) if running else 0,
        "left": problems[:LEFT_SHOWN],
        "left_count": len(problems),
        "left_more": max(len(problems) - LEFT_SHOWN, 0),
        "last": not page.has_other_pages() and _is_last(check, looked),
        "refused": refused,
    }
    return render(request, "inspections/clean_sheets.html", context, status=status_of(refused) if refused else 200)


def _is_last(check: SpotCheck, looked: Sequence[sheets.Looked]) -> bool:
    """Whether handing all of `looked` in leaves no account of the check without a result: the circular can follow."""
    if not looked or any(row.problems for row in looked):
        return False
    others = check.sheets.filter(check_progress.IN_USE, state=SheetState.OPEN)
    others = others.exclude(pk__in=[row.sheet.pk for row in looked])
    waiting = check_progress.waiting(check).exclude(account__in={row.sheet.account_id for row in looked})
    return not others.exists() and not waiting.exists()


def ids(sent: Iterable[str]) -> list[int]:
    """The numbers among what a form sent."""
    return [int(text) for text in sent if text.isdecimal() and len(text) < 10]
