"""The kernel's word on whether an engine runs: it holds an exclusive lock on a file of the studio while it lives.

The file says which process holds it, and for what where it is not an engine at work: one that is starting, or a program
that brings the studio up to date and keeps engines away meanwhile.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import IO, Literal

import msgspec

from db.errors import UserError
from db.i18n import _

LOCK_NAME = "engine.lock"
RETRY_SECONDS = 1.0
Purpose = Literal["engine", "starting", "migration"]


class Holder(msgspec.Struct, frozen=True):
    """The process that holds the lock, 0 where it has not said so yet, and what for."""

    pid: int
    purpose: Purpose


def hold(root: Path, purpose: Purpose = "engine") -> IO[str]:
    """Take the studio's engine lock for the life of the returned file; raises `UserError` where another has it."""
    deadline = time.monotonic() + RETRY_SECONDS
    while (file := try_hold(root, purpose)) is None:
        if time.monotonic() > deadline:
            raise UserError(_taken(root, held_by(root)))
        time.sleep(0.05)
    return file


def _taken(root: Path, holder: Holder | None) -> str:
    pid = holder.pid if holder and holder.pid else "?"
    if holder and holder.purpose == "migration":
        return _("{studio} is being brought up to date (process {pid}): wait, then try again.").format(
            studio=root, pid=pid
        )
    return _("An engine already works on {studio} (process {pid}); `kimikoe engine stop` ends it.").format(
        studio=root, pid=pid
    )


def try_hold(root: Path, purpose: Purpose = "engine") -> IO[str] | None:
    """Take the lock as `hold` does, or return None where another has it now."""
    file = open(root / LOCK_NAME, "a+", encoding="ascii")
    if not _try_lock(file, fcntl.LOCK_EX):
        file.close()
        return None
    say_purpose(file, purpose)
    return file


def say_purpose(file: IO[str], purpose: Purpose) -> None:
    """Write into a lock that this process holds what it is held for."""
    file.truncate(0)
    file.write(str(os.getpid()) if purpose == "engine" else f"{os.getpid()} {purpose}")
    file.flush()


def is_there(file: IO[str], root: Path) -> bool:
    """Whether the lock that this process holds is still that of the studio in this folder: not where the studio was
    deleted or moved, and perhaps another one made in its place."""
    try:
        there = os.stat(root / LOCK_NAME)
    except (FileNotFoundError, NotADirectoryError):
        return False
    ours = os.fstat(file.fileno())
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def held_by(root: Path) -> Holder | None:
    """Who holds the studio's engine lock, and what for; None where nobody does."""
    try:
        with open(root / LOCK_NAME, encoding="ascii") as file:
            if _try_lock(file, fcntl.LOCK_SH):
                return None
            return _parsed(file.read())
    except FileNotFoundError:
        return None


def _parsed(text: str) -> Holder:
    """What the lock's file says; one that is still empty, or being written, belongs to who is about to say more."""
    pid, _space, purpose = text.strip().partition(" ")
    if not pid.isdecimal():
        return Holder(0, "starting")
    if purpose == "":
        return Holder(int(pid), "engine")
    return Holder(int(pid), "migration" if purpose == "migration" else "starting")


def holder(root: Path) -> int | None:
    """The process id of the engine that works on the studio, or None where none does."""
    found = held_by(root)
    return found.pid if found is not None and found.purpose == "engine" else None


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
