"""Register a tagger and make it the one in use."""

import sqlite3
from pathlib import Path

from db import library
from db.connect import now, writing
from db.i18n import _
from db.requests import TaggerRequest
from engine.running import RunningJob
from engine.studio import Studio
from engine.tagger import Tagger

GENERAL_THRESHOLD, CHARACTER_THRESHOLD = 0.30, 0.85
ROWS_PER_WRITE = 300
KILOBYTE = 1000


def run(studio: Studio, request: TaggerRequest, job: RunningJob) -> None:
    """Store the tagger with the tags it knows, and point the policy in use at it; run again, it changes nothing."""
    folder = Path(request.source).expanduser()
    source = str(folder.resolve()) if folder.is_dir() else request.source
    tagger = watched_tagger(job, source)
    say_provider(tagger, job)
    store_tags(studio.db, tagger)
    tagger_id = store_tagger(studio.db, tagger, source)
    use_tagger(studio.db, tagger_id)
    job.made(tagger_id=tagger_id, provider=tagger.provider)


def watched_tagger(job: RunningJob, source: str) -> Tagger:
    """The tagger, loaded; a download shows as the job's progress, and ends where the job is to stop."""

    def watch(done: int, total: int) -> None:
        job.progress(done // KILOBYTE, total // KILOBYTE or None, _("kB"), _("downloading {name}").format(name=source))
        job.check()

    return job.models.tagger(source, watch)


def say_provider(tagger: Tagger, job: RunningJob) -> None:
    """Tell where the tagger runs, and complain where it should run on a GPU and does not."""
    job.say(_("{name} runs on {provider}.").format(name=tagger.name, provider=tagger.provider))
    if tagger.fell_back:
        job.say(_("CUDA is installed but could not be used: tagging on the CPU is many times slower."))


def store_tags(db: sqlite3.Connection, tagger: Tagger) -> None:
    """Add the tags this studio does not know yet."""
    for start in range(0, len(tagger.tags), ROWS_PER_WRITE):
        with writing(db):
            db.executemany(
                "INSERT OR IGNORE INTO tag (name, category) VALUES (?, ?)",
                ((tag.name, tag.category) for tag in tagger.tags[start : start + ROWS_PER_WRITE]),
            )


def store_tagger(db: sqlite3.Connection, tagger: Tagger, source: str) -> int:
    """The id of the tagger's row, made or brought up to date with where the tagger was found."""
    with writing(db):
        row = db.execute(
            """INSERT INTO tagger (name, source, sha256, input_size, embedding_dim, added_at)
               VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (sha256) DO UPDATE SET source = excluded.source RETURNING id""",
            (tagger.name, source, tagger.sha256, tagger.input_size, tagger.embedding_dim, now()),
        ).fetchone()
    return int(row["id"])


def use_tagger(db: sqlite3.Connection, tagger_id: int) -> None:
    """Point the policy in use at this tagger, keeping its thresholds for kinds of tags."""
    active = library.active_policy(db)
    if active is None:
        library.set_policy(db, tagger_id, GENERAL_THRESHOLD, CHARACTER_THRESHOLD)
    elif active.tagger_id != tagger_id:
        library.set_policy(db, tagger_id, active.general, active.character)
