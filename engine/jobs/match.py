"""Find which shots of the films each finished picture resembles."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from db import library
from db.changes import announce
from db.connect import writing
from db.i18n import _
from db.requests import MatchRequest
from engine.resemblance import METHOD, Hit, nearest
from engine.room import ROWS_TWICE
from engine.running import RunningJob
from engine.studio import Studio
from engine.vectors import checksum, from_blob, open_vectors

IMAGES_PER_BATCH = 32
FLOAT_BYTES = 4
ROW_BYTES = 200
SHOTS_PER_FILM_LIMIT = 1 << 32


@dataclass(frozen=True)
class FrameIndex:
    """The vectors of every tagged frame, and which frame and shot each row is."""

    version: str
    frames: NDArray[np.int64]
    shot_of: NDArray[np.int64]
    vectors: NDArray[np.float32]
    coverage: dict[int, float]


def run(studio: Studio, request: MatchRequest, job: RunningJob) -> None:
    """Match images that have no match against the current index; stopping loses at most one batch."""
    tagger = library.tagger(studio.db)
    index = load_index(studio, tagger)
    count = min(request.count, len(np.unique(index.shot_of)))
    images = unmatched_images(studio.db, tagger.id, index.version, request.generation_id, count)
    if not len(index.frames):
        job.say(_("No frame has been tagged yet, so there is nothing to compare pictures with."))
        images = []
    job.count("images", 0)
    for start in range(0, len(images), IMAGES_PER_BATCH):
        job.progress(start, len(images), _("pictures"))
        job.check()
        batch = images[start : start + IMAGES_PER_BATCH]
        queries = _image_vectors(studio.db, tagger.id, batch)
        hits = nearest(queries, index.vectors, index.shot_of, count)
        studio.need_room(ROWS_TWICE * len(batch) * count * ROW_BYTES)
        with writing(studio.db):
            save_matches(studio.db, index, batch, hits)
            job.count("images", len(batch))
    job.progress(len(images), len(images), _("pictures"))
    job.made(untagged=_untagged_images(studio.db, tagger.id, request.generation_id))


def index_version(db: sqlite3.Connection, tagger_id: int) -> str:
    """Names the set of vectors; it changes whenever a frame is tagged or forgotten."""
    row = db.execute("SELECT count(*), COALESCE(max(rowid), 0) FROM scored WHERE tagger_id = ?", (tagger_id,))
    return "{}:{}:{}".format(tagger_id, *row.fetchone())


def load_index(studio: Studio, tagger: library.Tagger) -> FrameIndex:
    """The index of the tagger's vectors, through the cache beside the database."""
    db, tagger_id = studio.db, tagger.id
    version = index_version(db, tagger_id)
    keys = index_keys(db, tagger_id)
    vectors = open_vectors(
        studio.vectors_path,
        checksum(tagger.sha256, keys),
        (len(keys), tagger.embedding_dim),
        lambda: _blobs(studio, keys[:, 0], tagger.embedding_dim),
    )
    frames = keys[:, 1:]
    return FrameIndex(version, frames, _shots_of(db, frames), vectors, _coverage(db, tagger_id))


def index_keys(db: sqlite3.Connection, tagger_id: int) -> NDArray[np.int64]:
    """(row, film, frame number) of every vector, in the order of the cache: [n, 3]."""
    rows = db.execute(
        "SELECT rowid, film_id, frame_number FROM scored WHERE tagger_id = ? ORDER BY film_id, frame_number",
        (tagger_id,),
    )
    return np.array([tuple(row) for row in rows], np.int64).reshape(-1, 3)


def _blobs(studio: Studio, rowids: NDArray[np.int64], dim: int) -> Iterator[bytes]:
    """Vectors by row: a row of `scored` is written once, so the keys read before still name them."""
    studio.need_room(len(rowids) * dim * FLOAT_BYTES)
    yield from stored_vectors(studio.db, rowids)


def stored_vectors(db: sqlite3.Connection, rowids: NDArray[np.int64]) -> Iterator[bytes]:
    """The vectors in these rows of `scored`."""
    for rowid in rowids.tolist():
        yield db.execute("SELECT vector FROM scored WHERE rowid = ?", (rowid,)).fetchone()["vector"]


def _shots_of(db: sqlite3.Connection, frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each frame's shot, distinct between films."""
    shots = np.zeros(len(frames), np.int64)
    for film_id in np.unique(frames[:, 0]).tolist():
        rows = db.execute("SELECT first FROM shot WHERE film_id = ? ORDER BY first", (film_id,))
        firsts = np.array([row["first"] for row in rows], np.int64)
        of_film = frames[:, 0] == film_id
        places = np.searchsorted(firsts, frames[of_film, 1], side="right")
        shots[of_film] = film_id * SHOTS_PER_FILM_LIMIT + places
    return shots


def _coverage(db: sqlite3.Connection, tagger_id: int) -> dict[int, float]:
    """For each film, the share of its key frames that have a vector."""
    rows = db.execute(
        """SELECT f.id, count(s.frame_number) * 1.0 / count(*) AS share
           FROM film f JOIN hold h ON h.grouping_id = f.grouping_id AND h.key_frame IS NOT NULL
           LEFT JOIN scored s ON s.tagger_id = ? AND s.film_id = f.id AND s.frame_number = h.key_frame
           GROUP BY f.id""",
        (tagger_id,),
    )
    return {row["id"]: row["share"] for row in rows}


def unmatched_images(
    db: sqlite3.Connection, tagger_id: int, version: str, generation_id: int | None, count: int
) -> list[int]:
    """Finished images with a vector but with fewer than `count` matches against this version of the index."""
    rows = db.execute(
        """SELECT i.id FROM image i JOIN image_scored s ON s.image_id = i.id AND s.tagger_id = :tagger
           WHERE i.state = 'done' AND (:generation IS NULL OR i.generation_id = :generation) AND :count > (
               SELECT count(*) FROM match m
               WHERE m.image_id = i.id AND m.index_version = :version AND m.method = :method)
           ORDER BY i.id""",
        {"count": count, "tagger": tagger_id, "generation": generation_id, "version": version, "method": METHOD},
    )
    return [row["id"] for row in rows]


def _untagged_images(db: sqlite3.Connection, tagger_id: int, generation_id: int | None) -> int:
    row = db.execute(
        """SELECT count(*) FROM image i
           WHERE i.state = 'done' AND (:generation IS NULL OR i.generation_id = :generation) AND NOT EXISTS (
               SELECT 1 FROM image_scored s WHERE s.image_id = i.id AND s.tagger_id = :tagger)""",
        {"tagger": tagger_id, "generation": generation_id},
    ).fetchone()
    return int(row[0])


def _image_vectors(db: sqlite3.Connection, tagger_id: int, images: Sequence[int]) -> NDArray[np.float32]:
    sql = "SELECT vector FROM image_scored WHERE image_id = ? AND tagger_id = ?"
    return np.stack([from_blob(db.execute(sql, (image, tagger_id)).fetchone()["vector"]) for image in images])


def save_matches(
    db: sqlite3.Connection, index: FrameIndex, images: Sequence[int], hits: Sequence[Sequence[Hit]]
) -> None:
    """Replace the matches of these images, inside one short transaction."""
    for image_id, found in zip(images, hits, strict=True):
        db.execute("DELETE FROM match WHERE image_id = ?", (image_id,))
        db.executemany(
            """INSERT INTO match
                   (image_id, rank, film_id, frame_number, score, method, index_version, coverage)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (_match_row(index, image_id, rank, hit) for rank, hit in enumerate(found, start=1)),
        )
    announce(db, "matches")


def _match_row(index: FrameIndex, image_id: int, rank: int, hit: Hit) -> tuple[object, ...]:
    film_id, number = index.frames[hit.index].tolist()
    coverage = index.coverage.get(film_id, 0.0)
    return image_id, rank, film_id, number, hit.score, METHOD, index.version, coverage
