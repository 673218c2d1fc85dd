"""Which account is meant: the platform and its own id, until that is known the platform and `name_key`.

Cancelled and void rows are out of it: their identity is free.
"""

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
    standing = Account.objects.standing().filter(platform=platform).select_related("platform", "unit")
    if exclude is not None:
        standing = standing.exclude(pk=exclude.pk)
    same_name = standing.filter(name_key=name_key(name)).order_by("id")
    if uid:
        return standing.filter(uid=uid).first() or same_name.filter(uid="").first()
    return same_name.first()


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
