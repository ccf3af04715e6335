"""The writing of a screenplay as a real H.264 file with its truth beside it."""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from itertools import groupby
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import av
import cv2
import msgspec
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _
from engine.demo.drawing.animation import Exposure, Mix, Shot, exposure_sheet
from engine.demo.drawing.canvas import Picture
from engine.demo.drawing.scene import Scene, draw_scene, one_thread
from engine.demo.drawing.style import FILM
from engine.demo.screenplay import SCREENPLAY
from engine.demo.truth import truth_of, truth_path

FPS = 30
SIZE = (960, 540)
BARS = 70

_WORKERS = 2
_DRAWN_AHEAD = 12
_X264 = {"preset": "fast", "crf": "16", "bf": "3", "g": "120"}
Yuv = NDArray[np.uint8]


class Frame(NamedTuple):
    """A film frame's size in pixels, and how many black rows lie above and below the picture in it."""

    width: int
    height: int
    bars: int


def write_film(
    path: Path,
    progress: Callable[[int, int], None],
    shots: Sequence[Shot] = SCREENPLAY,
    size: tuple[int, int] = SIZE,
    bars: int = 0,
) -> None:
    """Write the film to `path` (.mp4) and its truth beside it, each complete or not at all; the truth comes last.
    `progress` is told the frames done and all frames. `size` is width and height, both even, with black
    bars of `bars` rows above and below the picture."""
    if path.suffix != ".mp4":
        raise UserError(_("{path} is no .mp4 file: give the film a name ending in .mp4").format(path=path))
    if not path.parent.is_dir():
        raise UserError(_("{folder} is no folder: make it first").format(folder=path.parent))
    with _appearing_whole(path) as partial:
        _encode(partial, shots, Frame(*size, bars), progress)
    with _appearing_whole(truth_path(path)) as partial:
        partial.write_bytes(msgspec.json.encode(truth_of(shots, FPS)))


def is_written(path: Path) -> bool:
    """Whether both the film and its truth are there."""
    return path.exists() and truth_path(path).exists()


@contextmanager
def _appearing_whole(path: Path) -> Iterator[Path]:
    """A path to write to; it becomes `path` when the block ends well and goes otherwise."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    partial = Path(name)
    try:
        yield partial
        os.fsync(handle)
        os.replace(partial, path)
    finally:
        os.close(handle)
        partial.unlink(missing_ok=True)


def _encode(path: Path, shots: Sequence[Shot], frame: Frame, progress: Callable[[int, int], None]) -> None:
    frames = sum(shot.frames for shot in shots) - sum(shot.dissolve for shot in shots[:-1])
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as file:
        stream = _add_video(file, frame)
        for exposure, picture in _exposed(shots, frame):
            for number in range(exposure.start, exposure.end + 1):
                picture.pts = number - 1
                file.mux(stream.encode(picture))
            progress(exposure.end, frames)
        file.mux(stream.encode(None))


def _add_video(file: av.container.OutputContainer, frame: Frame) -> av.VideoStream:
    """An H.264 stream with B-frames, marked as BT.709; one thread count, so that the bytes come out the same."""
    stream = file.add_stream("libx264", rate=FPS, options=_X264)
    stream.width, stream.height = frame.width, frame.height
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, FPS)
    context.thread_count = 2
    context.colorspace = Colorspace.ITU709
    context.color_range = ColorRange.MPEG
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    return stream


def _exposed(shots: Sequence[Shot], frame: Frame) -> Iterator[tuple[Exposure, av.VideoFrame]]:
    """Every exposure with its drawing. A drawing that returns in its shot is drawn once and kept until the cut."""
    with ProcessPoolExecutor(_WORKERS, get_context("spawn"), initializer=_start_worker) as workers:
        drawn = _in_order(workers, _distinct(shots), frame)
        for run in _by_shot(shots):
            kept: dict[Scene | Mix, av.VideoFrame] = {}
            for exposure in run:
                if exposure.scene not in kept:
                    kept[exposure.scene] = av.VideoFrame.from_ndarray(next(drawn), "yuv420p")
                yield exposure, kept[exposure.scene]


def _distinct(shots: Sequence[Shot]) -> Iterator[Scene | Mix]:
    """What is to be drawn, in order: every drawing of a shot once."""
    for run in _by_shot(shots):
        yield from dict.fromkeys(exposure.scene for exposure in run)


def _by_shot(shots: Sequence[Shot]) -> Iterator[Iterator[Exposure]]:
    for _shot, run in groupby(exposure_sheet(shots), key=lambda exposure: exposure.shot):
        yield run


def _in_order(workers: Executor, scenes: Iterable[Scene | Mix], frame: Frame) -> Iterator[Yuv]:
    """The drawings in order, a few drawn ahead and no more."""
    waiting: deque[Future[Yuv]] = deque()
    for scene in scenes:
        waiting.append(workers.submit(_draw, scene, frame))
        if len(waiting) > _DRAWN_AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _start_worker() -> None:
    one_thread()
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A worker waits for work for ever; when the writing process was killed, none will come."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _draw(scene: Scene | Mix, frame: Frame) -> Yuv:
    """The scene in the film's style as planar BT.709 YUV 4:2:0, limited range, [height * 3 / 2, width]."""
    rows = (frame.bars, frame.bars)
    picture = np.pad(_picture(scene, frame.width, frame.height - sum(rows)), (rows, (0, 0), (0, 0)))
    converted = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT,
        threads=1,
    )
    return np.asarray(converted.to_ndarray(), np.uint8)


def _picture(scene: Scene | Mix, width: int, height: int) -> Picture:
    """RGB [height, width, 3]."""
    if isinstance(scene, Scene):
        return draw_scene(scene, FILM, width, height)
    going, coming = (draw_scene(one, FILM, width, height) for one in (scene.going, scene.coming))
    return np.asarray(cv2.addWeighted(going, 1 - scene.share, coming, scene.share, 0), np.uint8)
