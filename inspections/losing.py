"""账号失控 (第十八条): a password lost, an account stolen. The unit reports it, the supervisor declares it.

A declared account is not judged by its updates, holds no place on its platform, and is ordered closed.
Locks: the rules' rows (`flags.hold`), the unit, the account, then what `ordering` locks.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet
from django.urls import reverse

from accounts import audience, due_times, flags, policy
from accounts.flags import RuleCode
from accounts.models import Account, Flag, Publication, Unit
from accounts.models.account import ON_PLATFORM, ORDERABLE
from accounts.policy import Action
from inspections import ordering
from inspections.models import ClosureOrder, OrderGround
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import Event, User

AHEAD = "失控日期不能晚于今天，请核对。"
REPORTED = "report_lost"
SETTLED = ("declare_lost", "dismiss_lost", "recover")  # after these the unit's report waits for nobody
JUDGED_BY_UPDATES = (RuleCode.INACTIVE, RuleCode.NO_DATA)


@dataclass(frozen=True)
class Declared:
    """What a declaration did: the order that closes the account, whether it stood before, and flags waived."""

    order: ClosureOrder
    stood: bool
    waived: int


def report(account_id: int, *, since: date, what: str, by: User, now: datetime) -> Account:
    """报告账号失控: stays in the account's history, and the office is told. `since` is a Shanghai day.

    Raises NotAllowed, WrongState, Incomplete by field.
    """
    with transaction.atomic():
        account = ordering.locked(account_id)
        role = policy.require(by, Action.REPORT_LOST, account)
        _may_be_lost(account)
        what = _checked(account, since, what, "what", "请写明失控的经过。", now)
        comment = f"自 {since} 起：{what}"
        event = events.append(
            account, REPORTED, by=by, role=role, at=now, comment=comment, detail={"since": since.isoformat()}
        )
        notices.tell(
            audience.people(audience.OFFICE, now=now, but=by),
            key=f"lost-{account.pk}-{event.seq}",
            text=f"{account.unit}报告账号失控：{account}，{comment}。请核实后认定。",
            link=reverse("inspections:declare_lost", args=[account.pk]),
            now=now,
        )
    return account


def declare(
    account_id: int, *, since: date, reason: str, due_on: date | None, number: str = "", by: User, now: datetime
) -> Declared:
    """认定失控: open flags on its updates since then are waived; it is ordered closed, unless an order stands already.

    Raises NotAllowed, WrongState, Incomplete by field (since, reason, due_on, number).
    """
    with transaction.atomic():
        flags.hold(JUDGED_BY_UPDATES)
        account = ordering.locked(account_id)
        role = policy.require(by, Action.DECLARE_LOST, account)
        _may_be_lost(account)
        reason = _checked(account, since, reason, "reason", "请写明认定失控的理由。", now)
        account.lost_control_since = start_of(since)
        account.next_update_due_at = None
        account.save(update_fields=["lost_control_since", "next_update_due_at"])
        order = ordering.standing_of(account)
        stood = order is not None
        if order is None:
            terms = ordering.Terms(OrderGround.LOST, reason, number, due_on)
            order = ordering.issue_locked(account, terms, by=by, role=role, now=now)
        # A due time missed while it was still in hand stays missed.
        open_flags = Flag.objects.open().filter(account=account, rule__in=JUDGED_BY_UPDATES, due_at__gt=start_of(since))
        ids = list(open_flags.values_list("pk", flat=True))
        if ids:
            flags.waive(ids, by=by, reason=f"账号失控：{reason}", now=now)
        comment = f"自 {since} 起失控：{reason}"
        events.append(
            account, "declare_lost", by=by, role=role, at=now, comment=comment, detail={"order": order.number}
        )
    return Declared(order, stood, len(ids))


def dismiss(account_id: int, *, reason: str, by: User, now: datetime) -> Account:
    """不予认定: what the unit reported is settled, the account is judged as before; the unit is told why.

    Raises NotAllowed, WrongState (no report waits), Incomplete without a reason.
    """
    with transaction.atomic():
        account = ordering.locked(account_id)
        role = policy.require(by, Action.DECLARE_LOST, account)
        if not waiting().filter(subject_id=account.pk).exists():
            raise WrongState(f"账号“{account.name}”没有待认定的失控报告，可能已有人办理，请刷新页面后查看。")
        reason = reason.strip()
        if not reason:
            raise Incomplete("请写明不予认定的理由。", {"reason": ["请写明不予认定的理由。"]})
        event = events.append(account, "dismiss_lost", by=by, role=role, at=now, comment=reason)
        notices.tell(
            audience.people(audience.UNIT, now=now, unit_id=account.unit_id, but=by),
            key=f"lost-{account.pk}-{event.seq}",
            text=f"{account}：区政府办公室没有认定失控，更新和回复照常判断。理由：{reason}",
            link=reverse("accounts:detail", args=[account.pk]),
            now=now,
        )
    return account


def waiting() -> QuerySet[Event]:
    """The last report of each account that nobody has decided about, the oldest first."""
    of_account = Event.objects.filter(subject_kind="account")
    later = of_account.filter(subject_id=OuterRef("subject_id"), seq__gt=OuterRef("seq"), verb__in=(REPORTED, *SETTLED))
    return of_account.filter(~Exists(later), verb=REPORTED).order_by("seq")


def reported() -> list[tuple[Account, Event]]:
    """待认定失控: the accounts with their unit's report, unless they have ended meanwhile; two queries."""
    told = {event.subject_id or 0: event for event in waiting()}
    accounts = Account.objects.filter(pk__in=told, state__in=ORDERABLE, lost_control_since__isnull=True)
    found = accounts.select_related("platform", "unit").in_bulk()
    return [(found[pk], event) for pk, event in told.items() if pk in found]


def recover(account_id: int, *, reason: str, by: User, now: datetime) -> Account:
    """恢复控制: judged again from its facts. WrongState when a successor has taken its place meanwhile (第七条).

    An order that closes it stays until it is revoked.
    """
    with transaction.atomic():
        unit_id = Account.objects.values_list("unit", flat=True).get(pk=account_id)
        Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
        account = ordering.locked(account_id)
        role = policy.require(by, Action.DECLARE_LOST, account)
        if account.lost_control_since is None:
            raise WrongState(nothing_to_recover(account))
        if not reason.strip():
            raise Incomplete("请写明恢复控制的情况。", {"reason": ["请写明恢复控制的情况。"]})
        _place_is_free(account)
        since = day_of(account.lost_control_since)
        account.lost_control_since = None
        account.save(update_fields=["lost_control_since"])
        due_times.recompute([account.pk])
        events.append(
            account, "recover", by=by, role=role, at=now, comment=reason.strip(), detail={"since": since.isoformat()}
        )
    return account


def why_not(account: Account) -> str:
    """Why the account is not reported or declared lost now, in a sentence; '' when it may be."""
    if account.lost_control_since is not None:
        return f"账号“{account.name}”已认定失控（自 {day_of(account.lost_control_since)} 起），不用再办。"
    if account.state not in ORDERABLE:
        return f"账号“{account.name}”现为“{account.get_state_display()}”，不需要按失控办理。"
    return ""


def nothing_to_recover(account: Account) -> str:
    """Why there is no control to regain, in a sentence; '' where it is lost."""
    return "" if account.lost_control_since else f"账号“{account.name}”没有认定失控，无需恢复。"


def _may_be_lost(account: Account) -> None:
    if why := why_not(account):
        raise WrongState(why)


def _known_from(account: Account) -> date:
    """The first day from which anything is known of the account (Shanghai)."""
    first = Publication.objects.filter(account=account).aggregate(at=Min("published_at"))["at"]
    moments = (account.found_at, account.state_since, first)
    days = [day_of(moment) for moment in moments if moment is not None]
    return min([*days, *([account.monitored_from] if account.monitored_from else [])])


def _checked(account: Account, since: date, text: str, name: str, missing: str, now: datetime) -> str:
    """The reason without spaces around; Incomplete where it lacks, or `since` lies ahead or before what is known."""
    errors = {}
    if since > day_of(now):
        errors["since"] = [AHEAD]
    elif since < (known := _known_from(account)):
        errors["since"] = [f"失控日期不能早于 {known}（台账最早有这个账号的记录）；更早失控的，填这一天并写明。"]
    if not text.strip():
        errors[name] = [missing]
    if errors:
        raise Incomplete(f"还有{len(errors)}处需要修改。", errors)
    return text.strip()


def _place_is_free(account: Account) -> None:
    if account.state not in ON_PLATFORM or account.same_platform_reason:
        return
    here = Account.objects.holding().filter(unit=account.unit_id, platform=account.platform_id, same_platform_reason="")
    other = here.exclude(pk=account.pk).first()
    if other is not None:
        raise WrongState(
            f"本单位在{account.platform}已有账号“{other.name}”（{other.get_state_display()}）接替，"
            "不能恢复；请先办理其中一个的关停（第七条）。"
        )
