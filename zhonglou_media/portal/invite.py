"""The page behind a one-time link: a person sets a password and is signed in. Opening it spends nothing."""

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import invitations
from accounts.access import public
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.portal.user_forms import Plain

BACKEND = "django.contrib.auth.backends.ModelBackend"


class PasswordForm(Plain):
    """A new password, twice."""

    password = forms.CharField(
        label="新密码", strip=False, widget=forms.PasswordInput, error_messages={"required": "请填写新密码。"}
    )
    again = forms.CharField(
        label="再输一次", strip=False, widget=forms.PasswordInput, error_messages={"required": "请再输一次新密码。"}
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if self.cleaned_data.get("password") not in (None, again):
            raise forms.ValidationError("两次输入的密码不一样，请重新输入。")
        return again


@public
@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """The form, or in plain words why the link does not work (404 unknown, 409 used, withdrawn or expired)."""
    now = db_now()
    row = invitations.find(token)
    if row is None or invitations.ended(row, now):
        return _ended(request, invitations.ended(row, now), 404 if row is None else 409)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.use(token, form.cleaned_data["password"], now=now)
        except Incomplete as incomplete:
            form.take(incomplete)
        except WrongState as first:
            return _ended(request, str(first), 409)
        else:
            login(request, person, backend=BACKEND)
            request.session["signed_in_at"] = int(now.timestamp())
            messages.success(request, f"密码已设好，已为您登录。以后用用户名“{person.username}”和这个密码登录。")
            return redirect("home")
    context = {"person": row.user, "form": form}
    return render(request, "registration/invite.html", context, status=422 if form.errors else 200)


def _ended(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "registration/invite_ended.html", {"sentence": sentence}, status=status)
