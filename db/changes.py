"""The feed by which one process learns what another wrote: poll `data_version`, then read what is new."""

import sqlite3

import msgspec

from db.connect import now


class Change(msgspec.Struct, frozen=True):
    """Rows of one kind changed; for frames, in this range of one film."""

    id: int
    kind: str
    film_id: int | None
    first: int | None
    last: int | None


def announce(
    db: sqlite3.Connection,
    kind: str,
    film_id: int | None = None,
    first: int | None = None,
    last: int | None = None,
) -> None:
    """Add to the feed, inside the transaction that makes the change."""
    db.execute(
        "INSERT INTO change (at, kind, film_id, first, last) VALUES (?, ?, ?, ?, ?)",
        (now(), kind, film_id, first, last),
    )


def newest(db: sqlite3.Connection) -> int:
    """The id of the last change, 0 where there is none."""
    return int(db.execute("SELECT COALESCE(max(id), 0) FROM change").fetchone()[0])


def since(db: sqlite3.Connection, last_id: int) -> list[Change]:
    """Changes after `last_id`, oldest first."""
    rows = db.execute("SELECT id, kind, film_id, first, last FROM change WHERE id > ? ORDER BY id", (last_id,))
    return [Change(**dict(row)) for row in rows]


def data_version(db: sqlite3.Connection) -> int:
    """A number that differs from the last one when another connection has committed since."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
