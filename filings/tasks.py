"""Celery tasks of the filings: each only starts a function that may run again at any time."""

from celery import shared_task

from accounts import quarter_reminding
from accounts import reminding as of_accounts
from filings import completing, preapprovals, preapproving, reminding
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.task_runs import recorded


@shared_task(name="filings.remind")
def remind() -> None:
    """The reminders of the morning (09:00 on working days)."""
    with recorded("filings.remind"):
        now = db_now()
        reminding.remind(now)
        of_accounts.remind(now)
        quarter_reminding.remind(now)


@shared_task(name="filings.complete_waiting")
def complete_waiting() -> None:
    """What waited for its day or for an answer completes, hourly; doubling an hour changes nothing."""
    with recorded("filings.complete_waiting"):
        completing.complete_waiting(db_now())


@shared_task(name="filings.list_retentions")
def list_retentions() -> None:
    """Accounts of 区级部门 for which a retention must be asked (第九条), nightly; doubling a night changes nothing.

    Then the closures of what was refused, once nothing stands in their way.
    """
    with recorded("filings.list_retentions"):
        now = db_now()
        preapprovals.list_retentions(now)
        preapproving.start_closures(now)
