"""Whose turn it is to write: a person's act comes before the next bulk transaction, whoever asked first.

SQLite lets whoever polls at the right moment write, so that three busy writers keep a key waiting for half a second.
Here the kernel wakes who is next. Everyone writes while holding the lock file `write`. A person asks for it while
holding `people`; bulk work asks for it while holding `bulk`, and only when nobody holds `people`. So a key waits for
one bulk transaction at most. The kernel frees all of them at any end of a process.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

LOCKS = "locks"
CHECK_EVERY = 50  # bulk transactions between two looks at the log
RETRY_AFTER = 5  # where a reader was in the way at the last
LONG_LOG_PAGES = 4096
TOO_LONG_LOG_PAGES = 12_288  # bulk work makes a pause for the readers
READERS_WAIT_MS = 25
BREATH_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 2.0  # a reader that goes on for minutes stops no engine
LOSES_RESETS = sqlite3.sqlite_version_info < (3, 51, 3)
"""Whether this SQLite has the fault of sqlite.org/wal.html#walresetbug."""
PERSONS_CHECKPOINT_PAGES = 16_384  # so that a key waits for no checkpoint while an engine makes them


class Turns:
    """A connection's place in the queue of writers."""

    def __init__(self, root: Path, person: bool) -> None:
        folder = root / LOCKS
        folder.mkdir(mode=0o700, exist_ok=True)
        self._person = person
        self._files = [_private(folder / name) for name in ("write", "people", "bulk", "checkpoint")]
        self._write, self._people, self._bulk, self._checkpoint = self._files
        self._since_check = 0

    def prepare(self, db: sqlite3.Connection) -> None:
        """Have checkpoints made between the turns, not in them."""
        db.execute(f"PRAGMA wal_autocheckpoint = {PERSONS_CHECKPOINT_PAGES if self._person else 0}")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and have it until the end of the block."""
        first = self._people if self._person else self._bulk
        with _held(first):
            if not self._person:
                self._let_people_pass()
            with _held(self._write):
                yield

    def _let_people_pass(self) -> None:
        with _held(self._people):
            pass

    def keep_log_short(self, db: sqlite3.Connection) -> None:
        """After a bulk transaction: now and then copy the log into the file, and where it is long begin it anew.

        Most is copied while others write; the rest within a turn, where readers are waited for, shortly, so that the
        next to write starts the log over. While a reader is in the way that is tried again soon, and where the log has
        become too long, all bulk work stands still for a while: readers and people go on, and it grows no longer.
        """
        self._since_check += 1
        if self._person or self._since_check < CHECK_EVERY:
            return
        self._since_check = 0
        with suppress(BlockingIOError), _held(self._checkpoint, fcntl.LOCK_NB):  # or else another one sees to it
            if LOSES_RESETS:
                self._leave_something_to_copy(db)
            if (pages := _checkpoint(db, "PASSIVE").pages) > LONG_LOG_PAGES and not self._begun_anew(db, pages):
                self._since_check = CHECK_EVERY - RETRY_AFTER

    def _leave_something_to_copy(self, db: sqlite3.Connection) -> None:
        """Write a page, so that nobody begins the log anew before this checkpoint has read how long it is.

        Otherwise, where another one has just copied all of it, SQLite may take what is written next for copied already
        and lose it.
        """
        with self.turn(), suppress(sqlite3.OperationalError):  # on a full disk
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute(f"PRAGMA user_version = {version}")
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def _begun_anew(self, db: sqlite3.Connection, pages: int) -> bool:
        """Whether the next to write starts over the log, which has so many pages."""
        give_up = time.monotonic() + (LONGEST_PAUSE_SECONDS if pages > TOO_LONG_LOG_PAGES else 0.0)
        with _held(self._bulk):
            while not self._restarts(db):
                if time.monotonic() >= give_up:
                    return False
                time.sleep(BREATH_SECONDS)
        return True

    def _restarts(self, db: sqlite3.Connection) -> bool:
        self._let_people_pass()
        with _held(self._write), _waiting_at_most(db, READERS_WAIT_MS):
            return not _checkpoint(db, "RESTART").busy

    def close(self) -> None:
        """Give up the place."""
        for file in self._files:
            file.close()


@contextmanager
def _held(file: BinaryIO, flags: int = 0) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX | flags)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _private(path: Path) -> BinaryIO:
    """A file that only its owner can open."""
    return open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")


class _Checkpoint(NamedTuple):
    """Whether readers kept it from being made whole, the pages of the log, and how many of them are copied."""

    busy: int
    pages: int
    copied: int


def _checkpoint(db: sqlite3.Connection, mode: str) -> _Checkpoint:
    """Copy the log into the file as far as readers let it."""
    return _Checkpoint(*db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone())


@contextmanager
def _waiting_at_most(db: sqlite3.Connection, milliseconds: int) -> Iterator[None]:
    before = int(db.execute("PRAGMA busy_timeout").fetchone()[0])
    db.execute(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        yield
    finally:
        db.execute(f"PRAGMA busy_timeout = {before}")


class TurnTaking(sqlite3.Connection):
    """A connection that writes when it is its turn; without `turns` it writes when SQLite lets it."""

    turns: Turns | None = None

    def close(self) -> None:
        """Close it, and give up its place."""
        super().close()
        if self.turns is not None:
            self.turns.close()
