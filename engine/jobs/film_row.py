"""The row of a film that is taken in: found by its content wherever it lies, or added."""

import sqlite3
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.changes import announce
from db.connect import now, writing
from db.errors import UserError
from db.events import note
from db.i18n import _
from db.requests import IngestRequest
from db.timecode import parse_rate, span
from engine.film_file import (
    HASH_BLOCK_BYTES,
    PACKETS_PER_CALL,
    FilmInfo,
    Shortfall,
    content_hash,
    probe,
    shortfall,
    stamp,
)
from engine.fit import find_letterbox
from engine.running import RunningJob
from engine.video import SAMPLES, sample_pictures, with_fields

KILOBYTE = 1000


def find_or_add_film(db: sqlite3.Connection, request: IngestRequest, job: RunningJob) -> int:
    """The id of the film with the file's content: a known one is found wherever it has been moved to."""
    path = Path(request.path).expanduser().resolve()
    info = probe(path)
    sha256 = content_hash(path, _told(path.stat().st_size, job))
    known = db.execute("SELECT id FROM film WHERE sha256 = ?", (sha256,)).fetchone()
    if known is None:
        _refuse_changed(db, path)
        return _add_film(db, path, sha256, info, request, job)
    with writing(db):
        db.execute("UPDATE film SET path = ?, stamp = ? WHERE id = ?", (str(path), stamp(path), known["id"]))
        _cite(db, known["id"], request.cite_fps)
    return int(known["id"])


def _refuse_changed(db: sqlite3.Connection, path: Path) -> None:
    row = db.execute("SELECT name FROM film WHERE path = ?", (str(path),)).fetchone()
    if row is not None:
        text = _("{path} is no longer the film {name}: put that back, or take it in from where it is now.")
        raise UserError(text.format(path=path, name=row["name"]))


def _add_film(
    db: sqlite3.Connection, path: Path, sha256: str, info: FilmInfo, request: IngestRequest, job: RunningJob
) -> int:
    missing = shortfall(path, info, _told_packets(info, job))
    info = with_fields(path, info)
    span(request.start, request.end, info.fps)
    columns = {**_columns(path, info, request, job), "sha256": sha256, "stated_frames": missing and missing.stated}
    names, marks = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    with writing(db):
        if db.execute("SELECT 1 FROM film WHERE name = ?", (columns["name"],)).fetchone():
            raise UserError(
                _("Another film is named {name} already: give this one a name of its own.").format(name=columns["name"])
            )
        row = db.execute(f"INSERT INTO film ({names}) VALUES ({marks}) RETURNING id", columns).fetchone()
        _cite(db, row["id"], request.cite_fps)
        announce(db, "frames", row["id"])
    _tell(db, path, info, missing, job)
    return int(row["id"])


def _told(size: int, job: RunningJob) -> Callable[[], None]:
    """To be called for each block of so many bytes that are read: tells how far that is, and hears a wish to stop."""
    blocks = count(1)

    def tell() -> None:
        read = min(next(blocks) * HASH_BLOCK_BYTES, size)
        job.progress(read // KILOBYTE, size // KILOBYTE, _("kB"), _("reading the film's file"))
        job.check()

    return tell


def _told_packets(info: FilmInfo, job: RunningJob) -> Callable[[], None]:
    """As `_told`, for each thousand packets."""
    thousands = count(1)

    def tell() -> None:
        counted = next(thousands) * PACKETS_PER_CALL
        job.progress(counted, max(counted, info.estimated_frames or 0), _("frames"), _("counting what the file holds"))
        job.check()

    return tell


def _samples(path: Path, info: FilmInfo, job: RunningJob) -> Iterator[NDArray[np.uint8]]:
    for number, picture in enumerate(sample_pictures(path, info, SAMPLES), start=1):
        job.progress(number, SAMPLES, _("pictures"), _("looking for a letterbox"))
        yield picture


def _columns(path: Path, info: FilmInfo, request: IngestRequest, job: RunningJob) -> dict[str, Any]:
    crop = find_letterbox(_samples(path, info, job))
    return {
        "name": request.name or path.stem, "path": str(path), "bytes": path.stat().st_size, "stamp": stamp(path),
        "note": request.note, "credit": request.credit, "width": info.width, "height": info.height,
        "fps_num": info.fps.numerator, "fps_den": info.fps.denominator, "decode": info.to_json(),
        "crop_x": crop.x, "crop_y": crop.y, "crop_w": crop.w, "crop_h": crop.h, "fit": request.fit,
        "added_at": now(),
    }  # fmt: skip


def _cite(db: sqlite3.Connection, film_id: int, rate: str) -> None:
    if rate:
        fps: Fraction = parse_rate(rate)
        db.execute("UPDATE film SET cite_num = ?, cite_den = ? WHERE id = ?", (fps.numerator, fps.denominator, film_id))
        announce(db, "frames", film_id, 1, 1)  # no frame changed, so as few as can be are read again


def _tell(db: sqlite3.Connection, path: Path, info: FilmInfo, missing: Shortfall | None, job: RunningJob) -> None:
    """Say what a person should know of the file, in the job's log and where it lasts in the history."""
    if info.fields == "film":
        job.say(_("{path} is telecined: its frames are those of the film, {fps} a second.").format(
            path=path, fps=f"{float(info.fps):.3f}"))  # fmt: skip
    elif info.fields == "deinterlace":
        job.say(_("{path} is interlaced: its frames are deinterlaced.").format(path=path))
    if missing:
        text = _("{path} was cut short: it holds about {count} of {stated} frames, which are taken in.")
        words = text.format(path=path, count=missing.packets, stated=missing.stated)
        job.say(words)
        note(db, "cut short", words)
