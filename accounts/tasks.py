"""Celery tasks of the register; `zhonglou_media/celery.py` holds the schedule."""

from celery import shared_task

from accounts import hints
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.task_runs import recorded


@shared_task(name="accounts.hints")
def refresh_hints() -> None:
    """Hints that no single row shows, nightly. Losing a night costs a day, doubling one changes nothing."""
    with recorded("accounts.hints"):
        hints.refresh(db_now())
