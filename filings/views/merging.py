"""合并重复账号: choose the other row, see what moves and what stands in the way, confirm."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of, visible_accounts
from accounts.forms import ReasonForm
from accounts.models import Account
from accounts.policy import Action
from filings import merging
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused


class MergeForm(ReasonForm):
    """Which row stays, which becomes void, as the page showed it, and why."""

    keep = forms.IntegerField(widget=forms.HiddenInput)
    drop = forms.IntegerField(widget=forms.HiddenInput)


@may(Action.MERGE_ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 1 the rows that may be the same account; step 2, with `?other=`, the two beside each other."""
    rows = visible_accounts(user_of(request)).select_related("platform", "unit")
    account = get_object_or_404(rows, pk=pk)
    form = MergeForm(request.POST) if request.method == "POST" else None
    refused, status = None, 422 if form is not None else 200
    if form is not None and form.is_valid() and pk in (form.cleaned_data["keep"], form.cleaned_data["drop"]):
        try:
            told = form.cleaned_data
            moved = merging.merge_accounts(
                told["keep"], told["drop"], reason=told["reason"], by=user_of(request), now=db_now()
            )
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            keep = rows.get(pk=form.cleaned_data["keep"])
            messages.success(
                request,
                f"已合并：{moved.in_words()}转到“{keep.name}”名下，另一个账号作废；预警在下一次检查中随之更新。",
            )
            return redirect("accounts:detail", pk=keep.pk)
    other = _other(request, rows.exclude(pk=pk), pk)
    if other is None:
        choice = {"account": account, "candidates": merging.candidates(account), "refused": refused}
        return render(request, "filings/merge_choose.html", choice, status=status)
    keep, drop = merging.choose(account, other)
    problem = merging.obstacle(keep, drop)
    context: dict[str, Any] = {
        "account": account,
        "keep": keep,
        "drop": drop,
        "pair": ((keep, "保留"), (drop, "作废")) if not problem else tuple((row, "") for row in (keep, drop)),
        "problem": problem,
        "moving": merging.what_moves(keep, drop) if not problem else None,
        "form": form or MergeForm(initial={"keep": keep.pk, "drop": drop.pk}),
        "refused": refused,
    }
    return render(request, "filings/merge.html", context, status=status)


def _other(request: HttpRequest, rows: QuerySet[Account], pk: int) -> Account | None:
    """The other row that was chosen, from the address or from the form that came back."""
    named = [request.GET.get("other", ""), request.POST.get("keep", ""), request.POST.get("drop", "")]
    chosen = [int(text) for text in named if text.isdecimal() and len(text) < 19 and int(text) != pk]
    return rows.filter(pk=chosen[0]).first() if chosen else None
