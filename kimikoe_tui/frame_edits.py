"""What a person types or presses over a frame, as edits of its tags."""

import sqlite3
from collections.abc import Sequence
from typing import Literal, NamedTuple

from db import films, tags
from db.films import Scope
from db.i18n import _

Judgement = Literal["deny", "confirm", "restore"]
PRESENT: dict[Judgement, bool | None] = {"deny": False, "confirm": True, "restore": None}


class Word(NamedTuple):
    """One tag as it was typed, and what is said of it; `present` None leaves it to the tagger."""

    tag: str
    present: bool | None


def words_of(db: sqlite3.Connection, text: str) -> list[Word]:
    """`nagisa, -glasses` as words. A tag that exists as typed, such as `-_-`, is itself; raises `UserError`."""
    return [_word(db, part.strip()) for part in text.split(",") if part.strip()]


def _word(db: sqlite3.Connection, typed: str) -> Word:
    name, _category = tags.normal_name(typed)
    if typed[0] in "+-" and len(typed) > 1 and tags.find_tag(db, name) is None:
        tags.normal_name(typed[1:])
        return Word(typed[1:], typed[0] == "+")
    return Word(typed, True)


def edit(
    db: sqlite3.Connection, session: str, film_id: int, number: int, scope: Scope, words: Sequence[Word]
) -> str:  # fmt: skip
    """Write the words over the scope of a frame, one act each; returns `+nagisa on 42 frames (shot 12) · u undoes`."""
    edits = [tags.set_tag(db, session, film_id, number, scope, word.tag, word.present) for word in words]
    done = ", ".join(each.summary for each in edits)
    return _("{done} ({scope}) · u undoes").format(done=done, scope=scope_name(db, film_id, number, scope))


def scope_name(db: sqlite3.Connection, film_id: int, number: int, scope: Scope) -> str:
    """`shot 12`, `hold from 57300`, `frame 57301`."""
    frame = films.frame(db, film_id, number)
    if scope == "shot" and frame.shot is not None:
        return _("shot {number}").format(number=frame.shot)
    if scope == "frame":
        return _("frame {number}").format(number=number)
    return _("hold from {number}").format(number=frame.hold_first)
