"""Logs: one file for the engine, one for each job, all rotating, and the oldest jobs' logs removed."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from db.text import plain_block

LOG_BYTES = 2 * 2**20
LOG_FILES = 3
JOB_LOGS_BYTES = 32 * 2**20


class _PlainFormatter(logging.Formatter):
    """Lines in which a terminal obeys nothing: names and contents of files are in them."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as it is written."""
        return plain_block(super().format(record))


_FORMAT = _PlainFormatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")


class SharedRotatingHandler(RotatingFileHandler):
    """Rotates a log that several processes write: one of them renames it, the others go over to the new file.

    What does not fit on a full disk is lost; a log must not stop what it tells of.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write to the file that has the name now."""
        with suppress(OSError):
            self._follow()
        super().emit(record)

    def doRollover(self) -> None:  # noqa: N802
        """Rotate, unless another process has done so since."""
        with open(Path(self.baseFilename).with_suffix(".lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._follow()
            # The file that another process has just begun is nearly empty, and rotating it would throw an old one away.
            if self.stream is None or os.fstat(self.stream.fileno()).st_size >= self.maxBytes // 2:
                super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Lose the line."""

    def _follow(self) -> None:
        """Open the file anew where another process has renamed the one that is open."""
        if self.stream is None:
            return
        try:
            current = os.stat(self.baseFilename)
        except FileNotFoundError:
            current = None
        ours = os.fstat(self.stream.fileno())
        if current is None or (current.st_dev, current.st_ino) != (ours.st_dev, ours.st_ino):
            self.stream.close()
            self.stream = self._open()


def log_engine_to(folder: Path, name: str) -> logging.Logger:
    """Send `kimikoe` log lines to `engine.log`, marked with the process's name."""
    logger = logging.getLogger("kimikoe")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = _handler(folder / "engine.log")
    handler.setFormatter(_PlainFormatter(f"%(asctime)s {name} %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger.addHandler(handler)
    return logger


@contextmanager
def job_log(folder: Path, job_id: int) -> Iterator[logging.Logger]:
    """The log of one job, `job-<id>.log`; logs of the oldest jobs go where all of them are too much."""
    logger = logging.getLogger(f"kimikoe.job.{job_id}")
    logger.propagate = False
    handler = _handler(folder / f"job-{job_id}.log")
    handler.setFormatter(_FORMAT)
    logger.addHandler(handler)
    remove_oldest(folder, JOB_LOGS_BYTES)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
        handler.close()


def remove_oldest(folder: Path, limit: int) -> None:
    """Delete the job logs that were written longest ago, so that those left are of at most `limit` bytes."""
    found = []
    for path in folder.glob("job-*.log*"):
        with suppress(FileNotFoundError):
            found.append((path.stat().st_mtime_ns, path.stat().st_size, path))
    total = 0
    for _changed_at, size, path in sorted(found, reverse=True):
        total += size
        if total > limit:
            path.unlink(missing_ok=True)


def _handler(path: Path) -> RotatingFileHandler:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return SharedRotatingHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
