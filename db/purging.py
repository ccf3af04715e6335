"""Purging: the files of rejected pictures are deleted for good, their rows stay; what nobody has seen stays whole."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from db import changes, comparisons, events, query
from db.connect import writing
from db.errors import UserError
from db.i18n import _, plural

REJECTED = "is:rejected -is:unseen"
NEVER_SHOWN = "is:rejected is:unseen"


def purgeable(db: sqlite3.Connection) -> list[int]:
    """The rejected pictures that somebody has seen and that still have their file, by their ids."""
    return list(query.image_ids(db, REJECTED))


def left(db: sqlite3.Connection) -> str:
    """How many stay because they were rejected before they had reached a terminal; empty where none was."""
    count = len(query.image_ids(db, NEVER_SHOWN))
    return plural("{count} stays, never shown", "{count} stay, never shown", count).format(count=count) if count else ""


def purge(db: sqlite3.Connection, root: Path, image_ids: Sequence[int]) -> int:
    """Delete the files of those of these pictures that were seen and rejected, for good; returns how many pictures.

    The rows say so before the files go, and files that a purge had no time for go with the next one. Raises
    `UserError`, after all other files are deleted, for a path that leads out of the studio's pictures.
    """
    comparisons.keep_sides(db)
    with writing(db):
        rows = db.execute(
            """UPDATE image SET state = 'purged' WHERE id IN (SELECT value FROM json_each(?)) AND state = 'done'
               AND EXISTS (SELECT 1 FROM rating r WHERE r.image_id = image.id AND r.rejected AND NOT r.unseen)
               RETURNING id""",
            (json.dumps(list(image_ids)),),
        ).fetchall()
        if purged := [int(row["id"]) for row in rows]:
            events.note(db, "purge", _("files of {count} rejected pictures deleted").format(count=len(purged)), "purge",
                        again=True)  # fmt: skip
            changes.announce(db, "images", None, min(purged), max(purged))
    _delete_files(db, root)
    return len(purged)


def _delete_files(db: sqlite3.Connection, root: Path) -> None:
    """Delete what purged rows name and no other row does."""
    rows = db.execute(
        """SELECT path FROM image p WHERE state = 'purged' AND path IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM image o WHERE o.path = p.path AND o.state != 'purged')"""
    )
    folder, outside = (root / "images").resolve(), ""
    for row in rows:
        path = (root / row["path"]).resolve()
        if folder in path.parents:
            path.unlink(missing_ok=True)
        else:
            outside = row["path"]
    if outside:
        raise UserError(_("{path} lies outside the studio's pictures, and stays.").format(path=outside))
