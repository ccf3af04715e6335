"""Pictures whose two fields (even and odd lines) are of different moments, and how they become whole again.

Interlaced video is deinterlaced (FFmpeg's bwdif). Hard telecine spread four film frames over five of video, two of them
combed: each is joined again with the field that belongs to it, and the repeated one of five is dropped. How a frame was
joined is one small number that is stored with it, so that random access does again what the pass over the film did.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from enum import IntEnum
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple

import av
import cv2
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

MOVED, COMBED = 12, 10  # of 255
BLOCK = 16
COMBED_SHARE_OF_BLOCK = 0.3
CYCLE = 5
NOISE = 3
SMALL_SHARE = 8
FEWEST_COMBED = 4
LEAST_COMBED_SHARE = {True: 0.05, False: 0.25}  # fine lines that move look like combs where nothing says interlaced
RESOLVED_SHARE, MOST_COMBED_IN_TELECINE = 0.8, 0.7
TELECINED_RATES = (Fraction(29), Fraction(31))


class Fields(IntEnum):
    """How a film frame comes from the decoder's frame and the one before it."""

    AS_THEY_ARE = 0
    BOTTOM_OF_PREVIOUS = 1
    TOP_OF_PREVIOUS = 2
    TOP_ALONE = 3  # no field belongs to it: the lines between are interpolated


class Placed(NamedTuple):
    """A frame in display order, whether decoding can start there and is damaged, and how its fields were joined."""

    frame: Any
    is_key: bool
    corrupt: bool
    fields: int = 0


class FieldKind(NamedTuple):
    """What `recognise` tells: frames that moved, of these the combed ones, of these those that a field before mends."""

    moving: int
    combed: int
    mended: int


def deinterlaced(frames: Iterable[Placed], *, only_flagged: bool) -> Iterator[Placed]:
    """One deinterlaced frame for each; the first has no frame before it to be mended from, and shows it."""
    deinterlacer: _Deinterlacer | None = None
    for placed in frames:
        if deinterlacer is None or not deinterlacer.takes(placed.frame):
            yield from deinterlacer.rest() if deinterlacer else ()
            deinterlacer = _Deinterlacer(placed.frame, only_flagged)
        yield from deinterlacer.push(placed)
    yield from deinterlacer.rest() if deinterlacer else ()


class _Deinterlacer:
    """FFmpeg's bwdif over frames of one size; a frame is corrupt where one beside it is."""

    def __init__(self, frame: Any, only_flagged: bool) -> None:
        self._kind = (frame.width, frame.height, frame.format.name)
        self._waiting: deque[Placed] = deque()
        self._before = False
        self._graph = Graph()
        source = self._graph.add("buffer", _buffer_arguments(frame))
        chosen = "interlaced" if only_flagged else "all"
        bwdif = self._graph.add("bwdif", f"mode=send_frame:parity=auto:deint={chosen}")
        sink = self._graph.add("buffersink")
        source.link_to(bwdif)
        bwdif.link_to(sink)
        self._graph.configure()

    def takes(self, frame: Any) -> bool:
        """Whether a frame is of the size and format of those before it."""
        return self._kind == (frame.width, frame.height, frame.format.name)

    def push(self, placed: Placed) -> Iterator[Placed]:
        self._waiting.append(placed)
        self._graph.push(placed.frame)
        yield from self._ready()

    def rest(self) -> Iterator[Placed]:
        self._graph.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[Placed]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            source = self._waiting.popleft()
            frame.pts, frame.time_base = source.frame.pts, source.frame.time_base
            after = bool(self._waiting) and self._waiting[0].corrupt
            corrupt, self._before = self._before or source.corrupt or after, source.corrupt
            yield Placed(frame, source.is_key, corrupt)


def _buffer_arguments(frame: Any) -> str:
    base = frame.time_base
    return (
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base={base.numerator}/"
        f"{base.denominator}:pixel_aspect=1/1:colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
    )


def film_frames(frames: Iterable[Placed]) -> Iterator[Placed]:
    """The film frames of hard telecine: fields joined again, and of each five the repeated one left out."""
    dropped, smaller = CYCLE - 1, None
    joined = joined_frames(frames)
    while cycle := list(islice(joined, CYCLE)):
        small = [_small(luma_of(placed.frame)) for placed in cycle]
        changes = [_change(now, before) for now, before in zip(small, [smaller, *small], strict=False)]
        smaller = small[-1]
        if len(cycle) == CYCLE:
            dropped = _repeated(changes, dropped)
        if len(cycle) == CYCLE or (dropped < len(cycle) > 1 and _repeated(changes, dropped) == dropped):
            cycle = _without(cycle, dropped)
        yield from cycle


def _without(cycle: list[Placed], dropped: int) -> list[Placed]:
    """A cycle without one frame; what was a key frame, or damaged, is so for the frame beside it."""
    gone = cycle.pop(dropped)
    beside = min(dropped, len(cycle) - 1)
    heir = cycle[beside]
    cycle[beside] = heir._replace(is_key=heir.is_key or gone.is_key, corrupt=heir.corrupt or gone.corrupt)
    return cycle


def _repeated(changes: list[int], before: int) -> int:
    """The place in a cycle whose frame repeats the one before: where it was, unless another repeats clearly better."""
    return before if changes[before] <= 2 * min(changes) + NOISE else changes.index(min(changes))


def joined_frames(frames: Iterable[Placed]) -> Iterator[Placed]:
    """Each frame with the fields that belong together; `fields` says how, for `joined` to do it again."""
    before: Placed | None = None
    for placed in frames:
        fields = _belonging(placed.frame, before.frame if before else None)
        mixed = fields in (Fields.BOTTOM_OF_PREVIOUS, Fields.TOP_OF_PREVIOUS)
        corrupt = placed.corrupt or bool(mixed and before and before.corrupt)
        frame = joined(placed.frame, before.frame if before else None, fields)
        yield Placed(frame, placed.is_key, corrupt, fields)
        before = placed


def _belonging(frame: Any, before: Any) -> Fields:
    now = luma_of(frame)
    if before is None or (previous := luma_of(before)).shape != now.shape:
        return Fields.TOP_ALONE if _worst_block(_combing(now)) > COMBED_SHARE_OF_BLOCK else Fields.AS_THEY_ARE
    if not is_combed(now, previous):
        return Fields.AS_THEY_ARE
    choices = {fields: woven(now, previous, fields) for fields in (Fields.BOTTOM_OF_PREVIOUS, Fields.TOP_OF_PREVIOUS)}
    best = min(choices, key=lambda fields: _combing(choices[fields]).sum())
    return Fields.TOP_ALONE if _worst_block(_combing(choices[best])) > COMBED_SHARE_OF_BLOCK else best


def is_combed(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> bool:
    """Whether the lines of a picture [h, w] alternate where it differs from the one before."""
    moved = cv2.dilate(cv2.compare(cv2.absdiff(now, before), MOVED, cv2.CMP_GT), np.ones((3, 1), np.uint8))
    return _worst_block(cv2.min(_combing(now), moved)) > COMBED_SHARE_OF_BLOCK


def _combing(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """255 where a pixel is lighter, or darker, than both the one above and the one below."""
    above, here, below = luma[:-2], luma[1:-1], luma[2:]
    lighter = cv2.min(cv2.subtract(here, above), cv2.subtract(here, below))
    darker = cv2.min(cv2.subtract(above, here), cv2.subtract(below, here))
    combed = np.zeros_like(luma)
    combed[1:-1] = cv2.compare(cv2.max(lighter, darker), COMBED, cv2.CMP_GT)
    return combed


def _worst_block(combed: NDArray[np.uint8]) -> float:
    """The share of combed pixels in the block of 16x16 that has most of them."""
    height, width = (max(1, side // BLOCK) for side in combed.shape)
    return float(cv2.resize(combed, (width, height), interpolation=cv2.INTER_AREA).max()) / 255


def luma_of(frame: Any) -> NDArray[np.uint8]:
    """The luma [h, w] of a frame, deeper ones reduced to 8 bits."""
    samples = _samples(frame, 0)
    depth = frame.format.components[0].bits
    return np.ascontiguousarray(samples) if depth == 8 else (samples >> (depth - 8)).astype(np.uint8)


def _small(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = (max(1, side // SMALL_SHARE) for side in luma.shape)
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _change(now: NDArray[np.uint8], before: NDArray[np.uint8] | None) -> int:
    if before is None or before.shape != now.shape:
        return 255
    return int(cv2.absdiff(now, before).max())


def _samples(frame: Any, index: int) -> NDArray[Any]:
    """A plane [h, w] of a frame, without a copy."""
    plane = frame.planes[index]
    dtype = np.uint8 if frame.format.components[index].bits == 8 else np.uint16
    return np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width]


def woven(now: NDArray[Any], before: NDArray[Any], fields: int) -> NDArray[Any]:
    """A plane [h, w] whose lines come from where `fields` says."""
    plane = now.copy()
    if fields == Fields.BOTTOM_OF_PREVIOUS:
        plane[1::2] = before[1::2]
    elif fields == Fields.TOP_OF_PREVIOUS:
        plane[::2] = before[::2]
    elif fields == Fields.TOP_ALONE:
        lines = now[::2].astype(np.uint32)
        below = np.concatenate((lines[1:], lines[-1:]))
        plane[1::2] = ((lines + below + 1) // 2)[: len(plane[1::2])]
    return plane


def joined(frame: Any, before: Any, fields: int) -> Any:
    """The film frame that `fields` makes of a decoded frame and the one before; itself where nothing is to be done."""
    if fields == Fields.AS_THEY_ARE:
        return frame
    film_frame = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for index in range(len(film_frame.planes)):
        previous = None if fields == Fields.TOP_ALONE else _samples(before, index)
        _samples(film_frame, index)[:] = woven(_samples(frame, index), previous, fields)  # type: ignore[arg-type]
    film_frame.pts, film_frame.time_base = frame.pts, frame.time_base
    film_frame.colorspace, film_frame.color_range = frame.colorspace, frame.color_range
    return film_frame


def recognise(stretches: Iterable[Iterable[Placed]]) -> FieldKind:
    """Look at stretches of consecutive frames for combs, and for whether the field before mends them."""
    moving = combed = mended = 0
    for stretch in stretches:
        before: NDArray[np.uint8] | None = None
        for placed in stretch:
            now = luma_of(placed.frame)
            if before is not None and before.shape == now.shape and _change(_small(now), _small(before)) > MOVED:
                moving += 1
                if is_combed(now, before):
                    combed += 1
                    mended += _mends(now, before)
            before = now
    return FieldKind(moving, combed, mended)


def _mends(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> bool:
    choices = (Fields.BOTTOM_OF_PREVIOUS, Fields.TOP_OF_PREVIOUS)
    return min(_worst_block(_combing(woven(now, before, fields))) for fields in choices) <= COMBED_SHARE_OF_BLOCK


def is_interlaced(kind: FieldKind, flagged: bool) -> bool:
    """Whether enough of what moves is combed; more is needed where the stream does not say that it is interlaced."""
    return kind.combed >= FEWEST_COMBED and kind.combed >= LEAST_COMBED_SHARE[flagged] * kind.moving


def is_telecine(kind: FieldKind, fps: Fraction) -> bool:
    """Whether the combs are those of film at 24 frames a second in video at 30."""
    low, high = TELECINED_RATES
    return (
        low <= fps <= high
        and kind.mended >= RESOLVED_SHARE * kind.combed
        and kind.combed <= MOST_COMBED_IN_TELECINE * kind.moving
    )
