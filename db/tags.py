"""Effective tags of frames, autocomplete, and the verdicts by which people correct them."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence

import msgspec

from db import events
from db.connect import writing
from db.errors import UserError
from db.films import Scope, frame, pack, scope_range, unpack
from db.i18n import _, plural

CATEGORIES = {"general": 0, "artist": 1, "copyright": 3, "character": 4, "char": 4, "meta": 5, "rating": 9}
MAX_NAME_LENGTH = 170
SIGNS = {True: "+", False: "-", None: "±"}


class FrameTag(msgspec.Struct, frozen=True):
    """A tag of a frame or a picture: the tagger's score (0..1) where it has one, and who says so."""

    tag: str
    category: int
    score: float | None
    origin: str


class Suggestion(msgspec.Struct, frozen=True):
    """A tag that completes what was typed, with how many key frames and verdicts know it."""

    tag: str
    category: int
    count: int


class Edit(msgspec.Struct, frozen=True):
    """What an edit did: its event and how many frames it reached."""

    event_id: int
    frames: int
    summary: str


def frame_tags(db: sqlite3.Connection, film_id: int, number: int) -> list[FrameTag]:
    """The effective tags of a frame: people's first, then by score."""
    rows = db.execute(
        """SELECT tag, category, score, origin FROM frame_tag WHERE film_id = ? AND frame_number = ?
           ORDER BY origin DESC, category = 9, score DESC, tag""",
        (film_id, number),
    )
    return [FrameTag(**dict(row)) for row in rows]


def denied_tags(db: sqlite3.Connection, film_id: int, number: int) -> list[str]:
    """Tags a person has said this frame does not carry."""
    rows = db.execute(
        """SELECT t.name FROM verdict v JOIN tag t ON t.id = v.tag_id
           WHERE v.film_id = ? AND v.frame_number = ? AND NOT v.present ORDER BY t.name""",
        (film_id, number),
    )
    return [row["name"] for row in rows]


def normal_name(text: str) -> tuple[str, int]:
    """A typed tag as (danbooru name, category): `Character:Blue Hair` is (`blue_hair`, 4)."""
    prefix, colon, rest = text.strip().partition(":")
    category = CATEGORIES.get(prefix.lower(), 0) if colon and rest else 0
    name = rest if colon and rest and prefix.lower() in CATEGORIES else text
    name = re.sub(r"\s+", "_", name.strip().lower())
    if not name or "," in name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise UserError(
            _("“{text}” is no tag: write one name, without commas, of at most {length} characters.").format(
                text=text, length=MAX_NAME_LENGTH
            )
        )
    return name, category


def ensure_tag(db: sqlite3.Connection, text: str) -> tuple[int, str]:
    """The id and name of a typed tag, through its alias, made where it is new."""
    name, category = normal_name(text)
    with writing(db):
        found = find_tag(db, name)
        if found is None:
            row = db.execute("INSERT INTO tag (name, category) VALUES (?, ?) RETURNING id", (name, category))
            found = int(row.fetchone()["id"])
    return found, name


def find_tag(db: sqlite3.Connection, name: str) -> int | None:
    """The id of a tag by its name or alias."""
    row = db.execute(
        "SELECT id FROM tag WHERE name = :name UNION ALL SELECT tag_id FROM tag_alias WHERE alias = :name LIMIT 1",
        {"name": name},
    ).fetchone()
    return int(row["id"]) if row else None


def category(db: sqlite3.Connection, name: str) -> int | None:
    """The category of a tag, or None where there is no such tag."""
    row = db.execute("SELECT category FROM tag WHERE id = ?", (find_tag(db, name),)).fetchone()
    return int(row["category"]) if row else None


def complete(db: sqlite3.Connection, typed: str, limit: int = 12) -> list[Suggestion]:
    """Tags that contain what was typed: prefixes first, then the most used."""
    text = re.sub(r"\s+", "_", typed.strip().lower())
    rows = db.execute(
        """SELECT name AS tag, category,
               (SELECT count(*) FROM score s WHERE s.tag_id = tag.id AND s.score >= 128)
               + (SELECT count(*) FROM verdict v WHERE v.tag_id = tag.id AND v.present) AS count
           FROM tag WHERE instr(name, :text)
           ORDER BY instr(name, :text) > 1, count DESC, name LIMIT :limit""",
        {"text": text, "limit": limit},
    )
    return [Suggestion(**dict(row)) for row in rows]


def set_tag(
    db: sqlite3.Connection,
    session: str,
    film_id: int,
    number: int,
    scope: Scope,
    tag: str,
    present: bool | None,
) -> Edit:
    """Say of the frames in scope that they carry a tag, do not carry it, or (None) leave it to the tagger."""
    first, last = scope_range(db, film_id, number, scope)
    return set_tag_on(db, session, film_id, range(first, last + 1), tag, present, looked_at=number)


def set_tag_on(
    db: sqlite3.Connection,
    session: str,
    film_id: int,
    numbers: Iterable[int],
    tag: str,
    present: bool | None,
    *,
    looked_at: int | None = None,
    bulk: bool = False,
) -> Edit:
    """As `set_tag`, on these frames. The hold that was looked at is `seen`; the rest is `spread`, or `bulk`."""
    numbers = list(numbers)
    with writing(db):
        tag_id, name = ensure_tag(db, tag)
        seen = _hold_numbers(db, film_id, looked_at)
        others = "bulk" if bulk else "spread"
        rows: dict[events.Key, events.Values | None] = {
            (film_id, number, tag_id): None if present is None else (int(present), "seen" if number in seen else others)
            for number in numbers
        }
        sign = SIGNS[present]
        summary = plural("{sign}{tag} on {count} frame", "{sign}{tag} on {count} frames", len(numbers)).format(
            sign=sign, tag=name, count=len(numbers)
        )
        target = f"{film_id}#{looked_at if looked_at is not None else numbers[0]}"
        event_id = events.act(db, session, "verdict", summary, events.VERDICT, rows, target)
    return Edit(event_id, len(numbers), summary)


def set_tags_on(
    db: sqlite3.Connection, session: str, frame_ids: Sequence[int], words: Iterable[tuple[str, bool | None]],
    looked_at: int,
) -> Edit:  # fmt: skip
    """Say several things, each a tag and whether it is present, of frames by their packed ids, as one act.

    The hold of `looked_at`, where it is among them, is `seen`; the rest of its shot is `spread`, all others `bulk`.
    """
    how = _nearness(db, looked_at)
    reached = [(*unpack(frame_id), how(frame_id)) for frame_id in frame_ids]
    with writing(db):
        rows: dict[events.Key, events.Values | None] = {}
        names = []
        for tag, present in words:
            tag_id, name = ensure_tag(db, tag)
            names.append(SIGNS[present] + name)
            said = {word: None if present is None else (int(present), word) for word in ("seen", "spread", "bulk")}
            rows.update(((film_id, number, tag_id), said[word]) for film_id, number, word in reached)
        summary = plural("{tags} on {count} frame", "{tags} on {count} frames", len(frame_ids)).format(
            tags=", ".join(names), count=len(frame_ids)
        )
        film_id, number = unpack(looked_at if looked_at in frame_ids else frame_ids[0])
        event_id = events.act(db, session, "verdict", summary, events.VERDICT, rows, f"{film_id}#{number}")
    return Edit(event_id, len(frame_ids), summary)


def _nearness(db: sqlite3.Connection, looked_at: int) -> Callable[[int], str]:
    """How a person who looked at one frame knows of another: by its packed id."""
    film_id, number = unpack(looked_at)
    seen = _packed_range(film_id, scope_range(db, film_id, number, "hold"))
    spread = _packed_range(film_id, scope_range(db, film_id, number, "shot"))
    return lambda frame_id: "seen" if frame_id in seen else "spread" if frame_id in spread else "bulk"


def _packed_range(film_id: int, numbers: tuple[int, int]) -> range:
    return range(pack(film_id, numbers[0]), pack(film_id, numbers[1]) + 1)


def _hold_numbers(db: sqlite3.Connection, film_id: int, number: int | None) -> range:
    if number is None:
        return range(0)
    here = frame(db, film_id, number)
    return range(here.hold_first, here.hold_last + 1)
