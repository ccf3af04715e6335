"""Shots of the films: where each begins and ends, how many drawings it holds, and the frame that stands for it."""

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from db.films import pack


class Shot(msgspec.Struct, frozen=True):
    """A shot: its first and last frame, its holds, and the key frame of the hold in its middle."""

    film_id: int
    number: int
    first: int
    last: int
    holds: int
    picture: int

    @property
    def frames(self) -> int:
        """How many frames it is long."""
        return self.last - self.first + 1

    @property
    def first_id(self) -> int:
        """The packed id of its first frame."""
        return pack(self.film_id, self.first)

    @property
    def last_id(self) -> int:
        """The packed id of its last frame."""
        return pack(self.film_id, self.last)


_SHOTS = """
SELECT s.film_id, s.number, s.first, s.last,
    (SELECT count(*) FROM hold h
     WHERE h.grouping_id = film.grouping_id AND h.first BETWEEN s.first AND s.last) AS holds,
    COALESCE((SELECT h.key_frame FROM hold h
              WHERE h.grouping_id = film.grouping_id AND h.first <= (s.first + s.last) / 2
              ORDER BY h.first DESC LIMIT 1), s.first) AS picture
FROM shot s JOIN film ON film.id = s.film_id
ORDER BY s.film_id, s.number
"""


def shots(db: sqlite3.Connection) -> list[Shot]:
    """Every shot, in film order. The picture of a hold that began before its shot is the shot's first frame."""
    return [_shot(row) for row in db.execute(_SHOTS)]


def _shot(row: sqlite3.Row) -> Shot:
    fields = dict(row)
    return Shot(**{**fields, "picture": max(fields["picture"], fields["first"])})


def shots_of(every: Sequence[Shot], frame_ids: "array[int]") -> list[Shot]:
    """The shots that contain one of these frames, whose packed ids ascend."""
    return [shot for shot in every if _any_between(frame_ids, shot.first_id, shot.last_id)]


def _any_between(frame_ids: "array[int]", first: int, last: int) -> bool:
    at = bisect_left(frame_ids, first)
    return at < len(frame_ids) and frame_ids[at] <= last


def index_at(every: Sequence[Shot], frame_id: int) -> int:
    """The index of the shot that holds a frame, or of the one before it; 0 before the first."""
    return max(0, bisect_left(every, frame_id + 1, key=lambda shot: shot.first_id) - 1)
