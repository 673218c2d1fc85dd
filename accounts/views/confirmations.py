"""What a unit confirmed in a quarter, and 催办 of one that has not."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts import fields, quarter, quarter_reminding
from accounts.access import may, visible_units
from accounts.models import Confirmation, Unit
from accounts.policy import Action
from accounts.quarter import Quarter
from zhonglou_media.core.answers import post_only
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User

IN_TITLE = ("name", "platform", "state", "id", "unit")


@may(Action.VIEW_CONFIRMATIONS)
@require_safe
def confirmation(request: HttpRequest, pk: int) -> HttpResponse:
    """What was declared true, as it was shown then, by whom and when."""
    units = visible_units(cast(User, request.user)).values("pk")
    rows = Confirmation.objects.select_related("unit", "by").filter(unit__in=units)
    done = get_object_or_404(rows, pk=pk)
    context = {
        "done": done,
        "quarter": Quarter(int(done.quarter[:4]), int(done.quarter[5:])),
        "contacts": done.shown.get("contacts", []),
        "accounts": [_account(said) for said in done.shown.get("accounts", [])],
    }
    return render(request, "accounts/confirmation.html", context)


@may(Action.URGE)
@post_only("accounts:quarter_overview")
def urge(request: HttpRequest, pk: int) -> HttpResponse:
    """催办: a notice to the unit's operators, once a day."""
    unit = get_object_or_404(Unit, pk=pk)
    try:
        told = quarter_reminding.urge(pk, by=cast(User, request.user), now=db_now())
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"已催办{unit.name}，通知了 {told} 名填报员；明天还没有确认的可以再催。")
    return redirect("accounts:quarter_overview")


def _account(said: Mapping[str, Any]) -> dict[str, Any]:
    """An account of the declaration: its name, state, and everything else that was shown."""
    facts = said["facts"]
    names = [name for name in fields.FILED if name not in IN_TITLE and facts.get(name)]
    rows = [(fields.label(name), "有" if name == "avatar" else facts[name]) for name in names]
    rows.append(("现任管理人员", quarter.joined(said["custodian"]) or "没有登记"))
    if said["outsourcing"]:
        rows.append(("委托运维", quarter.joined(said["outsourcing"])))
    return {"name": facts["name"], "platform": facts["platform"], "state": facts["state"], "rows": rows}
