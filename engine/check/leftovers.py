"""What nobody names or finished: orphans are set aside, never deleted; what is half-written is removed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

from db.connect import DATABASE_NAME, connect
from db.i18n import _
from db.studio_files import StudioFile
from engine.check.caches import LATENTS, THUMBS
from engine.check.checking import Checking


def check(checking: Checking) -> None:
    """Look at the files of the studio that no row names."""
    _check_orphans(checking)
    _check_unfinished(checking)
    _check_logs(checking)


def _check_orphans(checking: Checking) -> None:
    named, folders = _named(checking), _named_folders(checking)
    orphans = {
        _whole(each) for each in checking.files
        if each.kind in ("loras", "pictures", "checkpoints") and each.path not in named and checking.is_settled(each)
        and not any(str(parent) in folders for parent in PurePosixPath(each.path).parents)
    }  # fmt: skip
    for path in sorted(each for each in orphans if os.path.lexists(checking.root / each)):
        repaired = checking.set_aside(path) if checking.repair else ""
        checking.found("orphan", path, _("no row names it"), _("--repair moves it to orphans/"),
                       repaired=repaired, level="note")  # fmt: skip


def _named(checking: Checking) -> set[str]:
    """Files that rows name, or will name once the job that wrote them has gone on."""
    rows = checking.db.execute(
        """SELECT path FROM lora UNION SELECT 'loras/' || name || '.safetensors' FROM run WHERE finished_at IS NULL
           UNION SELECT path FROM image WHERE state = 'done'
           UNION SELECT 'images/' || generation_id || '/' || id || '.png' FROM image WHERE state = 'planned'"""
    )
    return {row[0] for row in rows}


def _named_folders(checking: Checking) -> set[str]:
    """Folders all of whose files belong to a row: a checkpoint, or an unfinished run with those it has yet to name."""
    rows = checking.db.execute(
        "SELECT path FROM checkpoint UNION SELECT 'runs/' || id FROM run WHERE finished_at IS NULL"
    )
    return {row[0] for row in rows}


def _whole(each: StudioFile) -> str:
    """The file, or the whole checkpoint that it is part of."""
    parts = PurePosixPath(each.path).parts
    return "/".join(parts[:3]) if each.kind == "checkpoints" else each.path


def _check_unfinished(checking: Checking) -> None:
    """Files and folders that were being written when their writer was killed."""
    unfinished = (each for each in checking.files if each.kind == "unfinished" and checking.is_settled(each))
    for name in sorted({_unfinished(each.path) for each in unfinished}):
        if _is_being_made(checking.root / name):
            continue
        if checking.repair:
            _remove(checking.root / name)
        checking.found("leftover", name, _("it was never finished"), _("--repair removes it"),
                       repaired=_("removed") if checking.repair else "", level="note")  # fmt: skip


def _unfinished(path: str) -> str:
    parts = PurePosixPath(path).parts
    last = next(index for index, part in enumerate(parts) if part.endswith(".partial"))
    return "/".join(parts[: last + 1])


def _is_being_made(path: Path) -> bool:
    """Whether a backup or a restore holds the folder."""
    if not path.is_dir():
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _check_logs(checking: Checking) -> None:
    """SQLite's logs that a killed process left: harmless, and merged by whoever opens the database next."""
    if checking.in_use:
        return
    for log in _logs(checking):
        path, database = checking.root / log.path, checking.root / log.path.removesuffix("-wal")
        repaired = ""
        if checking.repair and database.is_file():
            with closing(checking.db if database.name == DATABASE_NAME else connect(database)) as db:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            repaired = _("merged")
        elif checking.repair:
            path.unlink(missing_ok=True)
            repaired = _("removed")
        fault = _("{size} kB are not merged").format(size=-(-log.size // 1000))
        checking.found("leftover", log.path, fault if database.is_file() else _("its database is not there"),
                       _("--repair does it"), repaired=repaired, level="note")  # fmt: skip


def _logs(checking: Checking) -> Iterator[StudioFile]:
    names = {f"{name}-wal" for name in (DATABASE_NAME, THUMBS, LATENTS)}
    return (each for each in checking.files if each.path in names and each.size)
