"""Logs: one file for the engine, one for each job, both rotating."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_BYTES = 2 * 2**20
LOG_FILES = 3
_FORMAT = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")


def log_engine_to(folder: Path, name: str) -> logging.Logger:
    """Send `kimikoe` log lines to `engine.log`, marked with the process's name."""
    logger = logging.getLogger("kimikoe")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = _handler(folder / "engine.log")
    handler.setFormatter(logging.Formatter(f"%(asctime)s {name} %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger.addHandler(handler)
    return logger


@contextmanager
def job_log(folder: Path, job_id: int) -> Iterator[logging.Logger]:
    """The log of one job, `job-<id>.log`."""
    logger = logging.getLogger(f"kimikoe.job.{job_id}")
    logger.propagate = False
    handler = _handler(folder / f"job-{job_id}.log")
    handler.setFormatter(_FORMAT)
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        handler.close()


def _handler(path: Path) -> RotatingFileHandler:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
