"""Units as the admin keeps them: made, corrected, renamed from a day on, confirmed; with the people each one lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from accounts import policy
from accounts.models import Account, Membership, Role, Unit, UnitName
from accounts.models.account import GONE
from accounts.models.unit import UnitStatus
from accounts.policy import Action
from zhonglou_media.core import events, names
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import User

FIELDS = ("name", "short_name", "kind", "scope", "internal", "parent")


@dataclass(frozen=True)
class UnitData:
    """What the form says of a unit; `since` is the day from which a new name holds."""

    name: str
    short_name: str
    kind: str
    scope: str
    internal: bool
    parent: Unit | None
    since: date | None = None


def create(data: UnitData, *, by: User, now: datetime) -> Unit:
    """A unit in use. Raises NotAllowed, or Incomplete by field."""
    role = policy.require(by, Action.UNITS)
    unit = Unit(status=UnitStatus.ACTIVE)
    try:
        with transaction.atomic():
            lock_line(None, data.parent)
            _write(unit, data)
            unit.save()
            UnitName.objects.create(unit=unit, name=unit.name, since=data.since or day_of(now))
            events.append(
                unit, "create", by=by, role=role, at=now, detail=_state(unit) | {"parent_name": _name_of(unit.parent)}
            )
    except IntegrityError:
        raise _name_taken(data.name) from None
    return unit


def alike(name: str) -> list[Unit]:
    """Units that `name` may mean by a name they have or had, to look at before another one is made: two queries."""
    key = names.name_key(name)

    def resembles(other: str) -> bool:
        kept = names.name_key(other)
        return bool(kept) and (kept in key or key in kept or names.near(name, other))

    rows = Unit.objects.prefetch_related("names") if key else []
    return [row for row in rows if any(map(resembles, (row.name, *(old.name for old in row.names.all()))))]


def edit(unit_id: int, data: UnitData, *, by: User, now: datetime) -> Unit:
    """Correct a unit; a new name keeps the old one, each with the day from which it held.

    Raises NotAllowed, WrongState for a unit that is merged away, Incomplete by field: a name that is taken, a parent
    that is its own child, 内设机构 with accounts (第七条).
    """
    role = policy.require(by, Action.UNITS)
    try:
        with transaction.atomic():
            unit = lock_line(unit_id, data.parent)
            if unit.status == UnitStatus.MERGED:
                raise WrongState(f"{unit}已经撤并，不能再修改。")
            if data.since is not None and data.since > day_of(now):
                later = "这一天还没有到：保存后新名称立即生效。请到那一天再改，或填写已经到了的日期。"
                raise Incomplete("新名称还没有起用。", {"since": [later]})
            was, old_name, old_parent = _state(unit), unit.name, unit.parent
            _write(unit, data)
            changed: dict[str, Any] = {
                key: [was[key], value] for key, value in _state(unit).items() if was[key] != value
            }
            if not changed:
                return unit
            unit.save()
            if "parent" in changed:  # as they are called now: the history names them without looking them up
                changed["parent_name"] = [_name_of(old_parent), _name_of(unit.parent)]
            if unit.name != old_name:
                since = data.since or day_of(now)
                UnitName.objects.get_or_create(unit=unit, name=old_name)
                UnitName.objects.update_or_create(unit=unit, name=unit.name, defaults={"since": since})
                changed["since"] = since.isoformat()
            events.append(unit, "edit", by=by, role=role, at=now, detail=changed)
    except IntegrityError:
        raise _name_taken(data.name) from None
    return unit


def confirm(unit_id: int, *, by: User, now: datetime) -> Unit:
    """待核 → 在用: name and kind of a unit that an import made were looked at. Raises WrongState, Incomplete."""
    role = policy.require(by, Action.UNITS)
    with transaction.atomic():
        unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
        if unit.status != UnitStatus.UNCONFIRMED:
            raise WrongState(f"{unit}现为“{unit.get_status_display()}”，不用核对。")
        if not unit.kind:
            raise Incomplete("还没有选类别。", {"kind": ["请先选择类别并保存，再确认在用。"]})
        unit.status = UnitStatus.ACTIVE
        unit.save(update_fields=["status"])
        events.append(
            unit, "confirm", by=by, role=role, at=now, from_state=UnitStatus.UNCONFIRMED, to_state=UnitStatus.ACTIVE
        )
    return unit


# --- who is above whom ----------------------------------------------------------------------------------------------


def lock_line(unit_id: int | None, parent: Unit | None) -> Unit:
    """The unit, locked together with all above its future parent, by id: two at once cannot close a circle.

    Raises Incomplete when the unit stands above that parent itself. Without `unit_id` a unit not saved yet.
    """
    wanted = {row for row in (unit_id, *line(parent)) if row is not None}
    locked = {row.pk: row for row in Unit.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")}
    if unit_id is None:
        return Unit()
    if unit_id in line(parent):
        told = "不能是自己" if parent is not None and parent.pk == unit_id else f"“{parent}”本来就归它主管"
        raise Incomplete("行业主管部门不对。", {"parent": [f"行业主管部门{told}，请另选。"]})
    return locked[unit_id]


def line(unit: Unit | None) -> list[int]:
    """Ids of `unit` and of all above it, as they stand in the database now."""
    found: list[int] = []
    above = unit.pk if unit is not None else None
    while above is not None and above not in found:
        found.append(above)
        above = Unit.objects.values_list("parent_id", flat=True).get(pk=above)
    return found


# --- fields ---------------------------------------------------------------------------------------------------------


def _write(unit: Unit, data: UnitData) -> None:
    try:
        name = names.clean_name(data.name)
    except ValueError as error:
        raise Incomplete("名称不对。", {"name": [str(error)]}) from None
    if unit.name != name and any(
        pk != unit.pk and names.name_key(other) == names.name_key(name)
        for pk, other in Unit.objects.values_list("pk", "name")
    ):
        raise _name_taken(name)
    if data.internal and unit.pk and Account.objects.filter(unit=unit).exclude(state__in=GONE).exists():
        sentence = "这个单位还有账号，不能改为内设机构（第七条）。请先把账号变更到主办单位，或关停注销。"
        raise Incomplete("还有账号。", {"internal": [sentence]})
    if data.parent is not None and data.parent.status == UnitStatus.MERGED:
        raise Incomplete("行业主管部门不对。", {"parent": [f"{data.parent}已经撤并，请选择承接单位。"]})
    unit.name, unit.short_name, unit.kind = name, data.short_name.strip(), data.kind
    unit.scope, unit.internal, unit.parent = data.scope, data.internal, data.parent


def _name_taken(name: str) -> Incomplete:
    return Incomplete("已有同名单位。", {"name": [f"已有名为“{name.strip()}”的单位，请核对；改名前的旧名不用另建。"]})


def _state(unit: Unit) -> dict[str, Any]:
    return {key: getattr(unit, f"{key}_id" if key == "parent" else key) for key in FIELDS}


def _name_of(unit: Unit | None) -> str:
    return unit.name if unit is not None else ""


# --- who is missing -------------------------------------------------------------------------------------------------


def with_people(units: QuerySet[Unit], today: date) -> QuerySet[Unit]:
    """With `has_leader`, `has_operator` and `lacking`: whether somebody is missing without whom nothing can be filed.

    Internal and merged units need nobody; nor do units of other people (the office, auditors) that run no account.
    """
    held = Membership.objects.current(today).filter(unit=OuterRef("pk"), user__is_active=True)
    own = Account.objects.filter(unit=OuterRef("pk")).exclude(state__in=GONE)
    lacking = Q(internal=False) & ~Q(status=UnitStatus.MERGED) & (Q(has_leader=False) | Q(has_operator=False))
    lacking &= Q(has_accounts=True) | Q(has_leader=True) | Q(has_operator=True) | Q(has_others=False)
    return units.annotate(
        has_leader=Exists(held.filter(role=Role.LEADER)),
        has_operator=Exists(held.filter(role=Role.OPERATOR)),
        has_others=Exists(held.exclude(role__in=[Role.LEADER, Role.OPERATOR])),
        has_accounts=Exists(own),
    ).annotate(lacking=ExpressionWrapper(lacking, output_field=BooleanField()))


def gaps(unit: Any, people: Sequence[Membership]) -> list[str]:
    """What `unit` (of `with_people`) lacks, in sentences; `people` are its present members."""
    told = []
    if unit.lacking and not unit.has_operator:
        told.append("没有填报员，不能填报备案、登记发布")
    if unit.lacking and not unit.has_leader:
        told.append("没有可在线审批的主要领导，备案须书面签批后登记")
    acting = {row.user_id for row in people if row.role in (Role.OPERATOR, Role.LEADER)}
    if unit.has_leader and unit.has_operator and len(acting) == 1:
        told.append("只有一人，填报和批准不能是同一人（第八条）：由其填报，请主要领导在纸上签批后登记")
    return told
