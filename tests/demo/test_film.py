import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from av.video.reformatter import Colorspace

from db.errors import UserError
from engine.demo import __main__ as command
from engine.demo.cast import NAGISA, SORA
from engine.demo.drawing.animation import Blink, Shot, Talk
from engine.demo.drawing.scene import draw_scene
from engine.demo.drawing.style import FILM
from engine.demo.film import FPS, is_written, write_film
from engine.demo.long_film import long_screenplay
from engine.demo.screenplay import SCREENPLAY
from engine.demo.staging import group, pan, solo, zoom
from engine.demo.truth import Truth, load_truth, truth_path
from engine.fit import Box, find_letterbox

SIZE = (256, 144)
SHOTS = [
    solo(24, NAGISA, "close-up", ("sky", 5), Talk(3, 21)),
    group(18, ("classroom", 3), (SORA, 0.72, [Blink(6)]), (NAGISA, 0.28, [])),
    Shot(12, "cityscape", 7, move=pan(0.3, 0.7, 2)),
]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "short.mp4"
    said: list[tuple[int, int]] = []
    write_film(path, lambda done, total: said.append((done, total)), SHOTS, SIZE)
    assert said[-1] == (54, 54)
    assert [done for done, _ in said] == [hold.end for hold in load_truth(path).holds]
    return path


@pytest.fixture(scope="module")
def frames(film: Path) -> list[av.VideoFrame]:
    with av.open(str(film)) as file:
        return list(file.decode(video=0))


@pytest.fixture
def truth(film: Path) -> Truth:
    return load_truth(film)


def change(one: av.VideoFrame, other: av.VideoFrame) -> float:
    """The mean difference of the luma's most changed hundredth."""
    difference = np.abs(one.to_ndarray(format="gray").astype(int) - other.to_ndarray(format="gray"))
    return float(np.sort(difference, axis=None)[-difference.size // 100 :].mean())


def neighbours(frames: list[av.VideoFrame]) -> Iterator[tuple[int, float]]:
    """(number, change from the frame before), numbers from 2."""
    for number, pair in enumerate(pairwise(frames), 2):
        yield number, change(*pair)


def test_it_is_a_real_film_with_b_frames(film: Path, frames: list[av.VideoFrame]) -> None:
    with av.open(str(film)) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        assert (stream.average_rate, context.name, context.pix_fmt) == (FPS, "h264", "yuv420p")
        assert (context.width, context.height) == SIZE
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    assert len(frames) == 54
    assert {PictureType(frame.pict_type).name for frame in frames} == {"I", "P", "B"}
    assert [round(frame.time * FPS) for frame in frames] == list(range(54))


def test_frames_of_a_hold_are_alike_and_cuts_are_not(frames: list[av.VideoFrame], truth: Truth) -> None:
    holds, cuts = {hold.start for hold in truth.holds}, {shot.start for shot in truth.shots}
    inside = [difference for number, difference in neighbours(frames) if number not in holds]
    across = [difference for number, difference in neighbours(frames) if number in holds - cuts]
    at_cuts = [difference for number, difference in neighbours(frames) if number in cuts]
    assert max(inside) < min(across)
    assert min(at_cuts) > 80


def test_colours_survive_the_conversion(frames: list[av.VideoFrame]) -> None:
    shown = frames[0].reformat(format="rgb24", src_colorspace=Colorspace.ITU709).to_ndarray().astype(int)
    drawn = draw_scene(SHOTS[0].scene(0), FILM, *SIZE)
    assert np.abs((shown - drawn).mean(axis=(0, 1))).max() < 2.5


def test_the_same_screenplay_makes_the_same_bytes(film: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    write_film(again, lambda done, total: None, SHOTS, SIZE)
    assert again.read_bytes() == film.read_bytes()
    assert truth_path(again).read_bytes() == truth_path(film).read_bytes()


def test_a_film_broken_off_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_film(tmp_path / "film.mp4", stop, SHOTS[2:], SIZE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "words"), [("film.avi", ".mp4"), ("nowhere/film.mp4", "nowhere")])
def test_an_impossible_path_is_told(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        write_film(tmp_path / name, lambda done, total: None, SHOTS, SIZE)


def test_the_command_leaves_a_written_film_alone(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = film.stat().st_mtime_ns
    assert is_written(film)
    assert command.main(["film", str(film)]) == 0
    assert film.stat().st_mtime_ns == before
    assert capsys.readouterr().out == ""


def test_the_command_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def short(path: Path, progress: object, shots: object, bars: int) -> None:
        assert (shots, bars) == (SCREENPLAY, 0)
        write_film(path, progress, [Shot(4, "sky", 1, move=zoom(1.0, 1.1, 2))], SIZE)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "write_film", short)
    assert command.main(["film", str(tmp_path / "film.mp4")]) == 0
    assert is_written(tmp_path / "film.mp4")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"done": 2, "total": 4, "unit": "frames"}, {"done": 4, "total": 4, "unit": "frames"}]
    assert command.main(["film", str(tmp_path / "film.avi")]) == 2


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def test_a_letterboxed_film_shows_the_same_between_bars_that_are_found(film: Path, tmp_path: Path) -> None:
    boxed = tmp_path / "boxed.mp4"
    write_film(boxed, lambda done, total: None, SHOTS, (256, 180), bars=18)
    assert truth_path(boxed).read_bytes() == truth_path(film).read_bytes()
    assert find_letterbox(pictures(boxed)[::5]) == Box(0, 18, 256, 144)
    for whole, inside in zip(pictures(film), pictures(boxed), strict=True):
        assert np.abs(whole.astype(int) - inside[18:-18]).mean() < 4


def test_a_dissolve_goes_from_one_shot_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "mixed.mp4"
    shots = [Shot(10, "white background", 1, dissolve=6), Shot(12, "night", 2)]
    write_film(path, lambda done, total: None, shots, (96, 54))
    light = [float(picture.mean()) for picture in pictures(path)]
    assert len(light) == load_truth(path).frames == 16
    assert light[0] == pytest.approx(light[3], abs=2) and light[10] == pytest.approx(light[15], abs=2)
    assert all(one - other > 8 for one, other in pairwise(light[3:11]))


def test_a_film_drawn_by_lot_is_the_same_for_a_seed() -> None:
    film = long_screenplay(60, 7)
    assert len(film) == 60
    assert long_screenplay(60, 7) == film != long_screenplay(60, 8)
    for one, other in pairwise(film):
        assert one.scene(one.frames - 1) != other.scene(0)
        assert one.dissolve + other.dissolve < other.frames


def test_the_command_writes_a_film_of_the_shots_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[object] = []
    monkeypatch.setattr(command, "write_film", lambda path, progress, shots, bars: written.append((shots, bars)))
    arguments = ["film", str(tmp_path / "film.mp4"), "--seed", "3", "--letterbox", "--shots"]
    assert command.main([*arguments, "5"]) == 0
    assert written == [(long_screenplay(5, 3), 70)]
    assert command.main([*arguments, "0"]) == 2
    assert "1 or more" in capsys.readouterr().err
