"""让路: another unit's wish (接收账号) must not hold up the unit that an account is filed for, nor an order.

A change that it never reported, submitted to its leader or not, is withdrawn by what it stands in the way of; what was
reported stays: both units read it, the office decides.
"""

from datetime import datetime

from django.db.models import QuerySet

from accounts import audience
from accounts.models import Account
from filings import moves, notifying
from filings.models import Filing
from zhonglou_media.core import notices
from zhonglou_media.core.models import User


def hold(account: Account) -> None:
    """Lock what `clear` will withdraw, before unit and account: its leader's approval locks them in this order."""
    list(_locked(account).values_list("pk"))


def _locked(account: Account) -> QuerySet[Filing]:
    return Filing.objects.giving_way().filter(account=account).select_for_update(of=("self",)).order_by("pk")


def clear(account: Account, *, why: str, by: User | None, role: str, now: datetime) -> None:
    """Withdraw the change of another unit that was never reported; its people are told `why`, a sentence without 。.

    The caller holds the transaction and has locked the account, after `hold`.
    """
    for filing in _locked(account).select_related("unit", "account__platform", "account__unit"):
        filing.ended_at = now
        event = moves.finish(
            filing, "withdraw", by=by, role=role, now=now, comment=f"{why}，尚未报送的变更报备由系统撤回。"
        )
        text = (
            f"{notifying.title(filing)}：{why}，本单位尚未报送的变更报备已撤回；仍需接收的，请在该账号办完后重新填报。"
        )
        people = audience.people(audience.UNIT, now=now, unit_id=filing.unit_id, but=by)
        key, link = f"filing-{filing.pk}-{event.seq}", f"/filings/{filing.pk}/"
        notices.tell(people, key=key, text=text[:300], link=link, now=now)
