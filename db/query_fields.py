"""The fields of the query language, each a function from what was typed to an SQL condition."""

import re
import sqlite3
from typing import Any, NamedTuple

from db.errors import UserError
from db.films import film_named
from db.i18n import _
from db.timecode import parse_seconds


class Condition(NamedTuple):
    """A parenthesised SQL condition and its values."""

    sql: str
    values: list[Any]


LARGEST_NUMBER = 2**63
_COMPARISON = re.compile(r"(<=|>=|<|>|=)?(.+)\Z")
_SCORE = re.compile(r"(.+?)(<=|>=|<|>|=)([\d.]+)\Z")

_TAGGED = """
((f.film_id, f.number) IN (
    SELECT fr.film_id, fr.number
    FROM policy p
    JOIN score s ON s.tagger_id = p.tagger_id
    JOIN tag t ON t.id = s.tag_id
    JOIN film fi ON fi.id = s.film_id
    JOIN hold h ON h.grouping_id = fi.grouping_id AND h.key_frame = s.frame_number
    JOIN frame fr ON fr.film_id = s.film_id AND fr.number BETWEEN h.first AND h.last
    WHERE p.active AND s.tag_id IN ({tags}) AND t.category != 9
        AND s.score >= 255.0 * COALESCE(
            (SELECT x.threshold FROM tag_threshold x WHERE x.policy_id = p.id AND x.tag_id = t.id),
            CASE t.category WHEN 4 THEN p.character ELSE p.general END)
        AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.film_id = fr.film_id AND v.frame_number = fr.number
                        AND v.tag_id = t.id)
    UNION ALL SELECT film_id, frame_number FROM verdict WHERE present AND tag_id IN ({tags})
    UNION ALL SELECT ft.film_id, ft.frame_number FROM tag t JOIN frame_tag ft ON ft.tag = t.name
        WHERE t.category = 9 AND t.id IN ({tags})))
"""

_DRAWN = """
(i.id IN (
    SELECT s.image_id FROM policy p JOIN image_score s ON s.tagger_id = p.tagger_id
    JOIN tag t ON t.id = s.tag_id
    WHERE p.active AND s.tag_id IN ({tags})
        AND s.score >= 255.0 * CASE t.category WHEN 4 THEN p.character ELSE p.general END))
"""


def matching_tags(db: sqlite3.Connection, pattern: str) -> list[int]:
    """Ids of the tags that a name, an alias or a wildcard pattern means; raises `UserError` where there is none."""
    name = pattern.lower()
    glob = re.sub(r"([\[])", r"[\1]", name)
    rows = db.execute(
        "SELECT id FROM tag WHERE name = :name OR name GLOB :glob "
        "UNION SELECT tag_id FROM tag_alias WHERE alias = :name",
        {"name": name, "glob": glob},
    )
    found = [int(row["id"]) for row in rows]
    if not found:
        raise UserError(_("no tag is called “{name}”").format(name=pattern))
    return found


def frame_tag_condition(db: sqlite3.Connection, pattern: str) -> Condition:
    """Frames that effectively carry one of the tags."""
    return _tag_condition(_TAGGED, db, pattern)


def image_tag_condition(db: sqlite3.Connection, pattern: str) -> Condition:
    """Pictures in which the tagger sees one of the tags."""
    return _tag_condition(_DRAWN, db, pattern)


def _tag_condition(template: str, db: sqlite3.Connection, pattern: str) -> Condition:
    ids = ", ".join(str(tag_id) for tag_id in matching_tags(db, pattern))
    return Condition(template.format(tags=ids), [])


def number(text: str, parse: Any = float) -> Any:
    """A number that SQLite can hold; raises `UserError` for other text."""
    try:
        value = parse(text)
    except ValueError as error:
        raise UserError(_("“{value}” is no number").format(value=text)) from error
    if not abs(value) < LARGEST_NUMBER:
        raise UserError(_("{value} is too large").format(value=text))
    return value


def _compare(column: str, value: str, parse: Any = float) -> Condition:
    """`column` against `5`, `>=5` or `5..8`."""
    low, dots, high = value.partition("..")
    if dots:
        return Condition(f"({column} BETWEEN ? AND ?)", [number(low, parse), number(high, parse)])
    operator, operand = _COMPARISON.match(value).groups()  # type: ignore[union-attr]
    return Condition(f"({column} {operator or '='} ?)", [number(operand, parse)])


def _film(db: sqlite3.Connection, value: str) -> Condition:
    return Condition("(f.film_id = ?)", [film_named(db, value).id])


def _frame(db: sqlite3.Connection, value: str) -> Condition:
    return _compare("f.number", value, int)


def _time(db: sqlite3.Connection, value: str) -> Condition:
    low, dots, high = value.partition("..")
    first = parse_seconds(low)
    last = parse_seconds(high) if dots else first
    seconds = "((f.number - 1) * film.fps_den / film.fps_num)"
    return Condition(f"({seconds} BETWEEN ? AND ?)", [float(first), float(last)])


def _shot(db: sqlite3.Connection, value: str) -> Condition:
    chosen = _compare("s.number", value, int)
    sql = f"""(EXISTS (SELECT 1 FROM shot s WHERE s.film_id = f.film_id AND f.number BETWEEN s.first AND s.last
               AND {chosen.sql}))"""
    return Condition(sql, chosen.values)


def _score(db: sqlite3.Connection, value: str) -> Condition:
    match = _SCORE.match(value)
    if match is None:
        raise UserError(_("write score:TAG<0.5"))
    name, operator, share = match.groups()
    ids = ", ".join(str(tag_id) for tag_id in matching_tags(db, name))
    sql = f"""(EXISTS (
        SELECT 1 FROM policy p JOIN hold h ON h.grouping_id = film.grouping_id AND f.number BETWEEN h.first AND h.last
        JOIN score s ON s.film_id = f.film_id AND s.frame_number = h.key_frame AND s.tagger_id = p.tagger_id
        WHERE p.active AND s.tag_id IN ({ids}) AND s.score {operator} 255 * ?))"""
    return Condition(sql, [number(share)])


def _verdict(db: sqlite3.Connection, value: str) -> Condition:
    ids = ", ".join(str(tag_id) for tag_id in matching_tags(db, value))
    return Condition(
        f"((f.film_id, f.number) IN (SELECT film_id, frame_number FROM verdict WHERE tag_id IN ({ids})))", []
    )


_FRAME_STATES = {
    "tainted": "f.tainted",
    "corrupt": "f.corrupt",
    "key": "EXISTS (SELECT 1 FROM hold h WHERE h.grouping_id = film.grouping_id AND h.key_frame = f.number)",
    "judged": "EXISTS (SELECT 1 FROM verdict v WHERE v.film_id = f.film_id AND v.frame_number = f.number)",
}

_IMAGE_STATES = {
    "rejected": "i.rejected",
    "rated": "i.stars IS NOT NULL",
    "unrated": "i.stars IS NULL AND NOT i.rejected",
    "unseen": "i.unseen",
}


def _state(states: dict[str, str], value: str) -> Condition:
    if value not in states:
        raise UserError(_("is: knows {states}").format(states=", ".join(states)))
    return Condition(f"({states[value]})", [])


def _lora(db: sqlite3.Connection, value: str) -> Condition:
    sql = """(EXISTS (SELECT 1 FROM image_lora il JOIN lora l ON l.id = il.lora_id
              WHERE il.image_id = i.id AND l.name GLOB ?))"""
    return Condition(sql, [value])


def _culling(db: sqlite3.Connection, value: str) -> Condition:
    return Condition("(i.id IN (SELECT image_id FROM culled WHERE culling_id = ?))", [number(value, int)])


FRAME_FIELDS = {
    "film": _film,
    "frame": _frame,
    "t": _time,
    "shot": _shot,
    "score": _score,
    "verdict": _verdict,
    "is": lambda db, value: _state(_FRAME_STATES, value),
}

IMAGE_FIELDS = {
    "stars": lambda db, value: _compare("COALESCE(i.stars, 0)", value, int),
    "seed": lambda db, value: _compare("i.seed", value, int),
    "gen": lambda db, value: _compare("i.generation_id", value, int),
    "match": lambda db, value: _compare("COALESCE(i.best_match, 0)", value),
    "lora": _lora,
    "cull": _culling,
    "is": lambda db, value: _state(_IMAGE_STATES, value),
}
