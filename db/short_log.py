"""Logs that no logger rotates: what processes print, and tracebacks. They begin anew where they are too long."""

import os
from pathlib import Path
from typing import IO

START_LOG = "engine-start.log"  # of an engine that no unit started, and of its workers
LONGEST = 2 * 2**20


def begin_log(path: Path) -> IO[bytes]:
    """An empty log that processes may write while `keep_short` looks after it: each line goes to its end of then."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    log = open(path, "ab")
    log.truncate(0)
    return log


def keep_short(path: Path, longest: int = LONGEST) -> None:
    """Empty a log that has grown too long, without taking it from those who write it."""
    try:
        if path.stat().st_size > longest:
            os.truncate(path, 0)
    except FileNotFoundError:
        return
