"""Decoding: every frame is the one its number says, in order, at random and after a restart."""

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from db.errors import UserError
from engine.film_file import FilmInfo, content_hash, probe, shortfall
from engine.film_reader import FilmReader
from engine.video import Locator, decode, display_picture, next_tainted, sample_pictures
from tests.engine.film.clips import backwards, cut_in_half, damage, numbered, numbered_clip, shown_number, write_clip

COUNT = 120
FASTSTART = {"movflags": "faststart"}
LONG_GOP = {"g": "60", "bf": "3", "crf": "12", "preset": "veryfast", "x264-params": "b-pyramid=normal:scenecut=0"}
OPEN_GOP = {**LONG_GOP, "g": "24", "x264-params": "open-gop=1:scenecut=0:bframes=3"}
MPEG = {"g": "15", "bf": "2", "b": "4000000"}
VARIABLE_PTS = [index * 40 + (index % 7) * 5 + 200 * (index // 40) for index in range(COUNT)]

CLIPS = {
    "b-frames.mp4": {"options": LONG_GOP},
    "b-frames.mkv": {"options": LONG_GOP},
    "open-gop.mp4": {"options": OPEN_GOP},
    "open-gop.mkv": {"options": OPEN_GOP},
    "late-start.ts": {"options": LONG_GOP, "pts": [5000 + index * 40 for index in range(COUNT)], "rate": 25},
    "late-start.mp4": {"options": LONG_GOP, "pts": [5000 + index * 40 for index in range(COUNT)], "rate": 25},
    "variable-rate.mkv": {"options": LONG_GOP, "pts": VARIABLE_PTS, "rate": 25},
    "variable-rate.mp4": {"options": LONG_GOP, "pts": VARIABLE_PTS, "rate": 25},
    "mpeg2.ts": {"codec": "mpeg2video", "options": MPEG, "time_base": Fraction(1, 25), "rate": 25},
    "mpeg4.avi": {"codec": "mpeg4", "options": MPEG, "time_base": Fraction(1, 25), "rate": 25},
}


@pytest.fixture(scope="module", params=CLIPS)
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return numbered_clip(tmp_path_factory.mktemp("clips") / request.param, COUNT, **CLIPS[request.param])


def reader_of(path: Path, info: FilmInfo) -> FilmReader:
    places = {frame.number: (frame.pts, frame.fields) for frame in decode(path, info)}
    return FilmReader(path, info, places.__getitem__)


def test_frames_come_in_order_and_at_random_as_numbered(clip: Path) -> None:
    info = probe(clip)
    frames = [(frame.number, shown_number(display_picture(frame.frame, info))) for frame in decode(clip, info)]
    assert frames == [(number, number) for number in range(1, COUNT + 1)]
    reader = reader_of(clip, info)
    wanted = random.Random(1).choices(range(1, COUNT + 1), k=60)
    assert [shown_number(reader.picture(number)) for number in wanted] == wanted


def test_random_access_gives_the_very_pixels_of_the_pass_over_the_film(clip: Path) -> None:
    info = probe(clip)
    sequential = {frame.number: display_picture(frame.frame, info) for frame in decode(clip, info)}
    wanted = random.Random(2).sample(range(1, COUNT + 1), 12)
    pictures = reader_of(clip, info).pictures(wanted)
    assert all(np.array_equal(picture, sequential[number]) for number, picture in zip(wanted, pictures, strict=True))


@pytest.mark.parametrize("number", [119, 77, 2, 17])
def test_the_frames_beside_one_that_was_sought_are_exact_and_need_no_seek(
    clip: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    info = probe(clip)
    exact = [display_picture(frame.frame, info) for frame in decode(clip, info)]
    reader = reader_of(clip, info)
    assert np.array_equal(reader.picture(number), exact[number - 1])
    monkeypatch.setattr(reader._source, "frames_from", lambda *args: pytest.fail("it sought"))
    assert np.array_equal(reader.picture(number - 1), exact[number - 2])
    assert np.array_equal(reader.picture(number + 1), exact[number])


def test_going_backwards_is_exact_around_key_frames(clip: Path) -> None:
    info = probe(clip)
    sequential = {frame.number: display_picture(frame.frame, info) for frame in decode(clip, info)}
    reader = reader_of(clip, info)
    for number in [*range(63, 56, -1), *range(28, 20, -1), 2, 1]:
        assert np.array_equal(reader.picture(number), sequential[number])


def test_decoding_continues_after_any_frame(clip: Path) -> None:
    info = probe(clip)
    whole = [(frame.number, frame.pts, frame.is_key) for frame in decode(clip, info)]
    for number, pts, _is_key in whole[::13]:
        rest = list(decode(clip, info, Locator(number, pts)))
        assert [(frame.number, frame.pts, frame.is_key) for frame in rest] == whole[number:]
        assert [shown_number(display_picture(frame.frame, info)) for frame in rest[:3]] == [
            shown for shown in range(number + 1, min(number + 4, COUNT + 1))
        ]


def test_a_frame_ahead_in_the_same_group_needs_no_seek(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4", COUNT, options=LONG_GOP)
    reader = reader_of(clip, probe(clip))
    reader.picture(3)
    monkeypatch.setattr(reader._source, "frames_from", lambda *args: pytest.fail("it sought"))
    assert shown_number(reader.picture(40)) == 40


def test_a_truncated_stream_gives_the_frames_it_has(tmp_path: Path) -> None:
    whole = numbered_clip(tmp_path / "whole.mkv", COUNT, options={**LONG_GOP, "g": "20"})
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    numbers = [frame.number for frame in decode(cut, probe(cut))]
    assert numbers == list(range(1, len(numbers) + 1)) and 30 < len(numbers) < COUNT


@pytest.mark.parametrize(
    ("name", "share", "size"),
    [("clip.ts", 0.4, 1000), ("clip.ts", 0.5, 1500), ("clip.mp4", 0.5, 4000), ("clip.mkv", 0.5, 40)],
)
def test_damaged_frames_are_tainted_and_the_rest_is_exact(tmp_path: Path, name: str, share: float, size: int) -> None:
    clip = numbered_clip(tmp_path / name, COUNT, options={**LONG_GOP, "g": "20"}, rate=25)
    info = probe(clip)
    intact = {frame.pts: display_picture(frame.frame, info) for frame in decode(clip, info)}
    damage(clip, share, size)
    tainted, wrong = False, []
    for frame in decode(clip, info):
        tainted = next_tainted(tainted, frame.is_key, frame.corrupt)
        if not np.array_equal(display_picture(frame.frame, info), intact[frame.pts]):
            wrong.append(tainted)
    assert wrong and all(wrong)
    assert not tainted


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([(True, False), (False, True), (False, False), (True, False)], [False, True, True, False]),
        ([(True, True), (False, False), (True, True), (True, False)], [True, True, True, False]),
        ([(False, False), (False, False)], [False, False]),
    ],
)
def test_frames_are_tainted_until_the_next_clean_key_frame(
    flags: list[tuple[bool, bool]], expected: list[bool]
) -> None:
    tainted, found = False, []
    for is_key, corrupt in flags:
        tainted = next_tainted(tainted, is_key, corrupt)
        found.append(tainted)
    assert found == expected


def bad_file(folder: Path, name: str) -> Path:
    path = folder / name
    if name == "empty.mp4":
        path.write_bytes(b"")
    elif name == "text.mp4":
        path.write_text("this is a text file\n" * 300)
    elif name == "cut.mp4":
        whole = numbered_clip(folder / "whole.mp4", 30)
        path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    elif name == "folder.mp4":
        path.mkdir()
    return path


@pytest.mark.parametrize("name", ["missing.mp4", "empty.mp4", "text.mp4", "cut.mp4", "folder.mp4"])
def test_what_is_no_film_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    path = bad_file(tmp_path, name)
    with pytest.raises(UserError) as refusal:
        probe(path)
    assert str(path) in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("count", [30, 300])
def test_raw_streams_without_timestamps_are_refused(tmp_path: Path, count: int) -> None:
    clip = numbered_clip(tmp_path / "raw.h264", count, container_format="h264")
    info = probe(clip)
    for reading in (decode, sample_pictures):
        with pytest.raises(UserError, match="remux"):
            list(reading(clip, info))


@pytest.mark.parametrize("name", ["notes.txt", "film.nfo"])
def test_text_is_no_film(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("watch this one\n" * 300)
    with pytest.raises(UserError, match="not a video"):
        probe(tmp_path / name)


@pytest.mark.parametrize("name", ["still.png", "still.jpg", "still"])
def test_a_still_picture_is_no_film(tmp_path: Path, name: str) -> None:
    Image.fromarray(numbered(1)).save(tmp_path / name, "jpeg" if name.endswith("jpg") else "png")
    with pytest.raises(UserError, match="not a video"):
        probe(tmp_path / name)


def test_a_whole_film_is_whole(clip: Path) -> None:
    assert shortfall(clip, probe(clip)) is None


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.avi", "cut.flv"])
def test_a_film_that_was_cut_short_lacks_its_end(tmp_path: Path, name: str) -> None:
    clip = numbered_clip(tmp_path / name, COUNT, container_options=FASTSTART if name == "cut.mp4" else {})
    assert shortfall(clip, probe(clip)) is None
    cut_in_half(clip)
    missing = shortfall(clip, probe(clip))
    assert missing is not None and COUNT <= missing.stated < COUNT + 10 and missing.packets < COUNT * 0.8


def test_a_film_that_hides_its_start_is_whole(tmp_path: Path) -> None:
    """A lossless trim: the index counts frames that the edit list hides."""
    pts = [round((index - 60) * 1000 / 24) for index in range(COUNT)]
    clip = numbered_clip(tmp_path / "trimmed.mp4", COUNT, options=LONG_GOP, pts=pts)
    info = probe(clip)
    assert info.estimated_frames is not None and info.estimated_frames < COUNT - 50
    assert shortfall(clip, info) is None


def test_a_film_whose_sound_goes_on_is_whole_until_it_is_cut(tmp_path: Path) -> None:
    clip = tmp_path / "sound.mkv"
    with av.open(str(clip), "w") as container:
        video, audio = container.add_stream("mpeg4", rate=24), container.add_stream("pcm_s16le", rate=8000)
        video.width, video.height, video.pix_fmt = 192, 112, "yuv420p"
        for number in range(48):
            container.mux(video.encode(av.VideoFrame.from_ndarray(numbered(number), "rgb24")))
        container.mux(video.encode(None))
        for second in range(10):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
            sound.rate, sound.pts = 8000, second * 8000
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
    assert shortfall(clip, probe(clip)) is None
    cut_in_half(clip)
    assert shortfall(clip, probe(clip)) is not None


def test_frames_whose_timestamps_run_backwards_are_counted(tmp_path: Path) -> None:
    clip = backwards(tmp_path)
    left_out: list[int] = []
    frames = list(decode(clip, probe(clip), on_left_out=lambda: left_out.append(1)))
    assert 10 <= len(left_out) <= 11 and 79 <= len(left_out) + len(frames) <= 80


def test_hdr_is_refused(tmp_path: Path) -> None:
    def as_pq(stream) -> None:
        stream.codec_context.color_trc = 16

    clip = numbered_clip(tmp_path / "hdr.mp4", 5, prepare=as_pq, options={"x264-params": "transfer=smpte2084"})
    with pytest.raises(UserError, match="HDR"):
        probe(clip)


def flat(width: int, height: int) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2] = (200, 40, 30)
    picture[:, width // 2 :] = (30, 60, 200)
    return picture


def first_picture(path: Path) -> np.ndarray:
    info = probe(path)
    return display_picture(next(decode(path, info)).frame, info)


def test_rotation_is_honoured(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "r.mp4", [flat(160, 96)] * 3, prepare=lambda stream: stream.set_display_rotation(90))
    picture = first_picture(clip)
    assert picture.shape == (160, 96, 3)
    assert picture[-5, 48, 0] > 150 and picture[5, 48, 2] > 150


def test_pixel_aspect_is_honoured(tmp_path: Path) -> None:
    def anamorphic(stream) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    clip = write_clip(tmp_path / "sar.mp4", [flat(120, 96)] * 3, prepare=anamorphic)
    assert first_picture(clip).shape == (96, 160, 3)


@pytest.mark.parametrize(
    ("width", "height", "tagged", "matrix"),
    [(1280, 720, False, "ITU709"), (1280, 720, True, "ITU709"), (1280, 544, False, "ITU709"),
     (1920, 696, False, "ITU709"), (960, 720, False, "ITU709"), (720, 576, False, "ITU601"),
     (1024, 576, False, "ITU601"), (320, 180, False, "ITU601")],
)  # fmt: skip
def test_colours_survive_and_untagged_hd_is_bt709(
    tmp_path: Path, width: int, height: int, tagged: bool, matrix: str
) -> None:
    clip = tmp_path / "clip.mkv"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if tagged:
            stream.codec_context.colorspace = 1
        rgb = av.VideoFrame.from_ndarray(flat(width, height), "rgb24")
        container.mux(stream.encode(rgb.reformat(format="yuv420p", dst_colorspace=matrix)))
        container.mux(stream.encode(None))
    picture = first_picture(clip)
    assert abs(picture[height // 2, width // 4].astype(int) - (200, 40, 30)).max() <= 4
    assert abs(picture[height // 2, width * 3 // 4].astype(int) - (30, 60, 200)).max() <= 4


def test_a_recipe_survives_its_json(tmp_path: Path) -> None:
    info = probe(numbered_clip(tmp_path / "clip.mp4", 10))
    assert FilmInfo.from_json(info.to_json()) == info
    assert info.fps == 24 and (info.width, info.height) == (192, 112)


def test_samples_are_spread_over_the_film(tmp_path: Path) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4", COUNT, options={**LONG_GOP, "g": "10"})
    shown = [shown_number(picture) for picture in sample_pictures(clip, probe(clip), 10)]
    assert len(shown) == 10 and shown[0] == 1 and shown[-1] > 90 and len(set(shown)) > 7


def test_identity_is_the_content(tmp_path: Path) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4", 5)
    moved = tmp_path / "moved.mp4"
    moved.write_bytes(clip.read_bytes())
    assert content_hash(clip) == content_hash(moved)
    moved.write_bytes(clip.read_bytes() + b"x")
    assert content_hash(clip) != content_hash(moved)


def test_a_film_whose_metadata_are_no_text_opens(tmp_path: Path) -> None:
    path = numbered_clip(tmp_path / "film.mp4", 3)
    content = path.read_bytes()
    assert b"VideoHandler" in content
    path.write_bytes(content.replace(b"VideoHandler", b"Vi\x80eoHandler"))
    assert probe(path).fps > 0
