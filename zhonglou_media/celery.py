"""The Celery application and the whole beat schedule.

Every effect is a row first; a task only finds rows that are due. Losing a message costs one tick.
"""

import logging
import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhonglou_media.settings")

from django.conf import settings

from zhonglou_media import queue_folder

app = Celery("zhonglou_media")
app.conf.update(
    timezone="Asia/Shanghai",
    enable_utc=True,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    accept_content=["json"],
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    worker_soft_shutdown_timeout=8,
    # A job may keep its worker busy for minutes; sweeps and reminders never wait behind one.
    task_routes={"portal.run_jobs": {"queue": "long"}},
    # Longer than any task should take, shorter than Redis waits before it hands a message out again. Only the prefork
    # pool keeps them: in the threads of the embedded worker a job watches its own time (`core/jobs.py`).
    task_soft_time_limit=720,
    task_time_limit=780,
)
if settings.REDIS_URL:
    app.conf.update(
        broker_url=settings.REDIS_URL,
        beat_scheduler="redbeat.RedBeatScheduler",
        redbeat_redis_url=settings.REDIS_URL,
        redbeat_lock_timeout=30,
        beat_max_loop_interval=5,
        broker_transport_options={
            "visibility_timeout": 900,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 3,
            "socket_connect_timeout": 3,
        },
    )
else:
    queue_folder.install()
    logging.getLogger("kombu.connection").setLevel(logging.ERROR)  # "No hostname was supplied": a folder has none
    _queue = settings.VAR_DIR / "queue"
    _control = settings.VAR_DIR / "queue-control"
    _queue.mkdir(parents=True, exist_ok=True)
    _control.mkdir(parents=True, exist_ok=True)
    app.conf.update(
        broker_url="filesystem://",
        beat_schedule_filename=str(settings.VAR_DIR / "beat"),
        broker_transport_options={
            "data_folder_in": str(_queue),
            "data_folder_out": str(_queue),
            "control_folder": str(_control),
            "polling_interval": 0.1,
        },
    )

# `expires`: a worker that was stopped must not find hundreds of ticks.
app.conf.beat_schedule = {
    "sweep": {
        "task": "inspections.sweep",
        "schedule": float(settings.SWEEP_SECONDS),
        "options": {"expires": max(settings.SWEEP_SECONDS - 5, 1)},
    },
    "remind": {"task": "filings.remind", "schedule": crontab(hour=9, minute=0), "options": {"expires": 3600}},
    "hints": {"task": "accounts.hints", "schedule": crontab(hour=2, minute=30), "options": {"expires": 3600}},
    "retentions": {
        "task": "filings.list_retentions",
        "schedule": crontab(hour=2, minute=15),
        "options": {"expires": 3600},
    },
    "complete": {
        "task": "filings.complete_waiting",
        "schedule": crontab(minute=5),
        "options": {"expires": 1800},
    },
    "figures": {"task": "inspections.figures", "schedule": 300.0, "options": {"expires": 290}},
    # On the 1st; on the days after it only where that was missed.
    "draft_check": {
        "task": "inspections.draft_check",
        "schedule": crontab(hour=0, minute=20),
        "options": {"expires": 3600},
    },
    "remind_self_checks": {
        "task": "inspections.remind_self_checks",
        "schedule": crontab(hour=0, minute=25),
        "options": {"expires": 3600},
    },
    "assess": {"task": "inspections.assess", "schedule": crontab(hour=2, minute=45), "options": {"expires": 3600}},
    "verify": {"task": "portal.verify_events", "schedule": crontab(hour=3, minute=0), "options": {"expires": 3600}},
    "jobs": {"task": "portal.run_jobs", "schedule": 5.0, "options": {"expires": 4}},
}
app.autodiscover_tasks(["accounts", "filings", "inspections", "zhonglou_media.portal"])
