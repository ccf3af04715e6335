"""Fields that the index answers from ranges of frames or from its own bitmaps, without a look at every frame.

A field's condition carries how (`Condition.indexed`); SQL with the condition itself answers where there is no index.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from math import ceil, floor
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from db.films import FRAME_BITS, pack
from db.query_values import LARGEST_NUMBER, Bound, Indexed, Parse, bounds_of, number

if TYPE_CHECKING:
    from db.index_state import State

HIGHEST = (1 << FRAME_BITS) - 1
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


def ranges(sql: str, values: Iterable[Any] = ()) -> Indexed:
    """What a question for rows of (film, first frame, last frame) answers."""
    asked = tuple(values)

    def found(db: sqlite3.Connection, state: "State") -> Any:
        bitmap = state.kind()
        rows = db.execute(sql, asked)
        rows.row_factory = None  # tens of thousands of drawings are spans, too
        for film_id, first, last in rows:
            film = film_id << FRAME_BITS
            bitmap.add_range(film + first, film + min(last, HIGHEST) + 1)
        return bitmap

    return found


def add_frames(bitmap: Any, film_id: int, first: int, last: int) -> None:
    """Add the frames of one film from `first` to `last`, of those that a number can name."""
    first, last = max(first, 0), min(last, HIGHEST)
    if first <= last:
        bitmap.add_range(pack(film_id, first), pack(film_id, last) + 1)


def numbered(value: str, parse: Parse) -> Indexed:
    """Frames of every film by number, `5`, `>=5`, `5..8` or several between commas."""
    spans = [_whole_span(bounds_of(part, parse)) for part in value.split(",")]
    return ranges(" UNION ALL ".join(["SELECT id, ?, ? FROM film"] * len(spans)), [n for span in spans for n in span])


def timed(value: str, parse: Parse) -> Indexed:
    """Frames of every film by the second that they show, floor((n - 1) / fps)."""
    spans = [_whole_span(bounds_of(part, parse)) for part in value.split(",")]

    def found(db: sqlite3.Connection, state: "State") -> Any:
        bitmap = state.kind()
        for film_id, fps_num, fps_den in db.execute("SELECT id, fps_num, fps_den FROM film"):
            for low, high in spans:
                add_frames(bitmap, film_id, 1 - -low * fps_num // fps_den, -(-(high + 1) * fps_num // fps_den))
        return bitmap

    return found


def key_frames(db: sqlite3.Connection, state: "State") -> Any:
    """The first clean frame of every drawing."""
    return state.kind.union(state.kind(), *(holds.keys for holds in state.holds.values()))


def held(value: str, parse: Parse) -> Indexed:
    """Frames of drawings that are held for so many frames."""
    fits = is_one_of(value, parse)

    def found(db: sqlite3.Connection, state: "State") -> Any:
        lengths = (pair for holds in state.holds.values() for pair in holds.lengths.items())
        return state.kind.union(state.kind(), *(frames for length, frames in lengths if fits(length)))

    return found


def scored(tag_ids: Sequence[int], operator: str, share: float) -> Indexed:
    """Frames whose drawing the tagger in use scores so for one of these tags."""

    def found(db: sqlite3.Connection, state: "State") -> Any:
        from db.index_rows import packed

        sql = f"""SELECT film_id, group_concat(frame_number) FROM score
            WHERE tag_id IN ({", ".join(map(str, tag_ids))}) AND tagger_id = ? AND score {operator} 255 * ?
            GROUP BY film_id"""
        rows = db.execute(sql, (state.policy.tagger_id, share)).fetchall()
        return state.drawings_of(state.kind.union(state.kind(), *(packed(state.kind, *row) for row in rows)))

    return found


def seen_by(taggers: Sequence[int]) -> Indexed:
    """Frames whose drawing one of these taggers has looked at."""

    def found(db: sqlite3.Connection, state: "State") -> Any:
        from db import index_rows

        keys = [
            state.seen_frames if each == state.policy.tagger_id else index_rows.seen_frames(db, state.kind, each)
            for each in taggers
        ]
        return state.drawings_of(state.kind.union(*keys))

    return found


def seen(db: sqlite3.Connection, state: "State") -> Any:
    """Frames whose drawing the tagger in use has looked at."""
    return state.drawings_of(state.seen_frames)


def unseen(db: sqlite3.Connection, state: "State") -> Any:
    """Frames whose drawing it has not."""
    return state.carried["frame"].everything - seen(db, state)


def flickering(tag_ids: Sequence[int] | None, compared: str) -> Indexed:
    """Frames of the shots in which one of these tags, or of all, comes and goes as often as `compared` says."""
    fits = is_one_of(compared, number)

    def found(db: sqlite3.Connection, state: "State") -> Any:
        from db import index_flicker

        return index_flicker.found_in(db, state, tag_ids, fits)

    return found


def is_one_of(value: str, parse: Parse) -> Callable[[float], bool]:
    """Whether a number is what `5`, `>=5`, `5..8` or one of several between commas asks for."""
    parts = [bounds_of(part, parse) for part in value.split(",")]
    return lambda found: any(all(_OPERATORS[sign](found, end) for sign, end in bounds) for bounds in parts)


def _whole_span(bounds: Iterable[Bound]) -> tuple[int, int]:
    """The first and last whole number within bounds; the first is greater where there is none."""
    low, high = 0, LARGEST_NUMBER - 1
    for sign, end in bounds:
        if sign in ("=", ">", ">="):
            low = max(low, floor(end) + 1 if sign == ">" else ceil(end))
        if sign in ("=", "<", "<="):
            high = min(high, ceil(end) - 1 if sign == "<" else floor(end))
    return min(low, HIGHEST + 1), max(high, -1)
