"""主办单位变更 seen from both sides: take over an account of another unit, or object to its being taken."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.models import Role, Unit
from accounts.policy import Action, units_of
from filings import drafting, objecting, receiving
from filings.available import available
from filings.models import FilingKind
from filings.views.answers import filing_for
from filings.views.filing import show_filing
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState


@may(Action.DRAFT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest) -> HttpResponse:
    """接收账号: search another unit's account; one press starts the change of sponsor for the own unit."""
    units = [unit for unit in units_of(user_of(request), Role.OPERATOR) if unit.may_own]
    if request.method != "POST":
        return _show(request, units)
    asked = request.POST.get("account", "")
    account = get_object_or_404(receiving.takeable(units), pk=asked if asked.isdecimal() and len(asked) < 10 else None)
    by_key = {str(unit.pk): unit for unit in units}
    unit = by_key.get(request.POST.get("unit", "")) or (units[0] if len(units) == 1 else None)
    try:
        if unit is None:
            raise Refused("请选择由哪个单位接收。")
        filing = drafting.start(FilingKind.CHANGE, by=user_of(request), unit=unit, account=account, now=db_now())
    except Refused as refused:
        return _show(request, units, refused=refused)
    return redirect("filings:edit", filing.pk)


def _show(request: HttpRequest, units: list[Unit], *, refused: Refused | None = None) -> HttpResponse:
    text = (request.POST if request.method == "POST" else request.GET).get("q", "")[:60]
    context = {
        "units": units,
        "q": text,
        "short": len(text.strip()) < receiving.SHORTEST,
        "least": receiving.SHORTEST,
        "merged": receiving.of_merged(units),
        "found": receiving.found(text, units),
        "most": receiving.SHOWN,
        "refused": refused,
    }
    return render(request, "filings/receive.html", context, status=status_of(refused) if refused else 200)


@may(Action.OBJECT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def object_(request: HttpRequest, pk: int) -> HttpResponse:
    """提出异议, by the unit that gives the account away."""
    filing, me = filing_for(request, pk), user_of(request)
    typed, refused = request.POST.get("reason", "")[:500], None
    if request.method == "POST":
        try:
            objecting.object_(pk, reason=typed, by=me, now=db_now())
        except (NotAllowed, WrongState) as error:
            return show_filing(request, filing, refused=error, typed=typed)
        except Refused as error:
            refused = error
        else:
            messages.success(request, "异议已提出，已通知区政府办公室，由其审核时一并考虑；结果会在通知里告诉您。")
            return redirect("filings:detail", pk)
    elif objecting.VERB not in available(filing, me):
        return redirect("filings:detail", pk)
    context = {"filing": filing, "refused": refused, "typed": typed}
    return render(request, "filings/object.html", context, status=status_of(refused) if refused else 200)
