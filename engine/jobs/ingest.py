"""Take in a film: every frame numbered and measured, then shots, holds and thumbnails."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from db.changes import announce
from db.connect import writing
from db.errors import UserError
from db.exposures import DEFAULT_THRESHOLD, chosen_threshold
from db.i18n import _
from db.requests import IngestRequest
from db.timecode import span
from engine.fit import small_slices
from engine.holds import GREATEST_DISTANCE, Look, continues_hold, look, luma_distance, small_planes
from engine.jobs.bulk import room_for, write_rows
from engine.jobs.film_parts import holds_reach, missing_runs, newest_frame, set_groupings_aside, shots_reach
from engine.jobs.film_repeats import find_repeats
from engine.jobs.film_row import find_or_add_film
from engine.jobs.film_slices import frame_slices
from engine.jobs.holds import fill_thumbnails, group_film, is_regrouped
from engine.measured import consecutive
from engine.pixels import Film
from engine.running import RunningJob
from engine.shots import find_shots, hsv_change, small_hsv
from engine.studio import Studio
from engine.thumbs import frame_thumbnail, open_thumbnails, save_thumbnails
from engine.video import DecodedFrame, Locator, decode, next_tainted

FRAMES_PER_WRITE = 100

FrameRow = tuple[int, int, int, bool, bool, bool, int, float, bytes]


def run(studio: Studio, request: IngestRequest, job: RunningJob) -> None:
    """Take in the film at `request.path`, or a part of it, as far as it is not in; a film is known by its content."""
    film_id = find_or_add_film(studio.db, request, job)
    with closing(Film(studio.db, film_id, threads="AUTO")) as film:
        if not _is_complete(studio.db, film_id):
            _take_in_part(studio, film, *span(request.start, request.end, film.fps), job)
        threshold = _threshold(studio.db, film_id, request)
        if not holds_reach(studio.db, film_id) or is_regrouped(studio.db, film_id, threshold):
            group_film(studio.db, film_id, threshold, job)
        find_repeats(studio.db, film_id, job)
        fill_thumbnails(studio, film, job)
    job.made(film_id=film_id)


def _threshold(db: sqlite3.Connection, film_id: int, request: IngestRequest) -> int | None:
    """The threshold that is asked for, or was when less of the film was in."""
    return chosen_threshold(db, film_id) if request.hold_threshold is None else request.hold_threshold


def _is_complete(db: sqlite3.Connection, film_id: int) -> bool:
    row = db.execute("SELECT frame_count FROM film WHERE id = ?", (film_id,)).fetchone()
    return row["frame_count"] is not None


def _take_in_part(studio: Studio, film: Film, first: int, last: int | None, job: RunningJob) -> None:
    """Store the frames `first`..`last` that are not yet, the shots of all that are, and whether that is the film."""
    to_the_end = False
    for start, end in missing_runs(studio.db, film.id, first, last):
        set_groupings_aside(studio.db, film.id)
        to_the_end |= _take_in_frames(studio, film, start, end, job)
    _check_any(studio.db, film, first, last)
    if not shots_reach(studio.db, film.id):
        _store_shots(studio.db, film.id, job)
    if to_the_end and not missing_runs(studio.db, film.id, 1, newest_frame(studio.db, film.id)):
        _complete(studio.db, film.id)


def _check_any(db: sqlite3.Connection, film: Film, first: int, last: int | None) -> None:
    """Raise `UserError` where the film has no frame of the part that is wanted; a new film's row goes again."""
    if missing_runs(db, film.id, first, last)[:1] != [(first, last)]:
        return
    with writing(db):
        if not newest_frame(db, film.id):
            db.execute("DELETE FROM film WHERE id = ?", (film.id,))
    raise UserError(_("{film} ends before frame {first}: take in an earlier part.").format(film=film.name, first=first))


def _take_in_frames(studio: Studio, film: Film, first: int, last: int | None, job: RunningJob) -> bool:
    """Decode and store these frames, with thumbnails where a hold seems to begin; returns whether the film ended."""
    measure = FrameMeasure(film)
    total = last or film.info.estimated_frames
    stored = first - 1
    with (
        closing(open_thumbnails(studio.thumbs_path)) as thumbs,
        closing(_frames_left(studio.db, film, measure, first, job)) as frames,
    ):
        while rows := [measure(frame) for frame in islice(frames, _batch_size(stored, last))]:
            thumbnails = measure.take_thumbnails()
            studio.need_room(room_for(len(rows), thumbnails))
            _store_frames(studio.db, film.id, rows)
            save_thumbnails(thumbs, film.sha256, thumbnails)
            stored = rows[-1][0]
            job.progress(stored, max(total or 0, stored), _("frames"))
            job.check()
    if measure.left_out:
        job.say(
            _("{count} frames were left out: their timestamps are missing or run backwards.").format(
                count=measure.left_out
            )
        )
    return last is None or stored < last


def _batch_size(stored: int, last: int | None) -> int:
    return FRAMES_PER_WRITE if last is None else min(FRAMES_PER_WRITE, last - stored)


def _frames_left(
    db: sqlite3.Connection, film: Film, measure: "FrameMeasure", first: int, job: RunningJob
) -> Generator[DecodedFrame]:
    """Frames from `first` on, numbered by decoding all before them that are not stored.

    The one before `first` is decoded to measure the next against it; where it is stored, decoding begins there.
    """
    rows = db.execute(
        "SELECT number, pts, tainted FROM frame WHERE film_id = ? AND number < ? ORDER BY number DESC LIMIT 2",
        (film.id, first),
    ).fetchall()
    after = Locator(rows[1]["number"], rows[1]["pts"]) if len(rows) == 2 else None
    known = (rows[0]["number"], bool(rows[0]["tainted"])) if rows else (0, False)
    with closing(decode(film.path, film.info, after, measure.leave_out)) as frames:
        for frame in frames:
            if frame.number >= first:
                yield frame
            else:
                _pass_over(measure, frame, known, first - 1, job)


def _pass_over(
    measure: "FrameMeasure", frame: DecodedFrame, known: tuple[int, bool], last: int, job: RunningJob
) -> None:
    measure.pass_over(frame, known[1] if frame.number == known[0] else None, frame.number == last)
    if frame.number % FRAMES_PER_WRITE == 0:
        job.progress(frame.number, last, _("frames passed over"))
        job.check()


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

    def pass_over(self, decoded: DecodedFrame, tainted: bool | None, is_last: bool) -> None:
        """Take a frame that is not stored now; the last one is what the next is measured against.

        `tainted` is what is known of it, None where it follows from the frames before.
        """
        self._tainted = next_tainted(self._tainted, decoded.is_key, decoded.corrupt) if tainted is None else tainted
        if is_last:
            known = self._tainted
            self(decoded)
            self._tainted = known
            self._thumbnails.clear()

    def __call__(self, decoded: DecodedFrame) -> FrameRow:
        """The frame's row: number, pts, fields, is_key, corrupt, tainted, distance, cut_change, signature."""
        luma, blue, red = (self._cropped(plane) for plane in small_planes(decoded.frame))
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
        return decoded.number, decoded.pts, decoded.fields, *flags, distance, change, now_signature

    def leave_out(self) -> None:
        """Count a frame that cannot be stored."""
        self.left_out += 1

    def take_thumbnails(self) -> list[tuple[int, bytes]]:
        """(number, jpeg) made since the last call."""
        taken, self._thumbnails = self._thumbnails, []
        return taken

    def _cropped(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        info = self._film.info
        rows, columns = small_slices(self._film.fit.crop, info.width, info.height, info.rotation, plane.shape)
        return np.ascontiguousarray(plane[rows, columns])

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
                   (film_id, number, pts, fields, is_key, corrupt, tainted, distance, cut_change, signature)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            ((film_id, *row) for row in rows),
        )
        announce(db, "frames", film_id, rows[0][0], rows[-1][0])


def _store_shots(db: sqlite3.Connection, film_id: int, job: RunningJob) -> None:
    """Derive the shots from the stored frames, in place of those of fewer frames."""
    with writing(db):
        db.execute("DELETE FROM shot WHERE film_id = ?", (film_id,))
    shots = (shot for run in consecutive(frame_slices(db, film_id)) for shot in find_shots(run))
    count = write_rows(
        "INSERT OR IGNORE INTO shot (film_id, number, first, last) VALUES (?, ?, ?, ?)",
        ((film_id, number, shot.first, shot.last) for number, shot in enumerate(shots, start=1)),
        job,
    )
    with writing(db):
        announce(db, "frames", film_id, 1, newest_frame(db, film_id))
    frames = db.execute("SELECT count(*) FROM frame WHERE film_id = ?", (film_id,)).fetchone()[0]
    job.say(_("{frames} frames in {shots} shots").format(frames=frames, shots=count))


def _complete(db: sqlite3.Connection, film_id: int) -> None:
    """Record that every frame is in and lies in a shot."""
    with writing(db):
        count = newest_frame(db, film_id)
        db.execute("UPDATE film SET frame_count = ? WHERE id = ?", (count, film_id))
        announce(db, "frames", film_id, 1, count)
