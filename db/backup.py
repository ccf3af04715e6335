"""A studio's backup: one folder, made aside while everything runs, that appears whole or not at all.

A folder, not an archive: its files are read, compared and copied on by any tool, one by one, and it holds a
database that opens as it is.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from itertools import count
from pathlib import Path, PurePosixPath

import msgspec

from db import migrations, studio_files
from db.connect import DATABASE_NAME, connect, now, studio_file
from db.digest import digest, rules
from db.durable import (
    Progress,
    copy_synced,
    file_sha256,
    folder_aside,
    need_room,
    private_folder,
    put_in_place,
    write_synced,
)
from db.errors import UserError
from db.i18n import _
from db.manifest import MANIFEST, FileRecord, LeftOut, Manifest, encoded, row_counts
from db.studio_files import StudioFile
from db.version import program_version

SPARE = 2**20
ROUNDS = 3
KEEPERS = """
SELECT path, sha256 FROM lora
UNION ALL SELECT i.path, i.sha256 FROM image i JOIN rating r ON r.image_id = i.id
    WHERE i.state = 'done' AND i.path IS NOT NULL AND r.stars IS NOT NULL AND NOT r.rejected
"""
NAMED = "SELECT path, sha256 FROM lora UNION ALL SELECT path, sha256 FROM image WHERE state = 'done' AND path NOT NULL"


class _CheckpointManifest(msgspec.Struct):
    sha256: dict[str, str]


def default_target(root: Path, full: bool) -> Path:
    """`backups/my-film-2023-10-18` below the studio, or the next such name that is free."""
    folder = root.resolve() / studio_files.BACKUPS
    stem = f"{root.resolve().name}-{date.today().isoformat()}{'-full' if full else ''}"
    names = (folder / (stem if number == 1 else f"{stem}-{number}") for number in count(1))
    return next(path for path in names if not os.path.lexists(path))


def make_backup(
    root: Path, target: Path, *, full: bool = False, progress: Progress = lambda _done, _all: None
) -> Manifest:
    """Back the studio up into the new folder `target`; what is left out is named in the manifest.

    Raises `UserError` where the folder is there already, cannot be written or has no room.
    """
    root, target = studio_file(root.resolve()).parent, target.expanduser().absolute()
    _check_target(root, target)
    with _told(root, target), folder_aside(target) as aside:
        _check_version(root)
        manifest = _fill(root, aside, full, progress)
        write_synced(aside / MANIFEST, encoded(manifest))
        os.chmod(aside / MANIFEST, 0o600)
        put_in_place(aside, target)
    return manifest


def _check_target(root: Path, target: Path) -> None:
    backups = root / studio_files.BACKUPS
    if target.parent == backups:
        backups.mkdir(mode=0o700, exist_ok=True)
    if not target.parent.is_dir():
        raise UserError(_("There is no folder {path} to put the backup into.").format(path=target.parent))
    if os.path.lexists(target):
        raise UserError(_("{path} is there already: name a new folder.").format(path=target))
    place = target.parent.resolve()
    if place.is_relative_to(root) and not place.is_relative_to(backups.resolve()):
        raise UserError(_("{path} is inside the studio: name a folder elsewhere, or none.").format(path=target))


def _check_version(root: Path) -> None:
    """Raise `UserError` where a newer kimikoe wrote the studio; an older one's is copied as it is."""
    with closing(connect(root / DATABASE_NAME, read_only=True)) as db:
        migrations.is_older(db, root / DATABASE_NAME)


@contextmanager
def _told(root: Path, target: Path) -> Iterator[None]:
    """Say in one line what the disk or the database says."""
    try:
        yield
    except OSError as error:
        raise UserError(_("The backup cannot be written to {path}: {error}.").format(
            path=target, error=error.strerror or error)) from error  # fmt: skip
    except sqlite3.Error as error:
        raise UserError(_("{path} cannot be copied ({error}): restore it from a backup.").format(
            path=root / DATABASE_NAME, error=error)) from error  # fmt: skip


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it stands at one moment, while others write, into one file that needs no log beside it."""
    target.unlink(missing_ok=True)
    with closing(connect(source, read_only=True)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    os.chmod(target, 0o600)
    descriptor = os.open(target, os.O_RDWR)
    os.fsync(descriptor)
    os.close(descriptor)


def wanted(db: sqlite3.Connection, lying: Iterable[StudioFile], *, full: bool) -> list[StudioFile]:
    """Files that go into a backup beside the database: LoRAs and rated pictures, or all that is not made again."""
    if not full:
        keepers = {row["path"] for row in db.execute(KEEPERS)}
        return [each for each in lying if each.path in keepers]
    checkpoints = {row["path"] for row in db.execute("SELECT path FROM checkpoint")}
    left_out = {"database", *studio_files.CACHES, *studio_files.PASSING}
    return [
        each for each in lying
        if each.kind not in left_out and (each.kind != "checkpoints" or _folder(each.path) in checkpoints)
    ]  # fmt: skip


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _fill(root: Path, aside: Path, full: bool, progress: Progress) -> Manifest:
    """Copy the database and what goes with it: a file is always written before the row that names it."""
    records = _snapshot(root, aside, full)
    with closing(connect(aside / DATABASE_NAME, read_only=True)) as db:
        lying = list(studio_files.files(root))
        files = [each for each in wanted(db, lying, full=full) if each.kind != "checkpoints"]
        records |= _copy_all(root, aside, files, progress)
        records[DATABASE_NAME] = _record_of(aside / DATABASE_NAME)
        return _manifest(root, db, full, records, lying)


def _snapshot(root: Path, aside: Path, full: bool) -> dict[str, FileRecord]:
    """Copy the database, and with `full` the checkpoints that it names, which are soon pruned where a run trains.

    Where one went before it was copied, all is copied again; damaged ones are left out in the end.
    """
    for _round in range(ROUNDS):
        need_room(aside, (root / DATABASE_NAME).stat().st_size + SPARE)
        copy_database(root / DATABASE_NAME, aside / DATABASE_NAME)
        records = _copy_checkpoints(root, aside) if full else {}
        if not (torn := _torn_checkpoints(aside, records) if full else []):
            break
    for path in torn:
        shutil.rmtree(aside / path, ignore_errors=True)
    return {path: record for path, record in records.items() if _folder(path) not in torn}


def _copy_checkpoints(root: Path, aside: Path) -> dict[str, FileRecord]:
    shutil.rmtree(aside / studio_files.RUNS, ignore_errors=True)
    with closing(connect(aside / DATABASE_NAME, read_only=True)) as db:
        files = [each for each in wanted(db, studio_files.files(root), full=True) if each.kind == "checkpoints"]
    return _copy_all(root, aside, files, lambda _done, _all: None)


def _torn_checkpoints(aside: Path, records: dict[str, FileRecord]) -> list[str]:
    """Checkpoints that the copied rows name and of which not all files were copied as their manifest tells them."""
    with closing(connect(aside / DATABASE_NAME, read_only=True)) as db:
        paths = [row["path"] for row in db.execute("SELECT path FROM checkpoint")]
    return [path for path in paths if not _is_whole(aside, path, records)]


def _is_whole(aside: Path, path: str, records: dict[str, FileRecord]) -> bool:
    try:
        told = msgspec.json.decode((aside / path / MANIFEST).read_bytes(), type=_CheckpointManifest).sha256
    except (OSError, msgspec.MsgspecError):
        return False
    found = {name: records.get(f"{path}/{name}") for name in told}
    return all(record is not None and record.sha256 == told[name] for name, record in found.items())


def _copy_all(root: Path, aside: Path, files: list[StudioFile], progress: Progress) -> dict[str, FileRecord]:
    """Copy files; those that have gone since they were listed are passed over."""
    total, done = sum(each.size for each in files), 0
    need_room(aside, total + SPARE)
    records: dict[str, FileRecord] = {}
    for each in files:
        progress(done, total)
        if (record := _copy(root / each.path, aside / each.path)) is not None:
            records[each.path] = record
        done += each.size
    progress(total, total)
    return records


def _copy(source: Path, target: Path) -> FileRecord | None:
    private_folder(target.parent)
    try:
        record = FileRecord(*copy_synced(source, target))
    except FileNotFoundError:
        target.unlink(missing_ok=True)
        return None
    os.chmod(target, 0o600)
    return record


def _record_of(path: Path) -> FileRecord:
    return FileRecord(path.stat().st_size, file_sha256(path))


def _manifest(
    root: Path, db: sqlite3.Connection, full: bool, records: dict[str, FileRecord], lying: list[StudioFile]
) -> Manifest:
    named = {row["path"]: row["sha256"] for row in db.execute(NAMED if full else KEEPERS)}
    return Manifest(
        kind="full" if full else "small",
        studio=root.name,
        program=program_version(),
        schema=migrations.version(db),
        made_at=now(),
        rows=row_counts(db),
        digest=digest(db),
        digest_rules=rules(),
        files=dict(sorted(records.items())),
        left_out=_left_out(db, lying, records),
        missing=sorted(named.keys() - records.keys()),
        changed=sorted(path for path, each in records.items() if named.get(path) not in (None, each.sha256)),
    )


def _left_out(db: sqlite3.Connection, lying: list[StudioFile], records: dict[str, FileRecord]) -> list[LeftOut]:
    """What a restore will not bring back: by kind from the studio, and the films and models that lie elsewhere."""
    sizes: dict[str, list[int]] = {}
    for each in lying:
        if each.path not in records and each.kind not in ("database", "wal", "locks", "unfinished"):
            sizes.setdefault(each.kind, []).append(each.size)
    left = [LeftOut(kind, len(found), sum(found), _why(kind)) for kind, found in sorted(sizes.items())]
    films = db.execute("SELECT count(*) AS n, COALESCE(sum(bytes), 0) AS size FROM film").fetchone()
    models = db.execute("SELECT (SELECT count(*) FROM base) + (SELECT count(*) FROM tagger)").fetchone()[0]
    outside = [LeftOut("films", films["n"], films["size"], "outside"), LeftOut("models", models, 0, "outside")]
    return left + [each for each in outside if each.files]


def _why(kind: str) -> str:
    if kind in studio_files.CACHES:
        return "made again"
    return "backup" if kind == "backups" else "not kept"
