"""Room on the disk: asked for before anything of size is written, so that a full disk leaves nothing half-written."""

import errno
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from db import settings
from db.disk_reserve import disk_room
from db.errors import DiskFullError
from db.filesystem import free_bytes
from db.i18n import _
from db.text import size_text

ROWS_TWICE = 2  # what is written to a database goes to its log first
UNFORESEEN = 4 * 2**20  # asked for where a write failed whose size nobody knew
RETRY_SECONDS = 0.5
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
_VAGUE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)  # what SQLite says where its log cannot be made or grow


class NeedsRoom(Exception):
    """`size` bytes cannot be written into `folder` now; the words tell a person how much is free and needed where."""

    def __init__(self, folder: Path, size: int, words: str) -> None:
        super().__init__(words)
        self.folder, self.size = folder, size


def need_room(db: sqlite3.Connection, folder: Path, size: int) -> None:
    """Raise `NeedsRoom` where writing `size` bytes into `folder` would use up the disk's reserve."""
    room = disk_room(folder, settings.value(db, settings.RESERVE))
    if not room.holds(size):
        raise NeedsRoom(folder, size, _words(room.disk, room.free, size + room.reserve))


def lacking_room(db: sqlite3.Connection, root: Path, error: BaseException) -> NeedsRoom | None:
    """What a failed write needs, where it failed because the disk of the studio is full; None for other errors."""
    if isinstance(error, NeedsRoom):
        return error
    if not is_full_disk(error, root):
        return lacking_room(db, root, error.__cause__) if error.__cause__ else None
    name = error.filename if isinstance(error, OSError) else None
    folder = Path(name).parent if isinstance(name, str) else root
    room = disk_room(folder, settings.value(db, settings.RESERVE))
    return NeedsRoom(folder, UNFORESEEN, _words(room.disk, room.free, room.reserve + UNFORESEEN))


def is_full_disk(error: BaseException, root: Path) -> bool:
    """Whether the system or SQLite failed because the disk of the studio has no room left."""
    if isinstance(error, DiskFullError):
        return True
    if isinstance(error, sqlite3.OperationalError):
        code = getattr(error, "sqlite_errorcode", 0)
        return code == sqlite3.SQLITE_FULL or (code & 0xFF in _VAGUE and free_bytes(root) < UNFORESEEN)
    return isinstance(error, OSError) and error.errno in _FULL_DISK


def patiently(act: Callable[[], None], root: Path, stopping: Callable[[], bool]) -> None:
    """Do what writes rows, again and again while the disk is too full even for them; give up when told to stop."""
    while True:
        try:
            return act()
        except (DiskFullError, sqlite3.OperationalError) as error:
            if not is_full_disk(error, root):
                raise
        if stopping():
            return None
        time.sleep(RETRY_SECONDS)


def _words(disk: str, free: int, needed: int) -> str:
    return _("needs room: {free} free, {needed} needed on {disk}").format(
        free=size_text(free), needed=size_text(needed), disk=disk
    )
