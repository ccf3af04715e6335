"""Checkpoints: each against its manifest. Training resumes from the newest that is whole."""

import sqlite3

from db.connect import writing
from db.i18n import _
from db.studio_files import is_below
from engine.check.checking import Checking
from engine.checkpoint_files import verified


def check(checking: Checking) -> None:
    """Look at every checkpoint that a row names; a damaged one is set aside, and its row forgotten."""
    rows = checking.db.execute(
        """SELECT c.id, c.path, c.sha256, r.name, r.finished_at FROM checkpoint c JOIN run r ON r.id = c.run_id
           ORDER BY c.id"""
    ).fetchall()
    for done, row in enumerate(rows):
        checking.looking(_("checkpoints"), done, len(rows))
        if fault := _fault(checking, row):
            repaired = _forget(checking, row) if checking.repair else ""
            remedy = _("run {run} goes on from the newest that is whole").format(run=row["name"])
            checking.found("checkpoint", row["path"], fault, remedy, repaired=repaired)


def _fault(checking: Checking, row: sqlite3.Row) -> str:
    if not is_below(row["path"]):
        return _("its row names no folder of this studio")
    if not (checking.root / row["path"]).is_dir():
        return "" if _pruned_meanwhile(checking, row) else _("it is missing")
    if (found := verified(checking.root / row["path"])) is None:
        return "" if _pruned_meanwhile(checking, row) else _("its files are not as its manifest says")
    if found.sha256 != row["sha256"] and row["finished_at"] is not None:
        return _("it is another one than its row tells")
    return ""


def _pruned_meanwhile(checking: Checking, row: sqlite3.Row) -> bool:
    """Whether training has let it go since its row was read."""
    if not checking.engine_works:
        return False
    return checking.db.execute("SELECT 1 FROM checkpoint WHERE id = ?", (row["id"],)).fetchone() is None


def _forget(checking: Checking, row: sqlite3.Row) -> str:
    done = _("its row is forgotten")
    if is_below(row["path"]) and (checking.root / row["path"]).exists():
        done = f"{checking.set_aside(row['path'])}, {done}"
    with writing(checking.db):
        checking.db.execute("DELETE FROM checkpoint WHERE id = ?", (row["id"],))
    return done
