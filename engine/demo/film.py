"""The demo film: its screenplay, and the writing of it as a real H.264 file with its truth beside it."""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from itertools import groupby
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

import av
import msgspec
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _
from engine.demo.cast import KAITO, NAGISA, SORA
from engine.demo.drawing.animation import (
    Act,
    Actor,
    Blink,
    Bounce,
    Breeze,
    Exposure,
    Look,
    Move,
    Shot,
    Talk,
    Turn,
    exposure_sheet,
)
from engine.demo.drawing.canvas import Camera
from engine.demo.drawing.character import Character, Eyes, Figure, Mouth, Pose
from engine.demo.drawing.scene import HEAD_SIZE, HEAD_Y, Scene, draw_scene, one_thread
from engine.demo.drawing.style import FILM
from engine.demo.truth import truth_of, truth_path

FPS = 30
SIZE = (960, 540)

_WORKERS = 2
_DRAWN_AHEAD = 12
_X264 = {"preset": "fast", "crf": "16", "bf": "3", "g": "120"}
_STREET, _CLASSROOM, _ROOF = ("cityscape", 7), ("classroom", 3), ("sky", 5)
_PARK, _SHORE, _DUSK, _NIGHT = ("forest", 4), ("beach", 2), ("sunset", 6), ("night", 9)

Yuv = NDArray[np.uint8]
Place = tuple[str, int]


def solo(
    frames: int,
    who: Character,
    framing: str,
    place: Place,
    *acts: Act,
    mouth: Mouth = "smile",
    eyes: Eyes = "open",
    x: float = 0.5,
    mirrored: bool = False,
    move: Move | None = None,
) -> Shot:
    """A shot of one character, `x` across the picture's centred square."""
    figure = Figure(who, Pose(mouth, eyes), x, HEAD_Y[framing], HEAD_SIZE[framing], mirrored)
    return Shot(frames, *place, (Actor(figure, acts),), move)


def group(frames: int, place: Place, *members: tuple[Character, float, list[Act]]) -> Shot:
    """A shot of two or three, the backmost first: who, x across the centred square, what it does."""
    framing = "upper body" if len(members) == 2 else "cowboy shot"
    actors = tuple(
        Actor(Figure(who, Pose(), x, HEAD_Y[framing], HEAD_SIZE[framing], mirrored=x > 0.5), tuple(acts))
        for who, x, acts in members
    )
    return Shot(frames, *place, actors)


def zoom(start: float, end: float, exposure: int) -> Move:
    return Move(Camera(zoom=start), Camera(zoom=end), exposure)


def pan(start: float, end: float, exposure: int) -> Move:
    """The camera's middle goes from x `start` to x `end`."""
    return Move(Camera(x=start), Camera(x=end), exposure)


SCREENPLAY = (
    # To school.
    Shot(72, *_STREET, move=pan(0.2, 0.8, 1)),
    solo(60, NAGISA, "portrait", _STREET, Breeze(), Blink(31)),
    solo(54, NAGISA, "close-up", _STREET, Talk(6, 42), Blink(45)),
    solo(54, SORA, "upper body", _STREET, Bounce(0, 12), Talk(14, 48)),
    group(
        72, _STREET,
        (SORA, 0.72, [Talk(34, 68)]),
        (NAGISA, 0.28, [Talk(4, 30, 2), Turn(36, 48, -0.07, 0.8), Blink(60)]),
    ),
    solo(42, SORA, "close-up", _STREET, Blink(8), Talk(18, 40, 2)),
    # At school.
    solo(54, KAITO, "portrait", _CLASSROOM, Blink(12), Turn(24, 40, 0.08, -1.0), mouth="frown"),
    solo(60, NAGISA, "upper body", _CLASSROOM, Talk(6, 52, 2)),
    solo(60, NAGISA, "portrait", _CLASSROOM, Blink(20), move=zoom(1.0, 1.13, 2)),
    solo(48, KAITO, "upper body", _CLASSROOM, Talk(9, 42), mirrored=True),
    solo(48, NAGISA, "close-up", _CLASSROOM, Turn(10, 26, -0.09, 0.7), Blink(34), mouth="frown"),
    group(
        60, _CLASSROOM,
        (KAITO, 0.71, [Talk(3, 24), Blink(40)]),
        (NAGISA, 0.3, [Talk(27, 57)]),
    ),
    solo(42, KAITO, "close-up", _CLASSROOM, Talk(5, 32), Blink(34)),
    solo(48, SORA, "portrait", _CLASSROOM, Look(24, "open"), Bounce(24, 36), eyes="closed"),
    group(
        75, _CLASSROOM,
        (SORA, 0.18, [Talk(0, 24), Bounce(50, 62)]),
        (KAITO, 0.82, [Talk(50, 74)]),
        (NAGISA, 0.5, [Talk(26, 48, 2)]),
    ),
    # On the roof.
    solo(60, NAGISA, "portrait", _ROOF, Breeze(-0.8), Blink(25), x=0.47, mirrored=True),
    solo(66, NAGISA, "upper body", _ROOF, Blink(30), move=pan(0.36, 0.64, 2)),
    solo(48, SORA, "portrait", _ROOF, Talk(6, 45), Breeze(0.9), mirrored=True),
    group(
        54, _ROOF,
        (SORA, 0.71, [Talk(2, 26)]),
        (KAITO, 0.29, [Turn(20, 32, 0.08, 0.8), Blink(40), Talk(46, 54)]),
    ),
    solo(48, NAGISA, "close-up", _ROOF, eyes="closed"),
    # In the park.
    solo(48, KAITO, "portrait", _PARK, Talk(8, 40, 2), mouth="frown", mirrored=True),
    solo(54, NAGISA, "portrait", _PARK, Talk(4, 36), Blink(40), x=0.53),
    solo(48, NAGISA, "cowboy shot", _PARK, Bounce(6, 18), Bounce(22, 34)),
    solo(48, SORA, "upper body", _PARK, Blink(10), Turn(20, 32, 0.1, 0.8), mirrored=True),
    # By the sea.
    solo(72, NAGISA, "upper body", _SHORE, Breeze(), move=pan(0.62, 0.38, 1)),
    solo(54, NAGISA, "portrait", _SHORE, Breeze(0.9), Talk(6, 45), mirrored=True),
    group(
        60, _SHORE,
        (SORA, 0.29, [Talk(3, 27, 2), Talk(42, 60)]),
        (NAGISA, 0.71, [Look(30, "smile", "closed")]),
    ),
    solo(60, NAGISA, "close-up", _SHORE, Blink(24), move=zoom(1.0, 1.12, 1)),
    solo(45, KAITO, "portrait", _SHORE, Blink(15), Look(27, "frown")),
    # Going home.
    solo(54, NAGISA, "portrait", _DUSK, Blink(10), Look(16, "smile"), mouth="frown"),
    solo(48, NAGISA, "upper body", _DUSK, Talk(9, 45), Breeze(-0.7), mirrored=True),
    solo(42, SORA, "close-up", _DUSK, Look(21, "smile", "closed")),
    group(
        60, _DUSK,
        (KAITO, 0.29, [Talk(34, 58, 2)]),
        (NAGISA, 0.71, [Talk(4, 28), Turn(30, 42, -0.07, 0.8)]),
    ),
    solo(48, NAGISA, "close-up", _DUSK, Talk(6, 30, 2), Blink(36), mirrored=True),
    # Night.
    solo(54, NAGISA, "portrait", _NIGHT, Turn(8, 24, 0.08, -0.8), Blink(36)),
    solo(45, KAITO, "portrait", _NIGHT, Talk(9, 39)),
    group(
        60, _NIGHT,
        (KAITO, 0.18, []),
        (SORA, 0.81, [Bounce(36, 48)]),
        (NAGISA, 0.5, [Talk(6, 30)]),
    ),
    solo(48, NAGISA, "close-up", _NIGHT, Look(27, "smile", "closed")),
    Shot(60, *_NIGHT),
)  # fmt: skip


def write_film(
    path: Path,
    progress: Callable[[int, int], None],
    shots: Sequence[Shot] = SCREENPLAY,
    size: tuple[int, int] = SIZE,
) -> None:
    """Write the film to `path` (.mp4) and its truth beside it, each complete or not at all; the truth comes last.
    `progress` is told the frames done and all frames. `size` is width and height, both even."""
    if path.suffix != ".mp4":
        raise UserError(_("{path} is no .mp4 file: give the film a name ending in .mp4").format(path=path))
    if not path.parent.is_dir():
        raise UserError(_("{folder} is no folder: make it first").format(folder=path.parent))
    with _appearing_whole(path) as partial:
        _encode(partial, list(exposure_sheet(shots)), size, progress)
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


def _encode(path: Path, sheet: Sequence[Exposure], size: tuple[int, int], progress: Callable[[int, int], None]) -> None:
    frames = sheet[-1].end
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as file:
        stream = _add_video(file, size)
        for exposure, frame in _exposed(sheet, size):
            for number in range(exposure.start, exposure.end + 1):
                frame.pts = number - 1
                file.mux(stream.encode(frame))
            progress(exposure.end, frames)
        file.mux(stream.encode(None))


def _add_video(file: av.container.OutputContainer, size: tuple[int, int]) -> av.VideoStream:
    """An H.264 stream with B-frames, marked as BT.709; one thread count, so that the bytes come out the same."""
    stream = file.add_stream("libx264", rate=FPS, options=_X264)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, FPS)
    context.thread_count = 2
    context.colorspace = Colorspace.ITU709
    context.color_range = ColorRange.MPEG
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    return stream


def _exposed(sheet: Sequence[Exposure], size: tuple[int, int]) -> Iterator[tuple[Exposure, av.VideoFrame]]:
    """Every exposure with its drawing. A drawing that returns in its shot is drawn once and kept until the cut."""
    distinct = dict.fromkeys((exposure.shot, exposure.scene) for exposure in sheet)
    with ProcessPoolExecutor(_WORKERS, get_context("spawn"), initializer=_start_worker) as workers:
        drawn = _in_order(workers, [scene for _shot, scene in distinct], size)
        for _shot, run in groupby(sheet, key=lambda exposure: exposure.shot):
            kept: dict[Scene, av.VideoFrame] = {}
            for exposure in run:
                if exposure.scene not in kept:
                    kept[exposure.scene] = av.VideoFrame.from_ndarray(next(drawn), "yuv420p")
                yield exposure, kept[exposure.scene]


def _in_order(workers: Executor, scenes: Sequence[Scene], size: tuple[int, int]) -> Iterator[Yuv]:
    """The drawings in order, a few drawn ahead and no more."""
    waiting: deque[Future[Yuv]] = deque()
    for scene in scenes:
        waiting.append(workers.submit(_draw, scene, size))
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


def _draw(scene: Scene, size: tuple[int, int]) -> Yuv:
    """The scene in the film's style as planar BT.709 YUV 4:2:0, limited range, [height * 3 / 2, width]."""
    picture = av.VideoFrame.from_ndarray(draw_scene(scene, FILM, *size), "rgb24")
    frame = picture.reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT,
        threads=1,
    )
    return np.asarray(frame.to_ndarray(), np.uint8)
