"""单位 as the admin keeps them: the list with who is missing, a new one, its names, its parent, 待核 → 在用."""

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import searching, units
from accounts.access import may
from accounts.models import Account, Membership, Role, Unit
from accounts.models.account import GONE
from accounts.models.unit import UnitStatus
from accounts.policy import Action
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User
from zhonglou_media.portal.unit_forms import UnitForm

A_PAGE = 25
ACTING = (Role.OPERATOR, Role.LEADER)


@may(Action.UNITS)
@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """All units with their people; searched in every name they ever had."""
    today = day_of(db_now())
    words, shown = request.GET.get("q", "").strip()[:60], request.GET.get("show", "")
    conditions = {
        "": Q(),
        "lacking": Q(lacking=True),
        "unconfirmed": Q(status=UnitStatus.UNCONFIRMED),
        "merged": Q(status=UnitStatus.MERGED),
    }
    shown = shown if shown in conditions else ""
    every = units.with_people(Unit.objects.order_by(), today)
    counts = every.aggregate(
        **{f"n_{key or 'all'}": Count("pk", filter=q) if key else Count("pk") for key, q in conditions.items()}
    )
    labels = {"": "全部", "lacking": "缺人", "unconfirmed": "待核", "merged": "已撤并"}
    rows = _rows(every.filter(conditions[shown]), today)
    if words:
        rows = rows.filter(searching.units(words))
    page = Paginator(rows.order_by("name", "pk"), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_Row(unit) for unit in page],
        "chips": [(label, counts[f"n_{key or 'all'}"], key, key == shown) for key, label in labels.items()],
        "words": words,
        "shown": shown,
        **counts,
    }
    return render(request, "portal/units.html", context)


def _rows(rows: QuerySet[Unit], today: Any) -> QuerySet[Unit]:
    """With `members` (present, active), `account_count` and all names."""
    own = Account.objects.filter(unit=OuterRef("pk")).exclude(state__in=GONE).order_by()
    number = own.values("unit").annotate(n=Count("pk")).values("n")
    held = Membership.objects.current(today).filter(user__is_active=True).select_related("user")
    held = held.order_by("user__name", "pk")
    return (
        rows.annotate(account_count=Coalesce(Subquery(number), 0))
        .select_related("parent")
        .prefetch_related("names", Prefetch("memberships", held, to_attr="members"))
    )


class _Row:
    """A unit as the list shows it."""

    def __init__(self, unit: Any) -> None:
        self.unit = unit
        self.former = [old.name for old in unit.names.all() if old.name != unit.name]
        self.gaps = units.gaps(unit, unit.members)
        acting = [member for member in unit.members if member.role in ACTING]
        self.operators = _names(acting, Role.OPERATOR) or ("缺填报员" if unit.lacking else "")
        self.leaders = _names(acting, Role.LEADER) or ("缺领导" if unit.lacking else "")


def _names(members: list[Membership], role: Role) -> str:
    return "、".join(dict.fromkeys(member.user.name for member in members if member.role == role))


@may(Action.UNITS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new unit."""
    form = UnitForm(request.POST if request.method == "POST" else None, initial={"scope": "bound"})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        alike = units.alike(name) if request.POST.get("looked") != name else []
        if alike and not any(one.name == name for one in alike):  # a name that is taken has its own sentence
            return render(request, "portal/unit_new.html", {"form": form, "alike": alike}, status=422)
        try:
            unit = units.create(form.unit_data(), by=_by(request), now=db_now())
        except Incomplete as incomplete:
            form.take(incomplete)
        else:
            messages.success(request, f"已新增单位“{unit.name}”。请接着登记它的填报员和主要领导。")
            return redirect("unit_edit", unit.pk)
    return render(request, "portal/unit_new.html", {"form": form}, status=422 if form.errors else 200)


@may(Action.UNITS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit: what it is called and under whom, its people, and who is missing."""
    unit = get_object_or_404(Unit, pk=pk)
    if request.method != "POST":
        return _page(request, pk)
    form = UnitForm(request.POST, unit=unit)
    if not form.is_valid():
        return _page(request, pk, form=form)
    try:
        units.edit(pk, form.unit_data(), by=_by(request), now=db_now())
    except Incomplete as incomplete:
        form.take(incomplete)
        return _page(request, pk, form=form)
    except Refused as refused:
        return _page(request, pk, refused=refused)
    messages.success(request, f"已保存“{form.cleaned_data['name'].strip()}”。")
    return redirect("unit_edit", pk)


@may(Action.UNITS)
@post_only("unit_edit", "pk")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """待核 → 在用."""
    unit = get_object_or_404(Unit, pk=pk)
    try:
        units.confirm(pk, by=_by(request), now=db_now())
    except Refused as refused:  # also an Incomplete: its field stands in the form of the page, not in this one
        errors = refused.errors if isinstance(refused, Incomplete) else {}
        told = Refused(next(iter(errors.values()))[0]) if errors else refused
        return _page(request, pk, refused=told, status=status_of(refused))
    messages.success(request, f"“{unit.name}”已确认在用。")
    return redirect("unit_edit", pk)


def _page(
    request: HttpRequest, pk: int, *, form: UnitForm | None = None, refused: Refused | None = None, status: int = 0
) -> HttpResponse:
    today = day_of(db_now())
    unit: Any = _rows(units.with_people(Unit.objects.all(), today), today).select_related("merged_into").get(pk=pk)
    context = {
        "unit": unit,
        "form": form or UnitForm(unit=unit),
        "refused": refused,
        "names": unit.names.order_by("since", "pk"),
        "gaps": units.gaps(unit, unit.members),
        "people": sorted(unit.members, key=lambda member: (list(Role).index(Role(member.role)), member.user.name)),
        "children": unit.children.order_by("name"),
    }
    fallback = status_of(refused) if refused else 422 if form is not None and form.errors else 200
    return render(request, "portal/unit_edit.html", context, status=status or fallback)


def _by(request: HttpRequest) -> User:
    return cast(User, request.user)
