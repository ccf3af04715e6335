"""Score key frames and finished pictures with a tagger."""

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from db import library
from db.changes import announce
from db.connect import connect_studio, writing
from db.errors import UserError
from db.i18n import _
from db.requests import TagRequest
from db.studio_files import inside
from engine.ahead import read_ahead
from engine.fit import fit_picture, whole_picture
from engine.jobs.tagger import say_provider, watched_tagger
from engine.picture_file import read_picture
from engine.pixels import Film
from engine.room import ROWS_TWICE
from engine.running import RunningJob
from engine.studio import Studio
from engine.tagger import CPU, Tagger
from engine.vectors import to_blob

LOWEST_KEPT_SCORE = 0.02
HIGHEST_STORED = 255
ITEMS_PER_WRITE = 8
ITEM_BYTES = 16_384

READ_AHEAD, ANSWERS_AHEAD = 2, 1

Scored = tuple[int, NDArray[np.float32], NDArray[np.float32]]
Input = tuple[Sequence[int], NDArray[np.float32]]


def run(studio: Studio, request: TagRequest, job: RunningJob) -> None:
    """Score what this tagger has not seen; stopping at any moment loses at most the few batches on their way.

    While the model is at one batch, the next is decoded and the one before is stored.
    """
    registered = library.tagger(studio.db, request.tagger_id)
    tagger = _same_tagger(watched_tagger(job, registered.source), registered)
    say_provider(tagger, job)
    tag_ids = _tag_ids(studio.db, tagger)
    work, at_once = _Progress(job, *_work_left(studio.db, registered.id)), tagger.batch_size
    for film_id, numbers in work.frames.items():
        save = partial(save_frame_scores, studio.db, registered.id, film_id, tag_ids)
        _store(work, _scored(_frame_inputs(studio.root, film_id, numbers, tagger), tagger), save)
    save = partial(save_image_scores, studio.db, registered.id, tag_ids)
    _store(work, _scored(_image_inputs(studio.root, work.images, tagger, job), tagger), save)
    if tagger.batch_size < at_once:
        job.say(_("The card had no memory for {many} pictures at once: it went on with {few}.").format(
            many=at_once, few=tagger.batch_size))  # fmt: skip
    job.made(tagger_id=registered.id, provider=tagger.provider)


class _Progress:
    """The frames and images left to do, and how many of them are done."""

    def __init__(self, job: RunningJob, frames: dict[int, list[int]], images: list[tuple[int, str]]) -> None:
        self.frames, self.images, self.done = frames, images, 0
        self._total = sum(map(len, frames.values())) + len(images)
        self._job = job
        with self.counting(0):
            pass

    @contextmanager
    def counting(self, count: int) -> Iterator[None]:
        """Store and count so many items in one transaction; then report, and stop where a person wants that."""
        self._job.studio.need_room(ROWS_TWICE * count * ITEM_BYTES)
        with writing(self._job.studio.db):
            yield
            self._job.count("pictures", count)
        self.done += count
        self._job.progress(self.done, self._total, _("pictures"))
        self._job.check()


def _store(
    work: _Progress, scored: Generator[Sequence[Scored]], save: Callable[[Sequence[Scored]], None]
) -> None:  # fmt: skip
    with closing(scored) as portions:
        for some in portions:
            with work.counting(len(some)):
                save(some)


def _scored(inputs: Generator[Input], tagger: Tagger) -> Generator[Sequence[Scored]]:
    """What the model says of the inputs, in portions that a short transaction stores."""
    with closing(read_ahead(_answers(read_ahead(inputs, READ_AHEAD), tagger), ANSWERS_AHEAD)) as answers:
        for scored in answers:
            yield from (scored[start : start + ITEMS_PER_WRITE] for start in range(0, len(scored), ITEMS_PER_WRITE))


def _answers(inputs: Generator[Input], tagger: Tagger) -> Generator[list[Scored]]:
    with closing(inputs):
        for ids, prepared in inputs:
            yield list(zip(ids, *tagger.answer(prepared), strict=True))


def _same_tagger(tagger: Tagger, registered: library.Tagger) -> Tagger:
    if tagger.sha256 != registered.sha256:
        raise UserError(
            _("The tagger at {source} is another one than was registered: register it again.").format(
                source=registered.source
            )
        )
    return tagger


def _tag_ids(db: sqlite3.Connection, tagger: Tagger) -> NDArray[np.int64]:
    """The row id of each of the tagger's tags, in the order of its scores."""
    known = {row["name"]: row["id"] for row in db.execute("SELECT id, name FROM tag")}
    return np.array([known[tag.name] for tag in tagger.tags], np.int64)


def _work_left(db: sqlite3.Connection, tagger_id: int) -> tuple[dict[int, list[int]], list[tuple[int, str]]]:
    films = [row["id"] for row in db.execute("SELECT id FROM film WHERE grouping_id IS NOT NULL ORDER BY id")]
    frames = {film_id: unscored_key_frames(db, tagger_id, film_id) for film_id in films}
    return {film_id: numbers for film_id, numbers in frames.items() if numbers}, unscored_images(db, tagger_id)


def unscored_key_frames(db: sqlite3.Connection, tagger_id: int, film_id: int) -> list[int]:
    """Key frames of the film's holds that the tagger has not seen, ascending."""
    rows = db.execute(
        """SELECT h.key_frame FROM film f JOIN hold h ON h.grouping_id = f.grouping_id
           WHERE f.id = :film AND h.key_frame IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM scored s
               WHERE s.tagger_id = :tagger AND s.film_id = :film AND s.frame_number = h.key_frame)
           ORDER BY h.key_frame""",
        {"film": film_id, "tagger": tagger_id},
    )
    return [row["key_frame"] for row in rows]


def unscored_images(db: sqlite3.Connection, tagger_id: int) -> list[tuple[int, str]]:
    """(id, path below the studio) of finished images that the tagger has not seen."""
    rows = db.execute(
        """SELECT i.id, i.path FROM image i WHERE i.state = 'done' AND NOT EXISTS (
               SELECT 1 FROM image_scored s WHERE s.image_id = i.id AND s.tagger_id = ?)
           ORDER BY i.id""",
        (tagger_id,),
    )
    return [(row["id"], row["path"]) for row in rows]


def _frame_inputs(root: Path, film_id: int, numbers: Sequence[int], tagger: Tagger) -> Generator[Input]:
    """Batches of (numbers, what the model takes), decoding the film forwards over a connection of its own."""
    with closing(connect_studio(root)) as db, closing(film_onward(db, film_id, tagger)) as film:
        for start in range(0, len(numbers), tagger.batch_size):
            batch = numbers[start : start + tagger.batch_size]
            yield batch, tagger.prepare(film.fitted(batch, tagger.input_size, tagger.input_size))


def film_onward(db: sqlite3.Connection, film_id: int, tagger: Tagger) -> Film:
    """A film, to be read in its order for a tagger.

    Where the model needs the cores one thread decodes: it keeps ahead, and costs a fifth less than several.
    """
    return Film(db, film_id, threads="SLICE" if tagger.provider == CPU else "AUTO", onward=True)


def _image_inputs(root: Path, images: Sequence[tuple[int, str]], tagger: Tagger, job: RunningJob) -> Generator[Input]:
    """Batches of (image ids, what the model takes); an image that cannot be read is named in the log and left out."""
    readable = _image_pixels(root, images, tagger.input_size, job)
    while batch := list(islice(readable, tagger.batch_size)):
        pixels = np.stack([pixels for _image_id, pixels in batch])
        yield [image_id for image_id, _pixels in batch], tagger.prepare(pixels)


def _image_pixels(
    root: Path, images: Sequence[tuple[int, str]], size: int, job: RunningJob
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for image_id, path in images:
        try:
            rgb = read_picture(inside(root, path))
        except UserError as error:
            job.say(_("Image {id} is left out: {error}").format(id=image_id, error=error))  # fmt: skip
            continue
        yield image_id, fit_picture(rgb, whole_picture(rgb.shape[1], rgb.shape[0]), size, size)


def kept_scores(scores: NDArray[np.float32], tag_ids: NDArray[np.int64]) -> list[tuple[int, int]]:
    """(tag id, score 0..255) of the scores [tags] from 0.02 up."""
    kept = np.flatnonzero(scores >= LOWEST_KEPT_SCORE)
    stored = np.rint(scores[kept] * HIGHEST_STORED).astype(int)
    return list(zip(tag_ids[kept].tolist(), stored.tolist(), strict=True))


def save_frame_scores(
    db: sqlite3.Connection, tagger_id: int, film_id: int, tag_ids: NDArray[np.int64], scored: Sequence[Scored]
) -> None:
    """Store scores and vectors of a few frames, inside a transaction."""
    db.executemany(
        "INSERT INTO score (film_id, frame_number, tagger_id, tag_id, score) VALUES (?, ?, ?, ?, ?)",
        ((film_id, number, tagger_id, *kept) for number, scores, _v in scored for kept in kept_scores(scores, tag_ids)),
    )
    db.executemany(
        "INSERT INTO scored (tagger_id, film_id, frame_number, vector) VALUES (?, ?, ?, ?)",
        ((tagger_id, film_id, number, to_blob(vector)) for number, _s, vector in scored),
    )
    announce(db, "scores", film_id, scored[0][0], scored[-1][0])


def save_image_scores(
    db: sqlite3.Connection, tagger_id: int, tag_ids: NDArray[np.int64], scored: Sequence[Scored]
) -> None:
    """Store scores and vectors of a few images, inside a transaction."""
    db.executemany(
        "INSERT INTO image_score (image_id, tagger_id, tag_id, score) VALUES (?, ?, ?, ?)",
        ((image_id, tagger_id, *kept) for image_id, scores, _v in scored for kept in kept_scores(scores, tag_ids)),
    )
    db.executemany(
        "INSERT INTO image_scored (image_id, tagger_id, vector) VALUES (?, ?, ?)",
        ((image_id, tagger_id, to_blob(vector)) for image_id, _s, vector in scored),
    )
    announce(db, "images")
