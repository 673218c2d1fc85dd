"""Users and their memberships, as the admin keeps them: made, changed, disabled; never deleted.

Nobody changes their own memberships or disables themselves, and one active admin always remains.
"""

import re
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import audience, invitations, policy
from accounts.models import Membership, Role, Unit
from accounts.models.unit import UnitStatus
from accounts.policy import Action
from zhonglou_media.core import events, names
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.events import SYSTEM
from zhonglou_media.core.models import User

OFFICE_NAME = "区政府办公室"
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
YEARS_AHEAD = 10  # a membership with an end is for a term of office; a later year is mistyped
OF_UNIT = (Role.OPERATOR, Role.LEADER)


# --- the person -----------------------------------------------------------------------------------------------------


def create(
    *,
    username: str,
    name: str,
    phone: str,
    unit: Unit,
    role: str,
    from_date: date | None,
    by: User,
    now: datetime,
) -> tuple[User, str]:
    """A user with a first membership, and the token of the link that sets a password; before that nobody signs in.

    Raises NotAllowed, or Incomplete by field.
    """
    allowed = policy.require(by, Action.USERS)
    login = _username(username)
    try:
        with transaction.atomic():
            unit = _unit_for(unit.pk, role)
            user = User.objects.create_user(login, None, name=_name(name), phone=phone.strip())
            row = Membership.objects.create(user=user, unit=unit, role=role, from_date=from_date)
            token, invited = invitations.write(user, by=by, now=now)
            detail = {"username": login, "name": user.name, "phone": user.phone, "membership": _told(row)}
            events.append(user, "create", by=by, role=allowed, at=now, detail=detail)
            events.append(user, invitations.MADE, by=by, role=allowed, at=now, detail=invited)
    except IntegrityError:
        raise Incomplete("用户名已有人使用。", {"username": [f"用户名“{login}”已有人使用，请换一个。"]}) from None
    return user, token


def edit(user_id: int, *, name: str, phone: str, by: User, now: datetime) -> User:
    """Correct the name and the telephone; the username stays, since the history knows it."""
    role = policy.require(by, Action.USERS)
    with transaction.atomic():
        user = _lock(user_id)
        was = {"name": user.name, "phone": user.phone}
        user.name, user.phone = _name(name), phone.strip()
        changed = {key: [was[key], getattr(user, key)] for key in was if was[key] != getattr(user, key)}
        if changed:
            user.save(update_fields=list(changed))
            events.append(user, "edit", by=by, role=role, at=now, detail=changed)
    return user


def disable(user_id: int, *, reason: str, by: User, now: datetime) -> User:
    """停用: nobody signs in as this person, open sessions end, links to set a password stop working.

    Raises NotAllowed for oneself, WrongState when already disabled, Refused for the last admin.
    """
    role = policy.require(by, Action.USERS)
    with transaction.atomic():
        lock_admins()
        user = _lock(user_id)
        if user.pk == by.pk:
            raise NotAllowed("不能停用自己。请由另一位系统管理员办理。")
        if not user.is_active:
            raise WrongState(f"{user}已经停用，无需再办。")
        if not reason.strip():
            raise Incomplete("请写明停用的原因。", {"reason": ["请写明停用的原因。"]})
        an_admin_remains(without_user=user.pk, now=now)
        user.is_active = False
        user.session_epoch += 1
        user.save(update_fields=["is_active", "session_epoch"])
        invitations.withdraw(user, now=now)
        events.append(user, "disable", by=by, role=role, at=now, comment=reason.strip())
    return user


def enable(user_id: int, *, by: User, now: datetime) -> User:
    """启用: the person signs in again with the old password; sessions that ended stay ended."""
    role = policy.require(by, Action.USERS)
    with transaction.atomic():
        user = _lock(user_id)
        if user.is_active:
            raise WrongState(f"{user}已经启用，无需再办。")
        user.is_active = True
        user.save(update_fields=["is_active"])
        events.append(user, "enable", by=by, role=role, at=now)
    return user


# --- memberships ----------------------------------------------------------------------------------------------------


def add_membership(
    user_id: int, *, unit: Unit, role: str, from_date: date, to_date: date | None, by: User, now: datetime
) -> Membership:
    """任职 from a day on (both days belong to it). Raises NotAllowed for oneself, WrongState, Incomplete by field."""
    allowed = policy.require(by, Action.USERS)
    with transaction.atomic():
        unit = _unit_for(unit.pk, role)
        user = _lock(user_id)
        if user.pk == by.pk:
            raise NotAllowed("不能给自己增加任职。请由另一位系统管理员办理。")
        if not user.is_active:
            raise WrongState(f"{user}已停用。请先启用，再登记任职。")
        if to_date is not None and to_date < max(from_date, day_of(now)):
            early = "不能早于起始日期" if to_date < from_date else "已经过去"
            raise Incomplete("日期不对。", {"to_date": [f"结束日期{early}，请核对；长期任职的不填。"]})
        furthest = date(day_of(now).year + YEARS_AHEAD, 12, 31)
        for name, day in (("from_date", from_date), ("to_date", to_date)):
            if day is not None and day > furthest:
                raise Incomplete("日期不对。", {name: [f"不能晚于 {furthest}，请核对年份；长期任职的不填结束日期。"]})
        same = Membership.objects.filter(user=user, unit=unit, role=role)
        overlap = same.filter(Q(to_date__isnull=True) | Q(to_date__gte=from_date))
        overlap = overlap.filter(Q(from_date__isnull=True) | Q(from_date__lte=to_date)) if to_date else overlap
        if overlap.exists():
            sentence = f"{user}在{unit}已有“{Role(role).label}”的任职，不用再登记；日期不对的，请先撤销原来的。"
            raise Incomplete("已有这项任职。", {"role": [sentence]})
        row = Membership.objects.create(user=user, unit=unit, role=role, from_date=from_date, to_date=to_date)
        events.append(user, "add_membership", by=by, role=allowed, at=now, detail=_told(row))
    return row


def membership_to_end(membership_id: int, *, last_day: date, by: User, now: datetime) -> Membership:
    """The membership, locked and checked, for `filings.handing_over.end_membership`, which hands over and writes.

    Raises NotAllowed for one's own, WrongState when it has ended, Incomplete for a day too early or after its end (it
    is never made longer), Refused for the last admin's.
    """
    policy.require(by, Action.USERS)
    lock_admins()
    row = Membership.objects.select_related("user", "unit").get(pk=membership_id)
    _lock(row.user_id)
    row.refresh_from_db(fields=["to_date"])
    if row.user_id == by.pk:
        raise NotAllowed("不能撤销自己的任职。请由另一位系统管理员办理。")
    today = day_of(now)
    if row.to_date is not None and row.to_date < today:
        raise WrongState(f"{row.user}的这项任职已于 {row.to_date} 结束，无需再办。")
    if last_day < today - timedelta(days=1):
        raise Incomplete("日期不对。", {"to_date": ["最后一天不能早于昨天：已经办过的事不能改为没有任职。"]})
    if row.to_date is not None and last_day > row.to_date:
        longer = f"这项任职到 {row.to_date} 为止，最后一天不能更晚；续任的请另行登记。"
        raise Incomplete("日期不对。", {"to_date": [longer]})
    if row.role == Role.ADMIN:
        an_admin_remains(without_membership=row.pk, now=now)
    return row


def close(row: Membership, *, last_day: date) -> dict[str, Any]:
    """Write the last day of a membership that `membership_to_end` gave; what its event tells."""
    row.to_date = last_day
    row.save(update_fields=["to_date"])
    return _told(row)


def _told(row: Membership) -> dict[str, Any]:
    """A membership as the history tells it."""
    days = {"from": row.from_date and row.from_date.isoformat(), "to": row.to_date and row.to_date.isoformat()}
    return {"membership": row.pk, "unit": row.unit_id, "unit_name": row.unit.name, "role": row.role, **days}


# --- one admin remains ----------------------------------------------------------------------------------------------


def lock_admins() -> None:
    """The rows of all memberships as admin, before anything else: who takes one away does so alone."""
    list(Membership.objects.select_for_update(no_key=True).filter(role=Role.ADMIN).order_by("pk").values_list("pk"))


def admins(now: datetime) -> Any:
    """Memberships as admin that hold at `now` without an end, of active users."""
    lasting = Membership.objects.current(day_of(now)).filter(role=Role.ADMIN, to_date__isnull=True)
    return lasting.filter(user__is_active=True)


def an_admin_remains(*, without_user: int = 0, without_membership: int = 0, now: datetime) -> None:
    """Raises Refused when nobody could keep users any more. Call after `lock_admins`."""
    if not admins(now).exclude(user_id=without_user).exclude(pk=without_membership).exists():
        raise Refused("至少要保留一名长期任职的系统管理员。请先给另一人登记“系统管理员”，再办理这一项。")


def first_admin(*, username: str, name: str, unit: str, again: bool, now: datetime) -> str:
    """The token of the link for a first admin (or with `again` another one, or the same one anew), made by 系统.

    `unit` is the name of one that exists, '' for that of the office. Raises Refused when an active admin exists
    already, the username is another person's, or there is no such unit.
    """
    login = _username(username)
    with transaction.atomic():
        lock_admins()
        held = admins(now).select_related("user").first()
        if held is not None and not again:
            raise Refused(
                f"已有系统管理员{held.user}（{held.user.username}）。确需再建一个或重发链接的，请加 --again。"
            )
        user = User.objects.select_for_update(no_key=True).filter(username=login).first()
        if user is not None and user.name != name.strip():
            raise Refused(f"用户名“{login}”是{user.name}的；重发链接请写原来的姓名，另建一个请换用户名。")
        made = user is None
        if user is None:
            user = User.objects.create_user(login, None, name=_name(name))
        elif not user.is_active:
            user.is_active = True
            user.save(update_fields=["is_active"])
        office = _unit_of_admin(unit, now)
        row = user.memberships.filter(role=Role.ADMIN, to_date__isnull=True).first()
        row = row or Membership.objects.create(user=user, unit=office, role=Role.ADMIN, from_date=day_of(now))
        token, invited = invitations.write(user, by=None, now=now)
        detail = {"username": login, "name": user.name, "membership": _told(row)}
        events.append(user, "create" if made else "enable", by=None, role=SYSTEM, at=now, detail=detail)
        events.append(user, invitations.MADE, by=None, role=SYSTEM, at=now, detail=invited)
    return token


def _unit_of_admin(name: str, now: datetime) -> Unit:
    """The unit of that name; without one where the office's people are. It is made only where there is no unit yet.

    Raises Refused with the names that are near.
    """
    used = Unit.objects.exclude(status=UnitStatus.MERGED)
    if not Unit.objects.exists():
        made = Unit.objects.create(name=_name(name or OFFICE_NAME), status=UnitStatus.UNCONFIRMED)
        made.names.create(name=made.name, since=day_of(now))
        return made
    if name:
        found = used.filter(name=name).first()
        near = "、".join(get_close_matches(name, used.values_list("name", flat=True), n=3, cutoff=0.4))
        told = f"名称相近的有：{near}。" if near else ""
    else:
        office = Membership.objects.current(day_of(now)).filter(role__in=audience.OFFICE, user__is_active=True)
        of_office = list(used.filter(pk__in=office.values("unit"))[:2]) or list(used.filter(name=OFFICE_NAME))
        found, told = of_office[0] if len(of_office) == 1 else None, ""
    if found is None:
        missing = f"没有名为“{name}”的单位，没有建立用户。{told}" if name else "不能确定是哪个单位，没有建立用户。"
        raise Refused(f"{missing}请用 --unit 写明单位全称；新单位由系统管理员在“单位”页新增。")
    return found


# --- fields ---------------------------------------------------------------------------------------------------------


def _lock(user_id: int) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def _username(text: str) -> str:
    login = text.strip().casefold()
    if not USERNAME.fullmatch(login):
        sentence = "用户名用 2 至 32 个小写字母、数字、点、横线，例如姓名的拼音 zhangsan。"
        raise Incomplete(sentence, {"username": [sentence]})
    return login


def _name(text: str) -> str:
    try:
        return names.clean_name(text)
    except ValueError as error:
        sentence = str(error).replace("名称", "姓名")
        raise Incomplete(sentence, {"name": [sentence]}) from None


def _unit_for(unit_id: int, role: str) -> Unit:
    """The unit, its row locked before the person's; one that is merged away or internal has nobody to file for it."""
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if unit.status == UnitStatus.MERGED:
        raise Incomplete("单位已撤并。", {"unit": [f"{unit}已经撤并，请选择承接单位。"]})
    if unit.internal and role in OF_UNIT:
        raise Incomplete(
            "内设机构不办理备案。", {"unit": [f"{unit}是内设机构，不得开设账号（第七条），请选择它的上级单位。"]}
        )
    return unit
