"""主办单位变更的异议: the unit that gives the account away says why not, while the office reviews it (第八条)."""

from datetime import datetime

from django.db import transaction

from accounts import policy
from accounts.models import Unit
from accounts.policy import Action
from filings import moves
from filings.models import Filing, FilingKind, FilingState
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.models import User

VERB = "object"


def giving_unit(filing: Filing) -> Unit | None:
    """Who gives the account away by `filing`, as it was last frozen; None when nobody does."""
    if filing.kind != FilingKind.CHANGE or filing.details is None:
        return None
    giving: Unit | None = filing.change.giving_unit
    return giving


def object_(filing_id: int, *, reason: str, by: User, now: datetime) -> Filing:
    """提出异议: the officers are told and decide; it blocks nothing.

    Raises NotAllowed (not the giving unit's), WrongState (not under review, no change of sponsor), Refused (no reason).
    """
    with transaction.atomic():
        filing = Filing.objects.for_decision(filing_id)
        giving = giving_unit(filing)
        if giving is None:
            raise WrongState("这件备案不变更主办单位，不能提出异议。")
        role = policy.require(by, Action.OBJECT, giving)
        if filing.state != FilingState.OFFICE_REVIEW:
            raise moves.wrong_state(filing)
        reason = moves.need_comment(reason, "异议的理由")
        moves.finish(filing, VERB, by=by, role=role, now=now, comment=reason)
    return filing
