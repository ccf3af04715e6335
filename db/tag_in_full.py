"""All that is known of one tag: who says it where, from which score on it counts, and frames that show it."""

import sqlite3
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

import msgspec

from db import query
from db.films import pack
from db.query_tree import word_for

if TYPE_CHECKING:
    from db.index import Index

BINS = 20
NEAR = 0.2
"""How far from the threshold a score may lie to be shown as near to it."""
CHARACTER, RATING = 4, 9


class Threshold(msgspec.Struct, frozen=True):
    """From which score on the tagger's word counts, and whether that was set for this tag alone."""

    value: float
    own: bool


class Example(msgspec.Struct, frozen=True):
    """A frame that shows a tag, and the tagger's score; None where a person says so."""

    film_id: int
    number: int
    score: float | None


class Decisions(msgspec.Struct, frozen=True):
    """On how many frames, or pictures, people said in one way that a tag is there, and that it is not."""

    how: str
    present: int
    denied: int


class TagInFull(msgspec.Struct, frozen=True):
    """A tag. `scores` counts key frames by score, in twentieths from 0 to 1."""

    id: int
    name: str
    category: int
    frames: int
    shots: int
    pictures: int
    threshold: Threshold | None
    decisions: list[Decisions]
    of_pictures: list[Decisions]
    aliases: list[str]
    implies: list[str]
    implied_by: list[str]
    scores: list[int]
    surest: list[Example]
    nearest: list[Example]


def read(db: sqlite3.Connection, tag_id: int, most: int, index: "Index | None" = None) -> TagInFull | None:
    """Read a tag, with at most `most` examples of each kind; None where it is gone."""
    row = db.execute("SELECT id, name, category FROM tag WHERE id = ?", (tag_id,)).fetchone()
    if row is None:
        return None
    word, counts = word_for(row["name"]), threshold(db, tag_id)
    frames = query.frame_ids(db, word, index)
    return TagInFull(
        id=tag_id, name=row["name"], category=row["category"], frames=len(frames), shots=_shots(db, frames),
        pictures=query.count(db, word, "image", index), threshold=counts,
        decisions=_decisions(db, "verdict", tag_id), of_pictures=_decisions(db, "image_verdict", tag_id),
        aliases=_names(db, _ALIASES, tag_id), implies=_names(db, _IMPLIES, tag_id),
        implied_by=_names(db, _IMPLIED_BY, tag_id), scores=_scores(db, tag_id),
        surest=surest(db, tag_id, most), nearest=nearest(db, tag_id, most, counts),
    )  # fmt: skip


def threshold(db: sqlite3.Connection, tag_id: int) -> Threshold | None:
    """The tag's own threshold or its category's; None without a tagger, and for ratings: the greatest counts."""
    row = db.execute(_THRESHOLD, (tag_id,)).fetchone()
    return Threshold(row["own"] if row["own"] is not None else row["usual"], row["own"] is not None) if row else None


def surest(db: sqlite3.Connection, tag_id: int, most: int) -> list[Example]:
    """The frames of which the tagger is surest, but where a person denies it; without any, those that people named.

    One of each shot, so that they differ.
    """
    found = _examples(db, _SUREST, tag_id, most)
    return found or _examples(db, _NAMED, tag_id, most)


def nearest(db: sqlite3.Connection, tag_id: int, most: int, counts: Threshold | None) -> list[Example]:
    """The undecided frames whose score lies near the threshold, the nearest first, one of each shot."""
    return _examples(db, _NEAREST, tag_id, most, counts.value) if counts else []


def _examples(db: sqlite3.Connection, sql: str, tag_id: int, most: int, middle: float = 0) -> list[Example]:
    rows = db.execute(sql, {"tag": tag_id, "most": most, "middle": 255 * middle, "near": 255 * NEAR})
    return [Example(row[0], row[1], None if row[2] is None else row[2] / 255) for row in rows]


def _shots(db: sqlite3.Connection, frames: "array[int]") -> int:
    """In how many shots there is one of these frames, which ascend."""
    count = 0
    for film_id, first, last in db.execute("SELECT film_id, first, last FROM shot"):
        at = bisect_left(frames, pack(film_id, first))
        count += at < len(frames) and frames[at] <= pack(film_id, last)
    return count


def _decisions(db: sqlite3.Connection, table: str, tag_id: int) -> list[Decisions]:
    sql = f"""SELECT how, sum(present), sum(NOT present) FROM {table} WHERE tag_id = ? GROUP BY how
              ORDER BY how = 'seen' DESC, how = 'spread' DESC"""
    return [Decisions(*row) for row in db.execute(sql, (tag_id,))]


def _names(db: sqlite3.Connection, sql: str, tag_id: int) -> list[str]:
    return [row[0] for row in db.execute(sql, (tag_id,))]


def _scores(db: sqlite3.Connection, tag_id: int) -> list[int]:
    counted = {row[0]: row[1] for row in db.execute(_SCORES, (tag_id,))}
    return [counted.get(each, 0) for each in range(BINS)]


_ALIASES = "SELECT alias FROM tag_alias WHERE tag_id = ? ORDER BY 1"
_IMPLIES = "SELECT t.name FROM tag_implication i JOIN tag t ON t.id = i.implied_id WHERE i.tag_id = ? ORDER BY 1"
_IMPLIED_BY = "SELECT t.name FROM tag_implication i JOIN tag t ON t.id = i.tag_id WHERE i.implied_id = ? ORDER BY 1"
_THRESHOLD = f"""
SELECT x.threshold AS own, CASE t.category WHEN {CHARACTER} THEN p.character ELSE p.general END AS usual
FROM tag t JOIN policy p ON p.active LEFT JOIN tag_threshold x ON x.policy_id = p.id AND x.tag_id = t.id
WHERE t.id = ? AND t.category != {RATING}
"""
_SCORES = f"""
SELECT min({BINS - 1}, s.score * {BINS} / 255), count(*) FROM policy p
CROSS JOIN score s ON s.tag_id = ? AND s.tagger_id = p.tagger_id WHERE p.active GROUP BY 1
"""
_OF_SHOTS = """
SELECT s.film_id, x.frame_number, x.score, {chosen} AS chosen FROM policy p CROSS JOIN shot s
CROSS JOIN score x INDEXED BY score_tag ON x.tag_id = :tag AND x.tagger_id = p.tagger_id AND x.film_id = s.film_id
    AND x.frame_number BETWEEN s.first AND s.last
WHERE p.active AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.film_id = x.film_id
    AND v.frame_number = x.frame_number AND v.tag_id = :tag {decided}) AND {near}
GROUP BY s.film_id, s.number ORDER BY chosen {order}, s.film_id, s.number LIMIT :most
"""  # where the least or greatest is asked for, SQLite takes the other columns from that row
_SUREST = _OF_SHOTS.format(chosen="max(x.score)", decided="AND NOT v.present", near="1", order="DESC")
_NEAREST = _OF_SHOTS.format(
    chosen="min(abs(x.score - :middle))", decided="", near="abs(x.score - :middle) <= :near", order="ASC"
)
_NAMED = """
SELECT s.film_id, min(v.frame_number), NULL FROM shot s CROSS JOIN verdict v ON v.tag_id = :tag
    AND v.film_id = s.film_id AND v.frame_number BETWEEN s.first AND s.last AND v.present
GROUP BY s.film_id, s.number ORDER BY s.film_id, s.number LIMIT :most
"""
