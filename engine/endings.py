"""How a job ended, and what is recorded of it. An ending holds no reference to the error, which would hold models."""

import logging
from dataclasses import dataclass
from typing import Literal

from db import queue, waits
from db.errors import UserError
from db.i18n import _
from db.text import readable
from engine.memory import NeedsMemory, is_out_of_memory, lacking_memory
from engine.room import lacking_room
from engine.running import EngineStopping, JobStopped, RunningJob
from engine.studio import Studio

Kind = Literal["done", "failed", "stopped", "engine stops", "waits"]


@dataclass(frozen=True)
class Ending:
    """What became of a job: `words` tell why it failed or waits, `wait` for what."""

    kind: Kind
    words: str = ""
    wait: waits.Wait | None = None

    @property
    def frees_models(self) -> bool:
        """Whether the job was set aside for others to have the memory."""
        return self.kind in ("stopped", "waits")


def ending_of(error: Exception, studio: Studio, job: queue.Job, log: logging.Logger) -> Ending:
    """How a job ended that ended with an error."""
    if isinstance(error, EngineStopping):
        return Ending("engine stops")
    if isinstance(error, JobStopped):
        return Ending("stopped")
    if wait := _wait_for(error, studio, job):
        return Ending("waits", wait.words, wait)
    if isinstance(error, UserError):
        return Ending("failed", str(error))
    log.exception("failed")
    reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    words = _("internal error ({reason}); see {log}").format(reason=readable(reason), log=f"logs/job-{job.id}.log")
    return Ending("failed", words)


def _wait_for(error: Exception, studio: Studio, job: queue.Job) -> waits.Wait | None:
    """What the engine can wait for where a job cannot go on now."""
    if room := lacking_room(studio.db, studio.root, error):
        return waits.Wait(job.id, "room", str(room), str(room.folder), room.size)
    if isinstance(error, NeedsMemory) or is_out_of_memory(error):
        memory = error if isinstance(error, NeedsMemory) else lacking_memory(error)
        return waits.Wait(job.id, "memory", str(memory), "", memory.free)
    return None


def record(studio: Studio, running: RunningJob, ending: Ending, log: logging.Logger) -> None:
    """Write how a job ended into its row."""
    running.flush()
    match ending.kind:
        case "done":
            queue.finish(studio.db, running.id, running.outcome)
        case "failed":
            queue.fail(studio.db, running.id, ending.words)
        case "engine stops":
            queue.put_back(studio.db, running.id, _("the engine was stopped"))
        case "stopped":
            queue.stopped(studio.db, running.id)
        case "waits":
            assert ending.wait is not None
            waits.ask(studio.db, ending.wait)
            queue.stopped(studio.db, running.id)
    log.info("%s", ending.words or ending.kind)
