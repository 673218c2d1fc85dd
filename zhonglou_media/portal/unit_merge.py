"""单位撤并: choose the receiving unit, see what becomes of each account, then do it in one go."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import may
from accounts.models import Membership, Unit
from accounts.models.unit import UnitStatus
from accounts.policy import Action
from filings import unit_merging
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User
from zhonglou_media.portal.user_forms import Plain, unit_field


class MergeForm(Plain):
    """并入哪个单位, by what document, from what day on."""

    into = unit_field("接收单位")
    document = forms.CharField(
        label="撤并文件",
        max_length=120,
        error_messages={"required": "请填写撤并单位的文件名称或文号。", "max_length": "不能超过 120 个字。"},
    )
    on = day_field("撤并日期")

    def __init__(self, *args: Any, old: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        into: Any = self.fields["into"]
        into.queryset = Unit.objects.exclude(pk=old.pk).exclude(status=UnitStatus.MERGED).exclude(internal=True)


@may(Action.UNITS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """The first press shows what would become of each account, the second does it."""
    old = get_object_or_404(Unit, pk=pk)
    if old.status == UnitStatus.MERGED:
        return redirect("unit_edit", pk)
    now = db_now()
    form = MergeForm(request.POST if request.method == "POST" else None, old=old, initial={"on": day_of(now)})
    if request.method != "POST" or not form.is_valid():
        return _show(request, old, form)
    into: Unit = form.cleaned_data["into"]
    document, on = form.cleaned_data["document"], form.cleaned_data["on"] or day_of(now)
    try:
        unit_merging.day_has_come(on, now)
        if "confirmed" not in request.POST:
            return _show(request, old, form, into=into)
        drafts = unit_merging.merge(pk, into.pk, document=document, on=on, by=cast(User, request.user), now=now)
    except Incomplete as incomplete:
        form.take(incomplete)
        return _show(request, old, form)
    except Refused as refused:
        return _show(request, old, form, into=into, refused=refused)
    then = f"起草了 {len(drafts)} 件主办单位变更，由{into}核对后提交领导审批。" if drafts else "没有要变更的账号。"
    messages.success(request, f"“{old.name}”已并入“{into.name}”，{then}")
    return redirect("unit_edit", pk)


def _show(
    request: HttpRequest, old: Unit, form: MergeForm, *, into: Unit | None = None, refused: Refused | None = None
) -> HttpResponse:
    held = Membership.objects.current(day_of(db_now())).filter(unit=old, user__is_active=True).select_related("user")
    context = {
        "unit": old,
        "form": form,
        "into": into,
        "going": unit_merging.preview(old, into) if into is not None else [],
        "people": list(held.order_by("pk")),
        "refused": refused,
    }
    status = status_of(refused) if refused else 422 if form.errors else 200
    return render(request, "portal/unit_merge.html", context, status=status)
