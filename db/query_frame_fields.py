"""What can be asked of frames beside their tags; a condition speaks of `f`, a frame, and of `film`, its film."""

import sqlite3
from functools import partial

from db.errors import UserError
from db.films import film_named
from db.i18n import _
from db.index_fields import (
    HIGHEST,
    flickering,
    held,
    key_frames,
    numbered,
    ranges,
    scored,
    seen,
    seen_by,
    timed,
    unseen,
)
from db.query_fields import SHOWN, TAGGED, id_list, matching_tags, said_of
from db.query_values import Condition, Field, Parse, bounds_of, comparison, glob, named_score, number, one_of, whole
from db.timecode import parse_number, parse_seconds

Database = sqlite3.Connection
OF_FRAMES, OF_SCORES = ("frames",), ("frames", "scores")

STATES = {
    "tainted": "f.tainted",
    "corrupt": "f.corrupt",
    "key": "EXISTS (SELECT 1 FROM hold h WHERE h.grouping_id = film.grouping_id AND h.key_frame = f.number)",
    "judged": "EXISTS (SELECT 1 FROM verdict v WHERE v.film_id = f.film_id AND v.frame_number = f.number)",
    "excluded": """EXISTS (SELECT 1 FROM exclusion e WHERE e.film_id = f.film_id
        AND f.number BETWEEN e.first AND e.last)""",
    "untagged": """NOT EXISTS (SELECT 1 FROM policy p JOIN hold h ON h.grouping_id = film.grouping_id
        AND h.first = (SELECT max(x.first) FROM hold x WHERE x.grouping_id = film.grouping_id AND x.first <= f.number)
        JOIN scored d ON d.tagger_id = p.tagger_id AND d.film_id = f.film_id AND d.frame_number = h.key_frame
        WHERE p.active)""",
}
IMAGE_STATES = frozenset({"rejected", "rated", "unrated", "unseen", "matched"})
_IN_SHOTS = """((f.film_id, f.number) IN (SELECT fr.film_id, fr.number FROM shot s
    JOIN frame fr ON fr.film_id = s.film_id AND fr.number BETWEEN s.first AND s.last WHERE {condition}))"""
_FLICKER = (
    """
WITH carried AS MATERIALIZED ("""
    + TAGGED
    + """), turned AS (
    SELECT c.film_id, s.number AS shot, c.tag_id,
        (lag(c.number) OVER along IS NOT c.number - 1 AND c.number > s.first)
        + (lead(c.number) OVER along IS NOT c.number + 1 AND c.number < s.last) AS turns
    FROM carried c JOIN shot s ON s.film_id = c.film_id
        AND s.first = (SELECT max(x.first) FROM shot x WHERE x.film_id = c.film_id AND x.first <= c.number)
    JOIN tag t ON t.id = c.tag_id AND t.category != 9
    WINDOW along AS (PARTITION BY c.film_id, c.tag_id ORDER BY c.number)
), counted AS (SELECT film_id, shot, sum(turns) AS turns FROM turned GROUP BY film_id, shot, tag_id)
SELECT s.film_id, s.number FROM shot s LEFT JOIN counted n ON n.film_id = s.film_id AND n.shot = s.number
GROUP BY s.film_id, s.number HAVING {comparison}"""
)


def _film(db: Database, value: str) -> Condition:
    if set(value) & {"*", "?"}:
        films = ranges(f"SELECT id, 0, {HIGHEST} FROM film WHERE name GLOB ?", [glob(value)])
        return Condition("(film.name GLOB ?)", [glob(value)], films)
    film_id = film_named(db, value).id
    return Condition("(f.film_id = ?)", [film_id], ranges(f"SELECT ?, 0, {HIGHEST}", [film_id]))


def _frame(db: Database, value: str) -> Condition:
    return _by_number(value, _numbered if "フレーム" in value else whole)


def _by_number(value: str, parse: Parse) -> Condition:
    return comparison("f.number", value, parse)._replace(indexed=numbered(value, parse), feeds=OF_FRAMES)


def _time(db: Database, value: str) -> Condition:
    if "フレーム" in value:
        return _by_number(value, _numbered)
    chosen = comparison("((f.number - 1) * film.fps_den / film.fps_num)", value, _second)
    return chosen._replace(indexed=timed(value, _second), feeds=OF_FRAMES)


def _second(text: str) -> float:
    return float(parse_seconds(text))


def _numbered(text: str) -> int:
    if (found := parse_number(text)) is None:
        raise UserError(_("“{text}” is no frame's number: write 57301フレーム目.").format(text=text))
    return found


def _shot(db: Database, value: str) -> Condition:
    chosen = comparison("s.number", value, whole)
    shots = ranges(f"SELECT s.film_id, s.first, s.last FROM shot s WHERE {chosen.sql}", chosen.values)
    return Condition(_IN_SHOTS.format(condition=chosen.sql), chosen.values, shots, OF_FRAMES)


def _hold(db: Database, value: str) -> Condition:
    """How long the drawing is held, in frames."""
    chosen = comparison("h.last - h.first + 1", value, whole)
    sql = f"""((f.film_id, f.number) IN (
        SELECT fi.id, fr.number FROM film fi CROSS JOIN hold h ON h.grouping_id = fi.grouping_id AND {chosen.sql}
        CROSS JOIN frame fr ON fr.film_id = fi.id AND fr.number BETWEEN h.first AND h.last))"""
    return Condition(sql, chosen.values, held(value, whole), OF_FRAMES)


def _score(db: Database, value: str) -> Condition:
    name, operator, share = named_score(value)
    tags = matching_tags(db, name)
    sql = f"""((f.film_id, f.number) IN (
        SELECT s.film_id, fr.number FROM policy p CROSS JOIN score s ON s.tagger_id = p.tagger_id
        {SHOWN.format(scored="s")}
        WHERE p.active AND s.tag_id IN ({id_list(tags)}) AND s.score {operator} 255 * ?))"""
    return Condition(sql, [share], scored(tags, operator, share), OF_SCORES)


def _verdict(db: Database, value: str) -> Condition:
    """What a person said of a tag: anything, or with a sign that it is there or is not."""
    said, tags = said_of(db, value)
    sql = f"((f.film_id, f.number) IN (SELECT film_id, frame_number FROM verdict WHERE {said} tag_id IN ({tags})))"
    return Condition(sql, [])


ORIGINS = {"verdict": "present", "seen": "how = 'seen'", "spread": "how = 'spread'", "bulk": "how = 'bulk'"}


def _origin(db: Database, value: str) -> Condition:
    """Frames of which a person said something: that a tag is there, and in which way it was said."""
    if value == "tagger":
        return Condition(f"(NOT ({STATES['untagged']}))", [], seen, OF_SCORES)
    if value not in ORIGINS:
        raise UserError(_("origin: knows {names}").format(names=", ".join(("tagger", *ORIGINS))))
    said = f"SELECT film_id, frame_number FROM verdict WHERE {ORIGINS[value]}"
    return Condition(f"((f.film_id, f.number) IN ({said}))", [])


def _tagged(db: Database, value: str) -> Condition:
    """Frames whose drawing this tagger has seen."""
    taggers = [row["id"] for row in db.execute("SELECT id FROM tagger WHERE name GLOB ?", (glob(value),))]
    if not taggers:
        raise UserError(_("no tagger is called “{name}”").format(name=value))
    sql = f"""((f.film_id, f.number) IN (
        SELECT d.film_id, fr.number FROM scored d {SHOWN.format(scored="d")}
        WHERE d.tagger_id IN ({id_list(taggers)})))"""
    return Condition(sql, [], seen_by(taggers), OF_SCORES)


def _flicker(db: Database, value: str) -> Condition:
    """Frames of shots in which a tag, the one named or whichever does most often, comes or goes so many times."""
    name, compared = split_flicker(value)
    tags = id_list(matching_tags(db, name)) if name else ""
    chosen = comparison("COALESCE(max(n.turns), 0)", compared, number)
    shots = _FLICKER.format(
        scored=f"t.id IN ({tags})" if name else "1", judged=f"tag_id IN ({tags})" if name else "1",
        comparison=chosen.sql,
    )  # fmt: skip
    sql = _IN_SHOTS.format(condition=f"(s.film_id, s.number) IN ({shots})")
    turning = flickering(matching_tags(db, name) if name else None, compared)
    return Condition(sql, chosen.values, turning, costly=not name)


def split_flicker(value: str) -> tuple[str, str]:
    """(tag or nothing, comparison) of `>3`, `2..5` or `glasses>3`."""
    try:
        bounds_of(value, number)
        return "", value
    except UserError:
        at = min((value.find(sign) for sign in "<>=" if value.find(sign, 1) > 0), default=-1)
        if at < 1:
            raise
        return value[:at], value[at:]


def _match(db: Database, value: str) -> Condition:
    """Frames that a picture resembles so much."""
    chosen = comparison("m.score", value, number)
    sql = f"(f.film_id, f.number) IN (SELECT m.film_id, m.frame_number FROM match m WHERE {chosen.sql})"
    return Condition(f"({sql})", chosen.values)


def _dataset(db: Database, value: str) -> Condition:
    sql = """((f.film_id, f.number) IN (SELECT x.film_id, x.frame_number FROM dataset_item x
              JOIN dataset d ON d.id = x.dataset_id WHERE d.name GLOB ?))"""
    return Condition(sql, [glob(value)])


def _state(db: Database, value: str) -> Condition:
    chosen = one_of(STATES, value, IMAGE_STATES)
    if value == "excluded":
        return chosen._replace(indexed=ranges("SELECT film_id, first, last FROM exclusion"), feeds=OF_FRAMES)
    feeds = {"judged": ("frames", "verdicts"), "untagged": OF_SCORES}.get(value, OF_FRAMES)
    return chosen._replace(indexed={"key": key_frames, "untagged": unseen}.get(value), feeds=feeds)


def _names(table: str, db: Database) -> list[str]:
    return [row["name"] for row in db.execute(f"SELECT name FROM {table} ORDER BY name LIMIT 200")]


FIELDS = {
    "film": Field(_film, "film:NAME", partial(_names, "film")),
    "frame": Field(_frame, "frame:100..200"),
    "t": Field(_time, "t:3:10..3:45"),
    "shot": Field(_shot, "shot:12"),
    "hold": Field(_hold, "hold:>=3"),
    "score": Field(_score, "score:TAG<0.5"),
    "flicker": Field(_flicker, "flicker:>3"),
    "verdict": Field(_verdict, "verdict:+TAG"),
    "origin": Field(_origin, "origin:verdict", lambda db: ("tagger", *ORIGINS)),
    "tagged": Field(_tagged, "tagged:TAGGER", partial(_names, "tagger")),
    "match": Field(_match, "match:>=0.9"),
    "dataset": Field(_dataset, "dataset:NAME", partial(_names, "dataset")),
    "is": Field(_state, "is:tainted", lambda db: STATES),
}
