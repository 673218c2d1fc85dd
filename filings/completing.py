"""办结 of what only had to wait: a planned date has come, the last consultation was answered (第八条, 第十五条)."""

import logging
from datetime import datetime

from django.db import transaction

from filings import applying, kinds
from filings.locks import lock_register
from filings.models import Filing, FilingKind, FilingState, System
from zhonglou_media.core.events import SYSTEM

logger = logging.getLogger(__name__)


def complete_waiting(now: datetime) -> int:
    """Try each accepted change or closing that both systems have answered; returns how many completed.

    Receipts and supplements try at once; this tries what changed by itself since. Each has its own transaction, and one
    that fails does not stop the others: it is logged and raised with them at the end.
    """
    waiting = Filing.objects.filter(state=FilingState.ACCEPTED).exclude(kind=FilingKind.OPEN)
    for system in System.values:
        waiting = waiting.filter(receipts__system=system)
    done, failed = 0, []
    for pk in waiting.distinct().order_by("pk").values_list("pk", flat=True):
        try:
            done += _try(pk, now)
        except Exception as error:
            logger.exception("filing %s failed", pk)
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"{len(failed)} filings failed", failed)
    return done


@transaction.atomic
def _try(pk: int, now: datetime) -> bool:
    filing = Filing.objects.for_decision(pk)
    if filing.state != FilingState.ACCEPTED or kinds.of(filing).lacks(filing, now):
        return False
    lock_register(filing)
    return applying.try_complete(filing, by=None, role=SYSTEM, now=now)
