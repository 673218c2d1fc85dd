"""Celery tasks of the inspections; `zhonglou_media/celery.py` holds the schedule."""

from celery import shared_task

from inspections import assessing, checks, figures, self_reminding, sweep
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.task_runs import recorded


@shared_task(name="inspections.sweep")
def run_sweep() -> None:
    """Every rule once, as of the database's clock. Losing a tick costs a minute, doubling one changes nothing."""
    with recorded("inspections.sweep"):
        sweep.sweep(db_now())


@shared_task(name="inspections.figures")
def refresh_figures() -> None:
    """The dashboard's roll-ups, of what changed since the last run; of two runs at once one finds nothing to do."""
    with recorded("inspections.figures"):
        figures.refresh(db_now())


@shared_task(name="inspections.draft_check")
def draft_check() -> None:
    """The list of this month's check on its 1st, or on the first day after it on which the schedule runs again."""
    with recorded("inspections.draft_check"):
        checks.draft_due(db_now())


@shared_task(name="inspections.remind_self_checks")
def remind_self_checks() -> None:
    """The units are asked for the quarter's self-checks on its first working day; doubling a run changes nothing."""
    with recorded("inspections.remind_self_checks"):
        self_reminding.remind(db_now())


@shared_task(name="inspections.assess")
def assess() -> None:
    """The scores of this year and of earlier ones that are not frozen; doubling a run changes nothing."""
    with recorded("inspections.assess"):
        assessing.tick(db_now())
