"""Every tag that a studio knows something of: how many frames and pictures carry it, and what people decided."""

import re
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from db.query_fields import CARRIED

if TYPE_CHECKING:
    from db.index import Index
    from db.index_state import State

RATING = 9
Counts = dict[int, int]
Order = Literal["frames", "decisions", "flicker", "name"]


class TagCount(msgspec.Struct, frozen=True):
    """A tag with the frames and pictures that effectively carry it, and frames of which people said it is there or not.

    `flicker` is how often it comes and goes within shots, None where that was not counted, as for ratings.
    """

    id: int
    name: str
    category: int
    frames: int
    present: int
    denied: int
    pictures: int
    flicker: int | None = None

    @property
    def decided(self) -> int:
        """Of how many frames people said something."""
        return self.present + self.denied


class Vocabulary(msgspec.Struct, frozen=True):
    """The tags, in no order, and how many frames and finished pictures there are in all."""

    tags: list[TagCount]
    frames: int
    pictures: int


def by_index(db: sqlite3.Connection, index: "Index") -> Vocabulary | None:
    """The vocabulary as the index counts it; None where it does not know the rows that `db` sees."""
    if not index.ready:
        return None
    from db.index import reading

    with reading(db):
        state = index.current(db)
        return _of_state(db, state) if state else None


def by_sql(db: sqlite3.Connection) -> Vocabulary:
    """The same without an index, and without flicker; a whole film takes seconds."""
    from db.index import reading

    with reading(db):
        said = {row[0]: (row[1], row[2] - row[1]) for row in db.execute(_SAID)}
        stated, overruled, pictures = (_counts(db, sql) for sql in (_STATED, _OVERRULED, _PICTURED))
        tags = []
        for tag_id, name, category in db.execute(_TAGS):
            present, denied = said.get(tag_id, (0, 0))
            frames = stated.get(tag_id, 0) - overruled.get(tag_id, 0) + present
            tags.append(TagCount(tag_id, name, category, frames, present, denied, pictures.get(tag_id, 0)))
        totals = db.execute("SELECT (SELECT count(*) FROM frame), (SELECT count(*) FROM image WHERE state = 'done')")
        return Vocabulary(_known(db, tags), *totals.fetchone())


def arranged(tags: Iterable[TagCount], order: Order, part: str = "") -> list[TagCount]:
    """The tags whose names contain what was typed, the greatest first, equal ones by frames and name."""
    wanted = re.sub(r"\s+", "_", part.strip().lower())

    def place(tag: TagCount) -> tuple[Any, ...]:
        first = {"frames": tag.frames, "decisions": tag.decided, "flicker": tag.flicker or 0, "name": 0}[order]
        return (tag.name,) if order == "name" else (-first, -tag.frames, tag.name)

    return sorted((tag for tag in tags if wanted in tag.name), key=place)


def _of_state(db: sqlite3.Connection, state: "State") -> Vocabulary:
    frames, pictures = state.carried["frame"], state.carried["image"]
    sizes, turns = {tag_id: size for size, tag_id in frames.by_size}, _flicker(db, state)
    tags = []
    for tag in state.tags.values():
        said, drawn = state.said.get(tag.id), pictures.by_tag.get(tag.id)
        present, judged = (len(said.present), len(said.judged)) if said else (0, 0)
        seen = drawn.intersection_cardinality(pictures.everything) if drawn else 0
        flicker = None if tag.category == RATING else turns.get(tag.id, 0)
        size = sizes.get(tag.id, 0)
        tags.append(TagCount(tag.id, tag.name, tag.category, size, present, judged - present, seen, flicker))
    return Vocabulary(_known(db, tags), len(frames.everything), len(pictures.everything))


def _flicker(db: sqlite3.Connection, state: "State") -> Counts:
    """By tag, how often it comes and goes within shots; ratings are left out, as everywhere."""
    from db import index_flicker

    shots, turns = index_flicker.shots_of(db, state), {}
    for tag_id, carried in state.carried["frame"].by_tag.items():
        if state.tags[tag_id].category != RATING:
            begun = (carried & shots.begins).difference_cardinality(carried.shift(1))
            turns[tag_id] = begun + (carried & shots.ends).difference_cardinality(carried.shift(-1))
    return turns


def _known(db: sqlite3.Connection, tags: Iterable[TagCount]) -> list[TagCount]:
    """Those that something carries, or of which people said something, be it of a picture."""
    of_pictures = {row[0] for row in db.execute("SELECT DISTINCT tag_id FROM image_verdict")}
    return [tag for tag in tags if tag.frames or tag.pictures or tag.decided or tag.id in of_pictures]


def _counts(db: sqlite3.Connection, sql: str) -> Counts:
    return {row[0]: row[1] for row in db.execute(sql)}


_TAGS = "SELECT id, name, category FROM tag"
_SAID = "SELECT tag_id, sum(present), count(*) FROM verdict GROUP BY tag_id"
_LEAST = """255.0 * COALESCE((SELECT x.threshold FROM tag_threshold x WHERE x.policy_id = p.id AND x.tag_id = t.id),
    CASE t.category WHEN 4 THEN p.character ELSE p.general END)"""
_STATED = f"""
WITH need(tag_id, least) AS (SELECT t.id, {_LEAST} FROM policy p JOIN tag t ON t.category != 9 WHERE p.active),
stated(tag_id, film_id, key_frame) AS (
    SELECT s.tag_id, s.film_id, s.frame_number FROM policy p CROSS JOIN need n
    CROSS JOIN score s ON s.tag_id = n.tag_id AND s.tagger_id = p.tagger_id WHERE p.active AND s.score >= n.least
    UNION ALL SELECT tag_id, film_id, frame_number FROM (
        SELECT s.tag_id AS tag_id, s.film_id AS film_id, s.frame_number AS frame_number,
            max(s.score * 16777216 - s.tag_id)
        FROM policy p CROSS JOIN score s ON s.tagger_id = p.tagger_id
            AND s.tag_id IN (SELECT id FROM tag WHERE category = 9)
        WHERE p.active GROUP BY s.film_id, s.frame_number))
SELECT s.tag_id, sum(h.last - h.first + 1) FROM stated s CROSS JOIN film ON film.id = s.film_id
CROSS JOIN hold h INDEXED BY hold_key_frame ON h.grouping_id = film.grouping_id AND h.key_frame = s.key_frame
GROUP BY s.tag_id
"""  # frames that the tagger alone would say carry each tag
_OVERRULED = f"""
SELECT v.tag_id, count(*) FROM policy p CROSS JOIN verdict v CROSS JOIN film ON film.id = v.film_id
CROSS JOIN hold h ON h.grouping_id = film.grouping_id AND h.first = (
    SELECT max(x.first) FROM hold x WHERE x.grouping_id = film.grouping_id AND x.first <= v.frame_number)
    AND h.last >= v.frame_number
CROSS JOIN score s ON s.film_id = v.film_id AND s.frame_number = h.key_frame AND s.tagger_id = p.tagger_id
    AND s.tag_id = v.tag_id
CROSS JOIN tag t ON t.id = v.tag_id
WHERE p.active AND CASE WHEN t.category = 9
    THEN NOT EXISTS (SELECT 1 FROM score o JOIN tag ot ON ot.id = o.tag_id
        WHERE o.film_id = s.film_id AND o.frame_number = s.frame_number AND o.tagger_id = s.tagger_id
            AND ot.category = 9 AND (o.score > s.score OR (o.score = s.score AND o.tag_id < s.tag_id)))
    ELSE s.score >= {_LEAST} END
GROUP BY v.tag_id
"""  # of these, the ones of which a person said whatever
_PICTURED = f"""
SELECT c.tag_id, count(*) FROM ({CARRIED.format(scored="1", judged="1")}) c
JOIN image i ON i.id = c.image_id AND i.state = 'done' GROUP BY c.tag_id
"""
