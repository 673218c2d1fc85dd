"""Celery's queue in a folder, for the portal without Redis: a message is whole or not there.

kombu's own transport shows a file before it is written; a worker that read such a file, or one that a full disk had
cut off, ended by it (JSONDecodeError), and so did a process that read the table of queues in that moment.
"""

import logging
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

logger = logging.getLogger(__name__)
TRIES, PAUSE = 5, 0.05  # how often, and after how many seconds, a table that is being written is read again


class Channel(filesystem.Channel):
    """Writes beside and renames; what cannot be read is dropped: the next tick brings it again."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part = Path(self.data_folder_out) / f"{name}.part"  # no message is called so
        try:
            part.write_bytes(str_to_bytes(dumps(payload)))
            part.replace(part.with_suffix(""))
        except OSError as error:
            raise ChannelError(f"Cannot add file {name!r} to directory") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        while True:  # each turn takes one file out of the folder
            try:
                return super()._get(queue)
            except ValueError:
                logger.warning("任务队列中有一个文件无法读取，已跳过，定时任务会再次发出。")

    def get_table(self, exchange: str) -> Any:
        """The queues of `exchange`."""
        return self._patiently(super().get_table, exchange)

    def _queue_bind(self, *args: Any) -> None:
        self._patiently(super()._queue_bind, *args)

    @staticmethod
    def _patiently(read: Any, *args: Any) -> Any:
        for _ in range(TRIES):
            try:
                return read(*args)
            except ValueError:  # another process is writing it
                time.sleep(PAUSE)
        return read(*args)


class Transport(filesystem.Transport):
    """What `filesystem://` stands for once it is installed."""

    Channel = Channel


def install() -> None:
    """Let `filesystem://` be this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
