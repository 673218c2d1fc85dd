"""Pages of the shell: sign in and out, the regulation, help, notices, health, what went wrong."""

import time
from datetime import datetime, timedelta
from typing import Any, cast

from axes.attempts import get_cool_off_threshold
from axes.conf import settings as axes_settings
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import NotTheirs, may, public
from accounts.models import Role, RuleRun
from accounts.policy import Action, roles_of
from inspections import sweep
from zhonglou_media.core.answers import post_only
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Notice, User

from .nav import signed_in
from .regulation import chapters

NOTICES_A_PAGE = 20
UNIT = {Role.OPERATOR, Role.LEADER, Role.PARENT}
WIDE = {Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN}
STARTED = time.monotonic()


# --- signing in -----------------------------------------------------------------------------------------------------


class LoginForm(AuthenticationForm):
    """Username and password; a wrong pair is told in one way, whether or not the user exists."""

    error_messages = {
        "invalid_login": "用户名或密码不对",
        "inactive": "用户名或密码不对",
    }

    def clean_username(self) -> str:
        """As stored: otherwise each spelling of one name would have its own five tries."""
        return cast(str, self.cleaned_data["username"]).strip().casefold()

    def tries_left(self) -> int:
        """How often this name may still be tried from this address before it is locked."""
        credentials = {"username": self.cleaned_data.get("username", "")}
        failures = AxesProxyHandler.get_failures(self.request, credentials) if axes_settings.AXES_ENABLED else 0
        return max(int(settings.AXES_FAILURE_LIMIT) - failures, 0)


class Login(auth_views.LoginView):
    """登录. The moment of it is kept in the session: some decisions ask for the password again later."""

    template_name = "registration/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session["signed_in_at"] = int(db_now().timestamp())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


login = public(Login.as_view())
logout = public(auth_views.LogoutView.as_view())


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The answer of django-axes while a name is locked for this address: until when, and whom to ask."""
    until = _locked_until(request, credentials or {})
    return render(request, "registration/locked.html", {"until": until}, status=429)


def _locked_until(request: HttpRequest, credentials: dict[str, Any]) -> datetime:
    """When the last counted failure of this name and address has cooled off."""
    username = credentials.get("username") or request.POST.get("username", "").strip().casefold()
    latest = (
        AccessAttempt.objects.filter(
            username=username,
            ip_address=request.axes_ip_address,  # type: ignore[attr-defined]
            attempt_time__gte=get_cool_off_threshold(request),
        )
        .order_by("-attempt_time")
        .first()
    )
    begun = latest.attempt_time if latest else db_now()
    # Rounded up to the next minute, so that 「14:20 自动解锁」 is true at 14:20:00.
    end = begun.astimezone(SHANGHAI) + timedelta(hours=settings.AXES_COOLOFF_TIME)
    return end.replace(second=0, microsecond=0) + timedelta(minutes=1)


# --- to read --------------------------------------------------------------------------------------------------------


def _base(request: HttpRequest) -> str:
    """Pages open to everyone keep the shell for those who are signed in."""
    return "base.html" if signed_in(request) else "base_public.html"


@public
@require_safe
def regulation(request: HttpRequest) -> HttpResponse:
    """The regulation, each article with an anchor (#art-8)."""
    return render(request, "portal/regulation.html", {"base": _base(request), "chapters": chapters()})


@public
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """How each role works with the portal."""
    return render(request, "portal/help.html", {"base": _base(request)})


@may(Action.SIGNED_IN)
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """The person's notices, newest first."""
    own = Notice.objects.filter(user=cast(User, request.user)).order_by("-at", "-id")
    page = Paginator(own, NOTICES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/notices.html", {"page": page})


@may(Action.SIGNED_IN)
@post_only("notices")
def read_notices(request: HttpRequest) -> HttpResponse:
    """全部标为已读."""
    own = Notice.objects.filter(user=cast(User, request.user), read_at__isnull=True)
    read = own.update(read_at=db_now())
    messages.success(request, f"已把{read}条通知标为已读。" if read else "没有未读的通知。")
    return redirect("notices")


@may(Action.SIGNED_IN)
@post_only("notices")
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice read and go where it points."""
    notice = get_object_or_404(Notice, pk=pk, user=cast(User, request.user))
    Notice.objects.filter(pk=pk, read_at__isnull=True).update(read_at=db_now())
    return HttpResponseRedirect(notice.link or reverse("notices"))


# --- for machines ---------------------------------------------------------------------------------------------------


@public
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database answers and the rules are swept every minute; 503 otherwise, with what is wrong.

    A portal just started has not swept yet: its age is then counted from the start of this process.
    """
    try:
        now = db_now()
        last = RuleRun.objects.aggregate(at=Max("last_run_at"))["at"]
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "error", "last_sweep_age_seconds": None}, status=503)
    age = (now - last).total_seconds() if last else None
    waited = age if age is not None else time.monotonic() - STARTED
    swept = waited <= sweep.OVERDUE.total_seconds()
    body = {
        "status": "ok" if swept else "error",
        "database": "ok",
        "last_sweep_age_seconds": round(age) if age is not None else None,
    }
    return JsonResponse(body, status=200 if swept else 503)


# --- what went wrong ------------------------------------------------------------------------------------------------


def _oops(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    return render(request, template, {"base": _base(request), **context}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the address or the form could not be read."""
    return _oops(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the sentence of the refusal, when it is one of ours."""
    sentence = str(exception).rstrip("。")
    person = signed_in(request)
    roles = roles_of(person) if person else set()
    context = {
        "for_unit": bool(roles & UNIT),
        "for_wide": bool(roles & WIDE),
        "without_role": person is not None and not roles,
        "whose": exception.whose if isinstance(exception, NotTheirs) else "",
    }
    return _oops(request, "403.html", 403, sentence=sentence if _is_chinese(sentence) else "", **context)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; with the sentence of a refusal that is behind it (a stored file that is gone)."""
    cause = exception.__cause__
    return _oops(request, "404.html", 404, sentence=str(cause).rstrip("。") if isinstance(cause, Refused) else "")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open too long, or signed out elsewhere: reload and try again."""
    return _oops(request, "403_csrf.html", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: without context, since anything may be broken."""
    return HttpResponse(render_to_string("500.html"), status=500)


def _is_chinese(text: str) -> bool:
    """Django's own refusals are English: not for the user."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
