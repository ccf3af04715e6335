"""One frame at 1080p through the frame server: at random and going forward, beside bare PyAV on the same file.

The film has shots of some four seconds, with each of which the encoder begins a group of frames, B-frames and about 8
Mbit/s; where `KIMIKOE_BENCH_FOLDER` names a folder it is kept there, for encoding it takes longer than all else. Bare
PyAV seeks to the key frame before and decodes to the frame, or goes on decoding, and converts it to RGB; it has no
pipe, no database, no read-ahead. Each figure is what was used of a processor between wish and answer, so that other
work on the machine does not count.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import psutil
from av.video.frame import PictureType
from numpy.typing import NDArray

from bench.harness import Result, at_most
from bench.terminal import used_ms
from bench.whole_film import FOLDER_VARIABLE
from db.connect import connect_studio, writing
from engine.film_file import probe, stamp
from engine.video import decode
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.pixels import FrameServer, frame_server_command

VERSION = 4
WIDTH, HEIGHT, FRAMES, RATE, SHOT = 1920, 1080, 260, 24, 90
RANDOM_MS, FORWARD_MS, MOST_OF_BARE = 250.0, 30.0, 2.0
RANDOM_FRAMES, FORWARD_FRAMES = 25, 60

Look = Callable[[int], object]


def run() -> list[Result]:
    """Milliseconds of a processor at the 95th percentile, each against its limit and against bare PyAV."""
    with tempfile.TemporaryDirectory() as folder:
        root, path = Path(folder) / "studio", _kept(Path(folder))
        pts = _studio(root, path)
        scattered = random.Random(1).sample(range(1, FRAMES + 1), RANDOM_FRAMES)
        onward = range(20, 20 + FORWARD_FRAMES)
        server = FrameServer(frame_server_command(root), root / "logs" / "frames.log")
        with closing(server), closing(BarePyAV(path, pts)) as bare:
            looks: dict[str, Look] = {"ours": lambda n: server.request(1, n, WIDTH).result(), "bare": bare.look}
            taken = {
                (what, name): _p95(f"{what}, {name}", look, numbers)
                for what, numbers in (("random", scattered), ("forward", onward))
                for name, look in looks.items()
            }
    return [
        result
        for what, limit in (("random", RANDOM_MS), ("forward", FORWARD_MS))
        for result in (
            at_most(f"{what}, p95", taken[what, "ours"], limit, "ms", 1.0),
            at_most(f"{what}, p95, to bare PyAV", taken[what, "ours"], taken[what, "bare"], "ms", MOST_OF_BARE),
        )
    ]


def _p95(name: str, look: Look, numbers: Sequence[int]) -> float:
    """A processor's milliseconds; the first look, which opens the file, is not counted. Prints the clock's, too."""
    look(numbers[0])
    used, passed = [], []
    for number in numbers[1:]:
        began, start = _used_ms(), time.perf_counter()
        look(number)
        passed.append((time.perf_counter() - start) * 1000)
        used.append(_used_ms() - began)
    print(f"{name}: p95 {_at_95(passed):.1f} ms by the clock, {_at_95(used):.1f} ms of a processor", file=sys.stderr)
    return _at_95(used)


def _at_95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


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
    """A studio that holds the film's rows; returns its timestamps."""
    create_studio(root)
    info = probe(path)
    pts = [frame.pts for frame in decode(path, info)]
    db = connect_studio(root)
    with writing(db):
        db.execute(
            """INSERT INTO film (id, name, sha256, path, bytes, stamp, width, height, fps_num, fps_den, decode,
                   crop_x, crop_y, crop_w, crop_h, fit, frame_count, added_at)
               VALUES (1, 'film', 'aa', ?, ?, ?, ?, ?, ?, 1, ?, 0, 0, ?, ?, 'pad', ?, 0)""",
            (str(path), path.stat().st_size, stamp(path), WIDTH, HEIGHT, RATE, info.to_json(), WIDTH, HEIGHT, len(pts)),
        )
        db.executemany(
            """INSERT INTO frame (film_id, number, pts, is_key, distance, cut_change, signature)
               VALUES (1, ?, ?, 0, 0, 0, x'')""",
            list(enumerate(pts, 1)),
        )
    db.close()
    return pts
