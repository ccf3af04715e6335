"""The job that is running: what a job function is given to report by and to be stopped by."""

import logging
import time
from collections.abc import Callable
from typing import Any

from db import queue
from db.i18n import _
from engine.models import Models
from engine.studio import Studio

PROGRESS_INTERVAL = 0.25
WANTED_INTERVAL = 0.1


class JobStopped(Exception):
    """Raised by `RunningJob.check`: save what is worth saving and let it pass."""


class JobPaused(JobStopped):
    """A person, or the engine itself, wants the job set aside."""


class JobCancelled(JobStopped):
    """A person wants the job stopped for good."""


class EngineStopping(JobStopped):
    """The engine is going down; the job will go on with its next start."""


class RunningJob:
    """Progress, requests to stop, log and outcome of one job."""

    def __init__(
        self,
        studio: Studio,
        job: queue.Job,
        models: Models,
        stopping: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.studio = studio
        self.id = job.id
        self.models = models
        self.outcome: dict[str, Any] = job.outcome
        self._stopping = stopping
        self._clock = clock
        self._log = logging.getLogger(f"kimikoe.job.{job.id}")
        self._progress: tuple[int, int | None, str, str] = (0, None, "", "")
        self._reported_at = float("-inf")
        self._asked_at = float("-inf")

    def progress(self, done: int, total: int | None = None, unit: str = "", message: str = "") -> None:
        """Report how far the job is; rows are written at most four times a second."""
        self._progress = (done, total, unit, message)
        if self._clock() - self._reported_at >= PROGRESS_INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Write the progress now."""
        self._reported_at = self._clock()
        queue.report_progress(self.studio.db, self.id, *self._progress)

    def check(self) -> None:
        """Call between batches: raises a `JobStopped` where a person or the engine asks for it."""
        if self._stopping():
            raise EngineStopping
        if self._clock() - self._asked_at < WANTED_INTERVAL:
            return
        self._asked_at = self._clock()
        match queue.wanted(self.studio.db, self.id):
            case "pause" | "wait":
                raise JobPaused
            case "cancel":
                raise JobCancelled

    def say(self, text: str) -> None:
        """Write a line to the job's log."""
        self._log.info(text)

    def say_fewer(self, pictures: int) -> None:
        """Log that the card had no memory for as many at once as were tried."""
        self.say(_("The card had no memory for so many pictures at once: it goes on with {few}.").format(few=pictures))

    def made(self, **outcome: Any) -> None:
        """Record what the job made, by name: `made(lora_id=3)`."""
        self.outcome.update(outcome)

    def count(self, name: str, number: int) -> None:
        """Add to a number of `made`, over all attempts; call it in the transaction that stores what is counted."""
        self.outcome[name] = self.outcome.get(name, 0) + number
        queue.record_outcome(self.studio.db, self.id, self.outcome)
