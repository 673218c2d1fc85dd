"""Celery tasks of the filings: each only starts a function that may run again at any time."""

from celery import shared_task

from accounts import reminding as of_accounts
from filings import reminding
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.task_runs import recorded


@shared_task(name="filings.remind")
def remind() -> None:
    """The reminders of the morning (09:00 on working days)."""
    with recorded("filings.remind"):
        now = db_now()
        reminding.remind(now)
        of_accounts.remind(now)
