"""邀请: a one-time link by which a person sets a password. Only its SM3 is stored; who makes a new one ends the former.

The link is shown once to the admin, who hands it over by whatever channel reaches that person alone.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import policy
from accounts.policy import Action
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import Invitation, User
from zhonglou_media.core.settings_at import setting

# Django's own sentences are partly English.
WEAK = {
    "password_too_short": "密码至少 {min_length} 位，请加长。",
    "password_entirely_numeric": "密码不能全是数字，请加上字母。",
    "password_too_common": "这个密码太常见，请换一个。",
    "password_too_similar": "密码与{verbose_name}太相近，请换一个。",
}
MADE, USED = "invite", "set_password"  # verbs of the user's events


def make(user_id: int, *, by: User, now: datetime) -> tuple[User, str]:
    """A new link for the person, and its token, which nobody can read again. Former links stop working.

    Raises NotAllowed, or WrongState for a person who is disabled.
    """
    role = policy.require(by, Action.USERS)
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        if not user.is_active:
            raise WrongState(f"{user}已停用，不能登录。请先启用，再生成链接。")
        token, detail = write(user, by=by, now=now)
        events.append(user, MADE, by=by, role=role, at=now, detail=detail)
    return user, token


def write(user: User, *, by: User | None, now: datetime) -> tuple[str, dict[str, Any]]:
    """The rows of a new link and what its event says; the caller has locked the person and appends the event."""
    withdraw(user, now=now)
    token = secrets.token_urlsafe(32)
    days = setting("invitation_days", day_of(now))
    expires_at = start_of(day_of(now) + timedelta(days=days + 1))
    row = Invitation(user=user, token_sm3=events.sm3(token), made_by=by, made_at=now, expires_at=expires_at)
    row.save()
    return token, {"invitation": row.pk, "expires_at": expires_at.isoformat()}


def withdraw(user: User, *, now: datetime) -> None:
    """End the links of `user` that still work."""
    unused = user.invitations.filter(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now)
    unused.update(withdrawn_at=now)


def find(token: str) -> Invitation | None:
    """The invitation whose link this is."""
    return Invitation.objects.select_related("user").filter(token_sm3=events.sm3(token)).first()


def ended(row: Invitation | None, now: datetime) -> str:
    """Why the link does not work at `now`, in a sentence; '' when it does."""
    ask = "需要重设密码的，请系统管理员重新生成。"
    if row is None:
        return "链接不完整，或者已经失效。请核对是否复制完整。"
    if row.used_at is not None:
        return f"链接已经用过，只能用一次。已设密码的请直接登录；{ask}"
    if row.withdrawn_at is not None:
        return f"链接已作废。有更新的链接的，请用最新的一个；{ask}"
    if row.expires_at <= now:
        return f"链接已过期（{due24(row.expires_at)} 到期）。{ask}"
    if not row.user.is_active:
        return "这个用户已停用，不能登录。请联系系统管理员。"
    return ""


def use(token: str, password: str, *, now: datetime) -> User:
    """Set the password; the link is spent, and what was open with the old password is signed out.

    Raises WrongState for a link that does not work, Incomplete (`password`) for a password that does not do.
    """
    with transaction.atomic():
        row = lock(token)
        if sentence := ended(row, now):
            raise WrongState(sentence)
        if row is None:
            raise AssertionError("ended() tells of it")
        user = row.user
        try:
            validate_password(password, user)
        except ValidationError as error:
            told = [WEAK[str(one.code)].format(**(one.params or {})) for one in error.error_list]
            raise Incomplete("密码不符合要求。", {"password": told}) from None
        user.set_password(password)
        user.save(update_fields=["password"])
        row.used_at = now
        row.save(update_fields=["used_at"])
        role = policy.allowing_role(user, Action.SIGNED_IN)
        events.append(user, USED, by=user, role=role, at=now, detail={"invitation": row.pk})
    return user


def lock(token: str) -> Invitation | None:
    """The invitation, locked after its person as `make` and `users.disable` lock them: the second of two finds it used.

    Its `user` is the row that was locked.
    """
    found = find(token)
    if found is None:
        return None
    user = User.objects.select_for_update(no_key=True).get(pk=found.user_id)
    row = Invitation.objects.select_for_update(no_key=True).get(pk=found.pk)
    row.user = user
    return row
