"""The kernel's word on whether an engine runs: it holds an exclusive lock on a file of the studio while it lives."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from db.errors import UserError
from db.i18n import _

LOCK_NAME = "engine.lock"
RETRY_SECONDS = 1.0


def hold(root: Path) -> IO[str]:
    """Take the studio's engine lock for the life of the returned file; raises `UserError` where another has it."""
    file = open(root / LOCK_NAME, "a+", encoding="ascii")
    deadline = time.monotonic() + RETRY_SECONDS
    while not _try_lock(file, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            file.seek(0)
            pid = file.read().strip() or "?"
            file.close()
            raise UserError(
                _("An engine already works on {studio} (process {pid}); `kimikoe engine stop` ends it.").format(
                    studio=root, pid=pid
                )
            )
        time.sleep(0.05)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def holder(root: Path) -> int | None:
    """The process id of the studio's engine, or None where none runs."""
    try:
        with open(root / LOCK_NAME, encoding="ascii") as file:
            if _try_lock(file, fcntl.LOCK_SH):
                return None
            return int(file.read().strip() or 0)
    except FileNotFoundError:
        return None


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
