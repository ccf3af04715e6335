"""Which frames of a film are still to be taken in, and whether its shots and holds reach over all that are."""

import sqlite3

from db.connect import writing

OF_FEWER_FRAMES = " (of fewer frames)"


def missing_runs(db: sqlite3.Connection, film_id: int, first: int, last: int | None) -> list[tuple[int, int | None]]:
    """Runs of frames `first`..`last` that are not stored; the end of the last run is open where `last` is."""
    rows = db.execute("SELECT number FROM frame WHERE film_id = ? AND number >= ? ORDER BY number", (film_id, first))
    runs: list[tuple[int, int | None]] = []
    next_number = first
    for row in rows:
        if last is not None and row["number"] > last:
            break
        if row["number"] > next_number:
            runs.append((next_number, row["number"] - 1))
        next_number = row["number"] + 1
    if last is None or next_number <= last:
        runs.append((next_number, last))
    return runs


def newest_frame(db: sqlite3.Connection, film_id: int) -> int:
    """The number of the last frame that is stored, 0 where none is."""
    return int(db.execute("SELECT COALESCE(max(number), 0) FROM frame WHERE film_id = ?", (film_id,)).fetchone()[0])


def shots_reach(db: sqlite3.Connection, film_id: int) -> bool:
    """Whether every stored frame lies in a shot."""
    row = db.execute(
        """SELECT (SELECT total(last - first + 1) FROM shot WHERE film_id = :film)
               = (SELECT count(*) FROM frame WHERE film_id = :film)""",
        {"film": film_id},
    ).fetchone()
    return bool(row[0])


def holds_reach(db: sqlite3.Connection, film_id: int) -> bool:
    """Whether every stored frame lies in a hold of the grouping in use."""
    row = db.execute(
        """SELECT (SELECT total(h.last - h.first + 1) FROM film f JOIN hold h ON h.grouping_id = f.grouping_id
                   WHERE f.id = :film) = (SELECT count(*) FROM frame WHERE film_id = :film)""",
        {"film": film_id},
    ).fetchone()
    return bool(row[0])


def set_groupings_aside(db: sqlite3.Connection, film_id: int) -> None:
    """Keep groupings of fewer frames from being continued as if they were of all; the one in use stays in use."""
    with writing(db):
        db.execute(
            f"""UPDATE grouping SET method = method || '{OF_FEWER_FRAMES}'
                WHERE film_id = ? AND method NOT LIKE '%{OF_FEWER_FRAMES}'""",
            (film_id,),
        )
