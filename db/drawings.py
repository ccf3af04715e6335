"""Where holds and shots begin, for going from one to the next, and the holds around a frame."""

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple

import msgspec

from db.films import FRAME_BITS


class Hold(msgspec.Struct, frozen=True):
    """A hold, and the frame that stands for it: its key frame, or its first where all are tainted."""

    film_id: int
    first: int
    last: int
    picture: int

    @property
    def exposure(self) -> int:
        """How many frames show this drawing."""
        return self.last - self.first + 1


class Beginnings(NamedTuple):
    """Packed ids of the first frames of all holds and of all shots, ascending."""

    holds: "array[int]"
    shots: "array[int]"


def beginnings(db: sqlite3.Connection) -> Beginnings:
    """Read where holds and shots begin."""
    holds = f"""SELECT film.id << {FRAME_BITS} | h.first FROM film JOIN hold h ON h.grouping_id = film.grouping_id
                ORDER BY film.id, h.first"""
    shots = f"SELECT film_id << {FRAME_BITS} | first FROM shot ORDER BY film_id, first"
    return Beginnings(*(array("q", (row[0] for row in db.execute(sql))) for sql in (holds, shots)))


def beginning_after(ids: "array[int]", frame_id: int) -> int | None:
    """The first of these ids after a frame; None where there is none."""
    at = bisect_right(ids, frame_id)
    return ids[at] if at < len(ids) else None


def beginning_before(ids: "array[int]", frame_id: int) -> int | None:
    """The last of these ids before a frame; None where there is none."""
    at = bisect_left(ids, frame_id)
    return ids[at - 1] if at else None


_AROUND = """
SELECT film.id AS film_id, h.first, h.last, COALESCE(h.key_frame, h.first) AS picture
FROM film JOIN hold h ON h.grouping_id = film.grouping_id
WHERE film.id = :film AND h.first {side} :number ORDER BY h.first {order} LIMIT :count
"""


def around(db: sqlite3.Connection, film_id: int, number: int, count: int) -> list[Hold]:
    """The hold of a frame with `count` holds before and after it, in order; none where the film has no holds yet."""
    values = {"film": film_id, "number": number, "count": count}
    before = db.execute(_AROUND.format(side="<=", order="DESC"), values | {"count": count + 1}).fetchall()
    after = db.execute(_AROUND.format(side=">", order="ASC"), values).fetchall()
    return [Hold(**dict(row)) for row in (*reversed(before), *after)]
