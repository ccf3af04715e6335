"""The engine's handshake: one row for each time an engine lived, with the program and the schema it works by.

The kernel's lock says whether the newest of them lives still; its end is missing where it was killed.
"""

import sqlite3

import msgspec

from db.connect import now, writing
from db.version import program_version

# the status of a worker that finds itself of another program than its engine, by version alone or by the schema too
OTHER_VERSION, OTHER_SCHEMA = 75, 76


class EngineLife(msgspec.Struct, frozen=True):
    """One row of `engine`: a process id, a version of kimikoe, the schema's number, and times."""

    id: int
    pid: int
    program: str
    schema: int
    started_at: float
    ended_at: float | None


def begin(db: sqlite3.Connection, pid: int) -> int:
    """Say that an engine of this program begins to work; returns the row's id."""
    from db import migrations

    with writing(db):
        row = db.execute(
            "INSERT INTO engine (pid, program, schema, started_at) VALUES (?, ?, ?, ?) RETURNING id",
            (pid, program_version(), migrations.version(db), now()),
        ).fetchone()
    return int(row["id"])


def end(db: sqlite3.Connection, life_id: int) -> None:
    """Say that it stopped in good order."""
    with writing(db):
        db.execute("UPDATE engine SET ended_at = ? WHERE id = ?", (now(), life_id))


def newest(db: sqlite3.Connection) -> EngineLife | None:
    """The engine that began last; None where none has, or where the file is older than this record."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'engine'").fetchone() is None:
        return None
    row = db.execute("SELECT * FROM engine ORDER BY id DESC LIMIT 1").fetchone()
    return EngineLife(**dict(row)) if row else None


def living(db: sqlite3.Connection, pid: int | None) -> EngineLife | None:
    """The record of the engine that holds the lock as process `pid`, where it has made one."""
    life = newest(db)
    return life if life is not None and life.pid == pid else None
