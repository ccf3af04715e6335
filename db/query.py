"""The query language: one grammar for frames and pictures, answered by SQL or, where it is ready, by the index.

A word is a tag (`*` and `?` are wildcards, quotes take a name as it stands) or, where its prefix is a field, a
condition. `FIELDS` lists the fields of frames and of pictures; both have `view:NAME`, a saved query, and `limit:500`.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from db import query_frame_fields, query_image_fields
from db.errors import UserError
from db.films import FRAME_BITS, every_frame
from db.i18n import _
from db.query_fields import frame_tag_condition, image_tag_condition, matching_tags
from db.query_tree import MOST_WORDS, All, Deny, Either, Node, Word, fault, parse, words
from db.query_values import Condition, Field, whole, with_suggestion

if TYPE_CHECKING:
    from db.index import Index

Subject = Literal["frame", "image"]
FIELDS: dict[Subject, dict[str, Field]] = {
    "frame": query_frame_fields.FIELDS,
    "image": query_image_fields.FIELDS,
}
VIEW, LIMIT = "view", "limit"
_TAGS = {"frame": frame_tag_condition, "image": image_tag_condition}
_ROWS: dict[Subject, tuple[str, str]] = {
    "frame": (f"f.film_id << {FRAME_BITS} | f.number", "frame f JOIN film ON film.id = f.film_id WHERE 1"),
    "image": ("i.id", "image_full i WHERE i.state = 'done'"),
}
_ORDER: dict[Subject, tuple[str, str]] = {
    "frame": ("f.film_id, f.number", f"(f.film_id, f.number) > (?1 >> {FRAME_BITS}, ?1 & {(1 << FRAME_BITS) - 1})"),
    "image": ("i.id", "i.id > ?1"),
}


class Compiled(msgspec.Struct, frozen=True):
    """An SQL condition over `f` (a frame) or `i` (a row of `image_full`), its values, and the most rows asked for."""

    where: str
    values: tuple[Any, ...]
    limit: int | None


class Asked(NamedTuple):
    """An expression ready to be answered: its tree without views and limit, and the most rows asked for."""

    tree: Node
    limit: int | None


class Atom(NamedTuple):
    """What a word means: tags by id, or a condition."""

    tags: list[int] | None
    condition: Condition | None


def frame_ids(db: sqlite3.Connection, expression: str = "", index: "Index | None" = None) -> "array[int]":
    """Packed ids (`db.films.pack`) of the frames that match, in film order. Raises `UserError` with a caret."""
    return _ids(db, expression, "frame", index)


def image_ids(db: sqlite3.Connection, expression: str = "", index: "Index | None" = None) -> "array[int]":
    """Ids of the finished pictures that match, in the order they were made. Raises `UserError` with a caret."""
    return _ids(db, expression, "image", index)


def count(db: sqlite3.Connection, expression: str, subject: Subject, index: "Index | None" = None) -> int:
    """How many frames or pictures match."""
    if index and (found := index.answer(db, expression, subject)) is not None:
        return len(found)
    query = compile_query(db, expression, subject)
    _id, rows = _ROWS[subject]
    total = int(db.execute(f"SELECT count(*) FROM {rows} AND ({query.where})", query.values).fetchone()[0])
    return total if query.limit is None else min(total, query.limit)


def page(
    db: sqlite3.Connection, expression: str, subject: Subject, after: int = 0, size: int = 200,
    index: "Index | None" = None,
) -> "array[int]":  # fmt: skip
    """The first `size` ids that match and are greater than `after`: pages are reached by key, never by counting."""
    if index and (found := index.answer(db, expression, subject)) is not None:
        return found.after(after, size)
    query = compile_query(db, expression, subject)
    if query.limit is not None:  # what a limit leaves is known from the first row on only
        return array("q", [each for each in _ids(db, expression, subject, None) if each > after][:size])
    (column, rows), (order, later) = _ROWS[subject], _ORDER[subject]
    where = f"{later.replace('?1', str(int(after)))} AND ({query.where})"
    sql = f"SELECT {column} FROM {rows} AND {where} ORDER BY {order} LIMIT ?"
    return array("q", (row[0] for row in db.execute(sql, (*query.values, size))))


def compile_query(db: sqlite3.Connection, expression: str, subject: Subject) -> Compiled:
    """Compile an expression; an empty one matches everything. Raises `UserError` with a caret at the fault."""
    asked = understand(db, expression, subject)
    found = _compiled(asked.tree, lambda word: _condition(db, word, expression, subject))
    return Compiled(found.sql, tuple(found.values), asked.limit)


def understand(db: sqlite3.Connection, expression: str, subject: Subject) -> Asked:
    """Parse an expression, put saved queries in their places and take the limit out."""
    tree, limits = _without_limits(parse(expression), expression)
    whole_tree = _with_views(db, tree, expression, subject, ())
    if sum(1 for _word in words(whole_tree)) > MOST_WORDS:
        raise UserError(_("A query has at most {count} words.").format(count=MOST_WORDS))
    return Asked(whole_tree, min(limits, default=None))


def joined_ids(db: sqlite3.Connection, condition: Condition, subject: Subject) -> str | None:
    """The ids of which one condition holds, in no order, between commas; None where there are none."""
    column, rows = _ROWS[subject]
    sql = f"SELECT group_concat({column}) FROM {rows} AND {condition.sql}"
    return db.execute(sql, condition.values).fetchone()[0]  # type: ignore[no-any-return]


def atom(db: sqlite3.Connection, word: Word, expression: str, subject: Subject) -> Atom:
    """What a word means; raises `UserError` with a caret at it."""
    try:
        return _meaning(db, word, subject)
    except UserError as error:
        raise fault(expression, word.at, str(error)) from error


def _ids(db: sqlite3.Connection, expression: str, subject: Subject, index: "Index | None") -> "array[int]":
    if index and (found := index.answer(db, expression, subject)) is not None:
        return found.ids()
    if subject == "frame" and not expression.strip():
        return every_frame(db)
    query = compile_query(db, expression, subject)
    (column, rows), (order, _later) = _ROWS[subject], _ORDER[subject]
    sql = f"SELECT {column} FROM {rows} AND ({query.where}) ORDER BY {order} LIMIT ?"
    limit = -1 if query.limit is None else query.limit
    return array("q", (row[0] for row in db.execute(sql, (*query.values, limit))))


def is_costly(db: sqlite3.Connection, expression: str, subject: Subject) -> bool:
    """Whether SQL takes so long that an index is built sooner, where there is none; raises `UserError` with a caret."""
    meanings = [atom(db, word, expression, subject) for word in words(understand(db, expression, subject).tree)]
    return any(meaning.condition.costly for meaning in meanings if meaning.condition)


def _compiled(node: Node, condition: Callable[[Word], Condition]) -> Condition:
    if isinstance(node, Word):
        return condition(node)
    if isinstance(node, Deny):
        inner = _compiled(node.part, condition)
        # NOT of an IN would look through all that is not in it once more for each row, in search of a NULL.
        return Condition(f"(CASE WHEN {inner.sql} THEN 0 ELSE 1 END)", inner.values)
    if not node.parts:
        return Condition("1", [])
    parts = [_compiled(part, condition) for part in node.parts]
    joint = " OR " if isinstance(node, Either) else " AND "
    return Condition(f"({joint.join(part.sql for part in parts)})", [v for part in parts for v in part.values])


def _condition(db: sqlite3.Connection, word: Word, expression: str, subject: Subject) -> Condition:
    meaning = atom(db, word, expression, subject)
    return meaning.condition or _TAGS[subject](meaning.tags or ())


def _meaning(db: sqlite3.Connection, word: Word, subject: Subject) -> Atom:
    if word.field is None or _is_tag(db, word.text):
        return Atom(matching_tags(db, word.text, exact=word.quoted), None)
    name, value = word.field
    if name in FIELDS[subject]:
        return Atom(None, FIELDS[subject][name].make(db, value))
    return Atom(matching_tags(db, word.text), None) if set(name) & {"*", "?"} else _no_field(name, subject)


def _is_tag(db: sqlite3.Connection, name: str) -> bool:
    return db.execute("SELECT 1 FROM tag WHERE name = ?", (name.lower(),)).fetchone() is not None


def _no_field(name: str, subject: Subject) -> Atom:
    if name == LIMIT:
        raise UserError(_("limit: stands alone beside the other words"))
    if any(name in fields for fields in FIELDS.values()):
        kind = _("pictures") if subject == "frame" else _("frames")
        raise UserError(_("{name}: is asked of {kind}").format(name=name, kind=kind))
    known = [*FIELDS[subject], VIEW, LIMIT]
    no_tag = _("no field is called {name}: (a tag with a colon is said in quotes)").format(name=name)
    raise UserError(with_suggestion(no_tag, name, known))


def _without_limits(node: Node, expression: str) -> tuple[Node, list[int]]:
    """The tree without the limits that stand beside other words outside of any group, and these."""
    if isinstance(node, Either):
        pairs = [_without_limits(part, expression) if isinstance(part, All) else (part, []) for part in node.parts]
        return Either(tuple(part for part, _limits in pairs)), [each for _part, limits in pairs for each in limits]
    parts = node.parts if isinstance(node, All) else (node,)
    limits = [_limit(part, expression) for part in parts if _is_field(part, LIMIT)]
    rest = tuple(part for part in parts if not _is_field(part, LIMIT))
    return rest[0] if len(rest) == 1 else All(rest), limits


def _is_field(node: Node, name: str) -> bool:
    return isinstance(node, Word) and node.field is not None and node.field[0] == name


def _limit(node: Node, expression: str) -> int:
    assert isinstance(node, Word) and node.field is not None
    try:
        if (limit := whole(node.field[1])) < 0:
            raise UserError(_("{value} is too small").format(value=limit))
        return int(limit)
    except UserError as error:
        raise fault(expression, node.at, str(error)) from error


def _with_views(db: sqlite3.Connection, node: Node, expression: str, subject: Subject, inside: tuple[str, ...]) -> Node:
    """The tree with saved queries in place of `view:NAME`; their words point where the view is named."""
    if isinstance(node, Word):
        return _view(db, node, expression, subject, inside) if _is_field(node, VIEW) else node
    if isinstance(node, Deny):
        return Deny(_with_views(db, node.part, expression, subject, inside))
    return type(node)(tuple(_with_views(db, part, expression, subject, inside) for part in node.parts))


def _view(db: sqlite3.Connection, word: Word, expression: str, subject: Subject, inside: tuple[str, ...]) -> Node:
    from db import saved_views

    assert word.field is not None
    name = word.field[1]
    try:
        if name in inside:
            raise UserError(_("view:{name} contains itself").format(name=name))
        tree = parse(saved_views.view(db, name, subject).expression)
    except UserError as error:
        raise fault(expression, word.at, str(error)) from error
    return _with_views(db, _moved(tree, word.at), expression, subject, (*inside, name))


def _moved(node: Node, at: int) -> Node:
    """The tree with every word at one place."""
    if isinstance(node, Word):
        return Word(node.text, node.quoted, at)
    if isinstance(node, Deny):
        return Deny(_moved(node.part, at))
    return type(node)(_moved_all(node.parts, at))


def _moved_all(parts: Iterable[Node], at: int) -> tuple[Node, ...]:
    return tuple(_moved(part, at) for part in parts)
