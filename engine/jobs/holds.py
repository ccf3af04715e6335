"""Group a film's frames into holds by another threshold: from the stored distances, without decoding a frame."""

import sqlite3
from contextlib import closing

from db import films
from db.changes import announce
from db.connect import now, writing
from db.errors import UserError
from db.exposures import chosen_threshold, distance_counts, estimate_threshold, threshold_in_use
from db.i18n import _
from db.requests import HoldsRequest
from engine.holds import METHOD, group_holds
from engine.jobs.bulk import room_for, write_rows
from engine.jobs.film_parts import newest_frame
from engine.jobs.film_slices import frame_slices
from engine.pixels import Film
from engine.running import RunningJob
from engine.studio import Studio
from engine.thumbs import WIDTH, missing_thumbnails, open_thumbnails, save_thumbnails, thumbnail

THUMBNAILS_PER_WRITE = 20


def run(studio: Studio, request: HoldsRequest, job: RunningJob) -> None:
    """Regroup a film; verdicts, scores and vectors are of frames, and stay. Thumbnails that lack are made."""
    if not films.film(studio.db, request.film_id).frames_in:
        raise UserError(_("The film is not in yet: `kimikoe ingest` goes on with it."))
    job.made(**group_film(studio.db, request.film_id, request.threshold, job))
    try:
        film = Film(studio.db, request.film_id, threads="AUTO")
    except UserError as error:  # the film's file is not needed to regroup it
        job.say(_("No thumbnails were made: {error}").format(error=error))
        return
    with closing(film):
        fill_thumbnails(studio, film, job)


def is_regrouped(db: sqlite3.Connection, film_id: int, threshold: int | None) -> bool:
    """Whether a film is to be grouped: it is not yet, or this threshold is not the one in use that was chosen."""
    current = threshold_in_use(db, film_id)
    return current is None or (threshold is not None and {threshold} != {current, chosen_threshold(db, film_id)})


def group_film(db: sqlite3.Connection, film_id: int, threshold: int | None, job: RunningJob) -> dict[str, int]:
    """Group the stored frames, and use the new grouping once all of it is stored; an old one stays.

    A threshold is one that was chosen, and stays when more of the film is taken in; without one it is that which fits
    the film's encode. Returns both thresholds and the number of holds.
    """
    estimated = estimate_threshold(distance_counts(db, film_id))
    chosen, threshold = threshold, estimated if threshold is None else threshold
    grouping_id = _grouping(db, film_id, threshold)
    holds = _store_holds(db, film_id, grouping_id, threshold, job)
    _use(db, film_id, grouping_id, chosen)
    job.say(
        _("{holds} holds at threshold {threshold}; {estimated} fits the film's encode").format(
            holds=holds, threshold=threshold, estimated=estimated
        )
    )
    return {"threshold": threshold, "estimated_threshold": estimated, "holds": holds}


def _store_holds(db: sqlite3.Connection, film_id: int, grouping_id: int, threshold: int, job: RunningJob) -> int:
    return write_rows(
        "INSERT OR IGNORE INTO hold (grouping_id, first, last, key_frame) VALUES (?, ?, ?, ?)",
        (
            (grouping_id, hold.first, hold.last, hold.key_frame)
            for hold in group_holds(frame_slices(db, film_id), threshold)
        ),
        job,
    )


def _grouping(db: sqlite3.Connection, film_id: int, threshold: int) -> int:
    """The grouping at this threshold, made or found; grouping is deterministic, so a found one is continued."""
    with writing(db):
        row = db.execute(
            "SELECT id FROM grouping WHERE film_id = ? AND threshold = ? AND method = ?", (film_id, threshold, METHOD)
        ).fetchone()
        row = row or db.execute(
            "INSERT INTO grouping (film_id, threshold, method, made_at) VALUES (?, ?, ?, ?) RETURNING id",
            (film_id, threshold, METHOD, now()),
        ).fetchone()  # fmt: skip
    return int(row["id"])


def _use(db: sqlite3.Connection, film_id: int, grouping_id: int, chosen: int | None) -> None:
    with writing(db):
        db.execute("UPDATE film SET grouping_id = ?, hold_threshold = ? WHERE id = ?", (grouping_id, chosen, film_id))
        announce(db, "frames", film_id, 1, newest_frame(db, film_id))


def fill_thumbnails(studio: Studio, film: Film, job: RunningJob) -> None:
    """Make the thumbnails that are missing: a lost cache, or key frames of another threshold."""
    rows = studio.db.execute(
        """SELECT h.key_frame FROM film f JOIN hold h ON h.grouping_id = f.grouping_id
           WHERE f.id = ? AND h.key_frame IS NOT NULL""",
        (film.id,),
    )
    with closing(open_thumbnails(studio.thumbs_path)) as thumbs:
        missing = missing_thumbnails(thumbs, film.sha256, (row["key_frame"] for row in rows))
        for start in range(0, len(missing), THUMBNAILS_PER_WRITE):
            batch = missing[start : start + THUMBNAILS_PER_WRITE]
            made = [(number, thumbnail(film.picture(number, WIDTH))) for number in batch]
            studio.need_room(room_for(0, made))
            save_thumbnails(thumbs, film.sha256, made)
            job.progress(start + len(batch), len(missing), _("thumbnails"))
            job.check()
