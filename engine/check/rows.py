"""The truth: is the database sound, and do its rows refer to rows that are there. Nothing here is ever changed."""

from db.connect import DATABASE_NAME
from db.i18n import _
from engine.check.checking import Checking

MOST_FAULTS = 20


def check(checking: Checking) -> None:
    """Look at `kimikoe.db`."""
    checking.looking(DATABASE_NAME, 0, 2)
    for row in checking.db.execute(f"PRAGMA integrity_check({MOST_FAULTS})"):
        if row[0] != "ok":
            checking.found("rows", DATABASE_NAME, row[0], _("restore it from a backup"))
    checking.looking(DATABASE_NAME, 1, 2)
    _check_references(checking)
    checking.looking(DATABASE_NAME, 2, 2)


def _check_references(checking: Checking) -> None:
    counts: dict[tuple[str, str], int] = {}
    for row in checking.db.execute("PRAGMA foreign_key_check"):
        counts[row[0], row[2]] = counts.get((row[0], row[2]), 0) + 1
    for (table, parent), count in counts.items():
        fault = _("{count} rows of {table} name rows of {parent} that are not there").format(
            count=count, table=table, parent=parent
        )
        checking.found("rows", DATABASE_NAME, fault, _("restore it from a backup"))
