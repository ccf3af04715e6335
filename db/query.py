"""The query language: one grammar for frames and pictures, compiled to SQL.

A word is a tag (`*` and `?` are wildcards) or, where its prefix is a known field, a condition:
frames: `film:NAME shot:12 frame:100..200 t:3:10..3:45 score:TAG<0.5 verdict:TAG is:tainted|corrupt|key|judged`;
pictures: `stars:>=4 lora:NAME* seed:7 gen:3 match:>=0.9 cull:1 is:rejected|unrated|rated|unseen`; both: `limit:500`.
"""

import re
import sqlite3
from array import array
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from db.errors import UserError
from db.films import FRAME_BITS
from db.i18n import _
from db.query_fields import FRAME_FIELDS, IMAGE_FIELDS, Condition, frame_tag_condition, image_tag_condition, number

Subject = Literal["frame", "image"]
LONGEST_EXPRESSION = 10_000
_LIMIT = re.compile(r"limit:(\d+)\Z")


class Compiled(msgspec.Struct, frozen=True):
    """An SQL condition over `f` (a frame) or `i` (a row of `image_full`), its values, and the most rows asked for."""

    where: str
    values: tuple[Any, ...]
    limit: int | None


class _Room(NamedTuple):
    fields: dict[str, Callable[[sqlite3.Connection, str], Condition]]
    tag: Callable[[sqlite3.Connection, str], Condition]


ROOMS: dict[Subject, _Room] = {
    "frame": _Room(FRAME_FIELDS, frame_tag_condition),
    "image": _Room(IMAGE_FIELDS, image_tag_condition),
}


def compile_query(db: sqlite3.Connection, expression: str, subject: Subject) -> Compiled:
    """Compile an expression; an empty one matches everything. Raises `UserError` with a caret at the fault."""
    if len(expression) > LONGEST_EXPRESSION:
        raise UserError(_("A query has at most {count} characters.").format(count=LONGEST_EXPRESSION))
    words = [(word, _LIMIT.match(word)) for word in expression.split()]
    limits = [number(match[1], int) for _word, match in words if match]
    rest = " ".join(word for word, match in words if not match)
    if not rest:
        return Compiled("1", (), limits[-1] if limits else None)
    try:
        sql, values = _Compiler(db, ROOMS[subject], rest).compile(_parse(rest).children[0])
    except RecursionError as error:
        raise UserError(_("The query is nested too deeply.")) from error
    return Compiled(sql, tuple(values), limits[-1] if limits else None)


def frame_ids(db: sqlite3.Connection, expression: str = "") -> "array[int]":
    """Packed ids (`db.films.pack`) of the frames that match, in film order."""
    query = compile_query(db, expression, "frame")
    sql = f"""SELECT f.film_id << {FRAME_BITS} | f.number FROM frame f JOIN film ON film.id = f.film_id
              WHERE {query.where} ORDER BY f.film_id, f.number LIMIT ?"""
    return array("q", (row[0] for row in db.execute(sql, (*query.values, _limit(query)))))


def image_ids(db: sqlite3.Connection, expression: str = "") -> "array[int]":
    """Ids of the finished pictures that match, in the order they were made."""
    query = compile_query(db, expression, "image")
    sql = f"SELECT i.id FROM image_full i WHERE i.state = 'done' AND ({query.where}) ORDER BY i.id LIMIT ?"
    return array("q", (row[0] for row in db.execute(sql, (*query.values, _limit(query)))))


def _limit(query: Compiled) -> int:
    return -1 if query.limit is None else query.limit


@cache
def _parser() -> Any:
    from lark import Lark

    return Lark((Path(__file__).parent / "query.lark").read_text("utf-8"), parser="lalr", maybe_placeholders=False)


def _parse(expression: str) -> Any:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(expression)
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        offset = len(expression) if token is not None and token.type == "$END" else error.column - 1
        raise fault(expression, offset, _("not understood here")) from error


def fault(expression: str, offset: int, reason: str) -> UserError:
    """An error that points at a place in the expression with a caret."""
    return UserError(f"{expression}\n{' ' * offset}^ {reason}")


class _Compiler:
    """Turns a parse tree into an SQL condition."""

    def __init__(self, db: sqlite3.Connection, room: _Room, expression: str) -> None:
        self._db = db
        self._room = room
        self._expression = expression

    def compile(self, node: Any) -> Condition:
        """The condition of a node of the tree."""
        if node.data in ("any", "all"):
            parts = [self.compile(child) for child in node.children]
            joint = " OR " if node.data == "any" else " AND "
            return Condition(f"({joint.join(part.sql for part in parts)})", [v for part in parts for v in part.values])
        if node.data == "deny":
            inner = self.compile(node.children[0])
            return Condition(f"NOT {inner.sql}", inner.values)
        token = node.children[0]
        if node.data == "quoted":
            return self._room.tag(self._db, re.sub(r"\\(.)", r"\1", token[1:-1]))
        return self._word(token)

    def _word(self, token: Any) -> Condition:
        name, colon, value = token.partition(":")
        field = self._room.fields.get(name) if colon and value else None
        try:
            return field(self._db, value) if field else self._room.tag(self._db, str(token))
        except UserError as error:
            raise fault(self._expression, token.start_pos, str(error)) from error
