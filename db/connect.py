"""The only door to the studio file: pragmas, transactions and the version check live here and nowhere else."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from db.errors import DiskFullError, UserError
from db.filesystem import check_disk, free_bytes
from db.i18n import _
from db.permissions import tighten
from db.turns import Turns, TurnTaking

BUSY_TIMEOUT_MS = 10_000
JOURNAL_SIZE_LIMIT = 64 * 2**20
LONGEST_VALUE = 2**28
LEAST_ROOM = 2**20  # with less free on its disk, a studio that cannot be opened is not damaged
DATABASE_NAME = "kimikoe.db"
_known: set[Path] = set()  # databases that this process has looked at: once is enough


def connect(path: Path, *, durable: bool = False, read_only: bool = False) -> TurnTaking:
    """Open a database file for this thread, in WAL mode and autocommit; `writing` makes transactions.

    `durable` waits for the disk at every commit, for what a person did; bulk work leaves it off.
    """
    uri = f"file:{_quoted(path)}?mode={'ro' if read_only else 'rwc'}"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000, factory=TurnTaking)
    db.row_factory = sqlite3.Row
    db.text_factory = _text
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    db.execute("PRAGMA foreign_keys = ON")
    if not read_only:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT}")
    db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    return db


def _text(value: bytes) -> str:
    """A text of a row; what is no UTF-8 in it, which only another program can have written, does not stop the rest."""
    return value.decode("utf-8", "replace")


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def studio_file(root: Path) -> Path:
    """The studio's database, of whatever version; raises `UserError` where there is none in this folder."""
    path = root / DATABASE_NAME
    if not path.is_file() or path.is_symlink():
        raise UserError(_("There is no studio in {folder}: make one with `kimikoe init {folder}`.").format(folder=root))
    return path


def connect_studio(
    root: Path, *, durable: bool = False, read_only: bool = False, migrate: bool = True, lock_held: bool = False
) -> sqlite3.Connection:
    """Open the studio in directory `root`, bringing an older schema up to date where no engine lives on it.

    With `migrate` it is also closed to other users. `lock_held` says that this process holds the engine's lock. Raises
    `UserError` where there is no studio, where its disk or its file is unfit, where a newer version wrote it, or where
    it cannot be brought up to date now.
    """
    from db import migrations, soundness

    path = studio_file(root)
    check_disk(root)
    unknown = path.resolve() not in _known
    if unknown:
        soundness.check_files(root)
    if migrate and not read_only:
        tighten(root)
    try:
        db = connect(path, durable=durable, read_only=read_only)
        if migrations.is_older(db, path):
            soundness.check_acts(db, path)
            _bring_up_to_date(db, root, migrate and not read_only, lock_held)
        if unknown:
            soundness.check_database(db, path)
            _known.add(path.resolve())
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the second of a schema in broken bytes
        if free_bytes(root) < LEAST_ROOM:
            raise DiskFullError(_("The disk of {folder} is full: make room.").format(folder=root)) from error
        raise UserError(
            _("{path} cannot be read as a studio ({error}): restore it from a backup.").format(path=path, error=error)
        ) from error
    if not read_only:
        db.turns = Turns(root, durable)
        db.turns.prepare(db)
    return db


def _bring_up_to_date(db: sqlite3.Connection, root: Path, allowed: bool, lock_held: bool) -> None:
    from db import upgrade

    if not allowed:
        raise UserError(_("{folder} was left by an older kimikoe: run `kimikoe status` once.").format(folder=root))
    upgrade.bring_up_to_date(db, root, lock_held=lock_held)


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A short write transaction that takes the write lock first, so that read-then-write never fails as busy.

    Inside another `writing` it joins the outer transaction.
    """
    if db.in_transaction:
        yield db
        return
    turns = db.turns if isinstance(db, TurnTaking) else None
    with turns.turn() if turns else nullcontext(), _transaction(db):
        yield db
    if turns:
        turns.keep_log_short(db)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException as error:
        if db.in_transaction:  # on a full disk SQLite may have taken it back already
            db.execute("ROLLBACK")
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise DiskFullError(_("The disk is full, nothing was stored: make room, then do it again.")) from error
        raise


def now() -> float:
    """Seconds since the epoch, as every `*_at` column stores them."""
    return time.time()
