"""Take in a film: every frame numbered and measured, then shots, holds and thumbnails."""

import sqlite3
from collections.abc import Generator, Sequence
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
from db.holds import DEFAULT_THRESHOLD
from db.i18n import _
from db.requests import IngestRequest
from engine.film_file import FilmInfo, check_whole, content_hash, probe
from engine.fit import find_letterbox
from engine.holds import GREATEST_DISTANCE, Look, continues_hold, look, luma_distance, small_planes
from engine.jobs.bulk import room_for, write_rows
from engine.jobs.holds import fill_thumbnails, group_film, is_regrouped
from engine.pixels import Film
from engine.running import RunningJob
from engine.shots import find_shots, hsv_change, small_hsv
from engine.studio import Studio
from engine.thumbs import frame_thumbnail, open_thumbnails, save_thumbnails
from engine.video import DecodedFrame, Locator, decode, next_tainted, sample_pictures

FRAMES_PER_WRITE = 100

FrameRow = tuple[int, int, bool, bool, bool, int, float, bytes]


def run(studio: Studio, request: IngestRequest, job: RunningJob) -> None:
    """Take in the film at `request.path`, or what is left of it; a film whose content is known is found by it."""
    film_id = find_or_add_film(studio.db, request, job)
    with closing(Film(studio.db, film_id, threads="AUTO")) as film:
        if not _is_complete(studio.db, film_id):
            _take_in_frames(studio, film, job)
            _store_shots(studio.db, film_id, job)
        if is_regrouped(studio.db, film_id, request.hold_threshold):
            group_film(studio.db, film_id, request.hold_threshold, job)
        fill_thumbnails(studio, film, job)
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
            studio.need_room(room_for(len(rows), thumbnails))
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
        self._look: Look | None = None
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
        hsv, now_look = small_hsv(luma, blue, red), look(luma)
        distance = 0 if self._look is None else luma_distance(now_look, self._look)
        change = 0.0 if self._look is None else self._change_to(hsv)
        self._tainted = next_tainted(self._tainted, decoded.is_key, decoded.corrupt)
        now_signature = now_look.signature
        if self._look is None or not continues_hold(distance, now_signature, self._head, DEFAULT_THRESHOLD):
            self._head = now_signature
            self._make_thumbnail(decoded)
        self._look, self._hsv = now_look, hsv
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
    write_rows(
        "INSERT OR IGNORE INTO shot (film_id, number, first, last) VALUES (?, ?, ?, ?)",
        ((film_id, number, shot.first, shot.last) for number, shot in enumerate(shots, start=1)),
        job,
    )
    with writing(db):
        db.execute("UPDATE film SET frame_count = ? WHERE id = ?", (len(rows), film_id))
        announce(db, "frames", film_id, 1, len(rows))
    job.say(_("{frames} frames in {shots} shots").format(frames=len(rows), shots=len(shots)))
