"""Every kind of file people have: each frame is the one its bars say, in the pass over the film and at random."""

import os
import random
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from db.errors import UserError
from engine.fields import is_combed
from engine.film_file import FilmInfo, probe
from engine.film_reader import FilmReader
from engine.video import DecodedFrame, Locator, decode, display_picture, with_fields
from tests.engine.film.clips import Picture, numbered, numbered_clip, shown_number, write_clip

COUNT = 100
ACCESSES = 60
X264 = {"g": "48", "bf": "3", "crf": "12", "preset": "veryfast", "x264-params": "b-pyramid=normal:scenecut=0"}
X264_OPEN = {**X264, "g": "24", "x264-params": "open-gop=1:scenecut=0:bframes=3"}
X265 = {"crf": "14", "preset": "ultrafast", "x265-params": "log-level=none:keyint=48:bframes=3"}
X265_OPEN = {**X265, "x265-params": "log-level=none:keyint=24:open-gop=1:bframes=3"}
VP9 = {"crf": "20", "b": "0", "g": "48", "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "12"}
AV1 = {"crf": "20", "g": "48", "preset": "12"}
MPEG2 = {"g": "15", "bf": "2", "b": "5000000"}
FIELDS = {**X264, "g": "30", "x264-params": "tff=1:scenecut=0"}
MPEG2_FIELDS = {**MPEG2, "flags": "+ildct+ilme"}
AT_25: dict[str, Any] = {"rate": 25, "time_base": Fraction(1, 25)}
FILM_RATE, NTSC_RATE = Fraction(24000, 1001), Fraction(30000, 1001)
NTSC: dict[str, Any] = {"rate": NTSC_RATE, "time_base": 1 / NTSC_RATE}
CLOCK = Fraction(1, 90000)
WRAP = 2**33
WHOLE = list(range(1, COUNT + 1))

Made = tuple[Path, list[int]]


def plain(folder: Path, name: str, pixel_format: str = "yuv420p", **how: Any) -> Made:
    def prepare(stream: Any) -> None:
        stream.pix_fmt = pixel_format

    return numbered_clip(folder / name, COUNT, prepare=prepare, **how), WHOLE


def av1(folder: Path, **how: Any) -> Made:
    """The encoder gives whoever calls it real-time priority where it may, which is given back."""
    made = plain(folder, codec="libsvtav1", options=AV1, **how)
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return made


def cut(folder: Path, name: str, at_key_frame: bool, **how: Any) -> Made:
    """A stream cut without decoding, at a key frame that is no clean start, or just after one.

    What can be decoded at all begins with a key frame; a broken picture before it is no frame of the film.
    """
    whole, _numbers = plain(folder, f"whole-{name}", **how)
    with av.open(str(whole)) as source, av.open(str(folder / name), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.dts is not None]
        keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
        for packet in packets[keys[1] + (not at_key_frame) :]:
            packet.stream = stream
            target.mux(packet)
    return folder / name, []


def hidden_start(folder: Path) -> Made:
    """An edit list hides the first 40 frames, the cut lying within a group of pictures."""
    pts = [round((index - 40) * 1000 / 24) for index in range(COUNT)]
    return numbered_clip(folder / "edit-list.mp4", COUNT, options=X264, pts=pts), WHOLE[40:]


def wrapped(folder: Path, spacing: int) -> Made:
    """The 33 bits of a transport stream's clock run over among the first frames, or minutes into the film."""
    pts = [WRAP - COUNT // 3 * spacing * 3600 + index * spacing * 3600 for index in range(COUNT)]
    return numbered_clip(folder / "wrapped.ts", COUNT, options=X264, rate=25, pts=pts, time_base=CLOCK), WHOLE


def untimed(folder: Path, **how: Any) -> Made:
    """Only every seventh frame of a transport stream has a timestamp."""
    clip = numbered_clip(folder / "untimed.ts", COUNT, **AT_25, **how)
    stream = bytearray(clip.read_bytes())
    heads = [
        head
        for packet in range(0, len(stream), 188)
        if stream[packet + 1] & 0x40
        and stream[head := packet + 4 + (1 + stream[packet + 4] if stream[packet + 3] & 0x20 else 0)] == 0
        and stream[head : head + 3] == b"\0\0\1"
        and 0xE0 <= stream[head + 3] <= 0xEF
    ]
    for index, head in enumerate(heads):
        if index % 7:
            length = stream[head + 8]
            stream[head + 7] &= 0x3F
            stream[head + 9 : head + 9 + length] = b"\xff" * length
    clip.write_bytes(stream)
    return clip, WHOLE


def woven(top: Picture, bottom: Picture) -> Picture:
    picture = top.copy()
    picture[1::2] = bottom[1::2]
    return picture


def interlaced_picture(number: int) -> Picture:
    """Its two fields are of different moments: everything but the number has moved on."""
    bottom = numbered(number)
    bottom[:-16] = np.roll(bottom[:-16], 6, axis=1)
    return woven(numbered(number), bottom)


def interlaced(folder: Path, name: str, **how: Any) -> Made:
    return write_clip(folder / name, map(interlaced_picture, WHOLE), **NTSC, **how), WHOLE


def telecined(folder: Path, name: str, skip: int = 0, **how: Any) -> Made:
    """Film frames A B C D as the five pictures A, B, B/C, C/D, D of video, perhaps cut within such a five."""
    pictures = []
    for a, b, c, d in zip(*(map(numbered, WHOLE[start::4]) for start in range(4)), strict=True):
        pictures += [a, b, woven(b, c), woven(c, d), d]
    return write_clip(folder / name, pictures[skip:], **NTSC, **how), WHOLE[skip:]


def captured(folder: Path) -> Made:
    """Film at 24 frames a second captured progressively at 30: every fourth frame is there twice."""
    numbers = [number for index, number in enumerate(WHOLE) for _copy in range(1 + (index % 4 == 3))]
    return write_clip(folder / "capture.mkv", map(numbered, numbers), rate=30, options=X264), numbers


def recorded(folder: Path) -> Made:
    """A recording of a screen at 60 a second that lost frames here and there: their timestamps are missing."""
    chance = random.Random(5)
    numbers = [number for number in WHOLE if chance.random() > 0.2]
    pts = [round(number * 1000 / 60) for number in numbers]
    return write_clip(folder / "screen.mkv", map(numbered, numbers), rate=60, pts=pts, options=X264), numbers


def rotated(folder: Path, angle: int) -> Made:
    pictures = (np.ascontiguousarray(np.rot90(numbered(number), -angle // 90)) for number in WHOLE)

    def prepare(stream: Any) -> None:
        stream.set_display_rotation(angle)

    return write_clip(folder / "rotated.mp4", pictures, options=X264, prepare=prepare), WHOLE


def anamorphic(folder: Path) -> Made:
    def prepare(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    return write_clip(folder / "wide.mp4", map(numbered, WHOLE), options=X264, prepare=prepare), WHOLE


KINDS: dict[str, Callable[[Path], Made]] = {
    "B-frames in long groups": partial(plain, name="long.mp4", options={**X264, "g": "250"}),
    "open groups": partial(plain, name="open.mkv", options=X264_OPEN),
    "H.264 from after a key frame": partial(
        cut, name="late.ts", at_key_frame=False, options={**X264, "g": "24"}, rate=25
    ),
    "H.264 from an open key frame": partial(cut, name="open.ts", at_key_frame=True, options=X264_OPEN, rate=25),
    "MPEG-2 from after a key frame": partial(
        cut, name="late.ts", at_key_frame=False, codec="mpeg2video", options=MPEG2, **AT_25
    ),
    "an edit list": hidden_start,
    "a late start": partial(
        plain, name="start.mp4", options=X264, rate=25, pts=[5000 + 40 * index for index in range(COUNT)]
    ),
    "a variable rate": partial(
        plain, name="vfr.mp4", options=X264, rate=25, pts=[index * 40 + index % 7 * 5 for index in range(COUNT)]
    ),
    "23.976": partial(plain, name="film.mp4", options=X264, rate=FILM_RATE, time_base=1 / FILM_RATE),
    "timestamps that wrap at once": partial(wrapped, spacing=1),
    "timestamps that wrap later": partial(wrapped, spacing=40),
    "H.264 without most timestamps": partial(untimed, options=X264),
    "MPEG-2 without most timestamps": partial(untimed, codec="mpeg2video", options=MPEG2),
    "H.264 of 10 bits": partial(plain, name="deep.mkv", pixel_format="yuv420p10le", options=X264),
    "HEVC": partial(plain, name="hevc.mp4", codec="libx265", options=X265),
    "HEVC of 10 bits, open": partial(
        plain, name="hevc.mkv", pixel_format="yuv420p10le", codec="libx265", options=X265_OPEN
    ),
    "VP9": partial(plain, name="vp9.webm", codec="libvpx-vp9", options=VP9),
    "AV1": partial(av1, name="av1.mp4"),
    "AV1 of 10 bits": partial(av1, name="av1.mkv", pixel_format="yuv420p10le"),
    "MPEG-2 program stream": partial(plain, name="film.mpg", codec="mpeg2video", options=MPEG2, **AT_25),
    "interlaced H.264": partial(interlaced, name="fields.mkv", options=FIELDS),
    "interlaced MPEG-2": partial(interlaced, name="fields.ts", codec="mpeg2video", options=MPEG2_FIELDS),
    "telecined H.264": partial(telecined, name="film.mp4", options=FIELDS),
    "telecined MPEG-2": partial(telecined, name="film.ts", codec="mpeg2video", options=MPEG2_FIELDS),
    "telecined, progressively encoded": partial(telecined, name="capture.mkv", options=X264),
    "telecined, cut within a five": partial(telecined, name="film.mkv", skip=1, options=FIELDS),
    "24 captured at 30": captured,
    "a recording with drops": recorded,
    "turned by 90 degrees": partial(rotated, angle=90),
    "upside down": partial(rotated, angle=180),
    "anamorphic": anamorphic,
}
EXPECTED_FIELDS = {"interlaced": "deinterlace", "telecined": "film"}


class Clip:
    """A clip as it is taken in: its recipe, the numbers it shows, its frames in order."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.path, self.numbers = KINDS[kind](folder)
        self.info: FilmInfo = with_fields(self.path, probe(self.path))
        self.frames: list[DecodedFrame] = list(decode(self.path, self.info))
        self.pictures = [display_picture(frame.frame, self.info) for frame in self.frames]
        self.shown = [shown_number(picture) for picture in self.pictures]

    def reader(self) -> FilmReader:
        places = {frame.number: (frame.pts, frame.fields) for frame in self.frames}
        keys = [1, *(frame.number for frame in self.frames if frame.is_key)]
        return FilmReader(
            self.path, self.info, places.__getitem__, lambda number: max(key for key in keys if key <= number)
        )


@pytest.fixture(scope="module", params=KINDS)
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(request.param, tmp_path_factory.mktemp("clip"))


def test_every_frame_is_there_once_and_in_order(clip: Clip) -> None:
    assert [frame.number for frame in clip.frames] == list(range(1, len(clip.frames) + 1))
    if clip.numbers:
        assert clip.shown == clip.numbers
    else:
        assert len(clip.shown) > COUNT / 2
        assert clip.shown == list(range(clip.shown[0], COUNT + 1))
    assert not any(frame.corrupt for frame in clip.frames)


def test_sixty_frames_at_random_are_the_very_pictures_of_the_pass(clip: Clip) -> None:
    reader = clip.reader()
    wanted = random.Random(clip.kind).choices(range(1, len(clip.frames) + 1), k=ACCESSES)
    wrong = [number for number in wanted if not np.array_equal(reader.picture(number), clip.pictures[number - 1])]
    assert wrong == []
    reader.close()


def test_steps_backwards_and_ahead_are_the_very_pictures_of_the_pass(clip: Clip) -> None:
    reader = clip.reader()
    last = len(clip.frames)
    wanted = [*range(last, last - 20, -1), 40, 44, 43, 42, 39, 30, 45, 46, 5, 4, 3, 2, 1]
    wrong = [number for number in wanted if not np.array_equal(reader.picture(number), clip.pictures[number - 1])]
    assert wrong == []
    reader.close()


def test_the_pass_goes_on_from_any_frame(clip: Clip) -> None:
    for frame in clip.frames[3 :: len(clip.frames) // 3]:
        rest = decode(clip.path, clip.info, Locator(frame.number, frame.pts))
        following = clip.frames[frame.number : frame.number + 3]
        found = [(each.number, each.pts, each.fields) for each, _next in zip(rest, following, strict=False)]
        assert found == [(each.number, each.pts, each.fields) for each in following]
        rest.close()


def test_what_is_done_about_fields_is_seen_in_the_pictures(clip: Clip) -> None:
    expected = next((fields for word, fields in EXPECTED_FIELDS.items() if clip.kind.startswith(word)), "progressive")
    assert clip.info.fields == expected
    assert FilmInfo.from_json(clip.info.to_json()) == clip.info


@pytest.mark.parametrize("kind", ["interlaced H.264", "telecined MPEG-2"])
def test_no_comb_is_left(kind: str, tmp_path: Path) -> None:
    clip = Clip(kind, tmp_path)
    luma = [picture[..., 1] for picture in clip.pictures]
    combed = [np.ascontiguousarray(now)[:80] for now in luma]
    assert sum(is_combed(now, before) for before, now in zip(combed, combed[1:], strict=False)) <= 2
    raw = [
        np.ascontiguousarray(display_picture(frame.frame, probe(clip.path))[:80, :, 1])
        for frame in decode(clip.path, probe(clip.path))
    ]
    assert sum(is_combed(now, before) for before, now in zip(raw, raw[1:], strict=False)) > COUNT / 4


def test_rates_are_the_films_own(tmp_path: Path) -> None:
    rates = {
        "23.976": FILM_RATE,
        "telecined H.264": FILM_RATE,
        "interlaced H.264": NTSC_RATE,
        "H.264 without most timestamps": Fraction(25),
    }
    for index, (kind, rate) in enumerate(rates.items()):
        (tmp_path / str(index)).mkdir()
        path, _numbers = KINDS[kind](tmp_path / str(index))
        assert abs(with_fields(path, probe(path)).fps / rate - 1) < 0.001, kind


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_hdr_is_refused_in_one_line(codec: str, transfer: str, tmp_path: Path) -> None:
    number = {"smpte2084": 16, "arib-std-b67": 18}[transfer]
    option = "x265-params" if codec == "libx265" else "x264-params"

    def prepare(stream: Any) -> None:
        stream.pix_fmt = "yuv420p10le"
        stream.codec_context.color_trc = number

    options = {option: f"transfer={transfer}" + (":log-level=none" if codec == "libx265" else "")}
    clip = numbered_clip(tmp_path / "hdr.mkv", 3, codec=codec, options=options, prepare=prepare)
    with pytest.raises(UserError, match=r"HDR video, which is not supported: take in an SDR version") as refusal:
        probe(clip)
    assert "\n" not in str(refusal.value)
