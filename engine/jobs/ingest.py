"""Take in a film: every frame numbered and measured, then shots, holds and thumbnails."""

import sqlite3
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from db.changes import announce
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _
from db.requests import IngestRequest
from engine.film_file import FilmInfo, check_whole, content_hash, probe
from engine.fit import find_letterbox
from engine.holds import (
    DEFAULT_THRESHOLD,
    GREATEST_DISTANCE,
    METHOD,
    continues_hold,
    estimate_threshold,
    group_holds,
    luma_distance,
    signature,
    small_planes,
)
from engine.pixels import Film
from engine.room import ROWS_TWICE
from engine.running import RunningJob
from engine.shots import find_shots, hsv_change, small_hsv
from engine.studio import Studio
from engine.thumbs import WIDTH, frame_thumbnail, missing_thumbnails, open_thumbnails, save_thumbnails, thumbnail
from engine.video import DecodedFrame, Locator, decode, next_tainted, sample_pictures

FRAMES_PER_WRITE = 100
ROWS_PER_WRITE = 300
PAUSE_BETWEEN_WRITES = 0.001
THUMBNAILS_PER_WRITE = 20
ROW_BYTES = 300

FrameRow = tuple[int, int, bool, bool, bool, int, float, bytes]


def run(studio: Studio, request: IngestRequest, job: RunningJob) -> None:
    """Take in the film at `request.path`, or what is left of it; a film whose content is known is found by it."""
    film_id = find_or_add_film(studio.db, request, job)
    with closing(Film(studio.db, film_id, threads="AUTO")) as film:
        if not _is_complete(studio.db, film_id):
            _take_in_frames(studio, film, job)
            _store_shots(studio.db, film_id, job)
        _store_holds(studio.db, film_id, request.hold_threshold, job)
        _fill_thumbnails(studio, film, job)
    job.made(film_id=film_id)


def find_or_add_film(db: sqlite3.Connection, request: IngestRequest, job: RunningJob) -> int:
    """The id of the film with the file's content: a known one is found wherever it has been moved to."""
    path = Path(request.path).expanduser().resolve()
    info = probe(path)
    sha256 = content_hash(path, job.check)
    known = db.execute("SELECT id FROM film WHERE sha256 = ?", (sha256,)).fetchone()
    if known is None:
        return _add_film(db, path, sha256, info, request, job)
    with writing(db):
        db.execute("UPDATE film SET path = ? WHERE id = ?", (str(path), known["id"]))
    return int(known["id"])


def _add_film(
    db: sqlite3.Connection, path: Path, sha256: str, info: FilmInfo, request: IngestRequest, job: RunningJob
) -> int:
    check_whole(path, info, job.check)
    if info.interlaced:
        job.say(_("{path} is interlaced: moving edges will show combs.").format(path=path))
    crop = find_letterbox(sample_pictures(path, info))
    columns: dict[str, Any] = {
        "name": request.name or path.stem, "sha256": sha256, "path": str(path), "bytes": path.stat().st_size,
        "note": request.note, "credit": request.credit, "width": info.width, "height": info.height,
        "fps_num": info.fps.numerator, "fps_den": info.fps.denominator, "decode": info.to_json(),
        "crop_x": crop.x, "crop_y": crop.y, "crop_w": crop.w, "crop_h": crop.h, "fit": request.fit,
        "added_at": now(),
    }  # fmt: skip
    names, marks = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    with writing(db):
        if db.execute("SELECT 1 FROM film WHERE name = ?", (columns["name"],)).fetchone():
            raise UserError(
                _("Another film is named {name} already: give this one a name of its own.").format(name=columns["name"])
            )
        row = db.execute(f"INSERT INTO film ({names}) VALUES ({marks}) RETURNING id", columns).fetchone()
        announce(db, "frames", row["id"])
    return int(row["id"])


def _is_complete(db: sqlite3.Connection, film_id: int) -> bool:
    row = db.execute("SELECT frame_count FROM film WHERE id = ?", (film_id,)).fetchone()
    return row["frame_count"] is not None


def _take_in_frames(studio: Studio, film: Film, job: RunningJob) -> None:
    """Decode and store the frames after the last stored one, with thumbnails where a hold seems to begin."""
    measure = FrameMeasure(film)
    total = film.info.estimated_frames
    with (
        closing(open_thumbnails(studio.thumbs_path)) as thumbs,
        closing(_frames_left(studio.db, film, measure)) as frames,
    ):
        while batch := list(islice(frames, FRAMES_PER_WRITE)):
            rows = [measure(frame) for frame in batch]
            thumbnails = measure.take_thumbnails()
            studio.need_room(_bytes(len(rows), thumbnails))
            _store_frames(studio.db, film.id, rows)
            save_thumbnails(thumbs, film.sha256, thumbnails)
            job.progress(rows[-1][0], max(total or 0, rows[-1][0]), _("frames"))
            job.check()
    if measure.left_out:
        job.say(
            _("{count} frames were left out: their timestamps are missing or run backwards.").format(
                count=measure.left_out
            )
        )


def _bytes(rows: int, thumbnails: Sequence[tuple[int, bytes]] = ()) -> int:
    """What so many rows and these thumbnails take up at most while they are written."""
    return ROWS_TWICE * (rows * ROW_BYTES + sum(len(jpeg) for _number, jpeg in thumbnails))


def _frames_left(db: sqlite3.Connection, film: Film, measure: "FrameMeasure") -> Generator[DecodedFrame]:
    """Frames that are not stored yet; the last stored one is decoded again to measure the next against it."""
    rows = db.execute(
        "SELECT number, pts, tainted FROM frame WHERE film_id = ? ORDER BY number DESC LIMIT 2", (film.id,)
    ).fetchall()
    after = Locator(rows[1]["number"], rows[1]["pts"]) if len(rows) == 2 else None
    with closing(decode(film.path, film.info, after, measure.leave_out)) as frames:
        if rows:
            measure.start_at(next(frames), bool(rows[0]["tainted"]))
        yield from frames


class FrameMeasure:
    """What is stored of each frame, measured against the one before it; thumbnails are made on the way."""

    def __init__(self, film: Film) -> None:
        self.left_out = 0
        self._film = film
        self._reformatter = VideoReformatter()
        self._luma: Any = None
        self._hsv: Any = None
        self._head = b""
        self._tainted = False
        self._thumbnails: list[tuple[int, bytes]] = []

    def start_at(self, decoded: DecodedFrame, tainted: bool) -> None:
        """Take a frame that is stored already as the one before the next."""
        self(decoded)
        self._tainted = tainted
        self._thumbnails.clear()

    def __call__(self, decoded: DecodedFrame) -> FrameRow:
        """The frame's row: number, pts, is_key, corrupt, tainted, distance, cut_change, signature."""
        luma, blue, red = small_planes(decoded.frame)
        hsv, now_signature = small_hsv(luma, blue, red), signature(luma)
        first = self._luma is None
        distance = 0 if first else luma_distance(luma, self._luma)
        change = 0.0 if first else self._change_to(hsv)
        self._tainted = next_tainted(self._tainted, decoded.is_key, decoded.corrupt)
        if first or not continues_hold(distance, now_signature, self._head, DEFAULT_THRESHOLD):
            self._head = now_signature
            self._make_thumbnail(decoded)
        self._luma, self._hsv = luma, hsv
        flags = (decoded.is_key, decoded.corrupt, self._tainted)
        return decoded.number, decoded.pts, *flags, distance, change, now_signature

    def leave_out(self) -> None:
        """Count a frame that cannot be stored."""
        self.left_out += 1

    def take_thumbnails(self) -> list[tuple[int, bytes]]:
        """(number, jpeg) made since the last call."""
        taken, self._thumbnails = self._thumbnails, []
        return taken

    def _change_to(self, hsv: NDArray[np.uint8]) -> float:
        """How much the picture changed; hsv_change compares pictures of one size, and another size is a cut."""
        return hsv_change(hsv, self._hsv) if hsv.shape == self._hsv.shape else float(GREATEST_DISTANCE)

    def _make_thumbnail(self, decoded: DecodedFrame) -> None:
        jpeg = frame_thumbnail(decoded.frame, self._film.info, self._film.fit.crop, self._reformatter)
        self._thumbnails.append((decoded.number, jpeg))


def _store_frames(db: sqlite3.Connection, film_id: int, rows: Sequence[FrameRow]) -> None:
    with writing(db):
        db.executemany(
            """INSERT INTO frame
                   (film_id, number, pts, is_key, corrupt, tainted, distance, cut_change, signature)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            ((film_id, *row) for row in rows),
        )
        announce(db, "frames", film_id, rows[0][0], rows[-1][0])


def _store_shots(db: sqlite3.Connection, film_id: int, job: RunningJob) -> None:
    """Derive the shots from the stored frames; only then is the film complete."""
    rows = db.execute(
        "SELECT number, cut_change, signature FROM frame WHERE film_id = ? ORDER BY number", (film_id,)
    ).fetchall()
    shots = find_shots(*zip(*rows, strict=True))
    _write_rows(
        db,
        "INSERT OR IGNORE INTO shot (film_id, number, first, last) VALUES (?, ?, ?, ?)",
        ((film_id, number, shot.first, shot.last) for number, shot in enumerate(shots, start=1)),
        job,
    )
    with writing(db):
        db.execute("UPDATE film SET frame_count = ? WHERE id = ?", (len(rows), film_id))
        announce(db, "frames", film_id, 1, len(rows))
    job.say(_("{frames} frames in {shots} shots").format(frames=len(rows), shots=len(shots)))


def _store_holds(db: sqlite3.Connection, film_id: int, threshold: int | None, job: RunningJob) -> None:
    """Group the stored frames, and use the new grouping once all of it is stored; an old one stays."""
    current = db.execute(
        "SELECT g.threshold FROM film f JOIN grouping g ON g.id = f.grouping_id WHERE f.id = ?", (film_id,)
    ).fetchone()
    if current is not None and threshold in (None, current["threshold"]):
        return
    rows = db.execute(
        "SELECT number, distance, signature, tainted FROM frame WHERE film_id = ? ORDER BY number", (film_id,)
    ).fetchall()
    numbers, distances, signatures, tainted = zip(*rows, strict=True)
    threshold = estimate_threshold(distances[1:]) if threshold is None else threshold
    holds = group_holds(numbers, distances, signatures, threshold, tainted)
    grouping_id = _grouping(db, film_id, threshold)
    _write_rows(
        db,
        "INSERT OR IGNORE INTO hold (grouping_id, first, last, key_frame) VALUES (?, ?, ?, ?)",
        ((grouping_id, hold.first, hold.last, hold.key_frame) for hold in holds),
        job,
    )
    with writing(db):
        db.execute("UPDATE film SET grouping_id = ? WHERE id = ?", (grouping_id, film_id))
        announce(db, "frames", film_id, 1, len(rows))
    job.say(_("{holds} holds at threshold {threshold}").format(holds=len(holds), threshold=threshold))


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


def _write_rows(db: sqlite3.Connection, sql: str, rows: Iterable[tuple[Any, ...]], job: RunningJob) -> None:
    """Bulk rows in short transactions, with a pause after each in which a key press can commit."""
    waiting = iter(rows)
    while batch := list(islice(waiting, ROWS_PER_WRITE)):
        job.studio.need_room(_bytes(len(batch)))
        with writing(db):
            db.executemany(sql, batch)
        time.sleep(PAUSE_BETWEEN_WRITES)
        job.check()


def _fill_thumbnails(studio: Studio, film: Film, job: RunningJob) -> None:
    """Make the thumbnails that are missing: a lost cache, or key frames of another threshold."""
    rows = studio.db.execute(
        """SELECT h.key_frame FROM film f JOIN hold h ON h.grouping_id = f.grouping_id
           WHERE f.id = ? AND h.key_frame IS NOT NULL""",
        (film.id,),
    )
    key_frames = [row["key_frame"] for row in rows]
    with closing(open_thumbnails(studio.thumbs_path)) as thumbs:
        missing = missing_thumbnails(thumbs, film.sha256, key_frames)
        for start in range(0, len(missing), THUMBNAILS_PER_WRITE):
            batch = missing[start : start + THUMBNAILS_PER_WRITE]
            made = [(number, thumbnail(film.picture(number, WIDTH))) for number in batch]
            studio.need_room(_bytes(0, made))
            save_thumbnails(thumbs, film.sha256, made)
            job.progress(start + len(batch), len(missing), _("thumbnails"))
            job.check()
