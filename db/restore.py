"""A studio from its backup: made aside, proved file by file and row by row, then put in place at once."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from db import engine_lock, studio_files
from db.backup import Manifest, Progress, read_manifest, row_counts
from db.connect import DATABASE_NAME, connect
from db.digest import digest
from db.durable import copy_synced, need_room, partial_path, sync_folder, sync_tree
from db.errors import UserError
from db.filesystem import check_disk
from db.i18n import _

WORK_TABLES = ("film", "event", "dataset", "run", "lora", "generation", "job")


def restore(
    backup: Path, folder: Path, *, force: bool = False, progress: Progress = lambda _done, _all: None
) -> tuple[Manifest, Path | None]:
    """Make a studio in `folder` from a backup; returns its manifest and where a studio that was there has gone.

    Only into a new or an empty studio; `force` sets another one aside, and nothing is deleted. Raises `UserError`.
    """
    manifest = read_manifest(backup)
    folder = folder.expanduser().absolute()
    check_disk(folder)
    with free_place(folder, force):
        partial = partial_path(folder)
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(mode=0o700, parents=True)
            _fill(backup, partial, manifest, progress)
            prove(partial, manifest)
            sync_tree(partial)
            aside = _put_in_place(partial, folder)
        except OSError as error:
            raise UserError(_("The studio cannot be written to {path}: {error}.").format(
                path=folder, error=error.strerror)) from error  # fmt: skip
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return manifest, aside


@contextmanager
def free_place(folder: Path, force: bool) -> Iterator[None]:
    """Make sure that nothing is lost at `folder`, and keep engines away from it meanwhile; raises `UserError`."""
    with ExitStack() as held:
        if (folder / DATABASE_NAME).exists():
            if (pid := engine_lock.holder(folder)) is not None:
                raise UserError(_("An engine works on {path} (process {pid}): `kimikoe engine stop` first.").format(
                    path=folder, pid=pid))  # fmt: skip
            held.enter_context(engine_lock.hold(folder))
            if open_terminals(folder):
                raise UserError(_("{path} is open in a terminal: leave it first.").format(path=folder))
            if not force and not is_empty_studio(folder):
                raise UserError(_(
                    "{path} is a studio with work in it: restore into a new folder (--force sets this one aside)."
                ).format(path=folder))  # fmt: skip
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(_("{path} is not empty: restore into a new folder.").format(path=folder))
        yield


def open_terminals(root: Path) -> list[str]:
    """The names of the terminals that are open on a studio, by the locks they hold."""
    return [path.name for path in sorted((root / "locks").glob("terminal-*")) if _is_held(path)]


def _is_held(path: Path) -> bool:
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def is_empty_studio(root: Path) -> bool:
    """Whether nobody has worked in this studio yet; one that cannot be read is not empty."""
    try:
        with closing(connect(root / DATABASE_NAME, read_only=True)) as db:
            return not any(db.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()[0] for name in WORK_TABLES)
    except sqlite3.DatabaseError:
        return False


def _fill(backup: Path, partial: Path, manifest: Manifest, progress: Progress) -> None:
    """Copy every file, each against its sha256."""
    need_room(partial, manifest.size)
    for name in studio_files.FOLDERS:
        (partial / name).mkdir(mode=0o700, exist_ok=True)
    for done, (path, record) in enumerate(manifest.files.items()):
        progress(done, len(manifest.files))
        (partial / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            copied = copy_synced(backup / path, partial / path)
        except FileNotFoundError as error:
            raise UserError(_("The backup {path} lacks its file {file}.").format(path=backup, file=path)) from error
        if copied != (record.size, record.sha256):
            raise UserError(_("The backup {path} is damaged: {file} is not what was backed up.").format(
                path=backup, file=path))  # fmt: skip
        os.chmod(partial / path, 0o600)


def prove(root: Path, manifest: Manifest) -> None:
    """Raise `UserError` where the database is not sound or does not hold the rows that were backed up."""
    with closing(connect(root / DATABASE_NAME, read_only=True)) as db:
        faults = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        if row_counts(db) != manifest.rows:
            faults.append(_("it has not as many rows as were backed up"))
        if manifest.digest != digest(db):
            faults.append(_("its digest is not that of the studio"))
    if faults:
        raise UserError(_("The backup's database is damaged: {fault}.").format(fault=faults[0]))


def _put_in_place(partial: Path, folder: Path) -> Path | None:
    """Rename the new studio into place, after what is there, which is kept under another name."""
    aside = None
    if folder.is_dir() and any(folder.iterdir()):
        aside = _free_name(folder)
        folder.rename(aside)
    partial.rename(folder)
    sync_folder(folder.parent)
    return aside


def _free_name(folder: Path) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    names = (folder.with_name(f"{folder.name}.before-{stamp}{'-' * count}") for count in range(100))
    return next(name for name in names if not name.exists())
