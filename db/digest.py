"""What a studio holds, as hashes: equal where two studios hold the same, however often the work was interrupted.

Every table and every column counts unless it is named in `LEFT_OUT`, so that a new one is never forgotten. Ids count:
an interrupted job must find its rows again, never add others.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

WHOLE_TABLE = "*"
RATE = "pictures_per_second"

_TIME = "a time"
_LAST_ATTEMPT = "how far the last attempt to run the job counted"

# table: column: why two studios that hold the same may differ in it
LEFT_OUT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    "attempt": {WHOLE_TABLE: "how often and how long it was tried"},
    "notice": {WHOLE_TABLE: "what a person was told on the way"},
    "visit": {WHOLE_TABLE: "when a terminal was here"},
    "change": {WHOLE_TABLE: "news of changes; a repeated batch is announced twice"},
    "checkpoint": {"id": "nothing refers to it, and a checkpoint saved again gets another", "made_at": _TIME},
    "dataset": {"made_at": _TIME},
    "engine": {WHOLE_TABLE: "which processes worked, and when"},
    "culling": {"begun_at": _TIME, "left_at": _TIME},
    "event": {"at": _TIME},
    "film": {"added_at": _TIME},
    "tagger": {"added_at": _TIME},
    "trial": {"made_at": _TIME},
    "base": {"added_at": _TIME},
    "policy": {"made_at": _TIME},
    "grouping": {"made_at": _TIME},
    "run": {"made_at": _TIME, "finished_at": _TIME},
    "lora": {"made_at": _TIME, "sha256": "the file's metadata tell when the training began and ended"},
    "generation": {"made_at": _TIME},
    "image": {"made_at": _TIME, "sha256": "packing the same pixels is the library's choice"},
    "job_wait": {"since": _TIME},
    "job": {
        "queued_at": _TIME, "started_at": _TIME, "progress_at": _TIME, "finished_at": _TIME, "first_at": _TIME,
        "resumed_at": _TIME,
        "attempts": "deaths are not the result", "worker_pid": "a process id",
        "done": _LAST_ATTEMPT, "first_done": _LAST_ATTEMPT, "total": _LAST_ATTEMPT, "unit": _LAST_ATTEMPT,
        "message": _LAST_ATTEMPT,
    },
})  # fmt: skip

# table: column: what counts of a column that also tells how fast the machine was
_IN_PART: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    "job": {"result": f"json_remove(result, '$.{RATE}')"},
    "metric": {"value": f"CASE WHEN name LIKE '%{RATE}' THEN NULL ELSE value END"},
})  # fmt: skip


def digest(db: sqlite3.Connection) -> str:
    """One hash over all that counts of a studio's rows."""
    return combined(table_digests(db))


def rules() -> str:
    """Names what counts: digests taken by other rules, of an earlier program, cannot be compared."""
    told = json.dumps([_plain(LEFT_OUT), _plain(_IN_PART)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(mapping: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {table: dict(columns) for table, columns in mapping.items()}


def table_digests(db: sqlite3.Connection) -> dict[str, str]:
    """A hash for each table, over the values of its rows in the order of their values."""
    return {table: hash_rows(_rows(db, table)) for table in _tables(db)}


def combined(parts: Mapping[str, str]) -> str:
    """One hash over named hashes, in whatever order they come."""
    return hash_rows(sorted(parts.items()))


def hash_rows(rows: Iterable[Iterable[Any]]) -> str:
    """A hash over rows of SQLite's values, each told from every other by type, length and content."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(msgspec.msgpack.encode(tuple(row)))
    return digest.hexdigest()


def _tables(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")
    return sorted(row[0] for row in rows if WHOLE_TABLE not in LEFT_OUT.get(row[0], {}))


def _rows(db: sqlite3.Connection, table: str) -> Iterator[Iterable[Any]]:
    """The table's rows, without what is left out; ordered by all their columns, which for most is the key's order."""
    left_out, in_part = LEFT_OUT.get(table, {}), _IN_PART.get(table, {})
    names = [row["name"] for row in db.execute(f"PRAGMA table_info({table})") if row["name"] not in left_out]
    columns = [in_part.get(name, f'"{name}"') for name in names]
    order = ", ".join(map(str, range(1, len(columns) + 1)))
    return iter(db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"))
