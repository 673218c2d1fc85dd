"""切换任职: a person with several memberships chooses in which one they act; what they may do narrows to it."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.access import may
from accounts.middleware import ACTING_AS
from accounts.models import Membership
from accounts.policy import Action
from zhonglou_media.core.answers import post_only
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User


@may(Action.SIGNED_IN)
@post_only("home")
def switch(request: HttpRequest) -> HttpResponse:
    """To the membership named by `membership`, or back to all of them; 404 for one that is not the person's own."""
    asked = request.POST.get("membership", "")
    if not asked:
        request.session.pop(ACTING_AS, None)
        messages.success(request, "现在以全部任职办理。")
        return redirect("home")
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    held = Membership.objects.current(day_of(db_now())).filter(user=cast(User, request.user)).select_related("unit")
    chosen = get_object_or_404(held, pk=asked)
    request.session[ACTING_AS] = chosen.pk
    messages.success(request, f"现在以“{chosen.unit}·{chosen.get_role_display()}”办理，其他任职的事不再列出。")
    return redirect("home")
