"""撤销任职: what the person handles in the unit is listed first, and a colleague takes it over, or nobody yet."""

from datetime import date
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import may
from accounts.models import Custodian, Membership
from accounts.policy import Action
from filings import handing_over
from filings.models import Filing
from filings.wording import running
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User
from zhonglou_media.portal.user_forms import EndForm
from zhonglou_media.portal.users import show


@may(Action.USERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int, membership_id: int) -> HttpResponse:
    """The page, and the act."""
    now, by = db_now(), cast(User, request.user)
    row = get_object_or_404(Membership.objects.select_related("user", "unit"), pk=membership_id, user=pk)
    filings = list(handing_over.in_hand(row).for_lists().order_by("pk"))
    colleagues = [user for user in handing_over.operators(row.unit_id, now) if user.pk != pk]
    asks, initial = bool(filings and colleagues), {"when": "now", "to": colleagues[0].pk if colleagues else ""}
    form = EndForm(
        request.POST if request.method == "POST" else None, initial=initial, colleagues=colleagues, asks=asks
    )
    if request.method == "POST" and form.is_valid():
        last_day, to = form.last_day(day_of(now)), form.cleaned_data.get("to")
        try:
            handing_over.end_membership(row.pk, last_day=last_day, to=to, by=by, now=now)
        except Incomplete as incomplete:
            form.take(incomplete)
        except Refused as refused:
            return show(request, row.user, refused=refused, status=status_of(refused))
        else:
            colleague = next((one for one in colleagues if one.pk == to), None)
            messages.success(request, _done(row, filings, colleague, last_day=last_day, today=day_of(now)))
            return redirect("user", pk)
    context = {
        "person": row.user,
        "row": row,
        "form": form,
        "filings": [(filing, running(filing)) for filing in filings],
        "written": Filing.objects.live()
        .filter(unit=row.unit, author=pk)
        .exclude(pk__in=[f.pk for f in filings])
        .count(),
        "colleagues": colleagues,
        "custodians": Custodian.objects.filter(account__unit=row.unit, name=row.user.name, to_date__isnull=True)
        .select_related("account__platform")
        .order_by("account__name", "pk"),
    }
    return render(request, "portal/membership_end.html", context, status=422 if form.errors else 200)


def _done(row: Membership, filings: list[Filing], to: User | None, *, last_day: date, today: date) -> str:
    what = f"{row.user}在{row.unit}的“{row.get_role_display()}”任职"
    said = f"已撤销{what}，今天起无效。" if last_day < today else f"{what}到 {last_day} 为止，当日仍有效。"
    if filings and to is not None:
        return f"{said}{len(filings)}件在办的备案已移交{to}，并已通知。"
    return f"{said}{len(filings)}件在办的备案会在本单位填报员的待办里提示接手。" if filings else said
