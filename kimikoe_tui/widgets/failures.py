"""What a worker's thread ran into, told to the room, which says it and keeps the traceback for whoever mends it."""

import traceback
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerState

from db.short_log import keep_short

LOG_NAME = "terminal.log"


@dataclass
class WorkFailed(Message):
    """Work behind the screen failed."""

    error: BaseException


class TellsFailures(MessagePump):
    """A part of a room that has workers."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Pass a failure up to the room."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.post_message(WorkFailed(event.worker.error))


def keep_traceback(root: Path, error: BaseException) -> None:
    """Append a traceback to the studio's `logs/terminal.log`."""
    folder = root / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    keep_short(folder / LOG_NAME)
    with open(folder / LOG_NAME, "a", encoding="utf-8") as log:
        log.writelines(traceback.format_exception(error))
