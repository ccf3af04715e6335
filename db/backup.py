"""A studio's backup: one folder, made aside while everything runs, that appears whole or not at all.

A folder, not an archive: its files are read, compared and copied on by any tool, one by one, and the small one holds a
database that opens as it is.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from db import migrations, studio_files
from db.connect import DATABASE_NAME, connect, now
from db.digest import digest
from db.durable import copy_synced, file_sha256, need_room, partial_path, sync_folder, sync_tree, write_synced
from db.errors import UserError
from db.i18n import _
from db.version import program_version

MANIFEST = "manifest.json"
FORMAT = 1
SPARE = 2**20
CHECKPOINT_ROUNDS = 3
KEEPERS = """
SELECT path, sha256 FROM lora
UNION ALL SELECT i.path, i.sha256 FROM image i JOIN rating r ON r.image_id = i.id
    WHERE i.state = 'done' AND i.path IS NOT NULL AND r.stars IS NOT NULL AND NOT r.rejected
"""
Progress = Callable[[int, int], None]


class FileRecord(msgspec.Struct, frozen=True):
    """A file of a backup: its size in bytes and its sha256."""

    size: int
    sha256: str


class LeftOut(msgspec.Struct, frozen=True):
    """Files of one kind that a backup does not hold; `why` is "made again", "outside", "not kept", "backup"."""

    what: str
    files: int
    size: int
    why: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `rows` counts each table's; `missing` and `changed` name files that rows tell otherwise."""

    kind: Literal["small", "full"]
    studio: str
    program: str
    schema: int
    made_at: float
    rows: dict[str, int]
    digest: str
    files: dict[str, FileRecord]
    left_out: list[LeftOut]
    missing: list[str]
    changed: list[str]
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(record.size for record in self.files.values())


def make_backup(
    root: Path, target: Path, *, full: bool = False, progress: Progress = lambda _done, _all: None
) -> Manifest:
    """Back the studio up into the new folder `target`; what is left out is named in the manifest.

    Raises `UserError` where the folder is there already, cannot be written or has no room.
    """
    root, target = root.resolve(), target.expanduser().absolute()
    _check_target(root, target)
    partial = partial_path(target)
    with one_at_a_time(root, "backup"):
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(mode=0o700)
            manifest = _fill(root, partial, full, progress)
            sync_tree(partial)
            partial.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise UserError(_("The backup cannot be written to {path}: {error}.").format(
                path=target, error=error.strerror)) from error  # fmt: skip
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _check_target(root: Path, target: Path) -> None:
    if not target.parent.is_dir():
        raise UserError(_("There is no folder {path} to put the backup into.").format(path=target.parent))
    if os.path.lexists(target):
        raise UserError(_("{path} is there already: a backup wants a new folder.").format(path=target))
    backups = root / studio_files.BACKUPS
    if target.parent.resolve().is_relative_to(root) and not target.parent.resolve().is_relative_to(backups):
        raise UserError(_("{path} is inside the studio: name a folder on another disk.").format(path=target))


@contextmanager
def one_at_a_time(root: Path, name: str) -> Iterator[None]:
    """Hold the studio's lock of this name; raises `UserError` where another process has it."""
    folder = root / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    with open(folder / name, "a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(_("Another {name} of this studio is at work: wait for it.").format(name=name)) from error
        yield


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it stands at one moment, while others write, into one file that needs no log beside it."""
    with closing(connect(source, read_only=True)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    os.chmod(target, 0o600)
    descriptor = os.open(target, os.O_RDWR)
    os.fsync(descriptor)
    os.close(descriptor)


def row_counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
    )
    return {row["name"]: db.execute(f'SELECT count(*) FROM "{row["name"]}"').fetchone()[0] for row in tables.fetchall()}


def _fill(root: Path, partial: Path, full: bool, progress: Progress) -> Manifest:
    """Copy the database, then the files that its rows name: a file is always written before its row."""
    need_room(partial, (root / DATABASE_NAME).stat().st_size + SPARE)
    copy_database(root / DATABASE_NAME, partial / DATABASE_NAME)
    with closing(connect(partial / DATABASE_NAME, read_only=True)) as db:
        named = {row["path"]: row["sha256"] for row in db.execute(KEEPERS)}
        lying = list(studio_files.files(root))
        wanted = [each.path for each in lying if _goes_in(each, full, named)]
        gone = [path for path in named if path not in wanted]
        sizes = {each.path: each.size for each in lying}
        need_room(partial, sum(sizes[path] for path in wanted) + SPARE)
        records = _copy_all(root, partial, wanted, progress)
        records[DATABASE_NAME] = _record_of(partial / DATABASE_NAME)
        manifest = Manifest(
            kind="full" if full else "small",
            studio=root.name,
            program=program_version(),
            schema=migrations.version(db),
            made_at=now(),
            rows=row_counts(db),
            digest=digest(db),
            files=dict(sorted(records.items())),
            left_out=_left_out(db, lying, records),
            missing=sorted({*gone, *(path for path in wanted if path not in records and path in named)}),
            changed=sorted(path for path, record in records.items() if named.get(path, record.sha256) != record.sha256),
        )
    write_synced(partial / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return manifest


def _goes_in(each: studio_files.StudioFile, full: bool, named: dict[str, str]) -> bool:
    if not full:
        return each.path in named
    return each.kind != "database" and each.kind not in (*studio_files.CACHES, *studio_files.PASSING)


def _copy_all(root: Path, partial: Path, paths: list[str], progress: Progress) -> dict[str, FileRecord]:
    records: dict[str, FileRecord] = {}
    for done, path in enumerate(paths):
        progress(done, len(paths))
        if (record := _copy(root / path, partial / path)) is not None:
            records[path] = record
    _drop_torn_checkpoints(root, partial, records)
    progress(len(paths), len(paths))
    return records


def _copy(source: Path, target: Path) -> FileRecord | None:
    """Copy one file, or None where it has gone since it was listed."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return FileRecord(*copy_synced(source, target))
    except FileNotFoundError:
        target.unlink(missing_ok=True)
        return None


def _drop_torn_checkpoints(root: Path, partial: Path, records: dict[str, FileRecord]) -> None:
    """Replace checkpoints that a training run pruned meanwhile by those it wrote instead."""
    for _round in range(CHECKPOINT_ROUNDS):
        torn = {path.parent for path in (partial / "runs").glob("*/step-*/*") if not _lies(root, partial, path.parent)}
        if not torn:
            return
        for folder in torn:
            shutil.rmtree(folder)
        for path in [each for each in records if not (partial / each).exists()]:
            del records[path]
        for each in studio_files.files(root):
            if each.kind == "checkpoints" and each.path not in records:
                if (record := _copy(root / each.path, partial / each.path)) is not None:
                    records[each.path] = record


def _lies(root: Path, partial: Path, folder: Path) -> bool:
    """Whether the studio still has the checkpoint of which `folder` is the copy."""
    return (root / folder.relative_to(partial)).is_dir()


def _record_of(path: Path) -> FileRecord:
    return FileRecord(path.stat().st_size, file_sha256(path))


def _left_out(
    db: sqlite3.Connection, lying: list[studio_files.StudioFile], records: dict[str, FileRecord]
) -> list[LeftOut]:
    """What a restore will not bring back: by kind from the studio, and the films and models that lie elsewhere."""
    found: dict[str, list[int]] = {}
    for each in lying:
        if each.path not in records and each.kind not in ("database", "wal", "locks", "unfinished"):
            found.setdefault(each.kind, []).append(each.size)
    left = [LeftOut(kind, len(sizes), sum(sizes), _why(kind)) for kind, sizes in sorted(found.items())]
    films = db.execute("SELECT count(*) AS n, COALESCE(sum(bytes), 0) AS size FROM film").fetchone()
    models = db.execute("SELECT (SELECT count(*) FROM base) + (SELECT count(*) FROM tagger)").fetchone()[0]
    outside = [LeftOut("films", films["n"], films["size"], "outside"), LeftOut("models", models, 0, "outside")]
    return left + [each for each in outside if each.files]


def _why(kind: str) -> str:
    if kind in studio_files.CACHES:
        return "made again"
    return "backup" if kind == "backups" else "not kept"


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup; raises `UserError` where the folder is none or a newer kimikoe made it."""
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(_("{path} is no backup: it has no {name} that can be read.").format(
            path=backup, name=MANIFEST)) from error  # fmt: skip
    if manifest.format > FORMAT or manifest.schema > len(migrations.MIGRATIONS):
        raise UserError(_("{path} was made by kimikoe {version}, which is newer: upgrade kimikoe.").format(
            path=backup, version=manifest.program))  # fmt: skip
    if bad := [path for path in manifest.files if not studio_files.is_below(path)]:
        raise UserError(_("{path} is no backup to trust: it names a file outside, {file}.").format(
            path=backup, file=bad[0]))  # fmt: skip
    return manifest
