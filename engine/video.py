"""Films: what a file is, its frames in order, and any frame by number.

PyAV alone decodes. A frame's number is its place in display order, counting from 1; its presentation timestamp (pts)
is what finds it again. Frame threads serve the pass over a whole film, slice threads random access, where latency
counts; the pixels are the same.
"""

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import av
import msgspec
import numpy as np
from av.video.reformatter import Colorspace, ColorTrc, Interpolation, VideoReformatter
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _

Threads = Literal["AUTO", "SLICE"]
HASH_BLOCK_BYTES = 2**20
FORWARD_FRAMES = 100
MAX_UNPLACED_FRAMES = 250
HIGHEST_PLAUSIBLE_RATE = 240
HD_HEIGHT = 720
SEEK_MARGINS_SECONDS = (0, 2, 10, 60)
UNSPECIFIED_COLORSPACE = 2
HDR_TRANSFERS = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)


class FilmInfo(msgspec.Struct, frozen=True):
    """How a film decodes. `width` and `height` are of the displayed picture, `coded_*` of the decoder's."""

    width: int
    height: int
    coded_width: int
    coded_height: int
    fps: Fraction
    time_base: Fraction
    sample_aspect: Fraction
    rotation: int
    assume_bt709: bool
    codec: str
    stream: int
    interlaced: bool
    estimated_frames: int | None

    def to_json(self) -> str:
        """The decode recipe as a film's row stores it."""
        return msgspec.json.encode(self, enc_hook=str).decode()

    @classmethod
    def from_json(cls, text: str) -> "FilmInfo":
        """The recipe back from a film's row."""
        return msgspec.json.decode(text, type=cls, dec_hook=lambda kind, value: kind(value))


@dataclass(frozen=True)
class Locator:
    """Where a frame is: its number, and the timestamp that finds it."""

    number: int
    pts: int


@dataclass(frozen=True)
class DecodedFrame:
    """A frame as it comes from the decoder; `frame` is an `av.VideoFrame`."""

    number: int
    pts: int
    is_key: bool
    corrupt: bool
    frame: Any


def content_hash(path: Path, on_block: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of the file's bytes, the film's identity; `on_block` is called for each MiB read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
                on_block()
    except OSError as error:
        raise _unreadable(path, error) from error
    return digest.hexdigest()


def probe(path: Path) -> FilmInfo:
    """Read what the film is from its headers and first frame; raises `UserError` where it cannot be taken in."""
    with _open_container(path) as container:
        stream = container.streams.best("video")
        if stream is None:
            raise UserError(_("{path} has no pictures: name a video file.").format(path=path))
        frame = _first_frame(container, stream, path)
        if frame.color_trc in HDR_TRANSFERS:
            raise UserError(
                _("{path} is HDR video, which is not supported: take in an SDR version of the film.").format(path=path)
            )
        return _film_info(container, stream, frame)


def _open_container(path: Path) -> Any:
    try:
        if path.stat().st_size == 0:
            raise UserError(_("{path} is empty: copy the film again from its source.").format(path=path))
        return av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UserError:
    if isinstance(error, FileNotFoundError):
        return UserError(_("There is no file {path}: check the path of the film.").format(path=path))
    if isinstance(error, IsADirectoryError):
        return UserError(_("{path} is a folder: name the film's video file.").format(path=path))
    if isinstance(error, OSError):
        return UserError(
            _("{path} cannot be read ({error}): check its permissions and its disk.").format(
                path=path, error=error.strerror
            )
        )
    return UserError(
        _(
            "{path} is not a video, or was cut short before its index: play it, or copy it again from its source."
        ).format(path=path)
    )


def _first_frame(container: Any, stream: Any, path: Path) -> Any:
    try:
        for frame in container.decode(stream):
            return frame
    except av.FFmpegError:
        pass
    raise UserError(
        _("No frame of {path} can be decoded: play it, or copy it again from its source.").format(path=path)
    )


def _film_info(container: Any, stream: Any, frame: Any) -> FilmInfo:
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    fps = _frame_rate(stream)
    width, height = _stretched(frame.width, frame.height, aspect)
    rotation = round(frame.rotation / 90) * 90 % 360
    return FilmInfo(
        width=height if rotation in (90, 270) else width,
        height=width if rotation in (90, 270) else height,
        coded_width=frame.width,
        coded_height=frame.height,
        fps=fps,
        time_base=Fraction(stream.time_base),
        sample_aspect=aspect,
        rotation=rotation,
        # Decoders take untagged video for BT.601, which shows HD up to 27 of 255 off.
        assume_bt709=frame.colorspace == UNSPECIFIED_COLORSPACE and frame.height >= HD_HEIGHT,
        codec=stream.codec_context.name,
        stream=stream.index,
        interlaced=bool(frame.interlaced_frame),
        estimated_frames=round(container.duration / av.time_base * fps) if container.duration else None,
    )


def _frame_rate(stream: Any) -> Fraction:
    """The nominal rate where the average agrees with it; the average of a variable rate."""
    average, guessed = stream.average_rate, stream.guessed_rate
    if not average or average > HIGHEST_PLAUSIBLE_RATE:
        return Fraction(guessed or average or 24)
    if guessed and abs(average / guessed - 1) < Fraction(1, 1000):
        return Fraction(guessed)
    return Fraction(average)


def _stretched(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The size with square pixels; the longer side grows, so nothing is lost."""
    if aspect >= 1:
        return round(width * aspect), height
    return width, round(height / aspect)


class _FrameSource:
    """An open film whose frames come in display order, from its start or from a key frame."""

    def __init__(self, path: Path, info: FilmInfo, threads: Threads) -> None:
        self._path, self._index, self._threads = path, info.stream, threads
        self._open()

    def _open(self) -> None:
        self._container = _open_container(self._path)
        self._stream = self._container.streams[self._index]
        self._stream.thread_type = self._threads

    def frames(self) -> Iterator[tuple[Any, bool]]:
        """Frames and whether each is corrupt, from where the file stands.

        A frame without a later timestamp than the one before cannot be found again and is left out.
        """
        last_pts, unplaced = None, 0
        damaged: list[tuple[int, int]] = []
        for packet in self._container.demux(self._stream):
            for frame in self._decoded(packet, damaged):
                if frame.pts is None or (last_pts is not None and frame.pts <= last_pts):
                    unplaced = self._count_unplaced(unplaced)
                    continue
                yield frame, frame.is_corrupt or any(first <= frame.pts for first, _last in damaged)
                last_pts, unplaced = frame.pts, 0
                damaged[:] = [span for span in damaged if span[1] > last_pts]

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

    def frames_from(self, pts: int, margin_seconds: int = 0) -> Iterator[tuple[Any, bool]]:
        """Frames from a key frame at or before `pts`, at least `margin_seconds` before where the film has that.

        Where a container seeks by decoding time the first frame can be a later one; then a longer margin helps.
        """
        for margin in SEEK_MARGINS_SECONDS:
            frames = self._frames_after_seek(pts - round(max(margin, margin_seconds) / self._stream.time_base))
            first = next(frames, None)
            if first is not None and first[0].pts <= pts:
                return chain((first,), frames)
        return self._frames_from_start()

    def _frames_after_seek(self, pts: int) -> Iterator[tuple[Any, bool]]:
        try:
            self._container.seek(pts, stream=self._stream, backward=True)
        except av.FFmpegError:
            return iter(())
        return self.frames()

    def _frames_from_start(self) -> Iterator[tuple[Any, bool]]:
        self._container.close()
        self._open()
        return self.frames()

    def _count_unplaced(self, unplaced: int) -> int:
        if unplaced < MAX_UNPLACED_FRAMES:
            return unplaced + 1
        raise UserError(
            _("The timestamps of {path} are missing or run backwards: remux it, and take in the new file.").format(
                path=self._path
            )
        )

    def close(self) -> None:
        self._container.close()


def decode(path: Path, info: FilmInfo, after: Locator | None = None) -> Generator[DecodedFrame]:
    """All frames in display order, numbered from 1; with `after`, those that follow that frame."""
    with closing(_FrameSource(path, info, "AUTO")) as source:
        frames = source.frames() if after is None else source.frames_from(after.pts)
        number = 0 if after is None else after.number
        for frame, corrupt in frames:
            if after is not None and frame.pts <= after.pts:
                continue
            number += 1
            yield DecodedFrame(number, frame.pts, bool(frame.key_frame), corrupt, frame)


def next_tainted(tainted_before: bool, is_key: bool, corrupt: bool) -> bool:
    """Whether a frame may show damage: from the first corrupt frame until the next clean key frame."""
    return corrupt or (tainted_before and not is_key)


def sample_pictures(path: Path, info: FilmInfo, count: int = 20) -> Iterator[NDArray[np.uint8]]:
    """Displayed pictures [h, w, 3] of key frames spread evenly over the film."""
    with closing(_FrameSource(path, info, "SLICE")) as source:
        start = next(source.frames())[0].pts
        length = round((info.estimated_frames or 0) / info.fps / info.time_base)
        for index in range(count):
            for frame, _corrupt in islice(source.frames_from(start + length * index // count), 1):
                yield display_picture(frame, info)


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


class FilmReader:
    """Any frame of a film by number, exact; a frame a little ahead is reached without a seek."""

    def __init__(
        self, path: Path, info: FilmInfo, pts_of_number: Callable[[int], int], *, threads: Threads = "SLICE"
    ) -> None:
        self.info = info
        self._source = _FrameSource(path, info, threads)
        self._pts_of_number = pts_of_number
        self._reformatter = VideoReformatter()
        self._frames: Iterator[tuple[Any, bool]] = iter(())
        self._number = 0
        self._frame: Any = None

    def picture(self, number: int, width: int | None = None) -> NDArray[np.uint8]:
        """The displayed picture [h, w, 3] of one frame; `width` scales it."""
        return display_picture(self._seen(number), self.info, width, self._reformatter)

    def pictures(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """Displayed pictures [n, h, w, 3] in the order of `numbers`, decoded in film order."""
        pictures = np.empty((len(numbers), self.info.height, self.info.width, 3), np.uint8)
        for index in sorted(range(len(numbers)), key=numbers.__getitem__):
            pictures[index] = self.picture(numbers[index])
        return pictures

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _seen(self, number: int) -> Any:
        if self._frame is None or number != self._number:
            self._number, self._frame = number, self._find(number, number - self._number)
        return self._frame

    def _find(self, number: int, ahead: int) -> Any:
        pts = self._pts_of_number(number)
        if self._frame is not None and 0 < ahead <= FORWARD_FRAMES and (frame := self._advance(pts)):
            return frame
        for margin in SEEK_MARGINS_SECONDS:
            self._frames = self._source.frames_from(pts, margin)
            if frame := self._advance(pts):
                return frame
        raise UserError(_("Frame {number} can no longer be read: check the film's file.").format(number=number))

    def _advance(self, pts: int) -> Any:
        for frame, _corrupt in self._frames:
            if frame.pts >= pts:
                return frame if frame.pts == pts else None
        return None
