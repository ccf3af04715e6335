"""An older studio is brought up to date: never under a living engine or an open terminal, and never without a copy."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from db import engine_life, engine_lock, migrations, studio_files
from db.backup import SPARE, copy_database
from db.connect import DATABASE_NAME
from db.durable import need_room, partial_path, sync_folder
from db.errors import UserError
from db.i18n import _
from db.terminals import open_terminals
from db.version import program_version

KEPT_COPIES = 3
COPIES = "before-schema-*.db"
LONGEST_WAIT = 600.0
POLL_SECONDS = 0.05


def bring_up_to_date(db: sqlite3.Connection, root: Path, *, lock_held: bool = False) -> None:
    """Apply the migrations that the studio has not seen, all or none, after a copy of its database into `backups/`.

    `lock_held` says that this process holds the engine's lock already. Waits where another program is at it. Raises
    `UserError` where an engine lives on the studio, where a terminal is open, without room for the copy, or where a
    step fails.
    """
    with _alone(db, root, lock_held):
        if (found := migrations.version(db)) == len(migrations.MIGRATIONS):
            return
        copy = None
        try:
            copy = _copied(root, found) if found else None
            migrations.migrate(db)
        except (sqlite3.Error, OSError) as error:
            if copy is not None:
                copy.unlink(missing_ok=True)
            raise UserError(_("{folder} could not be brought up to date ({error}): it is as it was.").format(
                folder=root, error=error)) from error  # fmt: skip
    _prune(root / studio_files.BACKUPS)


@contextmanager
def _alone(db: sqlite3.Connection, root: Path, lock_held: bool) -> Iterator[None]:
    """Keep engines away, or wait until another program has done the work; raises `UserError` where an engine lives."""
    if lock_held:
        _refuse_open_terminals(root)
        yield
        return
    deadline = time.monotonic() + LONGEST_WAIT
    while (lock := engine_lock.try_hold(root, "migration")) is None:
        if migrations.version(db) == len(migrations.MIGRATIONS):
            yield
            return
        _refuse_living_engine(db, root)
        if time.monotonic() > deadline:
            raise UserError(_("{folder} is being brought up to date by another program: wait for it.").format(
                folder=root))  # fmt: skip
        time.sleep(POLL_SECONDS)
    with lock:
        _refuse_open_terminals(root)
        yield


def _refuse_living_engine(db: sqlite3.Connection, root: Path) -> None:
    if (pid := engine_lock.holder(root)) is None:
        return
    life = engine_life.living(db, pid)
    raise UserError(
        _(
            "{folder} has schema {found}, kimikoe {program} wants {known}, and an older engine ({older}, process {pid})"
            " works on it: `kimikoe engine stop`, then start again."
        ).format(
            folder=root,
            found=migrations.version(db),
            program=program_version(),
            known=len(migrations.MIGRATIONS),
            older=life.program if life else "?",
            pid=pid,
        )
    )


def _refuse_open_terminals(root: Path) -> None:
    if names := open_terminals(root):
        raise UserError(_("{folder} is open in another terminal ({names}) and has to be brought up to date: leave it"
                          " there with q, then start again.").format(folder=root, names=", ".join(names)))  # fmt: skip


def _copied(root: Path, schema: int) -> Path:
    """Copy the database as it stands; the copy appears whole or not at all."""
    folder = root / studio_files.BACKUPS
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(f".{COPIES}.partial"):
        left.unlink()
    sizes = [path.stat().st_size for path in root.glob(f"{DATABASE_NAME}*") if path.suffix != ".db-shm"]
    need_room(folder, sum(sizes) + SPARE)
    copy = folder / f"before-schema-{len(migrations.MIGRATIONS)}-from-{schema}-{datetime.now():%Y%m%d-%H%M%S}.db"
    copy_database(root / DATABASE_NAME, partial_path(copy))
    os.replace(partial_path(copy), copy)
    sync_folder(folder)
    return copy


def _prune(folder: Path) -> None:
    """Let the oldest copies go."""
    copies = sorted(folder.glob(COPIES), key=lambda path: path.stat().st_mtime)
    for copy in copies[:-KEPT_COPIES]:
        copy.unlink(missing_ok=True)
