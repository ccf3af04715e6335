"""The studio in a few figures: what is in, what is done, what waits."""

import sqlite3

import msgspec

from db.exposures import Exposures, exposures


class FilmOverview(msgspec.Struct, frozen=True):
    """How far a film is: frames in, collapsed to holds and shots, key frames scored by the tagger in use."""

    id: int
    name: str
    frames: int
    complete: bool
    holds: int
    key_frames: int
    shots: int
    scored: int
    exposures: Exposures


class Overview(msgspec.Struct, frozen=True):
    """Counts over the whole studio."""

    films: list[FilmOverview]
    verdicts: int
    datasets: int
    runs: int
    loras: int
    pictures: int
    planned: int
    rated: int
    rejected: int
    active_jobs: int


_FILMS = """
SELECT f.id, f.name, f.frame_count IS NOT NULL AS complete,
    COALESCE(f.frame_count, (SELECT count(*) FROM frame WHERE film_id = f.id)) AS frames,
    (SELECT count(*) FROM hold WHERE grouping_id = f.grouping_id) AS holds,
    (SELECT count(key_frame) FROM hold WHERE grouping_id = f.grouping_id) AS key_frames,
    (SELECT count(*) FROM shot WHERE film_id = f.id) AS shots,
    (SELECT count(*) FROM hold h JOIN policy p ON p.active
     JOIN scored s ON s.tagger_id = p.tagger_id AND s.film_id = f.id AND s.frame_number = h.key_frame
     WHERE h.grouping_id = f.grouping_id) AS scored
FROM film f ORDER BY f.id
"""

_COUNTS = """
SELECT (SELECT count(*) FROM verdict) AS verdicts, (SELECT count(*) FROM dataset) AS datasets,
    (SELECT count(*) FROM run) AS runs, (SELECT count(*) FROM lora) AS loras,
    (SELECT count(*) FROM image WHERE state = 'done') AS pictures,
    (SELECT count(*) FROM image WHERE state = 'planned') AS planned,
    (SELECT count(*) FROM rating WHERE stars IS NOT NULL AND NOT rejected) AS rated,
    (SELECT count(*) FROM rating WHERE rejected) AS rejected,
    (SELECT count(*) FROM job WHERE state IN ('queued', 'running', 'paused')) AS active_jobs
"""


def overview(db: sqlite3.Connection) -> Overview:
    """Count what the studio holds."""
    films = [
        FilmOverview(**{**dict(row), "complete": bool(row["complete"]), "exposures": exposures(db, row["id"])})
        for row in db.execute(_FILMS)
    ]
    return Overview(films=films, **dict(db.execute(_COUNTS).fetchone()))
