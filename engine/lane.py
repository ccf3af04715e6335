"""A worker: the process that runs one lane's jobs, one after another, and keeps models warm between them."""

import ctypes
import importlib
import logging
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil

from db import changes, engine_life, migrations, queue, requests
from db.connect import DATABASE_NAME, connect
from db.errors import DiskFullError, UserError
from db.version import program_version
from engine.endings import Ending, ending_of, record
from engine.logs import job_log, log_engine_to
from engine.models import Models
from engine.room import UNFORESEEN, is_full_disk, patiently
from engine.running import RunningJob
from engine.studio import Studio

POLL_SECONDS = 0.1
WARM_SECONDS = 60.0
RECYCLE_RSS_SHARE = 0.6
NICENESS = 5
_PR_SET_PDEATHSIG = 1


class Worker:
    """Claims and runs the jobs of one lane until it is told to stop, one is set aside, it is idle or has grown large.

    Only its end gives a card back whole: a process that used one keeps some hundred megabytes of it without models.
    """

    def __init__(self, root: Path, lane: str) -> None:
        self.studio = Studio(root)
        self.lane = lane
        self.models = Models()
        self.stopping = False
        self._idle_since = time.monotonic()
        self._log = logging.getLogger("kimikoe")

    def run(self) -> None:
        """Work until there is a reason to leave; the supervisor starts another when there is work again."""
        while not self.stopping and not self._should_leave():
            job = self._claim()
            if job is None:
                self._idle()
                continue
            if run_job(self.studio, job, self.models, lambda: self.stopping).frees_models:
                break
            self._idle_since = time.monotonic()
        self.studio.close()

    def _claim(self) -> queue.Job | None:
        """The next job; none while the disk is too full to mark one as running."""
        try:
            return queue.claim(self.studio.db, self.lane, os.getpid())
        except (DiskFullError, sqlite3.OperationalError) as error:
            if not is_full_disk(error, self.studio.root):
                raise
            return None

    def _should_leave(self) -> bool:
        if time.monotonic() - self._idle_since > WARM_SECONDS:
            return True
        share = psutil.Process().memory_info().rss / psutil.virtual_memory().total
        if share > RECYCLE_RSS_SHARE:
            self._log.info("the %s worker holds %.0f%% of memory and makes room", self.lane, 100 * share)
        return bool(share > RECYCLE_RSS_SHARE)

    def _idle(self) -> None:
        seen = changes.data_version(self.studio.db)
        deadline = time.monotonic() + 2.0
        while not self.stopping and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            if changes.data_version(self.studio.db) != seen:
                return


def run_job(studio: Studio, job: queue.Job, models: Models, stopping: Callable[[], bool]) -> Ending:
    """Run one claimed job to its end and record how it ended; models are let go where it was set aside."""
    with job_log(studio.logs, job.id) as log:
        running = RunningJob(studio, job, models, stopping)
        log.info("%s, attempt %d: %s", job.kind, job.attempts, job.request)
        ending = _run(studio, job, running, log)
        if ending.frees_models:
            models.free()
        patiently(lambda: record(studio, running, ending, log), studio.root, stopping)
    return ending


def _run(studio: Studio, job: queue.Job, running: RunningJob, log: logging.Logger) -> Ending:
    try:
        studio.need_room(UNFORESEEN)
        request = requests.decode(job.kind, job.request)  # first, for it knows which kinds there are
        _job_function(job.kind)(studio, request, running)
    except Exception as error:
        return ending_of(error, studio, job, log)
    return Ending("done")


def _job_function(kind: str) -> Callable[[Studio, requests.Request, RunningJob], None]:
    function: Callable[[Studio, requests.Request, RunningJob], None] = importlib.import_module(
        f"engine.jobs.{kind}"
    ).run
    return function


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent goes, so that no worker outlives its supervisor."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def other_program(root: Path, supervisor: int) -> int:
    """The status to end with where this worker is of another program than its supervisor: kimikoe was changed."""
    with closing(connect(root / DATABASE_NAME, read_only=True)) as db:
        life = engine_life.living(db, supervisor)
        if migrations.version(db) != len(migrations.MIGRATIONS):
            return engine_life.OTHER_SCHEMA
        return engine_life.OTHER_VERSION if life and life.program != program_version() else 0


def main(root: Path, lane: str, parent: int) -> None:
    """Run the worker of a lane for the supervisor with process id `parent`."""
    die_with_parent(parent)
    os.nice(NICENESS)
    log_engine_to(root / "logs", f"{lane}[{os.getpid()}]")
    if status := other_program(root, parent):
        sys.exit(status)
    worker = Worker(root, lane)

    def stop(_signal: int, _frame: object) -> None:
        worker.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker.run()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    except UserError as error:
        logging.getLogger("kimikoe").error("%s", error)
        sys.exit(1)
