"""Which account is meant: the platform and its own id, until that is known the platform and `name_key`.

Cancelled and void rows are out of it: their identity is free.
"""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q

from accounts.models import Account, Platform
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.names import look_key, name_key


def fill_keys(account: Account) -> None:
    """Set the keys that go with `account.name`; the caller saves."""
    account.name_key = name_key(account.name)
    account.look_key = look_key(account.name)


def find(platform: Platform, uid: str, name: str) -> list[Account]:
    """The standing accounts that `uid` (may be '') and `name` can mean: none, one, or several to tell apart by an id.

    By id; else by name, where a row with another id is another account.
    """
    standing = Account.objects.standing().filter(platform=platform).select_related("platform", "unit")
    if uid:
        known = list(standing.filter(uid=uid))
        return known or list(standing.filter(uid="", name_key=name_key(name)).order_by("id"))
    return list(standing.filter(name_key=name_key(name)).order_by("id"))


def clash(platform: Platform, uid: str, name: str, exclude: Account | None = None) -> Account | None:
    """The standing account whose identity a filing of `uid` and `name` would take, if there is one.

    The same id; or the same name while either id is unknown: the answer is then the id.
    """
    return choose_clash(candidates([(platform.pk, uid, name)]), platform, uid, name, exclude)


def candidates(wanted: Iterable[tuple[int, str, str]]) -> list[Account]:
    """The standing accounts that share id or name with one of `wanted` (platform's key, uid, name), in one query."""
    same = Q(pk__in=())
    for platform_id, uid, name in wanted:
        same |= Q(platform=platform_id) & (Q(name_key=name_key(name)) | (Q(uid=uid) if uid else Q(pk__in=())))
    return list(Account.objects.standing().filter(same).select_related("platform", "unit").order_by("id"))


def lookalikes(names: Iterable[str]) -> models.QuerySet[Account]:
    """Standing accounts whose name looks like one of `names`, the same names among them; oldest first."""
    keys = {look_key(name) for name in names}
    return Account.objects.standing().filter(look_key__in=keys).select_related("platform", "unit").order_by("id")


def choose_clash(
    among: Iterable[Account], platform: Platform, uid: str, name: str, exclude: Account | None
) -> Account | None:
    """`clash` among accounts read before (oldest first)."""
    others = [a for a in among if a.platform_id == platform.pk and (exclude is None or a.pk != exclude.pk)]
    namesakes = [a for a in others if a.name_key == name_key(name)]
    if not uid:
        return next(iter(namesakes), None)
    return next((a for a in others if a.uid == uid), None) or next((a for a in namesakes if not a.uid), None)


def learn(account: Account, uid: str) -> Account:
    """Fill an id learnt later; the row is locked here, the caller holds the transaction. Returns the locked row.

    Raises Refused when the account has another id, or another account holds this one: a person merges the two.
    """
    locked = Account.objects.select_for_update(of=("self",), no_key=True).select_related("platform").get(pk=account.pk)
    if not uid or locked.uid == uid:
        return locked
    if locked.uid:
        raise Refused(f"账号“{locked.name}”已登记的账号ID为“{locked.uid}”，与“{uid}”不一致，请办理变更报备。")
    holder = Account.objects.standing().filter(platform=locked.platform, uid=uid).first()
    if holder is not None:
        raise Refused(f"账号ID“{uid}”已登记在账号“{holder.name}”名下；如为同一账号，请由区政府办公室负责人合并。")
    locked.uid = uid
    locked.save(update_fields=["uid"])
    return locked
