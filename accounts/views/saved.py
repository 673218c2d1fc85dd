"""常用筛选: keep the conditions of the register's list under a name, and delete them again."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import saved_filters
from accounts.access import may
from accounts.models import SavedFilter
from accounts.policy import Action
from accounts.views.register import SORTS
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User


@may(Action.VIEW_REGISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def filters(request: HttpRequest) -> HttpResponse:
    """A person's own filters; with conditions in the address also the form that keeps them."""
    user = cast(User, request.user)
    query, words = saved_filters.conditions(request, request.GET, frozenset(SORTS))
    form = saved_filters.SavedFilterForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = saved_filters.save(form.cleaned_data["name"], query, by=user)
            except Refused as refused:
                form.add_error("name", str(refused))
                status = status_of(refused)
            else:
                messages.success(request, f"已保存常用筛选“{saved.name}”，在账号台账上方点一下即可使用。")
                return redirect(f"{reverse('accounts:list')}?{saved.query}")
    mine = SavedFilter.objects.filter(user=user)
    context = {"form": form, "query": query, "words": words, "mine": mine, "most": saved_filters.MOST}
    return render(request, "accounts/filters.html", context, status=status)


@may(Action.VIEW_REGISTER)
@post_only("accounts:filters")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """删除: one's own only."""
    saved = get_object_or_404(SavedFilter, pk=pk, user=cast(User, request.user))
    saved.delete()
    messages.success(request, f"已删除常用筛选“{saved.name}”。")
    return redirect("accounts:filters")
