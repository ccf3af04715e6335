"""One look at a studio: what its parts share."""

import fcntl
import os
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from db import engine_lock, studio_files
from db.connect import DATABASE_NAME, connect_studio
from db.durable import private_folder
from db.errors import UserError
from db.findings import Finding, Level, Looking, Told
from db.i18n import _
from db.manifest import Manifest, read_manifest
from db.studio_files import StudioFile
from db.terminals import open_terminals

TELL_SECONDS = 0.1
SETTLED_SECONDS = 60.0
FLOCK, LIVING_BYTE = "hhqqi4x", 128  # Linux's struct flock; the byte that SQLite locks while a connection lives


@dataclass
class Checking:
    """A studio that is looked at, and repaired where `repair` is set; then no engine works on it."""

    root: Path
    db: sqlite3.Connection
    tell: Callable[[Told], None]
    repair: bool
    engine_works: bool
    in_use: bool
    files: list[StudioFile]
    backups: list[tuple[Path, Manifest]]
    _told_at: float = 0.0

    def looking(self, what: str, done: int, total: int) -> None:
        """Say how far it is; most of it is not passed on."""
        if done in (0, total) or time.monotonic() - self._told_at > TELL_SECONDS:
            self._told_at = time.monotonic()
            self.tell(Looking(what, done, total))

    def found(
        self, what: str, where: str, fault: str, remedy: str, *, repaired: str = "", level: Level = "fault"
    ) -> None:
        """Tell what is wrong."""
        self.tell(Finding(level, what, where, fault, remedy, repaired))

    def set_aside(self, path: str) -> str:
        """Move a file or folder to `orphans/`, under the path that it had; returns what was done, in words."""
        kept = self.root / studio_files.ORPHANS / path
        while os.path.lexists(kept):
            kept = kept.with_name(kept.name + "~")
        private_folder(kept.parent)
        (self.root / path).rename(kept)
        return _("moved to {path}").format(path=kept.relative_to(self.root).as_posix())

    def is_settled(self, file: StudioFile) -> bool:
        """Whether nobody is writing it: a file comes before the row that names it."""
        return not self.engine_works or time.time() - file.changed_at > SETTLED_SECONDS


@contextmanager
def open_checking(root: Path, tell: Callable[[Told], None], *, repair: bool, backup: Path | None) -> Iterator[Checking]:
    """Open a studio to look at; raises `UserError` where it is to be repaired and an engine works on it."""
    with ExitStack() as held:
        if repair:
            held.enter_context(_without_engine(root))
        engine_works = engine_lock.held_by(root) is not None and not repair
        in_use = engine_works or bool(open_terminals(root)) or _is_open_elsewhere(root / DATABASE_NAME)
        files = list(studio_files.files(root))  # before the rows: what is written meanwhile is no orphan
        db = held.enter_context(closing(connect_studio(root, read_only=not repair, lock_held=repair)))
        yield Checking(root, db, tell, repair, engine_works, in_use, files, _backups(root, backup))


def _is_open_elsewhere(database: Path) -> bool:
    """Whether another process has the database open: SQLite then holds a lock on a byte of its shared memory.

    Asked before this process opens it, because closing any handle of a file gives up the locks on it.
    """
    try:
        handle = os.open(f"{database}-shm", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, LIVING_BYTE, 1, 0)
        return bool(struct.unpack(FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK)
    finally:
        os.close(handle)


def _without_engine(root: Path) -> IO[str]:
    if engine_lock.holder(root) is not None:
        raise UserError(_("An engine works on the studio: `kimikoe engine stop` first, then repair."))
    return engine_lock.hold(root, "migration")


def _backups(root: Path, named: Path | None) -> list[tuple[Path, Manifest]]:
    """The backups whose files may take the place of damaged ones: the one that was named, then the studio's own."""
    found = [(named, read_manifest(named))] if named else []
    for folder in sorted((root / studio_files.BACKUPS).glob("[!.]*/"), reverse=True):
        try:
            found.append((folder, read_manifest(folder)))
        except UserError:
            continue
    return found
