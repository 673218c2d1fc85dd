"""The lease of a running job is renewed by a thread of its own, while the job's thread works."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.models import QuerySet

from .clock import db_now
from .models import Job

logger = logging.getLogger(__name__)


class Heartbeat:
    """Moves `claimed_until` on, each third of the lease, as long as `held()` has the row; `lost` once it has not.

    Work that hangs is not kept alive: after `time_limit` seconds and one lease the job goes to another worker.
    """

    def __init__(self, held: Callable[[], QuerySet[Job]], lease: float, time_limit: float) -> None:
        self.lost = False
        self._held, self._lease, self._time_limit = held, lease, time_limit
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin; the lease has just been written."""
        self._thread.start()

    def end(self) -> None:
        """Return when the thread is gone; a renewal that waits for SQLite's write lock is waited for."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        end = time.monotonic() + self._time_limit + self._lease
        try:
            while not self._over.wait(self._lease / 3) and time.monotonic() < end and not self.lost:
                self._renew()
        finally:
            connection.close()  # this thread's own

    def _renew(self) -> None:
        try:
            until = db_now() + timedelta(seconds=self._lease)
            self.lost = not self._held().update(claimed_until=until)
        except DatabaseError:  # SQLite's write lock is taken, or the server is away: the next beat tries again
            logger.warning("the lease of a job could not be renewed", exc_info=True)
            connection.close()
