"""未办结咨询转办 (第十五条): the open questions of an account that is closing go to a named account to answer.

A question stays where it was asked; the account that took it over shows it and answers it.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audience
from accounts.models import Account, AccountState, Message, Role
from accounts.policy import Action
from filings import applying, closing, moves
from filings.locks import lock_register
from filings.models import Filing, FilingState
from filings.models.filing import CLOSINGS
from zhonglou_media.core import events, notices
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import User

# A draft may be thrown away: only a closing that was reported and is not sent back hands its questions over.
DECIDING = (FilingState.OFFICE_REVIEW, FilingState.ACCEPTED)


def takers(filing: Filing) -> QuerySet[Account]:
    """Accounts that can take questions over: those in operation of the unit and of the one that carries it on after a
    merger, and the successor that is filed.
    """
    successor = filing.details.successor_id if filing.details is not None else None
    units = [pk for pk in (filing.unit_id, filing.unit.merged_into_id) if pk is not None]
    rows = Account.objects.filter(Q(unit__in=units) | Q(pk=successor), state=AccountState.ACTIVE)
    return rows.exclude(pk=filing.registered.pk).select_related("platform", "unit").order_by("pk")


def hand_over(filing_id: int, *, messages: Collection[int], to: int, by: User, now: datetime) -> tuple[Filing, int]:
    """Hand `messages` (open questions of the account) to the account `to`; returns the filing and how many went.

    An accepted filing may complete by it. Raises NotAllowed, WrongState, Incomplete.
    """
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, DECIDING, Action.RECORD_ACTIVITY, by=by)
        if filing.kind not in CLOSINGS:
            raise WrongState("只有关停、注销备案需要转办未办结的咨询。")
        account = lock_register(filing)
        taker = takers(filing).filter(pk=to).first()
        if taker is None:
            raise Incomplete("还没有选承接账号。", {"to": ["请从列出的账号中选择由谁承接。"]})
        asked = closing.open_questions(account).filter(pk__in=messages).select_for_update(no_key=True)
        rows = list(asked.order_by("pk"))
        if not rows:
            raise Incomplete("还没有选咨询。", {"messages": ["请至少选择一条未办结的咨询。"]})
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(handed_to=taker)
        closing.recount(rows)
        people = audience.people([Role.OPERATOR], now=now, unit_id=taker.unit_id, but=by)
        told = f"“{account.name}”关停，{len(rows)} 条未办结的咨询转由“{taker.name}”答复，请按时回复。"
        key = f"handed-{filing.pk}-{rows[-1].pk}"
        notices.tell(people, key=key, text=told, link=f"/accounts/{taker.pk}/activity/?show=unanswered", now=now)
        detail = {"messages": [[row.pk, row.handed_to_id] for row in rows], "to": taker.pk}  # and whose each was
        comment = f"{len(rows)} 条未办结的咨询转由“{taker.name}”答复"
        moves.finish(filing, closing.HANDED, by=by, role=role, now=now, comment=comment, detail=detail)
        events.append(taker, "take_questions", by=by, role=role, at=now, comment=comment, detail=detail)
        for row in rows:
            to_whom = {"account": row.account_id, "to": taker.pk, "to_name": taker.name}
            events.append(row, "hand_on", by=by, role=role, at=now, detail=to_whom)
        if filing.state == FilingState.ACCEPTED:
            applying.try_complete(filing, by=by, role=role, now=now)
    return filing, len(rows)
