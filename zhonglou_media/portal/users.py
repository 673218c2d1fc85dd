"""用户: who may sign in, as what, and the one-time links by which they set a password. For the admin."""

from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import histories, invitations, users
from accounts.access import may
from accounts.models import Membership
from accounts.policy import Action
from filings.models import Filing
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Invitation, User
from zhonglou_media.portal.user_forms import DisableForm, MembershipForm, NewUserForm, PersonForm

A_PAGE = 25
ONE_DAY = timedelta(days=1)
NO_PASSWORD = Q(password__startswith="!")  # noqa: S106  (Django's mark of a password that does not exist)


@may(Action.USERS)
@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """Everybody, the disabled too; searched by name, username and unit."""
    now = db_now()
    words, shown = request.GET.get("q", "").strip()[:60], request.GET.get("show", "")
    held = Membership.objects.current(day_of(now))
    conditions = {
        "": Q(),
        "none": Q(is_active=True) & ~Q(pk__in=held.values("user")),
        "link": Q(is_active=True) & NO_PASSWORD,
        "off": Q(is_active=False),
    }
    shown = shown if shown in conditions else ""
    counts = User.objects.aggregate(**{f"n_{key}": Count("pk", filter=q) for key, q in conditions.items() if key})
    total = User.objects.count()
    rows = User.objects.filter(conditions[shown])
    if words:
        in_unit = held.filter(Q(unit__name__icontains=words) | Q(unit__short_name__icontains=words)).values("user")
        rows = rows.filter(Q(name__icontains=words) | Q(username__icontains=words) | Q(pk__in=in_unit))
    labels = {"": ("全部", total), "none": ("没有任职", None), "link": ("没有设密码", None), "off": ("已停用", None)}
    chips = [
        (label, count if count is not None else counts[f"n_{key}"], key, key == shown)
        for key, (label, count) in labels.items()
    ]
    page = Paginator(_with_what_a_row_shows(rows, now).order_by("name", "pk"), A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "chips": chips, "words": words, "shown": shown, "total": total, **counts}
    return render(request, "portal/users.html", context)


def _with_what_a_row_shows(rows: QuerySet[User], now: datetime) -> QuerySet[User]:
    """With `held` (present memberships) and `links` (links that work)."""
    held = Membership.objects.current(day_of(now)).select_related("unit").order_by("unit__name", "pk")
    unused = Invitation.objects.filter(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now)
    return rows.prefetch_related(
        Prefetch("memberships", held, to_attr="held"), Prefetch("invitations", unused, to_attr="links")
    )


@may(Action.USERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A user with the first membership; the answer shows the link, this once."""
    now = db_now()
    if request.method != "POST":
        first = {"from_date": day_of(now), "unit": request.GET.get("unit", ""), "role": "operator"}
        return render(request, "portal/user_new.html", {"form": NewUserForm(initial=first)})
    form = NewUserForm(request.POST)
    if form.is_valid():
        try:
            person, token = users.create(**form.cleaned_data, by=_by(request), now=now)
        except Incomplete as incomplete:
            form.take(incomplete)
        else:
            return _link(request, person, token, made=True)
    return render(request, "portal/user_new.html", {"form": form}, status=422)


@may(Action.USERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One user; the form corrects name and telephone."""
    found = get_object_or_404(User, pk=pk)
    if request.method != "POST":
        return show(request, found)
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            users.edit(pk, **form.cleaned_data, by=_by(request), now=db_now())
        except Incomplete as incomplete:
            form.take(incomplete)
        else:
            messages.success(request, "已保存姓名和联系电话。")
            return redirect("user", pk)
    return show(request, found, person_form=form, status=422)


@may(Action.USERS)
@post_only("user", "pk")
def add_membership(request: HttpRequest, pk: int) -> HttpResponse:
    """登记任职."""
    found, form = get_object_or_404(User, pk=pk), MembershipForm(request.POST)
    if not form.is_valid():
        return show(request, found, membership_form=form, status=422)
    try:
        row = users.add_membership(pk, **form.cleaned_data, by=_by(request), now=db_now())
    except Incomplete as incomplete:
        form.take(incomplete)
        return show(request, found, membership_form=form, status=422)
    except Refused as refused:
        return show(request, found, membership_form=form, refused=refused)
    messages.success(request, f"已登记：{found}任{row.unit}“{row.get_role_display()}”，自 {row.from_date} 起。")
    return redirect("user", pk)


@may(Action.USERS)
@never_cache
@post_only("user", "pk")
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link; the former ones stop working."""
    found = get_object_or_404(User, pk=pk)
    try:
        found, token = invitations.make(pk, by=_by(request), now=db_now())
    except Refused as refused:
        return show(request, found, refused=refused)
    return _link(request, found, token, made=False)


@may(Action.USERS)
@post_only("user", "pk")
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    """停用."""
    found, form = get_object_or_404(User, pk=pk), DisableForm(request.POST)
    if not form.is_valid():
        return show(request, found, disable_form=form, status=422)
    try:
        users.disable(pk, reason=form.cleaned_data["reason"], by=_by(request), now=db_now())
    except Refused as refused:
        return show(request, found, refused=refused)
    messages.success(request, f"已停用{found}，其登录已全部退出；任职和办过的事都保留。")
    return redirect("user", pk)


@may(Action.USERS)
@post_only("user", "pk")
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    """启用."""
    found = get_object_or_404(User, pk=pk)
    try:
        users.enable(pk, by=_by(request), now=db_now())
    except Refused as refused:
        return show(request, found, refused=refused)
    messages.success(request, f"已启用{found}，可以用原来的密码登录；忘记密码的请生成新链接。")
    return redirect("user", pk)


def show(
    request: HttpRequest, found: User, *, refused: Refused | None = None, status: int | None = None, **forms: Any
) -> HttpResponse:
    """The page of `found` as it stands; `forms` are those that came back with errors."""
    now = db_now()
    today, by = day_of(now), _by(request)
    found = _with_what_a_row_shows(User.objects.all(), now).get(pk=found.pk)
    rows = found.memberships.select_related("unit").order_by("-from_date", "-pk")
    context: dict[str, Any] = {
        "person": found,
        "history": histories.entries_for(found),
        "is_self": found.pk == by.pk,
        "present": [row for row in rows if row.to_date is None or row.to_date >= today],
        "past": [(row, row.to_date + ONE_DAY) for row in rows if row.to_date is not None and row.to_date < today],
        "today": today,
        "live": Filing.objects.live().filter(owner=found).count(),
        "person_form": PersonForm(initial={"name": found.name, "phone": found.phone}),
        "membership_form": MembershipForm(initial={"from_date": today}),
        "disable_form": DisableForm(),
        "refused": refused,
    }
    context |= forms
    context["with_errors"] = next((form for form in forms.values() if form.errors), None)
    if status is None:
        status = status_of(refused) if refused else 200
    return render(request, "portal/user.html", context, status=status)


def _link(request: HttpRequest, found: User, token: str, *, made: bool) -> HttpResponse:
    """The link, this once: it is kept nowhere in clear."""
    context = {
        "person": found,
        "link": request.build_absolute_uri(reverse("invite", args=[token])),
        "expires_at": found.invitations.latest("pk").expires_at,
        "made": made,
    }
    return render(request, "portal/user_link.html", context)


def _by(request: HttpRequest) -> User:
    return cast(User, request.user)
