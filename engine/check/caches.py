"""The caches, against the rows they are copies of. What is damaged is dropped, and made again by the next job."""

import io
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from db import library, queue
from db.connect import connect, writing
from db.errors import UserError
from db.i18n import _
from db.requests import IngestRequest
from engine.check.checking import Checking
from engine.jobs.match import index_keys, stored_vectors
from engine.vectors import checksum, from_blob, mapped, recorded_checksum, sidecar

THUMBS, LATENTS, VECTORS = "thumbs.db", "latents.db", "vectors.npy"
COMPARED_AT_ONCE = 4096
LOOK_EVERY = 64


def check(checking: Checking) -> None:
    """Look at thumbnails, latents and vectors."""
    _check_database(checking, THUMBS, _check_thumbnails)
    _check_missing_thumbnails(checking)
    _check_database(checking, LATENTS, _check_latents)
    _check_vectors(checking)


def _check_database(checking: Checking, name: str, look: Callable[[Checking, sqlite3.Connection], None]) -> None:
    """Look into a cache that is a database of its own; one that is no sound database goes as a whole."""
    path = checking.root / name
    if not path.is_file():
        return
    try:
        with closing(connect(path, read_only=not checking.repair)) as cache:
            if (fault := cache.execute("PRAGMA integrity_check(1)").fetchone()[0]) == "ok":
                return look(checking, cache)
    except sqlite3.DatabaseError as error:
        fault = str(error)
    _drop(checking, name, fault, [path.with_name(name + suffix) for suffix in ("", "-wal", "-shm")])


def _drop(checking: Checking, name: str, fault: str, paths: list[Path]) -> None:
    if checking.repair:
        for path in paths:
            path.unlink(missing_ok=True)
    checking.found(
        "cache", name, fault, _("it is dropped and made again"), repaired=_("dropped") if checking.repair else ""
    )


def _drop_rows(checking: Checking, cache: sqlite3.Connection, name: str, table: str, bad: dict[int, str]) -> None:
    """Delete rows of a cache, by rowid, with the fault of each."""
    if not bad:
        return
    if checking.repair:
        with writing(cache):
            cache.executemany(f"DELETE FROM {table} WHERE rowid = ?", [(rowid,) for rowid in bad])
    for fault in sorted(set(bad.values())):
        count = sum(each == fault for each in bad.values())
        checking.found(
            "cache", name, f"{fault}: {count}",
            _("they are dropped and made again"), repaired=_("dropped") if checking.repair else "",
        )  # fmt: skip


def _check_thumbnails(checking: Checking, thumbs: sqlite3.Connection) -> None:
    """Thumbnails of frames that no row tells, and those that are no picture any more."""
    known = _frame_counts(checking.db)
    total = thumbs.execute("SELECT count(*) FROM thumbnail").fetchone()[0]
    bad: dict[int, str] = {}
    for done, row in enumerate(thumbs.execute("SELECT rowid, film, number, jpeg FROM thumbnail")):
        if done % LOOK_EVERY == 0:
            checking.looking(THUMBS, done, total)
        if not 1 <= row["number"] <= known.get(row["film"], 0):
            bad[row["rowid"]] = _("entries of frames that this studio does not have")
        elif not _is_picture(row["jpeg"]):
            bad[row["rowid"]] = _("entries that are no pictures any more")
    _drop_rows(checking, thumbs, THUMBS, "thumbnail", bad)


def _frame_counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many frames each film has, by its hash; one that is still coming in may have any number."""
    rows = db.execute("SELECT sha256, frame_count FROM film")
    return {row["sha256"]: row["frame_count"] or sys.maxsize for row in rows}


def _is_picture(jpeg: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(jpeg)) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, TypeError):
        return False
    return True


def _check_missing_thumbnails(checking: Checking) -> None:
    """Key frames of whole films that have no thumbnail: the film is queued to be looked at again."""
    for film in checking.db.execute("SELECT * FROM film WHERE frame_count IS NOT NULL ORDER BY id").fetchall():
        key_frames = _key_frames(checking.db, film["grouping_id"])
        if not (missing := key_frames - _thumbnails_of(checking.root / THUMBS, film["sha256"])):
            continue
        fault = _("{count} of {all} thumbnails of {film} are missing").format(
            count=len(missing), all=len(key_frames), film=film["name"])  # fmt: skip
        remedy = _("`kimikoe ingest {path}` makes them").format(path=film["path"])
        checking.found("cache", THUMBS, fault, remedy, repaired=_queue_ingest(checking, film), level="note")


def _key_frames(db: sqlite3.Connection, grouping_id: int) -> set[int]:
    rows = db.execute("SELECT key_frame FROM hold WHERE grouping_id = ? AND key_frame IS NOT NULL", (grouping_id,))
    return {row[0] for row in rows}


def _thumbnails_of(path: Path, film: str) -> set[int]:
    if not path.is_file():
        return set()
    try:
        with closing(connect(path, read_only=True)) as thumbs:
            return {row[0] for row in thumbs.execute("SELECT number FROM thumbnail WHERE film = ?", (film,))}
    except sqlite3.DatabaseError:
        return set()


def _queue_ingest(checking: Checking, film: sqlite3.Row) -> str:
    if not checking.repair or not Path(film["path"]).is_file():
        return ""
    request = IngestRequest(path=film["path"], name=film["name"], fit=film["fit"])
    waiting = [job for job in queue.active(checking.db) if job.kind == request.kind and film["path"] in job.request]
    job_id = waiting[0].id if waiting else queue.enqueue(checking.db, request)
    return _("queued as job {id}").format(id=job_id)


def _check_latents(checking: Checking, latents: sqlite3.Connection) -> None:
    """Latents whose bytes are not those that were written."""
    columns = {row["name"] for row in latents.execute("PRAGMA table_info(latent)")}
    if "crc32" not in columns:
        return  # of an earlier format, which the next training empties
    total = latents.execute("SELECT count(*) FROM latent").fetchone()[0]
    bad: dict[int, str] = {}
    for done, row in enumerate(latents.execute("SELECT rowid, shape, float16, crc32 FROM latent")):
        if done % LOOK_EVERY == 0:
            checking.looking(LATENTS, done, total)
        if not _is_latent(row):
            bad[row["rowid"]] = _("entries that are not what was written")
    _drop_rows(checking, latents, LATENTS, "latent", bad)


def _is_latent(row: sqlite3.Row) -> bool:
    sides = str(row["shape"]).split("x")
    if not isinstance(row["float16"], bytes) or not all(side.isdecimal() for side in sides):
        return False
    return len(row["float16"]) == 2 * int(np.prod([int(side) for side in sides])) and (
        zlib.crc32(row["float16"]) == row["crc32"]
    )


def _check_vectors(checking: Checking) -> None:
    """The array against the rows it is a copy of; one of other rows is only old, and rebuilt by the next match."""
    path = checking.root / VECTORS
    try:
        tagger = library.tagger(checking.db)
    except UserError:
        return
    keys = index_keys(checking.db, tagger.id)
    if not path.is_file() or recorded_checksum(path) not in (None, checksum(tagger.sha256, keys)):
        return
    vectors = mapped(path, (len(keys), tagger.embedding_dim)) if recorded_checksum(path) else None
    if vectors is None or not _equal(checking, vectors, stored_vectors(checking.db, keys[:, 0])):
        _drop(checking, VECTORS, _("it is not a copy of its rows"), [path, sidecar(path)])


def _equal(checking: Checking, vectors: NDArray[np.float32], blobs: Iterator[bytes]) -> bool:
    for start in range(0, len(vectors), COMPARED_AT_ONCE):
        checking.looking(VECTORS, start, len(vectors))
        expected = [from_blob(blob) for blob in islice(blobs, COMPARED_AT_ONCE)]
        if not np.array_equal(vectors[start : start + COMPARED_AT_ONCE], np.stack(expected)):
            return False
    return True
