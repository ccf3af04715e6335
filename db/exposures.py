"""What became of a film's frames: how long its drawings are held, by which threshold, and which one fits its encode."""

import sqlite3
from collections.abc import Sequence

import msgspec

GREATEST_DISTANCE = 255
DEFAULT_THRESHOLD, HIGHEST_THRESHOLD = 4, 12
_TAIL, _TAIL_SHARE = 3, 0.01
_CLEAR_RISE = 2
_SMALLEST_SHARE_OF_REPEATS = 0.1


class Exposures(msgspec.Struct, frozen=True):
    """How many drawings are held for one, two, three and more frames."""

    ones: int
    twos: int
    threes: int
    longer: int

    @property
    def holds(self) -> int:
        """All drawings."""
        return self.ones + self.twos + self.threes + self.longer


class Example(msgspec.Struct, frozen=True):
    """A frame and how far it is from the frame before, 0..255."""

    number: int
    distance: int


_EXPOSURES = """
SELECT COALESCE(sum(last = first), 0), COALESCE(sum(last = first + 1), 0), COALESCE(sum(last = first + 2), 0),
    COALESCE(sum(last > first + 2), 0)
FROM hold WHERE grouping_id = (SELECT grouping_id FROM film WHERE id = ?)
"""


def exposures(db: sqlite3.Connection, film_id: int) -> Exposures:
    """How long the drawings of a film are held, in the grouping in use."""
    return Exposures(*db.execute(_EXPOSURES, (film_id,)).fetchone())


def threshold_in_use(db: sqlite3.Connection, film_id: int) -> int | None:
    """The threshold of the grouping in use; None before the film has one."""
    row = db.execute(
        "SELECT g.threshold FROM film f JOIN grouping g ON g.id = f.grouping_id WHERE f.id = ?", (film_id,)
    ).fetchone()
    return int(row["threshold"]) if row else None


def chosen_threshold(db: sqlite3.Connection, film_id: int) -> int | None:
    """The threshold that a person chose for a film; None where the one that fits the encode is wanted."""
    row = db.execute("SELECT hold_threshold FROM film WHERE id = ?", (film_id,)).fetchone()
    return row["hold_threshold"]  # type: ignore[no-any-return]


def distance_counts(db: sqlite3.Connection, film_id: int) -> list[int]:
    """How many frames are at each distance 0..255 from the frame before; the first frame has none before it."""
    rows = db.execute(
        "SELECT distance, count(*) AS count FROM frame WHERE film_id = ? AND number > 1 GROUP BY distance", (film_id,)
    )
    found = {row["distance"]: row["count"] for row in rows}
    return [found.get(distance, 0) for distance in range(GREATEST_DISTANCE + 1)]


def estimate_threshold(counts: Sequence[int]) -> int:
    """The threshold that fits a film's encode, 4..12, from how many frames are at each distance to the one before.

    Repeats of a drawing gather near 0, the wider the noisier the encode; the threshold is the foot of that peak: few
    are a little above it, or more again, which are movements. Below 4 nothing moves, and a film that hardly repeats
    drawings gets that.
    """
    if sum(counts[: HIGHEST_THRESHOLD + 1]) < _SMALLEST_SHARE_OF_REPEATS * max(sum(counts), 1):
        return DEFAULT_THRESHOLD
    foot = DEFAULT_THRESHOLD
    while foot < HIGHEST_THRESHOLD and not _is_foot(counts, foot):
        foot += 1
    return foot


def _is_foot(counts: Sequence[int], foot: int) -> bool:
    above = sum(counts[foot + 1 : foot + 1 + _TAIL])
    rises = sum(counts[foot + 1 : foot + 3]) >= _CLEAR_RISE * sum(counts[foot - 1 : foot + 1])
    return rises or above <= _TAIL_SHARE * sum(counts[: foot + 1])


def changes_between(db: sqlite3.Connection, film_id: int, low: int, high: int, limit: int) -> list[Example]:
    """The first frames that are further than `low` and at most `high` from the frame before."""
    rows = db.execute(
        """SELECT number, distance FROM frame WHERE film_id = ? AND number > 1 AND distance > ? AND distance <= ?
           ORDER BY number LIMIT ?""",
        (film_id, low, high, limit),
    )
    return [Example(**dict(row)) for row in rows]
