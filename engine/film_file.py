"""A film's file: what it is, whether it is a film at all, whether it is whole, and the hash that is its identity."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import av
import msgspec
from av.video.reformatter import ColorTrc

from db.errors import UserError
from db.i18n import _

HASH_BLOCK_BYTES = 2**20
PACKETS_PER_CALL = 1000
STAMP_SAMPLES, STAMP_SAMPLE_BYTES = 32, 2**15
HIGHEST_PLAUSIBLE_RATE = 240
HD_WIDTH, TALLEST_SD = 1280, 576  # a wide film in HD is as low as 1280x536
UNSPECIFIED_COLORSPACE = 2
REFERENCES_TOLD = ("h264", "hevc", "mpeg2video", "mpeg1video")
HEVC_PARAMETERS = b"\x40\x01"  # the header of the parameter set that says how many layers a stream has
TEXT_AND_PICTURE_FORMATS = ("tty", "bin", "xbin", "adf", "idf", "image2", "ico")
FORMATS_STATING_LENGTH = ("mov", "matroska", "flv", "avi")
SMALLEST_SHORTFALL_FRAMES, SMALLEST_SHORTFALL_SHARE = 3, Fraction(2, 100)
HDR_TRANSFERS = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
SAMPLED_PACKETS, MOST_UNTIMED_SHARE = 60, 0.2
FieldWork = Literal["progressive", "deinterlace", "film"]


class FilmInfo(msgspec.Struct, frozen=True):
    """How a film decodes. `width` and `height` are of the displayed picture, `coded_*` of the decoder's.

    `fields` says what is to be done about them: nothing, deinterlace, or bring telecine back to film frames.
    """

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
    fields: FieldWork = "progressive"

    def to_json(self) -> str:
        """The decode recipe as a film's row stores it."""
        return msgspec.json.encode(self, enc_hook=str).decode()

    @classmethod
    def from_json(cls, text: str) -> "FilmInfo":
        """The recipe back from a film's row."""
        return msgspec.json.decode(text, type=cls, dec_hook=lambda kind, value: kind(value))


class Shortfall(NamedTuple):
    """The whole packets that a film's file holds, and the frames that its container states."""

    packets: int
    stated: int


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


def stamp(path: Path) -> str:
    """A hash of the file's size and of samples spread over it, by which a changed file is known in a moment."""
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        with path.open("rb") as file:
            for index in range(STAMP_SAMPLES):
                file.seek(max(0, size - STAMP_SAMPLE_BYTES) * index // (STAMP_SAMPLES - 1))
                digest.update(file.read(STAMP_SAMPLE_BYTES))
    except OSError as error:
        raise _unreadable(path, error) from error
    return digest.hexdigest()


def probe(path: Path) -> FilmInfo:
    """Read what the film is from its headers and first frame; raises `UserError` where it cannot be taken in."""
    with open_container(path) as container:
        if container.format.name in TEXT_AND_PICTURE_FORMATS or container.format.name.endswith("_pipe"):
            raise UserError(_("{path} is not a video, but text or a picture: name a video file.").format(path=path))
        stream = container.streams.best("video")
        if stream is None:
            raise UserError(_("{path} has no pictures: name a video file.").format(path=path))
        frame = _first_frame(container, stream, path)
        if frame.color_trc in HDR_TRANSFERS:
            text = _("{path} is HDR video, which is not supported: take in an SDR version of the film.")
            raise UserError(text.format(path=path))
        return _film_info(container, stream, frame)


def shortfall(path: Path, info: FilmInfo, on_packets: Callable[[], None] = lambda: None) -> Shortfall | None:
    """What is missing where the file ends clearly before its container says; reads all packets, decodes none."""
    with open_container(path) as container:
        stream = container.streams[info.stream]
        stated = _stated_frames(container, stream, info.fps)
        count, reached = _reached(container, stream, on_packets) if stated else (0, Fraction(0))
    if stated - reached * info.fps > max(Fraction(SMALLEST_SHORTFALL_FRAMES), SMALLEST_SHORTFALL_SHARE * stated):
        return Shortfall(count, stated)
    return None


def _stated_frames(container: Any, stream: Any, fps: Fraction) -> int:
    """The frames that the container's header or index promises; 0 where its length is only derived from the file."""
    kind = container.format.name.split(",")[0]
    if kind not in FORMATS_STATING_LENGTH:
        return 0
    # An AVI's durations are reduced to what the file holds; its header counts in the stream's time base.
    ticks = stream.frames if kind == "avi" else stream.duration or 0
    return round(Fraction(ticks * stream.time_base or Fraction(container.duration or 0, av.time_base)) * fps)


def _reached(container: Any, stream: Any, on_packets: Callable[[], None]) -> tuple[int, Fraction]:
    """The film's whole packets, and the seconds they last; `on_packets` is called for each thousand.

    A stream's duration counts from its first picture, a container's from 0 to the end of its longest stream.
    """
    count, first, end = 0, Fraction(0), Fraction(0)
    for packet in container.demux(*([stream] if stream.duration else [])):
        time = packet.dts if packet.pts is None else packet.pts
        if time is None or packet.is_corrupt:
            continue
        end = max(end, (time + (packet.duration or 0)) * packet.time_base)
        if packet.stream_index == stream.index:
            first = min(first, time * packet.time_base) if count else time * packet.time_base
            count += 1
            if count % PACKETS_PER_CALL == 0:
                on_packets()
    return count, end - first if stream.duration else end


def tells_what_is_referred_to(codec: Any) -> bool:
    """Whether a codec's frames tell before they are decoded that no other refers to them.

    In HEVC of several temporal layers they tell it only of their own layer.
    """
    if codec.name != "hevc":
        return codec.name in REFERENCES_TOLD
    parameters = (codec.extradata or b"").partition(HEVC_PARAMETERS)[2]
    return len(parameters) > 1 and parameters[1] >> 1 & 7 == 0


def open_container(path: Path) -> Any:
    """The opened file; raises `UserError` where it cannot be."""
    try:
        if path.stat().st_size == 0:
            raise UserError(_("{path} is empty: copy the film again from its source.").format(path=path))
        return av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UserError:
    if isinstance(error, FileNotFoundError):
        return UserError(_("There is no file {path}: check the path of the film.").format(path=path))
    if isinstance(error, IsADirectoryError):
        return UserError(_("{path} is a folder: name the film's video file.").format(path=path))
    if isinstance(error, OSError):
        text = _("{path} cannot be read ({error}): check its permissions and its disk.")
        return UserError(text.format(path=path, error=error.strerror))
    text = _("{path} is not a video, or was cut short before its index: play it, or copy it again from its source.")
    return UserError(text.format(path=path))


def _first_frame(container: Any, stream: Any, path: Path) -> Any:
    try:
        for frame in container.decode(stream):
            return frame
    except av.FFmpegError:
        pass
    text = _("No frame of {path} can be decoded: play it, or copy it again from its source.")
    raise UserError(text.format(path=path))


def _film_info(container: Any, stream: Any, frame: Any) -> FilmInfo:
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    fps = _frame_rate(stream, _lacks_times(container, stream))
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
        assume_bt709=frame.colorspace == UNSPECIFIED_COLORSPACE and _is_hd(frame),
        codec=stream.codec_context.name,
        stream=stream.index,
        interlaced=bool(frame.interlaced_frame),
        estimated_frames=round(container.duration / av.time_base * fps) if container.duration else None,
    )


def _is_hd(frame: Any) -> bool:
    return bool(frame.width >= HD_WIDTH or frame.height > TALLEST_SD)


def _lacks_times(container: Any, stream: Any) -> bool:
    """Whether many of the next packets have no timestamp, so that a rate derived from timestamps is too low."""
    packets = [packet for packet in islice(container.demux(stream), SAMPLED_PACKETS) if packet.size]
    return sum(packet.pts is None for packet in packets) > MOST_UNTIMED_SHARE * len(packets)


def _frame_rate(stream: Any, from_codec: bool) -> Fraction:
    """The nominal rate where the average agrees with it; the average of a variable rate."""
    average, guessed = stream.average_rate, stream.guessed_rate
    stated = stream.codec_context.framerate
    if from_codec and stated and stated <= HIGHEST_PLAUSIBLE_RATE:
        return Fraction(stated)
    if not average or average > HIGHEST_PLAUSIBLE_RATE:
        return Fraction(guessed or average or 24)
    if guessed and abs(average / guessed - 1) < Fraction(1, 1000):
        return Fraction(guessed)
    return Fraction(average)


def _stretched(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The size with square pixels; the longer side grows, so nothing is lost."""
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))
