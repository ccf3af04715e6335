"""Two terminals at work while ingest, tagging and training write as fast as they can, against the same studio at rest.

The writers are the engine's own functions, without the decoding and computing that slows them down in earnest. How long
the work lasts is `KIMIKOE_BENCH_SECONDS`, 60 if not set.
"""

import asyncio
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import msgspec

from bench.harness import Result, at_95, at_most
from bench.studio import SMALL, small_studio
from db import films, queue, tags
from db.connect import connect_studio, writing
from db.requests import IngestRequest, TagRequest, TrainRequest

KEY_LIMIT_MS, READ_LIMIT_MS, WAL_LIMIT_MB = 30.0, 5.0, 96.0
KEY_PAUSE = 0.05  # twenty keys a second, more than a person presses
AT_REST_SECONDS = 5.0
TERMINALS = 2
FILM, TAGS, SCORED_TAGS = 1, 2_000, 40
TAGGED_AT_ONCE, FRAMES_AT_ONCE, JPEG_BYTES = 8, 100, 12_000
_spawn = multiprocessing.get_context("spawn")


class Felt(msgspec.Struct):
    """What a terminal felt: milliseconds of each key and of each read, megabytes of the log, and the errors it got."""

    keys: list[float] = []
    reads: list[float] = []
    log: list[float] = []
    errors: list[str] = []


def run() -> list[Result]:
    """Milliseconds at the 95th percentile, the greatest size of the log, and errors; each against its limit."""
    seconds = float(os.environ.get("KIMIKOE_BENCH_SECONDS", "60"))
    with tempfile.TemporaryDirectory() as folder:
        root = small_studio(Path(folder))
        _prepare(root)
        rest = _terminals(root, AT_REST_SECONDS)
        with _writers(root) as written:
            busy = _terminals(root, seconds)
            rows, errors = written()
    print(f"people_first: {rows / seconds:,.0f} rows a second written, {len(busy.keys)} keys, {len(busy.reads)} reads")
    return [
        at_most("key to commit, p95", at_95(busy.keys), KEY_LIMIT_MS, "ms", 1.0),
        at_most("key to commit, against rest", at_95(busy.keys), at_95(rest.keys), "ms", 30.0),
        at_most("read, p95", at_95(busy.reads), READ_LIMIT_MS, "ms", 1.0),
        at_most("read, against rest", at_95(busy.reads), at_95(rest.reads), "ms", 30.0),
        at_most("write-ahead log", max(busy.log), WAL_LIMIT_MB, "MB", 1.0),
        at_most("errors", float(len(busy.errors + errors)), 1.0, "errors", 0.0),
    ]


def _prepare(root: Path) -> None:
    """A tagger, its tags, a film to be taken in, a run, and a running job for each writer."""
    db = connect_studio(root)
    with writing(db):
        db.execute("INSERT INTO tagger VALUES (1, 'tagger', '/nowhere', 'bb', 64, 1024, 0)")
        db.executemany("INSERT INTO tag (name, category) VALUES (?, 0)", ((f"tag_{n}",) for n in range(TAGS)))
        db.execute("INSERT INTO policy VALUES (1, 1, 0.3, 0.85, 1, 0)")
        same = "bytes, width, height, fps_num, fps_den, decode, crop_x, crop_y, crop_w, crop_h, fit, added_at"
        db.execute(
            f"""INSERT INTO film (id, name, sha256, path, {same})
                SELECT 2, 'new', 'cc', '/nowhere', {same} FROM film WHERE id = 1"""
        )
        db.execute("INSERT INTO dataset (id, name, sha256, recipe, made_at) VALUES (1, 'd', 'd', '{}', 0)")
        db.execute(
            """INSERT INTO base (id, name, source, sha256, architecture, prediction_type, width, height, added_at)
               VALUES (1, 'base', '/nowhere', 'cc', 'sd15', 'epsilon', 64, 64, 0)"""
        )
        db.execute("INSERT INTO run (id, name, dataset_id, base_id, recipe, made_at) VALUES (1, 'r', 1, 1, '{}', 0)")
    for request in (IngestRequest(path="/nowhere"), TagRequest(), TrainRequest(run_id=1)):
        queue.enqueue(db, request)
    db.execute("UPDATE job SET state = 'running'")
    db.close()


def _terminals(root: Path, seconds: float) -> Felt:
    """Two terminals at once, each a process, for so many seconds; what both felt."""
    felt: Queue[Felt] = _spawn.Queue()
    open_now = [_spawn.Process(target=_terminal, args=(root, seconds, number, felt)) for number in range(TERMINALS)]
    for terminal in open_now:
        terminal.start()
    parts = [felt.get() for _terminal in open_now]
    for terminal in open_now:
        terminal.join()
    return Felt(
        *([value for part in parts for value in getattr(part, name)] for name in ("keys", "reads", "log", "errors"))
    )


def _terminal(root: Path, seconds: float, number: int, felt: "Queue[Felt]") -> None:
    felt.put(asyncio.run(_presses(root, seconds, random.Random(number))))


async def _presses(root: Path, seconds: float, chance: random.Random) -> Felt:
    """Press keys that tag a drawing, and read what the next frame's pane shows, as the terminal program does."""
    from kimikoe_tui.session import Session

    session, felt = Session(root), Felt()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        number, tag = chance.randint(1, SMALL), f"tag_{chance.randrange(TAGS)}"
        try:
            began = time.perf_counter()
            await session.commit(lambda db: tags.set_tag(db, session.name, FILM, number, "hold", tag, True))  # noqa: B023
            felt.keys.append((time.perf_counter() - began) * 1000)
            felt.reads += [_milliseconds(lambda: read(session.reader(), number)) for read in READS]  # noqa: B023
        except sqlite3.Error as error:
            felt.errors.append(str(error))
        felt.log.append((root / "kimikoe.db-wal").stat().st_size / 2**20)
        await asyncio.sleep(KEY_PAUSE)
    session.close()
    return felt


READS: tuple[Callable[[sqlite3.Connection, int], object], ...] = (
    lambda db, number: tags.frame_tags(db, FILM, number),
    lambda db, number: films.frame(db, FILM, number),
    lambda db, _number: queue.active(db),
)


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


@contextmanager
def _writers(root: Path) -> Iterator[Callable[[], tuple[int, list[str]]]]:
    """Have the three writers write; yields what stops them and tells the rows written and the errors they got."""
    stop, told = _spawn.Event(), _spawn.Queue()
    working = [_spawn.Process(target=_write, args=(root, kind, stop, told)) for kind in WRITERS]
    for writer in working:
        writer.start()
    for _writer in working:
        told.get()  # it has begun

    def finish() -> tuple[int, list[str]]:
        stop.set()
        parts = [told.get() for _writer in working]
        return sum(rows for rows, _errors in parts), [error for _rows, errors in parts for error in errors]

    yield finish
    for writer in working:
        writer.join()


def _write(root: Path, kind: str, stop: Any, told: "Queue[Any]") -> None:
    from engine.lane import NICENESS
    from engine.models import Models
    from engine.running import RunningJob
    from engine.studio import Studio

    os.nice(NICENESS)
    studio = Studio(root)
    job = next(each for each in queue.jobs(studio.db) if each.kind == kind)
    write = WRITERS[kind](studio, RunningJob(studio, job, Models()))
    rows, errors = next(write), []
    told.put("begun")
    while not stop.is_set():
        try:
            rows += next(write)
        except sqlite3.Error as error:
            errors.append(str(error))
            break
    told.put((rows, errors))


def _ingest(studio: Any, job: Any) -> Iterator[int]:
    """Frames and thumbnails as a film's decoding stores them."""
    from engine.jobs.ingest import _store_frames
    from engine.thumbs import open_thumbnails, save_thumbnails

    thumbs = open_thumbnails(studio.thumbs_path)
    number = 0
    while True:
        numbers = range(number + 1, number + 1 + FRAMES_AT_ONCE)
        _store_frames(studio.db, 2, [(n, n * 512, 0, False, False, False, 3, 0.5, bytes(144)) for n in numbers])
        save_thumbnails(thumbs, "cc", [(n, os.urandom(JPEG_BYTES)) for n in numbers[::20]])
        number = numbers[-1]
        job.progress(number, None, "frames")
        job.check()
        yield FRAMES_AT_ONCE


def _tag(studio: Any, job: Any) -> Iterator[int]:
    """Scores and vectors as a tagger's batches store them, over the film again and again."""
    import numpy as np

    from engine.jobs.tag import _Progress, save_frame_scores

    tag_ids = np.arange(1, TAGS + 1)
    scores = np.zeros(TAGS, np.float32)
    scores[:SCORED_TAGS] = 0.5
    vector = np.zeros(1024, np.float32)
    work = _Progress(job, {}, [])
    while True:
        for start in range(1, SMALL - TAGGED_AT_ONCE, TAGGED_AT_ONCE):
            numbers = range(start, start + TAGGED_AT_ONCE)
            with work.counting(TAGGED_AT_ONCE):
                save_frame_scores(studio.db, 1, FILM, tag_ids, [(n, scores, vector) for n in numbers])
            yield TAGGED_AT_ONCE * (SCORED_TAGS + 1)
        _forget_scores(studio.db)


def _forget_scores(db: sqlite3.Connection) -> None:
    """Make room for the next round, in short transactions."""
    for start in range(1, SMALL, TAGGED_AT_ONCE):
        with writing(db):
            for table in ("score", "scored"):
                db.execute(
                    f"DELETE FROM {table} WHERE film_id = ? AND frame_number BETWEEN ? AND ?",
                    (FILM, start, start + TAGGED_AT_ONCE - 1),
                )


def _train(studio: Any, job: Any) -> Iterator[int]:
    """Measurements and progress as a training stores them, each step a look."""
    from db.changes import announce

    step = 0
    while True:
        step += 1
        values = [(1, step, name, 0.5) for name in ("loss", "learning_rate", "pictures_per_second")]
        with writing(studio.db) as db:
            db.executemany("INSERT OR REPLACE INTO metric (run_id, step, name, value) VALUES (?, ?, ?, ?)", values)
            db.execute("UPDATE run SET step = ? WHERE id = 1", (step,))
            announce(db, "runs")
        job.progress(step, None, "steps")
        job.check()
        yield len(values)


WRITERS: dict[str, Callable[[Any, Any], Iterator[int]]] = {"ingest": _ingest, "tag": _tag, "train": _train}
