"""Numbered migrations of the studio file. A released step is never edited; a change is a new step.

The file is meant to be read by other tools too, so table and column names are stable.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from db.connect import writing
from db.errors import UserError
from db.i18n import _
from db.schema import films, pictures, views, work

Migration = Callable[[sqlite3.Connection], None]


def m001_films_tags_events(db: sqlite3.Connection) -> None:
    """Films, frames, tags, what people decide, and the log of their acts."""
    _run(db, films.EVENTS, films.FILMS, films.TAGS, films.SCORES, films.VERDICTS)


def m002_datasets_runs(db: sqlite3.Connection) -> None:
    """Datasets, base models, runs and the LoRAs they publish."""
    _run(db, work.DATASETS, work.RUNS)


def m003_pictures(db: sqlite3.Connection) -> None:
    """Generations, their pictures, ratings and matches."""
    _run(db, pictures.PICTURES)


def m004_jobs(db: sqlite3.Connection) -> None:
    """The queue, saved views and settings."""
    _run(db, work.JOBS)


def m005_views(db: sqlite3.Connection) -> None:
    """Every frame's effective tags, and pictures with all that made them."""
    _run(db, views.VIEWS)


MIGRATIONS: tuple[Migration, ...] = (
    m001_films_tags_events,
    m002_datasets_runs,
    m003_pictures,
    m004_jobs,
    m005_views,
)


def version(db: sqlite3.Connection) -> int:
    """How many migrations the file has seen."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def check_version(db: sqlite3.Connection, path: Path) -> None:
    """Raise `UserError` where a newer kimikoe has written the file."""
    if (found := version(db)) > len(MIGRATIONS):
        raise UserError(
            _(
                "{path} was written by a newer kimikoe (schema {found}, this one knows {known}): upgrade kimikoe."
            ).format(path=path, found=found, known=len(MIGRATIONS))
        )


def migrate(db: sqlite3.Connection) -> None:
    """Apply the migrations the file has not seen, each in a transaction of its own with its record."""
    for number in range(version(db) + 1, len(MIGRATIONS) + 1):
        with writing(db):
            if version(db) < number:
                MIGRATIONS[number - 1](db)
                db.execute(f"PRAGMA user_version = {number}")


def _run(db: sqlite3.Connection, *scripts: str) -> None:
    for script in scripts:
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)
