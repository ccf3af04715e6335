"""One frame at 1080p through the frame server: at random, going forward and back, beside bare PyAV on the same file.

The film has shots of some four seconds, with each of which the encoder begins a group of frames, B-frames and about 8
Mbit/s; where `KIMIKOE_BENCH_FOLDER` names a folder it is kept there, for encoding it takes longer than all else. Bare
PyAV seeks to the key frame before and decodes to the frame, or goes on decoding, and converts it to RGB; it has no
pipe, no database, no read-ahead. How long a person waits is told by the clock; beside bare PyAV each counts by what it
used of a processor between wish and answer, so that other work on the machine favours neither.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import psutil
from av.video.frame import PictureType
from numpy.typing import NDArray

from bench.harness import Result, at_95, at_most
from bench.terminal import used_ms
from bench.whole_film import FOLDER_VARIABLE
from db.queue import claim, enqueue
from db.requests import IngestRequest
from engine.jobs import ingest
from engine.models import Models
from engine.running import RunningJob
from engine.studio import Studio
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.pixels import FrameServer, frame_server_command

VERSION = 4
WIDTH, HEIGHT, FRAMES, RATE, SHOT = 1920, 1080, 260, 24, 90
RANDOM_MS, FORWARD_MS, MOST_OF_BARE, BACK_OF_BARE = 250.0, 30.0, 2.0, 0.5
RANDOM_FRAMES, FORWARD_FRAMES, BACK_FRAMES = 25, 60, 17

Look = Callable[[int], object]


def run() -> list[Result]:
    """The wait at the 95th percentile against its limits, and the work against that of bare PyAV; steps back as one."""
    with tempfile.TemporaryDirectory() as folder:
        root, path = Path(folder) / "studio", _kept(Path(folder))
        pts = _studio(root, path)
        scattered = random.Random(1).sample(range(1, FRAMES + 1), RANDOM_FRAMES)
        onward, back = range(20, 20 + FORWARD_FRAMES), range(SHOT, SHOT - BACK_FRAMES, -1)
        server = FrameServer(frame_server_command(root), root / "logs" / "frames.log")
        with closing(server), closing(BarePyAV(path, pts)) as bare:
            looks: dict[str, Look] = {"ours": lambda n: server.request(1, n, WIDTH).result(), "bare": bare.look}
            taken = {
                (what, name): _costs(f"{what}, {name}", look, numbers)
                for what, numbers in (("random", scattered), ("forward", onward), ("back", back))
                for name, look in looks.items()
            }
    back_used, bare_used = (sum(taken["back", name].used) for name in looks)
    steps_back = at_most("back, all", back_used, bare_used, "ms", BACK_OF_BARE)
    return [
        *(
            result
            for what, limit in (("random", RANDOM_MS), ("forward", FORWARD_MS))
            for result in _beside(what, taken[what, "ours"], taken[what, "bare"], limit)
        ),
        steps_back,
    ]


class Taken(NamedTuple):
    """Milliseconds of each look: those that passed, and those of all processors together."""

    passed: list[float]
    used: list[float]


def _beside(what: str, ours: Taken, bare: Taken, limit: float) -> list[Result]:
    return [
        at_most(f"{what}, p95", at_95(ours.passed), limit, "ms", 1.0),
        at_most(f"{what}, p95, to bare PyAV", at_95(ours.used), at_95(bare.used), "ms", MOST_OF_BARE),
    ]


def _costs(name: str, look: Look, numbers: Sequence[int]) -> Taken:
    """What each but the first look took, which opens the file."""
    look(numbers[0])
    used, passed = [], []
    for number in numbers[1:]:
        began, start = _used_ms(), time.perf_counter()
        look(number)
        passed.append((time.perf_counter() - start) * 1000)
        used.append(_used_ms() - began)
    print(f"{name}: p95 {at_95(passed):.1f} ms by the clock, {at_95(used):.1f} ms of a processor", file=sys.stderr)
    return Taken(passed, used)


def _used_ms() -> float:
    """What this process and the frame server have used of processors, all threads together."""
    return sum(map(used_ms, (os.getpid(), *(child.pid for child in psutil.Process().children()))))


class BarePyAV:
    """Nothing but what a frame costs: a seek where the frame is not ahead, decoding, RGB."""

    def __init__(self, path: Path, pts: Sequence[int]) -> None:
        self._container, self._pts = av.open(str(path)), pts
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "SLICE"
        self._frames, self._at = self._container.decode(self._stream), 0

    def look(self, number: int) -> object:
        """The frame's picture [h, w, 3]."""
        if not self._at < number <= self._at + 100:
            self._container.seek(self._pts[number - 1], stream=self._stream)
            self._frames = self._container.decode(self._stream)
        self._at = number
        frame = next(frame for frame in self._frames if frame.pts >= self._pts[number - 1])
        return frame.to_ndarray(format="rgb24")

    def close(self) -> None:
        """Close the file."""
        self._container.close()


def _kept(folder: Path) -> Path:
    """The film, made once where the environment variable names a folder to keep it in."""
    path = Path(os.environ.get(FOLDER_VARIABLE, folder)) / f"frame-on-demand-{VERSION}.mp4"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(partly := path.with_suffix(".part.mp4"))
        partly.rename(path)
    return path


def _write(path: Path) -> None:
    """A film of moving shapes under grain, others in each shot."""
    chance = np.random.default_rng(3)
    grounds = [_ground(chance) for _shot in range(0, FRAMES, SHOT)]
    grain = chance.integers(0, 12, (HEIGHT + FRAMES, WIDTH), np.uint8)
    with av.open(str(path), "w") as container:
        options = {"preset": "superfast", "g": "250", "bf": "3", "b": "8000000"}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(FRAMES):
            ground = grounds[number // SHOT]
            luma = ground[:, 2 * number : 2 * number + WIDTH] // 2 + grain[number : number + HEIGHT] + 60
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = luma
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pict_type = PictureType.NONE if number % SHOT else PictureType.I
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _ground(chance: np.random.Generator) -> NDArray[np.uint8]:
    return chance.integers(0, 255, (HEIGHT // 8, 2 * WIDTH // 8), np.uint8).repeat(8, 0).repeat(8, 1)


def _studio(root: Path, path: Path) -> list[int]:
    """A studio into which the film was taken in; returns its timestamps."""
    create_studio(root)
    studio, request = Studio(root), IngestRequest(path=str(path))
    enqueue(studio.db, request)
    claimed = claim(studio.db, request.lane, 1)
    assert claimed is not None
    ingest.run(studio, request, RunningJob(studio, claimed, Models()))
    pts = [int(row["pts"]) for row in studio.db.execute("SELECT pts FROM frame ORDER BY number")]
    studio.close()
    return pts
