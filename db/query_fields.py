"""Tags as SQL conditions, and the effective tags that frames and pictures carry."""

import sqlite3
from collections.abc import Iterable

from db.errors import UserError
from db.i18n import _
from db.query_values import Condition, glob, with_suggestion

SHOWN = """CROSS JOIN film fi ON fi.id = {scored}.film_id
    CROSS JOIN hold h INDEXED BY hold_key_frame
        ON h.grouping_id = fi.grouping_id AND h.key_frame = {scored}.frame_number
    CROSS JOIN frame fr ON fr.film_id = {scored}.film_id AND fr.number BETWEEN h.first AND h.last
"""  # from key frames to what shows their drawings: left alone, SQLite reads all frames for each key frame
TAGGED = (
    """
    SELECT fr.film_id AS film_id, fr.number AS number, s.tag_id AS tag_id
    FROM policy p
    JOIN tag t
    CROSS JOIN score s ON s.tag_id = t.id AND s.tagger_id = p.tagger_id
    """
    + SHOWN.format(scored="s")
    + """
    WHERE p.active AND {scored} AND t.category != 9
        AND s.score >= 255.0 * COALESCE(
            (SELECT x.threshold FROM tag_threshold x WHERE x.policy_id = p.id AND x.tag_id = t.id),
            CASE t.category WHEN 4 THEN p.character ELSE p.general END)
        AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.film_id = fr.film_id AND v.frame_number = fr.number
                        AND v.tag_id = t.id)
    UNION ALL SELECT film_id, frame_number, tag_id FROM verdict WHERE present AND {judged}
"""
)
_FRAMES_TAGGED = (
    "((f.film_id, f.number) IN (SELECT film_id, number FROM ("
    + TAGGED
    + """)
    UNION ALL SELECT ft.film_id, ft.frame_number FROM tag t JOIN frame_tag ft ON ft.tag = t.name
        WHERE t.category = 9 AND t.id IN ({tags})))"""
)

CARRIED = """
    SELECT s.image_id AS image_id, s.tag_id AS tag_id FROM policy p JOIN image_score s ON s.tagger_id = p.tagger_id
    JOIN tag t ON t.id = s.tag_id
    WHERE p.active AND {scored}
        AND s.score >= 255.0 * CASE t.category WHEN 4 THEN p.character ELSE p.general END
        AND NOT EXISTS (SELECT 1 FROM image_verdict v WHERE v.image_id = s.image_id AND v.tag_id = s.tag_id)
    UNION ALL SELECT image_id, tag_id FROM image_verdict WHERE present AND {judged}
"""


def matching_tags(db: sqlite3.Connection, pattern: str, *, exact: bool = False) -> list[int]:
    """Ids of the tags that a name, an alias or, where not `exact`, a pattern means; raises `UserError` for none.

    A tag of this very name, such as `?`, is no pattern.
    """
    name = pattern.lower()
    found = _tags_by(db, "=", name)
    if not found and not exact and set(name) & {"*", "?"}:
        found = _tags_by(db, "GLOB", glob(name))
    if not found:
        raise UserError(_unknown(db, pattern, name))
    return found


def _tags_by(db: sqlite3.Connection, operator: str, name: str) -> list[int]:
    sql = f"SELECT id FROM tag WHERE name {operator} ?1 UNION SELECT tag_id FROM tag_alias WHERE alias {operator} ?1"
    return [int(row[0]) for row in db.execute(sql, (name,))]


def _unknown(db: sqlite3.Connection, pattern: str, name: str) -> str:
    near = "SELECT name FROM tag WHERE substr(name, 1, 1) = substr(?, 1, 1) AND abs(length(name) - length(?)) < 4"
    known = [row["name"] for row in db.execute(near + " LIMIT 5000", (name, name))]
    return with_suggestion(_("no tag is called “{name}”").format(name=pattern), name, known)


def said_of(db: sqlite3.Connection, value: str) -> tuple[str, str]:
    """`+glasses` of `verdict:` as a condition with its AND, and the tags as they stand between parentheses."""
    sign, name = (value[0], value[1:]) if value[0] in "+-" and len(value) > 1 else ("", value)
    return {"+": "present AND", "-": "NOT present AND", "": ""}[sign], id_list(matching_tags(db, name))


def frame_tag_condition(tag_ids: Iterable[int]) -> Condition:
    """Frames that effectively carry one of the tags."""
    tags = id_list(tag_ids)
    sql = _FRAMES_TAGGED.format(tags=tags, scored=f"t.id IN ({tags})", judged=f"tag_id IN ({tags})")
    return Condition(sql, [])


def image_tag_condition(tag_ids: Iterable[int]) -> Condition:
    """Pictures that effectively carry one of the tags."""
    tags = id_list(tag_ids)
    carried = CARRIED.format(scored=f"s.tag_id IN ({tags})", judged=f"tag_id IN ({tags})")
    return Condition(f"(i.id IN (SELECT image_id FROM ({carried})))", [])


def id_list(ids: Iterable[int]) -> str:
    """Numbers as they stand between an SQL list's parentheses."""
    return ", ".join(map(str, ids))
