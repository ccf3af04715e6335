"""Thumbnails of key frames in `thumbs.db`: a cache keyed by the film's content, lost and rebuilt without harm.

One table, `thumbnail(film, number, jpeg)`, `film` being the film's sha256: numbers of films differ between studios.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from db.connect import connect, writing
from engine.film_file import FilmInfo
from engine.fit import Box, cropped, width_before_crop
from engine.video import display_picture

WIDTH = 256
JPEG_QUALITY = 85
SCHEMA = """
CREATE TABLE IF NOT EXISTS thumbnail (
    film TEXT NOT NULL, number INTEGER NOT NULL, jpeg BLOB NOT NULL, PRIMARY KEY (film, number))
"""


def open_thumbnails(path: Path) -> sqlite3.Connection:
    """Open the cache to write, made anew where it is missing or damaged."""
    try:
        return _opened(path)
    except sqlite3.OperationalError:  # locked, or a full disk: the cache itself is sound
        raise
    except sqlite3.DatabaseError:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    thumbs = connect(path)
    thumbs.execute(SCHEMA)
    return thumbs


def thumbnail(rgb: NDArray[np.uint8]) -> bytes:
    """A picture [h, w, 3] as JPEG, at most 256 wide and of even height."""
    width = min(WIDTH, rgb.shape[1])
    height = max(2, round(rgb.shape[0] * width / rgb.shape[1] / 2) * 2)
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    _written, jpeg = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(jpeg.tobytes())


def frame_thumbnail(frame: Any, info: FilmInfo, crop: Box, reformatter: Any) -> bytes:
    """The thumbnail of a decoded frame, scaled while its colours are converted."""
    width = min(info.width, width_before_crop(WIDTH, crop, info.width))
    return thumbnail(cropped(display_picture(frame, info, width, reformatter), crop, info.width))


def save_thumbnails(thumbs: sqlite3.Connection, film_sha256: str, items: Iterable[tuple[int, bytes]]) -> None:
    """Store (number, jpeg) pairs of a film."""
    with writing(thumbs):
        thumbs.executemany(
            "INSERT OR REPLACE INTO thumbnail (film, number, jpeg) VALUES (?, ?, ?)",
            ((film_sha256, number, jpeg) for number, jpeg in items),
        )


def stored_thumbnail(path: Path, film_sha256: str, number: int) -> bytes | None:
    """The JPEG of a frame, or None where the cache has none or cannot be read."""
    try:
        with closing(connect(path, read_only=True)) as thumbs:
            row = thumbs.execute(
                "SELECT jpeg FROM thumbnail WHERE film = ? AND number = ?", (film_sha256, number)
            ).fetchone()
    except sqlite3.DatabaseError:
        return None
    return bytes(row["jpeg"]) if row else None


def missing_thumbnails(thumbs: sqlite3.Connection, film_sha256: str, key_frames: Iterable[int]) -> list[int]:
    """Key frames that have no thumbnail yet, ascending."""
    rows = thumbs.execute("SELECT number FROM thumbnail WHERE film = ?", (film_sha256,))
    stored = np.fromiter((row["number"] for row in rows), np.int64)
    missing: list[int] = np.setdiff1d(np.fromiter(key_frames, np.int64), stored).tolist()
    return missing
