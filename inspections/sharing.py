"""分工: who checks which account of a month. A unit's accounts stay with one person; a second person is another one."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts import audience, policy
from accounts.policy import Action
from inspections import telling_checks
from inspections.models import CheckState, Sheet, SheetState, SpotCheck
from zhonglou_media.core import events
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import Event, User


def checkers(now: datetime) -> list[User]:
    """Who may check: the office's officers and supervisors."""
    return audience.people(audience.OFFICE, now=now)


def share_out(check: SpotCheck, twice: Collection[int], *, now: datetime) -> int:
    """Give every sheet of `check` its checker, and those of the accounts `twice` a second one; how many have a second.

    Called under the check's lock when its list is confirmed. Raises Refused where nobody is there to check.
    """
    people = [user.pk for user in checkers(now)]
    if not people:
        raise Refused("区政府办公室还没有经办和负责人，请系统管理员先登记，再确定名单。")
    sheets = list(Sheet.objects.filter(spot_check=check, part=1).only("account", "unit").order_by("pk"))
    by_unit = _deal(Counter(sheet.unit_id for sheet in sheets), people)
    for pk in people:
        units = [unit for unit, checker in by_unit.items() if checker == pk]
        check.sheets.filter(part=1, unit__in=units).update(checker=pk)
    return _seconds(check, set(twice), people)


def _deal(sizes: Counter[int], people: list[int], loads: Counter[int] | None = None) -> dict[int, int]:
    """Unit → checker: the largest unit first, each to who has the fewest so far."""
    loads = Counter(dict.fromkeys(people, 0)) if loads is None else loads
    dealt: dict[int, int] = {}
    for unit, n in sorted(sizes.items(), key=lambda row: (-row[1], row[0])):
        dealt[unit] = min(people, key=lambda pk: (loads[pk], pk))
        loads[dealt[unit]] += n
    return dealt


def _seconds(check: SpotCheck, accounts: Iterable[int], people: list[int]) -> int:
    """A second sheet of each of `accounts`, for another one than the first's; none where there is but one person."""
    if len(people) < 2:
        return 0
    firsts = check.sheets.filter(part=1, account__in=set(accounts)).order_by("pk")
    loads: Counter[int] = Counter()
    rows = []
    for first in firsts:
        other = min((pk for pk in people if pk != first.checker_id), key=lambda pk: (loads[pk], pk))
        loads[other] += 1
        rows.append(_second_of(first, other))
    return len(Sheet.objects.bulk_create(rows, batch_size=1000))


def _second_of(first: Sheet, checker: int) -> Sheet:
    return Sheet(
        spot_check_id=first.spot_check_id,
        account_id=first.account_id,
        unit_id=first.unit_id,
        unit_kind=first.unit_kind,
        platform_group=first.platform_group,
        part=2,
        checker_id=checker,
    )


def lightest(check: SpotCheck, unit_id: int, *, now: datetime) -> int | None:
    """Who checks one more account of a unit: who checks its others, else who has the fewest open sheets."""
    people = [user.pk for user in checkers(now)]
    same = check.sheets.filter(unit=unit_id, part=1, checker__in=people).values_list("checker", flat=True).first()
    if same is not None or not people:
        return same
    loads = Counter(check.sheets.filter(state=SheetState.OPEN, checker__in=people).values_list("checker", flat=True))
    return min(people, key=lambda pk: (loads[pk], pk))


def share(check_id: int, *, among: Collection[int], by: User, now: datetime) -> int:
    """重新分配: what nobody has begun, evenly among the people `among` (ids), by unit; returns how many sheets moved.

    Sheets with something saved stay with who saved it; a second checker stays another one than the first. Raises
    NotAllowed, WrongState (not being checked), Incomplete (nobody chosen, or one who does not check).
    """
    with transaction.atomic():
        check, role = _begin(check_id, by)
        everybody = [user.pk for user in checkers(now)]
        people = [pk for pk in everybody if pk in set(among)]
        if not people or len(people) < len(set(among)):
            raise Incomplete(
                "还有1处需要修改，改好后才能重新分配。", {"among": ["请至少选择一位区政府办公室的经办或负责人。"]}
            )
        rows = _untouched(check)
        fixed = Sheet.objects.filter(spot_check=check).exclude(state=SheetState.OPEN, saved_at__isnull=True)
        others = {(account, part): pk for account, part, pk in fixed.values_list("account", "part", "checker")}
        kept = Counter(
            check.sheets.filter(state=SheetState.OPEN, saved_at__isnull=False).values_list("checker", flat=True)
        )
        loads = Counter({pk: kept[pk] for pk in people})
        dealt = _deal(Counter(s.unit_id for s in rows if s.part == 1), people, loads)
        moved = []
        for sheet in sorted(rows, key=lambda row: (row.part, row.pk)):
            other = others.get((sheet.account_id, 3 - sheet.part))
            wanted = dealt[sheet.unit_id] if sheet.part == 1 else sheet.checker_id
            if wanted == other or wanted not in people:
                # One alone is no second person: then somebody of the others.
                free = [pk for pk in people if pk != other] or [pk for pk in everybody if pk != other] or people
                wanted = min(free, key=lambda pk: (loads[pk], pk))
                loads[wanted] += 1
            if sheet.checker_id != wanted:
                sheet.checker_id = wanted
                moved.append(sheet)
            others[(sheet.account_id, sheet.part)] = sheet.checker_id
        Sheet.objects.bulk_update(moved, ["checker"], batch_size=500)
        detail = {"among": sorted(people), "moved": len(moved)}
        event = _append(check, "share", by=by, role=role, now=now, detail=detail)
        telling_checks.handed(check, Counter(s.checker_id for s in moved), event.seq, by=by, now=now)
    return len(moved)


def _untouched(check: SpotCheck) -> list[Sheet]:
    """What nobody has saved, locked: who saves one at this moment is waited for, and keeps it."""
    rows = Sheet.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    rows = rows.filter(spot_check=check, state=SheetState.OPEN, saved_at__isnull=True)
    return list(rows.only("account", "unit", "part", "checker"))


def reassign(sheet_id: int, *, to: int, by: User, now: datetime) -> Sheet:
    """改由另一人检查 one open sheet (`to`: the user's id); what was saved goes along.

    Raises NotAllowed, WrongState (submitted, not being checked), Refused (no checker, the other of two).
    """
    with transaction.atomic():
        check, role = _begin(_check_of(sheet_id), by)
        sheet = Sheet.objects.select_for_update(of=("self",)).select_related("account__platform").get(pk=sheet_id)
        if sheet.state != SheetState.OPEN:
            raise WrongState(f"“{sheet.account}”已经核完，不能改由别人检查。")
        _may_check(check, sheet.account_id, but=sheet.part, to=to, now=now)
        was, sheet.checker_id = sheet.checker_id, to
        sheet.save(update_fields=["checker"])
        detail = {"sheet": sheet.pk, "account": sheet.account_id, "was": was, "to": to}
        event = _append(check, "reassign", by=by, role=role, now=now, detail=detail)
        telling_checks.handed(check, {to: 1}, event.seq, by=by, now=now)
    return sheet


def second_checker(sheet_id: int, *, to: int, by: User, now: datetime) -> Sheet:
    """两人同查: a second sheet of the account, for another person; while the account has no result that counts.

    Raises NotAllowed, WrongState (it has a second one, or a result), Refused (no checker, the same person).
    """
    with transaction.atomic():
        check, role = _begin(_check_of(sheet_id), by)
        named = Sheet.objects.only("account").get(pk=sheet_id)
        rows = Sheet.objects.select_for_update(of=("self",)).filter(spot_check=check, account=named.account_id)
        both = {sheet.part: sheet for sheet in rows.select_related("account__platform").order_by("part")}
        first = both[1]
        if 2 in both:
            raise WrongState(f"“{first.account}”已有两人检查。")
        if first.counts:
            raise WrongState(f"“{first.account}”已有结果，不能再增加第二人。")
        _may_check(check, first.account_id, but=2, to=to, now=now)
        sheet = _second_of(first, to)
        sheet.save()
        detail = {"sheet": sheet.pk, "account": sheet.account_id, "to": to}
        event = _append(check, "second_checker", by=by, role=role, now=now, detail=detail)
        telling_checks.handed(check, {to: 1}, event.seq, by=by, now=now)
    return sheet


def _check_of(sheet_id: int) -> int:
    return Sheet.objects.values_list("spot_check", flat=True).get(pk=sheet_id)


def _begin(check_id: int, by: User) -> tuple[SpotCheck, str]:
    """The check under its lock, being checked; the role of who may share its work."""
    check = SpotCheck.objects.select_for_update().defer("drawn").get(pk=check_id)
    role = policy.require(by, Action.DRAFT_CHECK)
    if check.state != CheckState.CONFIRMED:
        then = "名单确定后再分工。" if check.state == CheckState.DRAFTED else "不用再分工。"
        raise WrongState(f"{check}现为“{check.get_state_display()}”，{then}")
    return check, role


def _may_check(check: SpotCheck, account_id: int, *, but: int, to: int, now: datetime) -> None:
    if to not in {user.pk for user in checkers(now)}:
        raise Refused("只有区政府办公室的经办和负责人可以检查，请重新选择。")
    if check.sheets.filter(Q(account=account_id, checker=to) & ~Q(part=but)).exists():
        raise Refused("两份检查单须由两个人分别检查，请选择另一位。")


def _append(check: SpotCheck, verb: str, *, by: User, role: str, now: datetime, detail: Mapping[str, Any]) -> Event:
    return events.append(
        check, verb, by=by, role=role, at=now, from_state=check.state, to_state=check.state, detail=dict(detail)
    )
