"""A studio from its backup: made aside, proved file by file and row by row, then put in place at once."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path

from db import engine_lock, soundness, studio_files
from db.connect import DATABASE_NAME, connect
from db.digest import digest, rules
from db.durable import Progress, copy_synced, folder_aside, need_room, private_folder, put_in_place
from db.errors import UserError
from db.filesystem import check_disk
from db.i18n import _
from db.manifest import FileRecord, Manifest, read_manifest, row_counts
from db.terminals import open_terminals

WORK_TABLES = ("film", "event", "dataset", "run", "lora", "generation", "job", "base", "tagger")


def restore(
    backup: Path, folder: Path | None = None, *, force: bool = False, progress: Progress = lambda _done, _all: None
) -> tuple[Manifest, Path, Path | None]:
    """Make a studio in `folder` (named as it was, in this folder) from a backup.

    Returns its manifest, its folder, and where a studio that was there has gone. Only into a new folder or an empty
    studio; `force` sets another one aside, and nothing is deleted. Raises `UserError`.
    """
    manifest = read_manifest(backup)
    folder = (folder or Path(Path(manifest.studio).name)).expanduser().absolute()
    check_disk(folder)
    with _told(folder), _free_place(folder, force):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder_aside(folder) as aside:
            _fill(backup, aside, manifest, progress)
            prove(aside, manifest)
            before = _set_aside(folder)
            put_in_place(aside, folder)
    return manifest, folder, before


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(_("The studio cannot be written to {path}: {error}.").format(
            path=folder, error=error.strerror or error)) from error  # fmt: skip


@contextmanager
def _free_place(folder: Path, force: bool) -> Iterator[None]:
    """Make sure that nothing is lost at `folder`, and keep engines away from it meanwhile; raises `UserError`."""
    if outer := next((each for each in folder.parents if (each / DATABASE_NAME).exists()), None):
        raise UserError(_("{path} is inside the studio {outer}: name a folder elsewhere.").format(
            path=folder, outer=outer))  # fmt: skip
    with ExitStack() as held:
        if (folder / DATABASE_NAME).exists():
            held.enter_context(engine_lock.hold(folder, "migration"))
            _check_unused(folder, force)
        elif os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(_("{path} is not empty: name a new folder.").format(path=folder))
        yield


def _check_unused(folder: Path, force: bool) -> None:
    if open_terminals(folder):
        raise UserError(_("{path} is open in a terminal: leave it first.").format(path=folder))
    if not force and not is_empty_studio(folder):
        raise UserError(_("{path} is a studio with work in it: name a new folder, or --force to set it aside.").format(
            path=folder))  # fmt: skip


def is_empty_studio(root: Path) -> bool:
    """Whether nobody has worked in this studio yet; one that cannot be read is not empty."""
    try:
        with closing(connect(root / DATABASE_NAME, read_only=True)) as db:
            return not any(db.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()[0] for name in WORK_TABLES)
    except sqlite3.DatabaseError:
        return False


def _fill(backup: Path, aside: Path, manifest: Manifest, progress: Progress) -> None:
    """Copy every file, each against its size and sha256."""
    need_room(aside, manifest.size)
    for name in studio_files.FOLDERS:
        (aside / name).mkdir(mode=0o700)
    done = 0
    for path, record in manifest.files.items():
        progress(done, manifest.size)
        _copy(backup, aside, path, record)
        done += record.size
    progress(manifest.size, manifest.size)


def _copy(backup: Path, aside: Path, path: str, record: FileRecord) -> None:
    private_folder((aside / path).parent)
    try:
        copied = FileRecord(*copy_synced(backup / path, aside / path, most=record.size))
    except OSError as error:
        if str(error.filename) != str(backup / path):
            raise  # what is written cannot be, not what is read
        raise UserError(_("The backup {path} is damaged: {file} is not there.").format(
            path=backup, file=path)) from error  # fmt: skip
    if copied != record:
        raise UserError(_("The backup {path} is damaged: {file} is not what was backed up.").format(
            path=backup, file=path))  # fmt: skip
    os.chmod(aside / path, 0o600)


def prove(root: Path, manifest: Manifest) -> None:
    """Raise `UserError` where the database is not sound or does not hold the rows that were backed up."""
    try:
        with closing(connect(root / DATABASE_NAME, read_only=True)) as db:
            soundness.check_acts(db, root / DATABASE_NAME)
            faults = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
            if row_counts(db) != manifest.rows:
                faults.append(_("it has not as many rows as were backed up"))
            if manifest.digest_rules == rules() and digest(db) != manifest.digest:
                faults.append(_("its digest is not that of the studio"))
    except sqlite3.Error as error:
        faults = [str(error)]
    if faults:
        raise UserError(_("The backup's {file} is damaged: {fault}.").format(file=DATABASE_NAME, fault=faults[0]))


def _set_aside(folder: Path) -> Path | None:
    """Give what is at `folder` another name beside it, if there is anything."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    names = (folder.with_name(f"{folder.name}.before-{stamp}{'-' * number}") for number in count())
    before = next(name for name in names if not name.exists())
    folder.rename(before)
    return before
