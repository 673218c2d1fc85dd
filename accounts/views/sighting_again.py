"""One thing that was found on a platform: what it was found to be, and its correction (第八条)."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts import sighting_again
from accounts.access import may
from accounts.histories import entries_for
from accounts.models import Sighting, Verdict
from accounts.policy import Action
from accounts.sighting_again import Corrected, reading
from accounts.sighting_forms import NO_ACCOUNT, AgainForm
from accounts.sighting_match import Finding, Units, match_all
from accounts.views.sightings import Compared, unit_names
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User


@may(Action.SIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """What was seen and how it was sorted; a POST sorts it otherwise."""
    rows = Sighting.objects.select_related("platform", "unit", "account__platform", "account__unit", "by")
    sighting = get_object_or_404(rows, pk=pk)
    if request.method != "POST":
        return _page(request, sighting, AgainForm())
    form = AgainForm(request.POST)
    if not form.is_valid():
        return _page(request, sighting, form, status=422)
    try:
        done = _sort(request, sighting, form)
    except Incomplete as incomplete:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                form.add_error(name if name in form.fields else None, sentence)
        return _page(request, sighting, form, status=422)
    except Refused as refused:
        return _page(request, rows.get(pk=pk), form, refused=refused, status=status_of(refused))
    messages.success(request, _told(done))
    return redirect("accounts:sighting", pk)


def _sort(request: HttpRequest, sighting: Sighting, form: AgainForm) -> Corrected:
    given, typed = form.cleaned_data, form.cleaned_data["unit"].strip()
    unit = Units().get(typed)
    if typed and unit is None:
        raise Incomplete("单位不对。", {"unit": [f"台账里没有单位“{typed}”，请写全称。"]})
    account = int(given["account"]) if given["account"] not in ("", NO_ACCOUNT) else None
    return sighting_again.sort_again(
        sighting.pk,
        given["verdict"],
        account=None if given["verdict"] == Verdict.NOT_GOVERNMENT else account,
        unit=unit.pk if unit else None,
        reason=given["reason"],
        read=request.POST.get("was", ""),
        by=cast(User, request.user),
        now=db_now(),
    )


def _told(done: Corrected) -> str:
    said = f"“{done.sighting.name}”已改认定为{done.sighting.get_verdict_display()}。"
    if done.told is not None:
        said += f"已通知{done.sighting.unit}的 {done.told} 人：须补报开办备案或关停（第八条）。"
    if done.void is not None:
        said += f"台账里的“{done.void.name}”已作废，{done.void.unit}已收到更正的通知，预警随即解除。"
    if done.left is not None:
        said += f"台账里的“{done.left.name}”仍是{done.left.unit}的未备案账号，已请区府办负责人核实后作废。"
    return said


def _page(
    request: HttpRequest, sighting: Sighting, form: AgainForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    finding = Finding(sighting.platform, sighting.name, sighting.uid, sighting.link)
    first = {
        "verdict": sighting.verdict,
        "account": str(sighting.account_id or NO_ACCOUNT),
        "unit": sighting.unit.name if sighting.unit else "",
    }
    chosen = {name: request.POST.get(name, value) for name, value in first.items()}
    context: dict[str, Any] = {
        "sighting": sighting,
        "was": reading(sighting),
        "history": entries_for(sighting),
        "form": form,
        "refused": refused,
        "again": True,
        "compared": Compared(match_all([finding])[0], None, chosen),
        "verdicts": Verdict.choices,
        "no_account": NO_ACCOUNT,
        "units": unit_names(),
    }
    return render(request, "accounts/sighting.html", context, status=status)
