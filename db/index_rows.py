"""The index's bitmaps as they are read from rows: which frames and pictures there are, and which carry which tag.

SQLite joins many numbers into one text, of which a bitmap is made: several times faster than a row for each number.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from pyroaring import BitMap, BitMap64

from db.films import FRAME_BITS, pack

RATING = 9
SHIFTED = 5  # drawings held for at most so many frames are spread by shifting whole bitmaps
SMALL_FILMS = 1 << 32 - FRAME_BITS
AnyBitMap = Any  # BitMap, or BitMap64 where a studio has more films than fit 32 bits

_NEEDS = """
need(tag_id, least) AS (SELECT t.id, 255.0 * COALESCE(
    (SELECT x.threshold FROM tag_threshold x WHERE x.policy_id = p.id AND x.tag_id = t.id),
    CASE t.category WHEN 4 THEN p.character ELSE p.general END)
    FROM policy p JOIN tag t ON t.category != 9 WHERE p.active)
"""
_SCORED = f"""
WITH {_NEEDS}
SELECT n.tag_id, s.film_id, group_concat(s.frame_number) FROM need n CROSS JOIN score s ON s.tag_id = n.tag_id
WHERE s.tagger_id = ?1 AND s.score >= n.least GROUP BY n.tag_id, s.film_id
"""
_SCORED_IN = f"""
WITH {_NEEDS}
SELECT s.tag_id, s.film_id, group_concat(s.frame_number) FROM score s CROSS JOIN need n ON n.tag_id = s.tag_id
WHERE s.tagger_id = ?1 AND s.film_id = ?2 AND s.frame_number BETWEEN ?3 AND ?4 AND s.score >= n.least
GROUP BY s.tag_id, s.film_id
"""
_RATED = """
SELECT tag_id, film_id, group_concat(frame_number) FROM (
    SELECT s.tag_id AS tag_id, s.film_id AS film_id, s.frame_number AS frame_number, max(s.score * 16777216 - s.tag_id)
    FROM score s WHERE s.tag_id IN (SELECT id FROM tag WHERE category = 9) AND s.tagger_id = ?1 {within}
    GROUP BY s.film_id, s.frame_number)
GROUP BY tag_id, film_id
"""
_RATED_IN = "AND s.film_id = ?2 AND s.frame_number BETWEEN ?3 AND ?4"
_SEEN = """
SELECT s.tag_id, group_concat(s.image_id) FROM policy p JOIN tag t
CROSS JOIN image_score s ON s.tag_id = t.id AND s.tagger_id = p.tagger_id
WHERE p.active AND s.score >= 255.0 * CASE t.category WHEN 4 THEN p.character ELSE p.general END {within}
GROUP BY s.tag_id
"""


class Range(msgspec.Struct, frozen=True):
    """Frames of one film, both ends included."""

    film_id: int
    first: int
    last: int

    @property
    def ids(self) -> tuple[int, int]:
        """The first packed id, and the one after the last."""
        return pack(self.film_id, self.first), pack(self.film_id, self.last) + 1


class Said(msgspec.Struct, frozen=True):
    """What people said of one tag: where it is present, and where they said anything."""

    present: AnyBitMap
    judged: AnyBitMap


class Holds(msgspec.Struct, frozen=True):
    """The held drawings of one film in one grouping, ready to spread what is known of their key frames."""

    grouping_id: int | None
    shifts: tuple[AnyBitMap, ...]  # key frames, as packed ids, whose drawing is still held 1, 2, … frames later
    long: AnyBitMap
    spans: dict[int, tuple[int, int]]  # of the long ones
    lengths: dict[int, AnyBitMap]  # by how long a drawing is held, every frame of those drawings

    @property
    def keys(self) -> AnyBitMap:
        """The key frame of every drawing that has one."""
        return self.shifts[0] | self.long

    def spread(self, keys: AnyBitMap) -> AnyBitMap:
        """Every frame that shows a drawing of these key frames."""
        spread = keys & self.shifts[0]
        for steps, held in enumerate(self.shifts[1:], 1):
            spread |= (keys & held).shift(steps)
        for key in keys & self.long:
            spread.add_range(*self.spans[key])
        return spread


def bitmap_kind(db: sqlite3.Connection) -> type[AnyBitMap]:
    """The bitmap that can hold every frame's packed id."""
    newest = db.execute("SELECT COALESCE(max(id), 0) FROM film").fetchone()[0]
    return BitMap if newest < SMALL_FILMS else BitMap64


def gathered(kind: type[AnyBitMap], text: str | None) -> AnyBitMap:
    """The numbers of a joined text."""
    return kind(array("I" if kind is BitMap else "Q", map(int, text.split(",") if text else ())))


def packed(kind: type[AnyBitMap], film_id: int, text: str | None) -> AnyBitMap:
    """Frame numbers of one film as a bitmap of packed ids."""
    return gathered(kind, text).shift(film_id << FRAME_BITS)


def frames_of(db: sqlite3.Connection, kind: type[AnyBitMap], film_id: int) -> AnyBitMap:
    """Every frame of a film; their numbers count from 1 without a gap unless rows were lost."""
    sql = "SELECT count(*), min(number), max(number) FROM frame WHERE film_id = ?"
    total, first, last = db.execute(sql, (film_id,)).fetchone()
    if total and last - first + 1 == total:
        return kind(range(pack(film_id, first), pack(film_id, last) + 1))
    text = db.execute("SELECT group_concat(number) FROM frame WHERE film_id = ?", (film_id,)).fetchone()[0]
    return packed(kind, film_id, text)


def holds_of(db: sqlite3.Connection, kind: type[AnyBitMap], film_id: int) -> Holds:
    """The holds of a film in the grouping in use."""
    grouping_id = db.execute("SELECT grouping_id FROM film WHERE id = ?", (film_id,)).fetchone()[0]
    short = """SELECT group_concat(key_frame) FROM hold
               WHERE grouping_id = ? AND key_frame = first AND last - first BETWEEN ? AND ?"""
    shifts = [
        packed(kind, film_id, db.execute(short, (grouping_id, steps, SHIFTED - 1)).fetchone()[0])
        for steps in range(SHIFTED)
    ]
    spans = dict(_long_spans(db, grouping_id, film_id))
    lengths = dict(_by_length(db, kind, grouping_id, film_id))
    return Holds(grouping_id, tuple(shifts), kind(spans), spans, lengths)


def _by_length(
    db: sqlite3.Connection, kind: type[AnyBitMap], grouping_id: int | None, film_id: int
) -> Iterator[tuple[int, AnyBitMap]]:
    sql = "SELECT last - first + 1, group_concat(first) FROM hold WHERE grouping_id = ? GROUP BY 1"
    for length, text in db.execute(sql, (grouping_id,)):
        firsts, frames = packed(kind, film_id, text), kind()
        if length <= SHIFTED:
            frames = kind.union(*(firsts.shift(steps) for steps in range(length)))
        else:
            for first in firsts:
                frames.add_range(first, first + length)
        frames.run_optimize()
        yield length, frames


def _long_spans(db: sqlite3.Connection, grouping_id: int | None, film_id: int) -> Iterator[tuple[int, tuple[int, int]]]:
    sql = """SELECT key_frame, first, last FROM hold WHERE grouping_id = ? AND key_frame IS NOT NULL
             AND (key_frame != first OR last - first >= ?)"""
    for key, first, last in db.execute(sql, (grouping_id, SHIFTED)):
        yield pack(film_id, key), (pack(film_id, first), pack(film_id, last) + 1)


def scored(
    db: sqlite3.Connection, kind: type[AnyBitMap], tagger_id: int | None, holds: dict[int, Holds],
    within: Range | None = None,
) -> dict[int, AnyBitMap]:  # fmt: skip
    """By tag, the frames that carry it by the scores of the tagger in use, whatever people said."""
    place = () if within is None else (within.film_id, within.first, within.last)
    rated = _RATED.format(within="" if within is None else _RATED_IN)
    found: dict[int, AnyBitMap] = {}
    for sql in (_SCORED if within is None else _SCORED_IN, rated):
        for tag_id, film_id, text in db.execute(sql, (tagger_id, *place)):
            frames = holds[film_id].spread(packed(kind, film_id, text))
            found[tag_id] = found[tag_id] | frames if tag_id in found else frames
    return found


def seen_frames(
    db: sqlite3.Connection, kind: type[AnyBitMap], tagger_id: int | None, within: Range | None = None
) -> AnyBitMap:
    """The frames that a tagger has looked at, each for the whole of its drawing."""
    place = () if within is None else (within.film_id, within.first, within.last)
    where = "" if within is None else "AND film_id = ? AND frame_number BETWEEN ? AND ?"
    sql = f"SELECT film_id, group_concat(frame_number) FROM scored WHERE tagger_id = ? {where} GROUP BY film_id"
    rows = db.execute(sql, (tagger_id, *place)).fetchall()
    return kind.union(kind(), *(packed(kind, film_id, text) for film_id, text in rows))


def said(db: sqlite3.Connection, kind: type[AnyBitMap], within: Range | None = None) -> dict[int, Said]:
    """By tag, what people said of frames."""
    place = () if within is None else (within.film_id, within.first, within.last)
    where = "" if within is None else "WHERE film_id = ? AND frame_number BETWEEN ? AND ?"
    sql = f"SELECT tag_id, film_id, present, group_concat(frame_number) FROM verdict {where} GROUP BY 1, 2, 3"
    found: dict[int, Said] = {}
    for tag_id, film_id, present, text in db.execute(sql, place):
        each = found.setdefault(tag_id, Said(kind(), kind()))
        frames = packed(kind, film_id, text)
        each.judged.update(frames)
        if present:
            each.present.update(frames)
    return found


def done_images(db: sqlite3.Connection, kind: type[AnyBitMap]) -> AnyBitMap:
    """The finished pictures."""
    return gathered(kind, db.execute("SELECT group_concat(id) FROM image WHERE state = 'done'").fetchone()[0])


def scored_images(db: sqlite3.Connection, kind: type[AnyBitMap], tagger_id: int | None) -> AnyBitMap:
    """The pictures that a tagger has seen."""
    sql = "SELECT group_concat(image_id) FROM image_scored WHERE tagger_id = ?"
    return gathered(kind, db.execute(sql, (tagger_id,)).fetchone()[0])


def carried_by_images(
    db: sqlite3.Connection, kind: type[AnyBitMap], among: Iterable[int] | None = None
) -> dict[int, AnyBitMap]:
    """By tag, the pictures that effectively carry it; among all, or among these few."""
    within = "" if among is None else f"AND image_id IN ({', '.join(map(str, among))})"
    found = {tag_id: gathered(kind, text) for tag_id, text in db.execute(_SEEN.format(within=within))}
    for tag_id, words in _said_of_images(db, kind, within).items():
        found[tag_id] = found.get(tag_id, kind()) - words.judged | words.present
    return found


def _said_of_images(db: sqlite3.Connection, kind: type[AnyBitMap], within: str) -> dict[int, Said]:
    sql = f"SELECT tag_id, present, group_concat(image_id) FROM image_verdict WHERE 1 {within} GROUP BY 1, 2"
    found: dict[int, Said] = {}
    for tag_id, present, text in db.execute(sql):
        each, images = found.setdefault(tag_id, Said(kind(), kind())), gathered(kind, text)
        each.judged.update(images)
        if present:
            each.present.update(images)
    return found
