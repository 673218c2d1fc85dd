"""季度确认: the page on which a unit confirms its records, and the list of who has and who has not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import doubts, fields, policy, quarter
from accounts.access import may, visible_units
from accounts.models import AccountState, Confirmation, Membership, Role, Unit
from accounts.models.account import GONE
from accounts.policy import Action
from accounts.quarter import Line, Quarter, Sheet
from accounts.views.account import applies, fact
from accounts.views.register import Head, changed
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused, StaleReading
from zhonglou_media.core.models import User

A_PAGE = 50
IN_ROW = ("uid", "custodian", "custodian_phone", "leader_in_charge", "department_in_charge", "operation_mode", "vendor")
COLUMNS = (("unit", "单位"), ("accounts", "账号"), ("", "状态"), ("", "确认人或填报员"), ("at", "确认时间"))
SORTS = {"unit": F("name"), "accounts": F("n"), "at": F("confirmed_at")}


@dataclass(frozen=True)
class Row:
    """An account as the page shows it: what is doubtful, the facts that no column holds, the fields one may change."""

    line: Line
    doubts: list[doubts.Doubt]
    facts: list[tuple[str, str]]
    fields: list[tuple[str, str]]
    asked: str  # the field that a change would begin with


@dataclass(frozen=True)
class Part:
    """A unit's part of the page."""

    sheet: Sheet
    rows: list[Row]
    done: Confirmation | None
    last: Confirmation | None
    refused: Refused | None = None
    difference: list[Any] = field(default_factory=list)

    @property
    def unit(self) -> Unit:
        return self.sheet.unit

    @property
    def key(self) -> str:
        return str(self.unit.pk)

    @property
    def doubtful(self) -> list[Row]:
        return [row for row in self.rows if row.doubts]

    @property
    def title(self) -> str:
        people = f"、{len(self.sheet.contacts)}名联系人" if self.sheet.contacts else ""
        return f"确认{self.unit.name}的{len(self.rows)}个账号{people}全部属实？"

    @property
    def moved_on(self) -> bool:
        """Whether something is not as it was confirmed."""
        return self.done is not None and self.done.digest != self.sheet.digest


@may(Action.CONFIRM)
@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Everything of each unit the person operates, on one page."""
    return _page(request)


@may(Action.CONFIRM)
@post_only("accounts:quarter")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """全部属实."""
    user, now, given = cast(User, request.user), db_now(), request.POST
    unit = get_object_or_404(Unit, pk__in=[unit.pk for unit in _units(user)], pk=pk)
    read = {name: given.get(name, "") for name in ("quarter", "digest", "shown")}
    try:
        quarter.confirm(unit.pk, **read, by=user, now=now)
    except Refused as refused:
        return _page(request, refused_of=unit.pk, refused=refused, status=status_of(refused))
    this = Quarter.of(now)
    told = f"{unit.name}{this.label}的信息已确认属实，区政府办公室看得到。"
    messages.success(request, f"{told}下一次在{this.next.label}；平时有变化，请及时登记或办理变更报备。")
    return redirect("accounts:quarter")


def _units(user: User) -> list[Unit]:
    """The person's own units, then those merged into them that still have accounts."""
    own = policy.units_of(user, Role.OPERATOR)
    merged = quarter.obliged().filter(pk__in=policy.carried_on(user, Role.OPERATOR) - {unit.pk for unit in own})
    return [*own, *merged.select_related("merged_into").order_by("name", "pk")]


def _page(
    request: HttpRequest, *, refused_of: int = 0, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    user, now = cast(User, request.user), db_now()
    this, units = Quarter.of(now), _units(user)
    done = quarter.confirmed(units, this)
    parts = [_part(unit, this, done.get(unit.pk), now, refused if unit.pk == refused_of else None) for unit in units]
    asked = [part for part in parts if part.done is None and part.rows]
    context = {
        "parts": parts,
        "asked": asked,
        "accounts": sum(len(part.rows) for part in asked),
        "contacts": sum(len(part.sheet.contacts) for part in asked),
        "doubtful": sum(len(part.doubtful) for part in asked),
        "any": any(part.rows for part in parts),
        "quarter": this,
        "due": this.due(),
    }
    return render(request, "accounts/quarter.html", context, status=status)


def _part(unit: Unit, this: Quarter, done: Confirmation | None, now: datetime, refused: Refused | None) -> Part:
    sheet = quarter.read(unit, now)
    rows = [_row(line, now) for line in sheet.lines]
    different = refused.difference if isinstance(refused, StaleReading) else []
    return Part(sheet, rows, done, quarter.last_before(unit, this), refused, different)


def _row(line: Line, now: datetime) -> Row:
    account, found = line.account, doubts.of(line, now)
    names = [name for name in fields.FILED if name not in ("platform", "unit") and applies(account, name)]
    facts = [fact(account, name) for name in names if name not in (*IN_ROW, "name")]
    changeable = [(name, fields.label(name)) for name in names] + [("unit", fields.label("unit"))]
    open_to_change = changeable if account.state == AccountState.ACTIVE else []
    asked = next((doubt.field for doubt in found if doubt.field), "")
    return Row(line, found, facts, open_to_change, asked)


# --- who has, who has not -------------------------------------------------------------------------------------------


@may(Action.VIEW_CONFIRMATIONS)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Units that must confirm, of those the person reads; those that have not come first."""
    user, now = cast(User, request.user), db_now()
    this = Quarter.of(now)
    asked = _asked(request.GET.get("quarter", ""), this)
    sort, show_only = request.GET.get("sort", ""), request.GET.get("show", "")
    units = quarter.obliged().filter(pk__in=visible_units(user).values("pk"))
    missing = quarter.waiting(asked).filter(pk__in=units.values("pk"))
    total, waiting = units.count(), missing.count()
    rows = _annotated(missing if show_only == "waiting" else units, asked)
    page = Paginator(_ordered(rows, sort), A_PAGE).get_page(request.GET.get("page"))
    done = quarter.confirmed(list(page.object_list), asked)
    context = {
        "page": page,
        "rows": _with_people(list(page.object_list), done, now),
        "may_urge": policy.could(user, Action.URGE),
        "heads": list(_heads(request, sort)),
        "total": total,
        "waiting": waiting,
        "quarter": asked,
        "past": asked != this,
        "due": asked.due(),
        "show": show_only,
        "quarters": [(one, one == asked, changed(request.GET, quarter=one.key)) for one in _quarters(this)],
        "filters": [
            ("全部", total, changed(request.GET, show=""), show_only != "waiting"),
            ("还没有确认", waiting, changed(request.GET, show="waiting"), show_only == "waiting"),
        ],
    }
    return render(request, "accounts/quarter_overview.html", context)


def _with_people(
    units: list[Unit], done: dict[int, Confirmation], now: datetime
) -> list[tuple[Unit, Confirmation | None, list[User]]]:
    """Each unit with its confirmation, or the operators who owe it: one query."""
    asked = {unit.pk: unit.merged_into_id or unit.pk for unit in units if unit.pk not in done}
    held = Membership.objects.current(day_of(now)).filter(unit__in=asked.values(), role=Role.OPERATOR)
    people: dict[int, list[User]] = {}
    for member in held.filter(user__is_active=True).select_related("user").order_by("user__name", "pk"):
        people.setdefault(member.unit_id, []).append(member.user)
    return [(unit, done.get(unit.pk), people.get(asked.get(unit.pk, 0), [])) for unit in units]


def _asked(key: str, this: Quarter) -> Quarter:
    """The quarter of the address, if it is one that the page offers."""
    return next((one for one in _quarters(this) if one.key == key), this)


def _quarters(this: Quarter) -> list[Quarter]:
    """This quarter and those in which somebody confirmed, newest first, a year back at most."""
    keys = Confirmation.objects.order_by("-quarter").values_list("quarter", flat=True).distinct()[:4]
    past = {Quarter(int(key[:4]), int(key[5:])) for key in keys}
    return sorted({this, *past}, reverse=True)[:4]


def _annotated(units: QuerySet[Unit], asked: Quarter) -> QuerySet[Unit]:
    standing = Count("accounts", filter=~Q(accounts__state__in=GONE), distinct=True)
    units = units.select_related("merged_into")
    return units.annotate(n=standing, confirmed_at=Max("confirmations__at", filter=Q(confirmations__quarter=asked.key)))


def _ordered(rows: QuerySet[Unit], sort: str) -> QuerySet[Unit]:
    """Sorted by one of `SORTS` ('-' before it: descending); otherwise those that have not confirmed first."""
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        return rows.order_by(F("confirmed_at").asc(nulls_first=True), "name", "pk")
    if sort.startswith("-"):
        return rows.order_by(column.desc(nulls_last=True), "name", "pk")
    return rows.order_by(column.asc(nulls_first=True), "name", "pk")


def _heads(request: HttpRequest, sort: str) -> Iterator[Head]:
    """The heads of the list; pressing one a second time turns its order round."""
    for key, label in COLUMNS:
        if not key:
            yield Head(label)
            continue
        turned = sort == key
        direction = "ascending" if turned else "descending" if sort == f"-{key}" else ""
        yield Head(label, changed(request.GET, sort=f"-{key}" if turned else key), direction)
