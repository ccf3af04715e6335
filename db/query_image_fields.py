"""What can be asked of pictures beside their tags; a condition speaks of `i`, a row of `image_full`."""

import sqlite3
from functools import partial

from db.errors import UserError
from db.i18n import _
from db.query_fields import id_list, matching_tags, said_of
from db.query_frame_fields import STATES as FRAME_STATES
from db.query_values import Condition, Field, comparison, dates, glob, named_score, number, one_of, whole

Database = sqlite3.Connection

STATES = {
    "rejected": "i.rejected",
    "rated": "i.stars IS NOT NULL",
    "unrated": "i.stars IS NULL AND NOT i.rejected",
    "unseen": "i.unseen",
    "matched": "EXISTS (SELECT 1 FROM match m WHERE m.image_id = i.id)",
    "untagged": """NOT EXISTS (SELECT 1 FROM policy p JOIN image_scored d ON d.image_id = i.id
        AND d.tagger_id = p.tagger_id WHERE p.active)""",
    "judged": "EXISTS (SELECT 1 FROM image_verdict v WHERE v.image_id = i.id)",
}


def _number(column: str, db: Database, value: str) -> Condition:
    return comparison(column, value, whole)


def _text(column: str, db: Database, value: str) -> Condition:
    """Text that contains what was typed, or follows its wildcards, whatever the case."""
    pattern = glob(value.lower())
    return Condition(f"(lower({column}) GLOB ?)", [pattern if set(value) & {"*", "?"} else f"*{pattern}*"])


def _name(column: str, db: Database, value: str) -> Condition:
    return Condition(f"({column} GLOB ?)", [glob(value)])


def _score(db: Database, value: str) -> Condition:
    name, operator, share = named_score(value)
    sql = f"""(i.id IN (SELECT s.image_id FROM policy p JOIN image_score s ON s.tagger_id = p.tagger_id
        WHERE p.active AND s.tag_id IN ({id_list(matching_tags(db, name))}) AND s.score {operator} 255 * ?))"""
    return Condition(sql, [share])


def _verdict(db: Database, value: str) -> Condition:
    """What a person said of a tag: anything, or with a sign that it is there or is not."""
    said, tags = said_of(db, value)
    return Condition(f"(i.id IN (SELECT image_id FROM image_verdict WHERE {said} tag_id IN ({tags})))", [])


def _match(db: Database, value: str) -> Condition:
    """The resemblance to the film frame most like it; p99 is what 99 in 100 of the finished pictures stay below."""
    return comparison("COALESCE(i.best_match, 0)", value, partial(_match_bound, db))


def _match_bound(db: Database, text: str) -> float:
    if not text.startswith("p"):
        return float(number(text))
    share = number(text[1:])
    if not 0 <= share <= 100:
        raise UserError(_("“{text}” is no percentile: write p99").format(text=text))
    best = """SELECT max(m.score) FROM match m JOIN image i ON i.id = m.image_id AND i.state = 'done'
              GROUP BY m.image_id ORDER BY 1"""
    found = [row[0] for row in db.execute(best)]
    return float(found[min(len(found) - 1, int(len(found) * share / 100))]) if found else 0.0


def _lora(db: Database, value: str) -> Condition:
    sql = """(EXISTS (SELECT 1 FROM image_lora il JOIN lora l ON l.id = il.lora_id
              WHERE il.image_id = i.id AND l.name GLOB ?))"""
    return Condition(sql, [glob(value)])


def _culling(db: Database, value: str) -> Condition:
    return Condition("(i.id IN (SELECT image_id FROM culled WHERE culling_id = ?))", [whole(value)])


def _made(db: Database, value: str) -> Condition:
    return dates("i.made_at", value)


def _names(column: str, db: Database) -> list[str]:
    table, _dot, name = column.partition(".")
    return [row[0] for row in db.execute(f"SELECT DISTINCT {name} FROM {table} ORDER BY 1 LIMIT 200")]


FIELDS = {
    "stars": Field(partial(_number, "COALESCE(i.stars, 0)"), "stars:>=4", lambda db: (">=4", "5", "0")),
    "lora": Field(_lora, "lora:*-18-1", partial(_names, "lora.name")),
    "match": Field(_match, "match:>p99", lambda db: (">p99", ">=0.9")),
    "gen": Field(partial(_number, "i.generation_id"), "gen:3"),
    "seed": Field(partial(_number, "i.seed"), "seed:7"),
    "steps": Field(partial(_number, "i.steps"), "steps:>=20"),
    "cfg": Field(lambda db, value: comparison("i.cfg_scale", value, number), "cfg:5..8"),
    "sampler": Field(partial(_text, "i.sampler"), "sampler:euler", partial(_names, "image.sampler")),
    "width": Field(partial(_number, "i.width"), "width:512"),
    "height": Field(partial(_number, "i.height"), "height:512"),
    "base": Field(partial(_name, "i.base"), "base:NAME", partial(_names, "base.name")),
    "prompt": Field(partial(_text, "i.prompt"), "prompt:rain"),
    "negative": Field(partial(_text, "i.negative_prompt"), "negative:hat"),
    "reason": Field(partial(_text, "i.reason"), "reason:hands", partial(_names, "rating.reason")),
    "score": Field(_score, "score:TAG<0.5"),
    "verdict": Field(_verdict, "verdict:+TAG"),
    "cull": Field(_culling, "cull:1"),
    "date": Field(_made, "date:2023-10-18", lambda db: ("today", "yesterday")),
    "is": Field(lambda db, value: one_of(STATES, value, FRAME_STATES), "is:unrated", lambda db: STATES),
}
