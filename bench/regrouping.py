"""A film of 170,000 frames grouped anew from what is stored of it, in a process of its own."""

import multiprocessing
import os
import re
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from bench.studio import LONG, long_studio
from db.connect import connect_studio, writing
from db.queue import claim, enqueue
from db.requests import HoldsRequest
from engine.jobs import holds, ingest
from engine.models import Models
from engine.running import RunningJob
from engine.studio import Studio

FILM, THRESHOLD = 1, 4
SHARE_OF_REPEATS, OF_ANOTHER_DRAWING, OF_A_CUT = 0.6, 90, 40.0
SHOT_LENGTH, AREAS = 115, 144
OF_FRAME = f" WHERE film_id = {FILM} AND number = ?"


class Regrouped(NamedTuple):
    """Seconds by the clock that holds took; MiB that holds and shots needed at their peak beyond those before."""

    seconds: float
    megabytes: float


def regrouped() -> Regrouped:
    """Group such a film into holds and into shots as ingest and `kimikoe holds` do."""
    with TemporaryDirectory() as folder:
        root = long_studio(Path(folder))
        _measure(root)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(_group, (root,))


def _measure(root: Path) -> None:
    """Store of every frame what ingest would have measured."""
    random = np.random.default_rng(0)
    repeats = random.random(LONG) < SHARE_OF_REPEATS
    distances = np.where(repeats, random.integers(0, THRESHOLD, LONG), OF_ANOTHER_DRAWING).tolist()
    changes = np.where(np.arange(LONG) % SHOT_LENGTH, 0.0, OF_A_CUT).tolist()
    signatures = map(bytes, random.integers(100, 104, (LONG, AREAS), np.uint8))
    rows = zip(distances, changes, signatures, range(1, LONG + 1), strict=True)
    with closing(connect_studio(root)) as db, writing(db):
        db.executemany("UPDATE frame SET distance = ?, cut_change = ?, signature = ?" + OF_FRAME, rows)


def _group(root: Path) -> Regrouped:
    with closing(Studio(root)) as studio:
        enqueue(studio.db, HoldsRequest(film_id=FILM))
        claimed = claim(studio.db, "cpu", os.getpid())
        assert claimed is not None
        job = RunningJob(studio, claimed, Models())
        before = _begin_peak()
        start, used = time.perf_counter(), time.process_time()
        holds.group_film(studio.db, FILM, THRESHOLD, job)
        seconds = time.perf_counter() - start
        used = time.process_time() - used
        ingest._store_shots(studio.db, FILM, job)
        taken = _peak() - before
    print(f"{LONG:,} frames regrouped: {used:.2f} s of a processor", file=sys.stderr)
    return Regrouped(seconds, taken)


def _begin_peak() -> float:
    """Forget what this process held at most before, as when it imported; returns the MiB that it holds now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    """MiB that this process has held at most since then."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024
