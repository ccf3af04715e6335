"""A film's frames in order.

PyAV alone decodes. A frame's number is its place in display order, counting from 1; its presentation timestamp (pts)
is what finds it again (`engine.film_reader`), and where fields were joined (`engine.fields`) how that was done. Frame
threads serve the pass over a whole film, slice threads random access, where latency counts; the pixels are the same.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import av
import msgspec
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _
from engine.fields import Placed, deinterlaced, film_frames, is_interlaced, is_telecine, recognise
from engine.film_file import FilmInfo, open_container, tells_what_is_referred_to

Threads = Literal["AUTO", "SLICE"]
MAX_UNPLACED_FRAMES = 250
SAMPLES = 20
SEEK_MARGINS_SECONDS = (0, 2, 10, 60)
STRETCHES, STRETCH_FRAMES = 6, 24
FILM_SHARE_OF_TELECINE = Fraction(4, 5)


@dataclass(frozen=True)
class Locator:
    """Where a frame is: its number, and the timestamp that finds it."""

    number: int
    pts: int


@dataclass(frozen=True)
class DecodedFrame:
    """A frame as it is shown; `frame` is an `av.VideoFrame`, `fields` says how its fields were joined."""

    number: int
    pts: int
    is_key: bool
    corrupt: bool
    frame: Any
    fields: int = 0


class FrameSource:
    """An open film whose frames come in display order, from its start or from a key frame.

    Before the timestamp `wanted` frames that no other refers to may be left out, which saves decoding them.
    """

    wanted: int | None = None

    def __init__(
        self, path: Path, info: FilmInfo, threads: Threads, on_left_out: Callable[[], None] = lambda: None
    ) -> None:
        self._path, self._index, self._threads, self._on_left_out = path, info.stream, threads, on_left_out
        self._open()
        self._may_skip = info.fields == "progressive" and tells_what_is_referred_to(self._stream.codec_context)

    def _open(self) -> None:
        self._container = open_container(self._path)
        self._stream = self._container.streams[self._index]
        self._stream.thread_type = self._threads
        self.at_start = True

    def frames(self) -> Iterator[Placed]:
        """Frames and whether each is corrupt, from where the file stands.

        A frame without a timestamp gets one just after the frame before; they end at it where that one may have been
        skipped. One that is not later than the frame before it cannot be found again and is left out.
        """
        last_pts, unplaced, unstamped, skipped = None, 0, 0, False
        damaged: list[tuple[int, int]] = []
        for packet in self._container.demux(self._stream):
            skipped = self._skip(packet) or skipped
            for frame in self._decoded(packet, damaged):
                if frame.pts is None and skipped:
                    self._may_skip = False
                    return
                unstamped = unstamped + 1 if frame.pts is None else 0
                if frame.pts is None and last_pts is not None and unstamped <= MAX_UNPLACED_FRAMES:
                    frame.pts = last_pts + 1
                if frame.pts is None or (last_pts is not None and frame.pts <= last_pts):
                    unplaced = self._count_unplaced(unplaced)
                    continue
                corrupt = frame.is_corrupt or any(first <= frame.pts for first, _last in damaged)
                yield Placed(frame, bool(frame.key_frame), corrupt)
                last_pts, unplaced = frame.pts, 0
                damaged[:] = [span for span in damaged if span[1] > last_pts]
        if last_pts is None and unplaced:
            raise self._without_timestamps()

    def _skip(self, packet: Any) -> bool:
        """Whether this packet is left undecoded where no frame refers to it."""
        before = self.wanted is not None and packet.pts is not None and packet.pts < self.wanted
        self._stream.codec_context.skip_frame = "NONREF" if before and self._may_skip else "DEFAULT"
        return before and self._may_skip

    def _decoded(self, packet: Any, damaged: list[tuple[int, int]]) -> list[Any]:
        """The frames that come out with this packet; a damaged one adds the span of timestamps it may spoil.

        That is from its decoding time, since frames shown before it may refer to it, to its own.
        """
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            frames = None
        if (frames is None or packet.is_corrupt) and packet.dts is not None:
            damaged.append((packet.dts, packet.dts if packet.pts is None else packet.pts))
        return frames or []

    def frames_from(self, pts: int, margin_seconds: int = 0) -> Iterator[Placed]:
        """Frames from a key frame at or before `pts`, at least `margin_seconds` before where the film has that.

        Where a container seeks by decoding time the first frame can be a later one; then a longer margin helps.
        """
        for margin in SEEK_MARGINS_SECONDS:
            seconds = max(margin, margin_seconds)
            frames = self._frames_after_seek(pts - round(seconds / self._stream.time_base))
            first = next(frames, None)
            if first is not None and first.frame.pts <= pts:
                return chain((first,), frames)
        return self._frames_from_start()

    def _frames_after_seek(self, pts: int) -> Iterator[Placed]:
        try:
            self._container.seek(pts, stream=self._stream, backward=True)
            self.at_start = False
        except av.FFmpegError:
            return iter(())
        return self.frames()

    def _frames_from_start(self) -> Iterator[Placed]:
        self._container.close()
        self._open()
        return self.frames()

    def _count_unplaced(self, unplaced: int) -> int:
        if unplaced == MAX_UNPLACED_FRAMES:
            raise self._without_timestamps()
        self._on_left_out()
        return unplaced + 1

    def _without_timestamps(self) -> UserError:
        text = _("The timestamps of {path} are missing or run backwards: remux it, and take in the new file.")
        return UserError(text.format(path=self._path))

    def close(self) -> None:
        self._container.close()


def decode(
    path: Path, info: FilmInfo, after: Locator | None = None, on_left_out: Callable[[], None] = lambda: None
) -> Generator[DecodedFrame]:
    """All frames in display order, numbered from 1; with `after`, those that follow; `on_left_out` per unplaced one."""
    with closing(FrameSource(path, info, "AUTO", on_left_out)) as source:
        if after is None or info.fields == "film":  # which frame of five repeats depends on those before
            number, frames = 0, _film_frames(source.frames(), info)
        else:
            number, frames = after.number, shown_from(source, info, after.pts)
        for frame, is_key, corrupt, fields in frames:
            is_new = after is None or frame.pts > after.pts
            number += is_new or info.fields == "film"
            if is_new:
                yield DecodedFrame(number, frame.pts, is_key, corrupt, frame, fields)


def _film_frames(frames: Iterator[Placed], info: FilmInfo) -> Iterator[Placed]:
    """The frames that count, out of those that the decoder gives from a film's beginning on."""
    if info.fields == "film":
        return film_frames(frames)
    return deinterlaced(frames, only_flagged=info.interlaced) if info.fields == "deinterlace" else frames


def shown_from(source: FrameSource, info: FilmInfo, pts: int, margin_seconds: int = 0) -> Iterator[Placed]:
    """Frames from at or before `pts` on, deinterlaced as in the pass over the whole film.

    Telecined frames come as the decoder gives them, from before `pts` on, for `joined` to put together.
    """
    frames = source.frames_from(pts if info.fields == "progressive" else pts - 1, margin_seconds)
    if info.fields != "deinterlace":
        return frames
    whole = deinterlaced(frames, only_flagged=info.interlaced)
    return whole if source.at_start else islice(whole, 1, None)


def with_fields(path: Path, info: FilmInfo) -> FilmInfo:
    """The recipe with what is to be done about fields, seen on stretches spread over the film."""
    with closing(FrameSource(path, info, "AUTO")) as source:
        kind = recognise(islice(frames, STRETCH_FRAMES) for frames in _spread(source, info, STRETCHES))
    if not is_interlaced(kind, info.interlaced):
        return info
    if not is_telecine(kind, info.fps):
        return msgspec.structs.replace(info, fields="deinterlace")
    frames = info.estimated_frames and round(info.estimated_frames * FILM_SHARE_OF_TELECINE)
    return msgspec.structs.replace(
        info, fields="film", fps=info.fps * FILM_SHARE_OF_TELECINE, estimated_frames=frames
    )  # fmt: skip


def next_tainted(tainted_before: bool, is_key: bool, corrupt: bool) -> bool:
    """Whether a frame may show damage: from the first corrupt frame until the next clean key frame."""
    return corrupt or (tainted_before and not is_key)


def sample_pictures(path: Path, info: FilmInfo, count: int = SAMPLES) -> Iterator[NDArray[np.uint8]]:
    """Displayed pictures [h, w, 3] of key frames spread evenly over the film."""
    with closing(FrameSource(path, info, "SLICE")) as source:
        for frames in _spread(source, info, count):
            for placed in islice(frames, 1):
                yield display_picture(placed.frame, info)


def _spread(source: FrameSource, info: FilmInfo, count: int) -> Iterator[Iterator[Placed]]:
    """Frames from the key frames at so many places, spread evenly over the film."""
    first = next(source.frames(), None)
    if first is None:
        return
    start = first.frame.pts
    length = round((info.estimated_frames or 0) / info.fps / info.time_base)
    for index in range(count):
        yield source.frames_from(start + length * index // count)


def display_picture(frame: Any, info: FilmInfo, width: int | None = None, reformatter: Any = None) -> NDArray[np.uint8]:
    """The frame as a viewer sees it, RGB [h, w, 3]; `width` scales it."""
    width = width or info.width
    height = max(1, round(info.height * width / info.width))
    upright = info.rotation in (0, 180)
    rgb = (reformatter or VideoReformatter()).reformat(
        frame,
        width=width if upright else height,
        height=height if upright else width,
        format="rgb24",
        src_colorspace=Colorspace.ITU709 if info.assume_bt709 else None,
        interpolation=Interpolation.AREA if width < info.width else Interpolation.BILINEAR,
    )
    return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), info.rotation // 90))
