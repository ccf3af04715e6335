"""A film's stored frames, a slice at a time."""

import sqlite3
from collections.abc import Iterator

from engine.measured import Measured

FRAMES_AT_ONCE = 2048
_SLICE = """
SELECT number, distance, cut_change, tainted, signature FROM frame
WHERE film_id = ? AND number > ? ORDER BY number LIMIT ?
"""


def frame_slices(db: sqlite3.Connection, film_id: int) -> Iterator[Measured]:
    """What is stored of all of a film's frames; between two slices nothing is being read, so that others can write."""
    last = 0
    while rows := db.execute(_SLICE, (film_id, last, FRAMES_AT_ONCE)).fetchall():
        yield Measured.of(rows)
        last = rows[-1]["number"]
