"""What can be typed next in a query: tags, fields, their values and saved queries, with counts in the result."""

import re
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from db import facets, saved_views, tags
from db.errors import UserError
from db.query import FIELDS, LIMIT, VIEW, Subject
from db.query_tree import quoted, word_for

if TYPE_CHECKING:
    from db.index import Index

Kind = Literal["tag", "field", "value", "view"]
MOST = 12
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"?|[^\s"()-](?:[^\s"()]|\([^\s()]*\)?|(?<=:)"(?:[^"\\]|\\.)*"?)*')
_OF_TAGS = {"score": "", "verdict": "+-", "flicker": ""}  # fields that name a tag, and the signs before it


class Candidate(msgspec.Struct, frozen=True):
    """A completion: `text` goes in the place of characters `start` to `end` of what was typed.

    `count` is how many frames or pictures would match with it, None where nobody has counted.
    """

    text: str
    start: int
    end: int
    kind: Kind
    count: int | None = None
    category: int | None = None


class Completed(msgspec.Struct, frozen=True):
    """A line after a completion, and where the cursor then stands."""

    text: str
    cursor: int


class _Place(msgspec.Struct, frozen=True):
    """The word under the cursor, as far as it is typed, and the expression without it."""

    typed: str
    start: int
    end: int
    rest: str


def candidates(
    db: sqlite3.Connection, text: str, cursor: int, subject: Subject, limit: int = MOST, index: "Index | None" = None
) -> list[Candidate]:
    """The completions of the word before the cursor, the most useful first; of any text, however wrong, none fails."""
    place = _place(text, cursor)
    field, colon, value = place.typed.partition(":")
    if colon and field in (*FIELDS[subject], VIEW):
        found = _values(db, place, field, value, subject, index)
        return found[:limit]
    fields = _fields(place, subject) if place.typed and not place.typed.startswith('"') else []
    return [*fields, *_tags(db, place, place.typed, place.start, subject, limit, index)][:limit]


def complete(text: str, candidate: Candidate) -> Completed:
    """The line with a candidate in its place, a space after it where the word is whole."""
    gap = "" if candidate.kind == "field" or text[candidate.end : candidate.end + 1] == " " else " "
    head = text[: candidate.start] + candidate.text + gap
    return Completed(head + text[candidate.end :], len(head))


def _place(text: str, cursor: int) -> _Place:
    for match in _WORD.finditer(text):
        if match.start() < cursor <= match.end():
            start, end = match.span()
            return _Place(text[start:cursor], start, end, f"{text[:start].removesuffix('-')} {text[end:]}")
    return _Place("", cursor, cursor, text)


def _fields(place: _Place, subject: Subject) -> list[Candidate]:
    names = [name for name in (*FIELDS[subject], VIEW, LIMIT) if name.startswith(place.typed)]
    return [Candidate(f"{name}:", place.start, place.end, "field") for name in names]


def _values(
    db: sqlite3.Connection, place: _Place, field: str, value: str, subject: Subject, index: "Index | None"
) -> list[Candidate]:
    start = place.start + len(field) + 1
    if field in _OF_TAGS:
        sign = value[:1] if value[:1] in tuple(_OF_TAGS[field]) else ""
        return _tags(db, place, value.removeprefix(sign), start + len(sign), subject, MOST, index, everywhere=True)
    if field == VIEW:
        known: Iterable[str] = (view.name for view in saved_views.views(db, subject))
    else:
        known = (each for each in FIELDS[subject][field].values(db) if each)
    typed = value.lstrip('"').lower()
    fits = [each for each in known if typed in each.lower()]
    fits.sort(key=lambda each: not each.lower().startswith(typed))
    kind: Kind = "view" if field == VIEW else "value"
    return [Candidate(_value_text(each), start, place.end, kind) for each in fits]


def _value_text(value: str) -> str:
    return quoted(value) if re.search(r'[\s"()]', value) else value


def _tags(
    db: sqlite3.Connection, place: _Place, typed: str, start: int, subject: Subject, limit: int,
    index: "Index | None", *, everywhere: bool = False,
) -> list[Candidate]:  # fmt: skip
    """Tags that contain what was typed, counted in the result of the rest of the expression where that is one."""
    part = re.sub(r"\s+", "_", typed.strip('"').lower())
    rest = "" if everywhere else place.rest
    known = _counted_by_index(db, rest, part, subject, limit, index)
    found = _counted_by_sql(db, part, subject, limit) if known is None else known
    return [Candidate(word_for(each.tag), start, place.end, "tag", each.count, each.category) for each in found]


def _counted_by_sql(db: sqlite3.Connection, part: str, subject: Subject, limit: int) -> list[facets.Facet]:
    """Counts of key frames and verdicts in the whole film, which is what SQL can tell in time."""
    return [facets.Facet(each.tag, each.category, each.count) for each in tags.complete(db, part, limit)]


def _counted_by_index(
    db: sqlite3.Connection, rest: str, part: str, subject: Subject, limit: int, index: "Index | None"
) -> list[facets.Facet] | None:
    """Counts in the result of the rest; where that is no query yet, it restricts nothing."""
    if index is None:
        return None
    try:
        return index.complete(db, rest, part, subject, limit)
    except UserError:
        return index.complete(db, "", part, subject, limit)
