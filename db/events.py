"""Human acts and their undo.

Every act is one event that lists the rows it changed, before and after. Undo is a new event: it puts back the rows
that still stand as the act left them and counts the others as kept. Undoing an undo is redo. Nothing is forgotten,
so undo reaches back without limit and across restarts.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from db import changes
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _

Values = tuple[Any, ...]
Key = tuple[Any, ...]


class Table(msgspec.Struct, frozen=True):
    """A table that people write: its key, its other columns (the last is `event_id`) and its name in the feed."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    feed: str


VERDICT = Table("verdict", ("film_id", "frame_number", "tag_id"), ("present", "how", "event_id"), "verdicts")
RATING = Table("rating", ("image_id",), ("stars", "rejected", "reason", "origin", "unseen", "event_id"), "ratings")
VIEW = Table("saved_view", ("name",), ("room", "expression", "event_id"), "views")
COMPARISON = Table(
    "comparison", ("id",), ("better_id", "worse_id", "blind", "trial_id", "left_id", "tie", "event_id"), "comparisons"
)
EXCLUSION = Table("exclusion", ("id",), ("film_id", "first", "last", "reason", "event_id"), "frames")
IMAGE_VERDICT = Table("image_verdict", ("image_id", "tag_id"), ("present", "how", "event_id"), "image_verdicts")
TABLES = {table.name: table for table in (VERDICT, RATING, VIEW, COMPARISON, EXCLUSION, IMAGE_VERDICT)}


class Undone(msgspec.Struct, frozen=True):
    """What an undo or redo did: the act's summary and place, rows put back, rows changed since and kept."""

    event_id: int
    kind: str
    summary: str
    target: str
    restored: int
    kept: int


class _Change(msgspec.Struct, frozen=True, array_like=True):
    key: Key
    before: Values | None
    after: Values | None


class _Made(msgspec.Struct, frozen=True):
    """What an event stores of the rows that it changed."""

    table: str
    rows: list[_Change]


def act(
    db: sqlite3.Connection,
    session: str,
    kind: str,
    summary: str,
    table: Table,
    rows: Mapping[Key, Values | None],
    target: str = "",
) -> int:
    """Write `rows` (values without `event_id`; None deletes) as one event; returns its id."""
    with writing(db):
        event_id = _new_event(db, session, kind, summary, target)
        before = _current(db, table, rows)
        after = {key: None if values is None else (*values, event_id) for key, values in rows.items()}
        _write(db, table, after)
        _record(db, event_id, table, [_Change(key, before.get(key), after[key]) for key in rows])
    return event_id


def note(
    db: sqlite3.Connection, kind: str, summary: str, session: str = "engine", again: bool = False
) -> None:  # fmt: skip
    """Record what a person should know and nobody can undo; once, or `again` each time. It changes no rows."""
    with writing(db):
        known = db.execute(
            "SELECT 1 FROM event WHERE session = ? AND kind = ? AND summary = ?", (session, kind, summary)
        )
        if again or known.fetchone() is None:
            _record(db, _new_event(db, session, kind, summary, ""), VERDICT, [])


def undo(db: sqlite3.Connection, session: str) -> Undone | None:
    """Undo this session's newest act that stands; None where there is none."""
    with writing(db):
        row = db.execute(
            """SELECT * FROM event e WHERE session = ? AND kind != 'undo'
               AND NOT EXISTS (SELECT 1 FROM event u WHERE u.undoes = e.id)
               ORDER BY id DESC LIMIT 1""",
            (session,),
        ).fetchone()
        return _reverse(db, session, row, "undo") if row else None


def redo(db: sqlite3.Connection, session: str) -> Undone | None:
    """Redo what this session undid last, unless it has acted since; None where there is nothing."""
    with writing(db):
        row = db.execute(
            """SELECT * FROM event e WHERE session = :session AND kind = 'undo'
               AND NOT EXISTS (SELECT 1 FROM event r WHERE r.undoes = e.id)
               AND NOT EXISTS (SELECT 1 FROM event a WHERE a.session = :session AND a.id > e.id
                               AND a.kind NOT IN ('undo', 'redo'))
               ORDER BY id DESC LIMIT 1""",
            {"session": session},
        ).fetchone()
        return _reverse(db, session, row, "redo") if row else None


def undo_event(db: sqlite3.Connection, session: str, event_id: int) -> Undone:
    """Undo one act picked from the history, whoever made it; raises `UserError` where there is none."""
    with writing(db):
        row = db.execute("SELECT * FROM event WHERE id = ?", (event_id,)).fetchone()
        if row is None:
            raise UserError(_("There is no act {id}: `kimikoe history` lists them.").format(id=event_id))
        if not _changes_of(row)[1]:
            raise UserError(_("There is nothing in act {id} that could be undone.").format(id=event_id))
        return _reverse(db, session, row, "undo")


def history(db: sqlite3.Connection, limit: int = 100) -> list[sqlite3.Row]:
    """The newest acts of all sessions, newest first."""
    return db.execute(
        "SELECT id, at, session, kind, summary, target, undoes FROM event ORDER BY id DESC LIMIT ?", (limit,)
    ).fetchall()


def _reverse(db: sqlite3.Connection, session: str, event: sqlite3.Row, kind: Literal["undo", "redo"]) -> Undone:
    table, made = _changes_of(event)
    event_id = _new_event(db, session, kind, event["summary"], event["target"], event["id"])
    current = _current(db, table, [change.key for change in made])
    standing = [change for change in reversed(made) if current.get(change.key) == change.after]
    _write(db, table, {change.key: change.before for change in standing})
    restored = [_Change(change.key, change.after, change.before) for change in standing]
    _record(db, event_id, table, restored)
    kept = len(made) - len(restored)
    return Undone(event_id, kind, event["summary"], event["target"], len(restored), kept)


def _new_event(
    db: sqlite3.Connection, session: str, kind: str, summary: str, target: str, undoes: int | None = None
) -> int:
    row = db.execute(
        """INSERT INTO event (at, session, kind, summary, target, changes, undoes)
           VALUES (?, ?, ?, ?, ?, '', ?) RETURNING id""",
        (now(), session, kind, summary, target, undoes),
    ).fetchone()
    return int(row["id"])


def _record(db: sqlite3.Connection, event_id: int, table: Table, made: Sequence[_Change]) -> None:
    text = msgspec.json.encode(_Made(table.name, list(made))).decode()
    db.execute("UPDATE event SET changes = ? WHERE id = ?", (text, event_id))
    if table is VIEW:
        changes.announce(db, table.feed)
        return
    for film_id, first, last in _ranges(table, made):
        changes.announce(db, table.feed, film_id, first, last)


def _ranges(table: Table, made: Iterable[_Change]) -> list[tuple[int | None, int, int]]:
    """The touched rows as one range per film for frames, one range in all for pictures."""
    ends: dict[int | None, list[int]] = {}
    for change in made:
        film_id, *places = _range(table, change)
        ends.setdefault(film_id, []).extend(places)
    return [(film_id, min(places), max(places)) for film_id, places in ends.items()]


def _range(table: Table, change: _Change) -> tuple[int | None, int, int]:
    """The film and the frames that a change of one row is about, or a picture's id."""
    if table is VERDICT:
        return change.key[0], change.key[1], change.key[1]
    if table is EXCLUSION:
        film_id, first, last = (change.after or change.before or ())[:3]
        return film_id, first, last
    return None, change.key[0], change.key[0]


def _changes_of(event: sqlite3.Row) -> tuple[Table, list[_Change]]:
    made = msgspec.json.decode(event["changes"], type=_Made)
    return TABLES[made.table], made.rows


def _current(db: sqlite3.Connection, table: Table, keys: Iterable[Key]) -> dict[Key, Values]:
    """The rows that there are of these, by key; read together, since an act may reach 20,000 frames."""
    width = len(table.key)
    joined = " AND ".join(f"t.{column} = json_extract(j.value, '$[{at}]')" for at, column in enumerate(table.key))
    columns = ", ".join(f"t.{column}" for column in (*table.key, *table.columns))
    sql = f"SELECT {columns} FROM json_each(?) j CROSS JOIN {table.name} t ON {joined}"
    rows = db.execute(sql, (msgspec.json.encode(list(keys)).decode(),))
    rows.row_factory = None
    return {row[:width]: row[width:] for row in rows}


def _write(db: sqlite3.Connection, table: Table, rows: Mapping[Key, Values | None]) -> None:
    where = " AND ".join(f"{column} = ?" for column in table.key)
    gone = [key for key, values in rows.items() if values is None]
    db.executemany(f"DELETE FROM {table.name} WHERE {where}", gone)
    columns = (*table.key, *table.columns)
    sql = f"INSERT OR REPLACE INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    db.executemany(sql, [(*key, *values) for key, values in rows.items() if values is not None])
