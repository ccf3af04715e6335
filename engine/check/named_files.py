"""Files that rows name: LoRAs, pictures, films and models. What changed is put right from a backup that has it."""

import os
import sqlite3
from pathlib import Path

from db.durable import copy_synced, file_sha256, partial_path, private_folder, sync_folder
from db.errors import UserError
from db.i18n import _
from db.studio_files import inside, is_below
from engine.check.checking import Checking

NAMED = """
SELECT 'LoRA' AS what, path, sha256 FROM lora
UNION ALL SELECT 'picture', path, sha256 FROM image WHERE state = 'done'
"""


def check(checking: Checking) -> None:
    """Look at every file that a row names, by its hash."""
    named = checking.db.execute(NAMED).fetchall()
    for done, row in enumerate(named):
        checking.looking(_("files"), done, len(named))
        if fault := _fault(checking.root, row):
            _tell(checking, row, fault)
    _check_films(checking)
    _check_models(checking)


def _fault(root: Path, row: sqlite3.Row) -> str:
    try:
        path = inside(root, row["path"] or "")
    except UserError:
        return _("its row names no file of this studio")
    if not path.is_file():
        return _("it is missing")
    try:
        changed = row["sha256"] is not None and file_sha256(path) != row["sha256"]
    except OSError as error:
        return _("it cannot be read ({error})").format(error=error.strerror)
    return _("it has changed since its row was written") if changed else ""


def _tell(checking: Checking, row: sqlite3.Row, fault: str) -> None:
    repaired = _put_right(checking, row) if checking.repair and row["path"] and is_below(row["path"]) else ""
    remedy = _("put it back, or --repair takes it from a backup that has it")
    checking.found(row["what"], str(row["path"]), fault, remedy, repaired=repaired)


def _put_right(checking: Checking, row: sqlite3.Row) -> str:
    """Take the file that the row tells of from a backup; what was in its place is kept."""
    for folder, manifest in checking.backups:
        record = manifest.files.get(row["path"])
        if record is not None and record.sha256 == row["sha256"] and _copied(checking, folder, row):
            return _("taken from {backup}").format(backup=folder)
    return ""


def _copied(checking: Checking, backup: Path, row: sqlite3.Row) -> bool:
    path = checking.root / row["path"]
    private_folder(path.parent)
    partial = partial_path(path)
    try:
        whole = bool(copy_synced(backup / row["path"], partial)[1] == row["sha256"])
        if whole and os.path.lexists(path):
            checking.set_aside(row["path"])
        if whole:
            partial.rename(path)
            sync_folder(path.parent)
    except OSError:
        return False
    finally:
        partial.unlink(missing_ok=True)
    return whole


def _check_films(checking: Checking) -> None:
    """Films lie outside the studio: only whether they are there, of their size, for a hash of one takes minutes."""
    for film in checking.db.execute("SELECT name, path, bytes FROM film ORDER BY id"):
        path = Path(film["path"])
        if not path.is_file():
            fault = _("it is not at {path}").format(path=path)
        elif path.stat().st_size != film["bytes"]:
            fault = _("the file at {path} is another one").format(path=path)
        else:
            continue
        checking.found("film", film["name"], fault, _("`kimikoe ingest PATH` finds it where it is now"))


def _check_models(checking: Checking) -> None:
    for what in ("base", "tagger"):
        for row in checking.db.execute(f"SELECT name, source FROM {what} ORDER BY id"):
            if row["source"].startswith("/") and not Path(row["source"]).exists():
                fault = _("it is not at {path}").format(path=row["source"])
                checking.found(what, row["name"], fault, _("put it back there: its files are known by their hash"))
