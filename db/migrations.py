"""Numbered migrations of the studio file. A released step is never edited; a change is a new step.

The file is meant to be read by other tools too, so table and column names are stable.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from db.connect import writing
from db.errors import UserError
from db.i18n import _
from db.schema import comparisons, cullings, exact, films, judging, pictures, reports, saved_views, views, waits, work

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


def m006_engine(db: sqlite3.Connection) -> None:
    """Which engines worked on the studio, by which program: the handshake with terminals of other versions."""
    _run(db, work.ENGINE)


def m007_waits(db: sqlite3.Connection) -> None:
    """What jobs wait for that the engine itself set aside."""
    _run(db, waits.WAITS)


def m008_attempts(db: sqlite3.Connection) -> None:
    """What happened while nobody looked: attempts, what was told, and when a terminal was here."""
    _run(db, reports.ATTEMPTS)


def m009_cullings(db: sqlite3.Connection) -> None:
    """Which pictures a person went through by which expression, and where they stopped."""
    _run(db, cullings.CULLINGS)


def m010_saved_views(db: sqlite3.Connection) -> None:
    """Saving and deleting a view are acts that can be undone."""
    _run(db, saved_views.SAVED_VIEWS)


def m011_trials(db: sqlite3.Connection) -> None:
    """Blind comparisons of two sides."""
    _run(db, comparisons.TRIALS)


def m012_exact_frames(db: sqlite3.Connection) -> None:
    """How fields are joined, what a file lacks, exclusions that can be undone, stretches that films share."""
    _run(db, exact.EXACT)


def m013_acts_in_short(db: sqlite3.Connection) -> None:
    """Acts list their rows as arrays, as all new ones do, so that the old ones can be undone too."""
    db.create_function("acts_in_short", 1, _acts_in_short, deterministic=True)
    db.execute("UPDATE event SET changes = acts_in_short(changes) WHERE changes LIKE '%\"rows\":[{%'")


def m014_judging(db: sqlite3.Connection) -> None:
    """What people say of pictures' tags, and the sides of blind pairs, which outlive their pictures."""
    _run(db, judging.JUDGING)


def m015_chosen_thresholds(db: sqlite3.Connection) -> None:
    """A threshold of holds that a person chose stays when more of the film is taken in."""
    _run(db, exact.CHOSEN_THRESHOLDS)


def _acts_in_short(changes: str) -> str:
    """`{"key":k,"before":b,"after":a}` of each row as `[k,b,a]`; what another program spoilt stays as it is."""
    try:
        made = msgspec.json.decode(changes, type=dict[str, Any])
        made["rows"] = [[row["key"], row["before"], row["after"]] for row in made["rows"]]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return changes
    return msgspec.json.encode(made).decode()


MIGRATIONS: tuple[Migration, ...] = (
    m001_films_tags_events,
    m002_datasets_runs,
    m003_pictures,
    m004_jobs,
    m005_views,
    m006_engine,
    m007_waits,
    m008_attempts,
    m009_cullings,
    m010_saved_views,
    m011_trials,
    m012_exact_frames,
    m013_acts_in_short,
    m014_judging,
    m015_chosen_thresholds,
)


def version(db: sqlite3.Connection) -> int:
    """How many migrations the file has seen."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_older(db: sqlite3.Connection, path: Path) -> bool:
    """Whether there are migrations that the file has not seen; raises `UserError` where a newer kimikoe wrote it."""
    if (found := version(db)) > len(MIGRATIONS):
        raise UserError(
            _(
                "{path} was written by a newer kimikoe (schema {found}, this one knows {known}): upgrade kimikoe."
            ).format(path=path, found=found, known=len(MIGRATIONS))
        )
    return found < len(MIGRATIONS)


def migrate(db: sqlite3.Connection) -> None:
    """Apply the migrations the file has not seen, in one transaction with their record: all or none.

    A studio in use is brought up to date by `db.upgrade`, which keeps engines away and makes a copy first.
    """
    with writing(db):
        for number in range(version(db) + 1, len(MIGRATIONS) + 1):
            MIGRATIONS[number - 1](db)
            db.execute(f"PRAGMA user_version = {number}")


def _run(db: sqlite3.Connection, *scripts: str) -> None:
    for script in scripts:
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)
