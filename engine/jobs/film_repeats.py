"""Compare a film that is in whole with those before it, and keep which stretches they share."""

import sqlite3
from fractions import Fraction

import numpy as np

from db.changes import announce
from db.connect import writing
from db.i18n import _
from engine.holds import SIGNATURE_HEIGHT, SIGNATURE_WIDTH
from engine.jobs.film_slices import frame_slices
from engine.repeats import Shared, Signatures, shared_stretches
from engine.running import RunningJob

SAME_RATE = Fraction(1, 1000)

Row = tuple[int, int, int, int, int, int, float]


def find_repeats(db: sqlite3.Connection, film_id: int, job: RunningJob) -> None:
    """Store what a whole film shares with each other whole one of its frame rate, unless that is known."""
    film = db.execute("SELECT * FROM film WHERE id = ?", (film_id,)).fetchone()
    if film["frame_count"] is None or db.execute("SELECT 1 FROM repeat WHERE film_id = ?", (film_id,)).fetchone():
        return
    ours: Signatures | None = None
    rows: list[Row] = []
    for other in db.execute("SELECT * FROM film WHERE id != ? AND frame_count IS NOT NULL", (film_id,)).fetchall():
        if abs(_fps(other) / _fps(film) - 1) > SAME_RATE:
            continue
        ours = _signatures(db, film) if ours is None else ours
        found = shared_stretches(ours, _signatures(db, other), _fps(film))
        rows += _rows(film_id, other["id"], found)
        if found:
            words = _("{count} stretches come again in {film}: `kimikoe repeats` lists them.")
            job.say(words.format(count=len(found), film=other["name"]))
        job.check()
    _store(db, film_id, rows)


def _fps(film: sqlite3.Row) -> Fraction:
    return Fraction(film["fps_num"], film["fps_den"])


def _signatures(db: sqlite3.Connection, film: sqlite3.Row) -> Signatures:
    """[frames, areas] of a whole film, frame 1 first."""
    signatures = np.empty((film["frame_count"], SIGNATURE_WIDTH * SIGNATURE_HEIGHT), np.uint8)
    for frames in frame_slices(db, film["id"]):
        signatures[frames.numbers - 1] = frames.areas
    return signatures


def _rows(film_id: int, other_id: int, found: list[Shared]) -> list[Row]:
    """Each stretch from both of its films."""
    rows: list[Row] = []
    for each in found:
        here, there = (each.first + 1, each.last + 1), (each.other_first + 1, each.other_last + 1)
        rows += [(film_id, *here, other_id, *there, each.alike), (other_id, *there, film_id, *here, each.alike)]
    return rows


def _store(db: sqlite3.Connection, film_id: int, rows: list[Row]) -> None:
    """Store what was found of all films together: that a film has any says that it was compared with each."""
    with writing(db):
        db.executemany("INSERT OR REPLACE INTO repeat VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        if rows:
            announce(db, "frames", film_id)
