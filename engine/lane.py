"""A worker: the process that runs one lane's jobs, one after another, and keeps models warm between them."""

import ctypes
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from db import changes, queue, requests
from db.errors import UserError
from db.i18n import _
from engine.logs import job_log, log_engine_to
from engine.models import Models
from engine.running import EngineStopping, JobStopped, RunningJob
from engine.studio import Studio

POLL_SECONDS = 0.1
FREE_MODELS_AFTER = 30.0
EXIT_AFTER = 300.0
RECYCLE_RSS_SHARE = 0.6
NICENESS = 5
_PR_SET_PDEATHSIG = 1


class Worker:
    """Claims and runs the jobs of one lane until it is told to stop, has been idle long, or has grown large."""

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
            job = queue.claim(self.studio.db, self.lane, os.getpid())
            if job is None:
                self._idle()
                continue
            run_job(self.studio, job, self.models, lambda: self.stopping)
            self._idle_since = time.monotonic()
        self.studio.close()

    def _should_leave(self) -> bool:
        if time.monotonic() - self._idle_since > EXIT_AFTER:
            return True
        share = psutil.Process().memory_info().rss / psutil.virtual_memory().total
        if share > RECYCLE_RSS_SHARE:
            self._log.info("the %s worker holds %.0f%% of memory and makes room", self.lane, 100 * share)
        return bool(share > RECYCLE_RSS_SHARE)

    def _idle(self) -> None:
        if time.monotonic() - self._idle_since > FREE_MODELS_AFTER:
            self.models.free()
        seen = changes.data_version(self.studio.db)
        deadline = time.monotonic() + 2.0
        while not self.stopping and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            if changes.data_version(self.studio.db) != seen:
                return


def run_job(studio: Studio, job: queue.Job, models: Models, stopping: Callable[[], bool]) -> None:
    """Run one claimed job to its end and record how it ended."""
    with job_log(studio.logs, job.id) as log:
        running = RunningJob(studio, job, models, stopping)
        log.info("%s, attempt %d: %s", job.kind, job.attempts, job.request)
        try:
            _job_function(job.kind)(studio, requests.decode(job.kind, job.request), running)
            running.flush()
            queue.finish(studio.db, job.id, running.outcome)
            log.info("done")
        except EngineStopping:
            running.flush()
            queue.put_back(studio.db, job.id, _("the engine was stopped"))
            log.info("set aside: the engine is stopping")
        except JobStopped:
            running.flush()
            log.info("%s", queue.stopped(studio.db, job.id))
            models.free()
        except UserError as error:
            log.error("%s", error)
            queue.fail(studio.db, job.id, str(error))
        except Exception as error:
            log.exception("failed")
            where = f"logs/job-{job.id}.log"
            reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            queue.fail(studio.db, job.id, _("internal error ({reason}); see {log}").format(reason=reason, log=where))


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


def main(root: Path, lane: str, parent: int) -> None:
    """Run the worker of a lane for the supervisor with process id `parent`."""
    die_with_parent(parent)
    os.nice(NICENESS)
    log_engine_to(root / "logs", f"{lane}[{os.getpid()}]")
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
