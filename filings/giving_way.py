"""让路: one press of another unit (接收账号) must not hold up the unit that an account is filed for, nor an order.

A draft that it never submitted is withdrawn by what it stands in the way of; what was submitted stays, and is read by
both units.
"""

from datetime import datetime

from accounts import audience
from accounts.models import Account
from filings import moves, notifying
from filings.models import Filing
from zhonglou_media.core import notices
from zhonglou_media.core.models import User


def clear(account: Account, *, why: str, by: User | None, role: str, now: datetime) -> None:
    """Withdraw the draft of another unit that was never submitted; its people are told `why`, a sentence without 。.

    The caller holds the transaction and has locked the account; who works on such a draft locks the draft alone.
    """
    drafts = Filing.objects.giving_way().filter(account=account).select_for_update(of=("self",))
    for filing in drafts.select_related("unit", "account__platform", "account__unit"):
        filing.ended_at = now
        event = moves.finish(
            filing, "withdraw", by=by, role=role, now=now, comment=f"{why}，尚未提交的草稿由系统撤回。"
        )
        text = f"{notifying.title(filing)}：{why}，本单位尚未提交的草稿已撤回；仍需接收的，请在该账号办完后重新填报。"
        people = audience.people(audience.UNIT, now=now, unit_id=filing.unit_id, but=by)
        key, link = f"filing-{filing.pk}-{event.seq}", f"/filings/{filing.pk}/"
        notices.tell(people, key=key, text=text[:300], link=link, now=now)
