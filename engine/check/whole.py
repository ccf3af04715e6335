"""The whole studio, part by part."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from db.connect import DATABASE_NAME
from db.findings import Finding, Told
from db.i18n import _
from engine.check import caches, checkpoints, leftovers, named_files, rows
from engine.check.checking import open_checking

PARTS = (rows.check, caches.check, named_files.check, checkpoints.check, leftovers.check)


def check_studio(root: Path, tell: Callable[[Told], None], *, repair: bool = False, backup: Path | None = None) -> None:
    """Look at everything, and repair it where that is wanted; `backup` may lend files.

    A database that cannot be read ends it, with that as its last finding. Raises `UserError` where there is no studio,
    or where an engine works on one that is to be repaired.
    """
    with open_checking(root, tell, repair=repair, backup=backup) as checking:
        try:
            for part in PARTS:
                part(checking)
        except sqlite3.DatabaseError as error:
            tell(Finding("fault", "rows", DATABASE_NAME, str(error), _("restore it from a backup")))
