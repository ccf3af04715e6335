"""A studio is looked at before it is trusted, whoever made it: its files are its own, and its database holds our tables
and views with values of their kinds, and nothing that acts by itself."""

import os
import sqlite3
from functools import cache
from pathlib import Path

from db.errors import UserError
from db.i18n import _

LONGEST_TEXT = 2**20
FLAT = ("loras", "images", "runs", "logs", "locks")
SMALL = (
    "film", "tag", "base", "tagger", "policy", "dataset", "run", "checkpoint", "lora", "generation", "setting",
    "saved_view", "culling", "trial", "job", "job_wait", "engine", "grouping",
)  # fmt: skip
_KINDS = {"INTEGER": ("integer",), "REAL": ("real", "integer"), "TEXT": ("text",), "BLOB": ("blob",)}
_LEADS_OUT = "path LIKE '/%' OR '/' || path || '/' LIKE '%/../%'"
_WRONG = {
    "film": "min(fps_num, fps_den, width, height, crop_w, crop_h) < 1 OR min(crop_x, crop_y) < 0 "
    "OR max(width, height) > 65536 OR crop_x + crop_w > width OR crop_y + crop_h > height",
    "lora": _LEADS_OUT,
    "checkpoint": _LEADS_OUT,
    "run": "NOT json_valid(recipe) OR json_type(recipe) != 'object'",
}
Column = tuple[str, str, int, int, int]  # name, type, NOT NULL, place in the key, hidden


def check_files(root: Path) -> None:
    """Raise `UserError` where something in the studio is a link or no file: only a folder in it may be elsewhere."""
    for folder in (root, *(root / name for name in FLAT)):
        if not folder.is_dir():
            continue
        for entry in os.scandir(folder):
            linked_folder = folder == root and entry.is_dir()
            if not linked_folder and (entry.is_symlink() or not (entry.is_file() or entry.is_dir())):
                raise UserError(
                    _(
                        "{path} is a link or no file: a studio holds files of its own, put the file itself there."
                    ).format(path=entry.path)
                )


def check_database(db: sqlite3.Connection, path: Path) -> None:
    """Raise `UserError` where the database, of this version's schema, is not what kimikoe makes."""
    reason = _acts(db) or _shape_fault(db) or _value_fault(db)
    if reason:
        raise UserError(
            _("{path} is not a studio as kimikoe makes it ({reason}): restore it from a backup.").format(
                path=path, reason=reason
            )
        )


def check_acts(db: sqlite3.Connection, path: Path) -> None:
    """Raise `UserError` where the database, of whatever version, would do something by itself."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if reason := _acts(db) or ("" if version > 0 else _("it has no schema")):
        raise UserError(
            _("{path} is not a studio as kimikoe makes it ({reason}): restore it from a backup.").format(
                path=path, reason=reason
            )
        )


def _acts(db: sqlite3.Connection) -> str:
    """What in the database would run by itself: a trigger, or a table that is a program."""
    row = db.execute(
        """SELECT type, name FROM sqlite_schema
           WHERE type = 'trigger' OR (type = 'table' AND sql LIKE 'CREATE VIRTUAL%') LIMIT 1"""
    ).fetchone()
    return _("it has the {kind} “{name}”").format(kind=row[0], name=row[1]) if row else ""


def _shape_fault(db: sqlite3.Connection) -> str:
    """Which of our tables and views is missing or another."""
    found = _shape(db)
    for name, wanted in _expected().items():
        if found.get(name) != wanted:
            return _("“{name}” is missing or another").format(name=name)
    return ""


def _value_fault(db: sqlite3.Connection) -> str:
    """In which of the tables that are read whole a value is of another kind, or makes no sense."""
    for table in SMALL:
        _kind, columns = _expected()[table]
        assert isinstance(columns, tuple)
        wrong = " OR ".join([*map(_is_other, columns), *([_WRONG[table]] if table in _WRONG else [])])
        if db.execute(f"SELECT 1 FROM {table} WHERE {wrong} LIMIT 1").fetchone():
            return _("a row of “{name}” makes no sense").format(name=table)
    return ""


def _is_other(column: Column) -> str:
    """The condition under which a column's value is of another kind, or a text that is too long."""
    name, kind, required, key, _hidden = column
    allowed = (*_KINDS[kind], *(() if required or key else ("null",)))
    kinds = ", ".join(f"'{each}'" for each in allowed)
    too_long = f' OR length("{name}") > {LONGEST_TEXT}' if kind == "TEXT" else ""
    return f'typeof("{name}") NOT IN ({kinds}){too_long}'


def _shape(db: sqlite3.Connection) -> dict[str, tuple[str, tuple[Column, ...] | str]]:
    """Kind and columns of every table, kind and text of every view."""
    rows = db.execute(
        """SELECT l.name, l.type, x.name, upper(x.type), x."notnull", x.pk, x.hidden
           FROM pragma_table_list l JOIN pragma_table_xinfo(l.name) x
           WHERE l.schema = 'main' AND l.type != 'view' ORDER BY l.name, x.cid"""
    )
    tables: dict[str, tuple[str, list[Column]]] = {}
    for row in rows:
        tables.setdefault(row[0], (row[1], []))[1].append((row[2], row[3], row[4], row[5], row[6]))
    views = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'view'").fetchall()
    shapes: dict[str, tuple[str, tuple[Column, ...] | str]] = {
        name: (kind, tuple(columns)) for name, (kind, columns) in tables.items()
    }
    return shapes | {row[0]: ("view", " ".join(row[1].split())) for row in views}


@cache
def _expected() -> dict[str, tuple[str, tuple[Column, ...] | str]]:
    """What the migrations make."""
    from db import migrations

    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    migrations.migrate(db)
    found = {name: each for name, each in _shape(db).items() if not name.startswith("sqlite_")}
    db.close()
    return found
