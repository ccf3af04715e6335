"""Taking in a film against decoding it bare, by the CPU time of both, at the same number of threads.

The film is 1920x1080 H.264 of at least 8 Mbit/s. Bare decoding is `ffmpeg -f null` where an ffmpeg is to be found (on
the path, or the `imageio-ffmpeg` package's), else PyAV's decoder alone. Each stage's share is printed. Memory is what
170,000 frames would take at the rate of the second half of a film of 24,000 small ones, beyond its first half, and what
finding the holds and shots of 170,000 frames took.
"""

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import av
import numpy as np
import psutil

from bench.harness import Result, at_least, at_most
from bench.limited_animation import HEIGHT, RATE, WIDTH, animation
from bench.regrouping import regrouped
from bench.repeated_film import repeated, small_film
from bench.studio import LONG
from db.queue import claim, enqueue
from db.requests import IngestRequest
from engine.jobs import film_row, ingest
from engine.models import Models
from engine.running import RunningJob
from engine.studio import Studio
from kimikoe_tui.cli.models import create_studio

SEED, SCENES, REPEATS, SMALL_REPEATS = 3, 6, 3, 40
BITRATE = 12_000_000
GRAIN_SIGMA = 3.0
ROUNDS = 3
TARGET, MOST_GROWTH = 0.65, 16
STAGES: dict[str, tuple[Any, str]] = {
    "hash of the file": (film_row, "content_hash"), "packets counted": (film_row, "shortfall"),
    "small planes": (ingest, "small_planes"), "colours for cuts": (ingest, "small_hsv"),
    "change of colours": (ingest, "hsv_change"), "area means": (ingest, "look"), "distance": (ingest, "luma_distance"),
    "thumbnails": (ingest, "frame_thumbnail"), "frame rows": (ingest, "_store_frames"),
    "thumbnail rows": (ingest, "save_thumbnails"), "shots": (ingest, "_store_shots"), "holds": (ingest, "group_film"),
}  # fmt: skip
EACH_BATCH = "frame rows"
ONCE_A_FILM: dict[str, tuple[Any, str]] = {
    "the letterbox": (film_row, "find_letterbox"), "the fields": (film_row, "with_fields"),
}  # fmt: skip


def run() -> list[Result]:
    """CPU time of bare decoding to that of taking in, and the memory that more frames take."""
    with TemporaryDirectory() as folder:
        film = write_film(Path(folder) / "film.mp4")
        rounds = [(_bare(film), TakeIn(film, Path(folder) / f"studio{number}")) for number in range(ROUNDS)]
        growth = _growth_alone(small_film(Path(folder) / "small.mp4", SMALL_REPEATS))
    bare = min(seconds for seconds, _ours in rounds)
    ours = min((taken for _seconds, taken in rounds), key=lambda taken: taken.seconds)
    _print_stages(bare, ours)
    frames = ours.frames
    return [
        at_least("ingest", frames / ours.seconds, frames / bare, "frames/CPU-s", TARGET),
        at_most("170,000 frames taken in", growth * LONG, MOST_GROWTH, "MiB more", 1.0),
        at_most("170,000 frames grouped", regrouped().megabytes, MOST_GROWTH, "MiB more", 1.0),
    ]


def _growth_alone(film: Path) -> float:
    """A film's growth in a process of its own, where it does not find room that was freed before."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_growth, (film,))


def _growth(film: Path) -> float:
    return TakeIn(film, film.with_suffix("")).growth


def _print_stages(bare: float, ours: "TakeIn") -> None:
    how = f"bare decoding by {_ffmpeg() or 'PyAV'}"
    mbits = ours.bytes * 8 * RATE / ours.frames / 1e6
    print(f"{ours.frames} frames {WIDTH}x{HEIGHT}, {mbits:.1f} Mbit/s, {os.cpu_count()} cores; {how}", file=sys.stderr)
    print(f"{'bare decoding':<18} {1000 * bare / ours.frames:7.3f} ms a frame", file=sys.stderr)
    for stage, seconds in sorted(ours.stages.items(), key=lambda item: -item[1]):
        print(f"{stage:<18} {1000 * seconds / ours.frames:7.3f} ms a frame", file=sys.stderr)
    for stage, seconds in ours.once.items():
        print(f"{stage:<18} {seconds:7.3f} s once a film, not in the ratio", file=sys.stderr)


def write_film(path: Path) -> Path:
    """Grainy limited animation of at least 8 Mbit/s, its packets written several times over to make it longer."""
    once = path.with_name("once.mp4")
    random = np.random.default_rng(SEED)
    grain = random.normal(0, GRAIN_SIGMA, (HEIGHT, WIDTH, 1)).astype(np.int16)
    with av.open(str(once), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "b": str(BITRATE)})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", BITRATE
        for moment in animation(SEED, SCENES):
            moved = np.roll(grain, random.integers(0, 1000, 2), (0, 1))
            picture = np.clip(moment.picture + moved, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return repeated(once, path, REPEATS)


def _ffmpeg() -> str | None:
    if found := shutil.which("ffmpeg"):
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError:
        return None
    return str(get_ffmpeg_exe())


def _bare(film: Path) -> float:
    """CPU seconds of decoding alone."""
    if ffmpeg := _ffmpeg():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [ffmpeg, "-v", "error", "-i", str(film), "-map", "0:v", "-f", "null", "-"]
        subprocess.run(command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    start = time.process_time()
    with av.open(str(film)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for _frame in container.decode(video=0):
            pass
    return time.process_time() - start


class TakeIn:
    """One film taken into a new studio by the job itself, its stages timed on the job's own thread."""

    def __init__(self, film: Path, root: Path) -> None:
        create_studio(root)
        self.stages: dict[str, float] = defaultdict(float)
        self.bytes = film.stat().st_size
        self._memory: list[int] = []
        start = time.process_time()
        with closing(Studio(root)) as studio, self._timed():
            request = IngestRequest(path=str(film))
            enqueue(studio.db, request)
            ingest.run(studio, request, self._job(studio))
            row = studio.db.execute("SELECT frame_count FROM film").fetchone()
        self.frames = int(row[0])
        self.once = {stage: self.stages.pop(stage, 0.0) for stage in ONCE_A_FILM}
        self.seconds = time.process_time() - start - sum(self.once.values())
        self.stages["decoding, the rest"] = self.seconds - sum(self.stages.values())

    @property
    def growth(self) -> float:
        """MiB a frame by which the process became greater in the film's second half than it ever was in the first."""
        half = len(self._memory) // 2
        return max(0, max(self._memory[half:]) - max(self._memory[:half])) / 2**20 / (self.frames / 2)

    def _job(self, studio: Studio) -> RunningJob:
        claimed = claim(studio.db, "cpu", os.getpid())
        assert claimed is not None
        return RunningJob(studio, claimed, Models())

    @contextmanager
    def _timed(self) -> Iterator[None]:
        patches = [patch.object(module, name, self._stage(stage, getattr(module, name)))
                   for stage, (module, name) in {**STAGES, **ONCE_A_FILM}.items()]  # fmt: skip
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()

    def _stage(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        clock = time.process_time if stage in ONCE_A_FILM else time.thread_time

        def timed(*arguments: Any, **options: Any) -> Any:
            start = clock()
            try:
                return call(*arguments, **options)
            finally:
                self.stages[stage] += clock() - start
                if stage == EACH_BATCH:
                    self._memory.append(psutil.Process().memory_info().rss)

        return timed
