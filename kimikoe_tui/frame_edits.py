"""What a person types or presses over a frame or a picture, as edits of its tags."""

import sqlite3
from collections.abc import Sequence
from typing import Literal, NamedTuple

from db import exclusions, films, tags
from db.films import Scope, unpack
from db.i18n import _

Judgement = Literal["deny", "confirm", "restore"]
SIGNS = {"+": True, "-": False, "~": None}
PRESENT: dict[Judgement, bool | None] = {"deny": False, "confirm": True, "restore": None}


class Word(NamedTuple):
    """One tag as it was typed, and what is said of it; `present` None leaves it to the tagger."""

    tag: str
    present: bool | None


def words_of(db: sqlite3.Connection, text: str) -> list[Word]:
    """`nagisa, -glasses, ~hat` as words. A tag that exists as typed, such as `-_-`, is itself; raises `UserError`."""
    return [_word(db, part.strip()) for part in text.split(",") if part.strip()]


def _word(db: sqlite3.Connection, typed: str) -> Word:
    name, _category = tags.normal_name(typed)
    if typed[0] in SIGNS and len(typed) > 1 and tags.find_tag(db, name) is None:
        tags.normal_name(typed[1:])
        return Word(typed[1:], SIGNS[typed[0]])
    return Word(typed, True)


def edit(
    db: sqlite3.Connection, session: str, frame_ids: Sequence[int], looked_at: int, words: Sequence[Word], reached: str
) -> str:  # fmt: skip
    """Write the words over these frames as one act; returns `+nagisa on 42 frames (shot 12) · u undoes`."""
    done = tags.set_tags_on(db, session, frame_ids, words, looked_at)
    return _("{done} ({scope}) · u undoes").format(done=done.summary, scope=reached)


def exclude(db: sqlite3.Connection, session: str, frame_ids: Sequence[int], here: int, reason: str) -> str:
    """Leave these frames, by ascending packed ids, out of datasets as one act; returns what was done."""
    film_id, number = unpack(here)
    wanted = [(unpack(first)[0], unpack(first)[1], unpack(last)[1], reason) for first, last in _runs(frame_ids)]
    return _("{done} · u undoes").format(done=exclusions.exclude_all(db, session, wanted, f"{film_id}#{number}"))


def _runs(frame_ids: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of ids that follow each other."""
    breaks = [index for index in range(1, len(frame_ids)) if frame_ids[index] != frame_ids[index - 1] + 1]
    starts, ends = [0, *breaks], [*breaks, len(frame_ids)]
    return [(frame_ids[start], frame_ids[end - 1]) for start, end in zip(starts, ends, strict=True)]


def scope_name(db: sqlite3.Connection, film_id: int, number: int, scope: Scope) -> str:
    """`shot 12`, `hold from 57300`, `frame 57301`."""
    frame = films.frame(db, film_id, number)
    if scope == "shot" and frame.shot is not None:
        return _("shot {number}").format(number=frame.shot)
    if scope == "frame":
        return _("frame {number}").format(number=number)
    return _("hold from {number}").format(number=frame.hold_first)
