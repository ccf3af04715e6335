"""How a frame is reached: with few others decoded, and with steps backwards at hand."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.film_file import probe, tells_what_is_referred_to
from engine.film_reader import BACKWARD_FRAMES, FilmReader
from engine.video import FrameSource, Threads, decode
from tests.engine.film.clips import numbered_clip, shown_number

COUNT = 100
X264 = {"g": "200", "bf": "3", "crf": "12", "preset": "veryfast", "x264-params": "scenecut=0:b-adapt=0"}
X265 = {"crf": "14", "preset": "ultrafast", "x265-params": "log-level=none:keyint=200:bframes=3:b-adapt=0"}
LONG_GROUPS: dict[str, dict[str, Any]] = {
    "film.mp4": {"options": X264},
    "film.ts": {"options": X264, "rate": 25},
    "film.mkv": {"codec": "libx265", "options": X265},
    "film.mpg": {
        "codec": "mpeg2video",
        "options": {"g": "200", "bf": "2", "b": "5000000"},
        "rate": 25,
        "time_base": Fraction(1, 25),
    },
}


class Watched:
    """A reader that counts the decoded frames and the searches in the file."""

    def __init__(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, threads: Threads = "SLICE", onward: bool = False
    ) -> None:  # fmt: skip
        info, self.counted = probe(path), Counter[str]()
        frames = list(decode(path, info))
        places = {frame.number: (frame.pts, frame.fields) for frame in frames}
        keys = [frame.number for frame in frames if frame.is_key]
        decoded, sought = FrameSource._decoded, FrameSource._frames_after_seek

        def counting(source: FrameSource, *args: Any) -> list[Any]:
            found = decoded(source, *args)
            self.counted["frames"] += len(found)
            return found

        def searching(source: FrameSource, pts: int) -> Iterator[Any]:
            self.counted["searches"] += 1
            return sought(source, pts)

        monkeypatch.setattr(FrameSource, "_decoded", counting)
        monkeypatch.setattr(FrameSource, "_frames_after_seek", searching)
        self.reader = FilmReader(
            path,
            info,
            places.__getitem__,
            lambda number: max(key for key in keys if key <= number),
            threads=threads,
            onward=onward,
        )

    def shown(self, number: int) -> int:
        return shown_number(self.reader.picture(number))


@pytest.mark.parametrize(("threads", "onward"), [("SLICE", False), ("SLICE", True), ("AUTO", False)])
@pytest.mark.parametrize("name", LONG_GROUPS)
def test_what_nothing_refers_to_is_not_decoded_on_the_way(
    name: str, threads: Threads, onward: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = Watched(numbered_clip(tmp_path / name, COUNT, **LONG_GROUPS[name]), monkeypatch, threads, onward)
    assert film.shown(81) == 81
    assert film.counted["frames"] < 60
    assert film.shown(40) == 40
    before = film.counted["frames"]
    assert film.shown(75) == 75, "also where the film is left further back in the same group"
    assert film.counted["frames"] - before < 30
    assert [film.shown(number) for number in (76, 77, 74)] == [76, 77, 74]


def test_steps_backwards_search_once_for_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = Watched(numbered_clip(tmp_path / "film.mp4", COUNT, options=X264), monkeypatch)
    steps = range(90, 90 - 4 * BACKWARD_FRAMES, -1)
    assert [film.shown(number) for number in steps] == list(steps)
    assert film.counted["searches"] <= 6


def test_a_way_ahead_begins_at_a_key_frame_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = Watched(numbered_clip(tmp_path / "film.mp4", COUNT, options={**X264, "g": "10"}), monkeypatch)
    assert film.shown(2) == 2
    before = film.counted["frames"]
    assert film.shown(86) == 86
    assert film.counted["frames"] - before < 15


@pytest.mark.parametrize(
    ("name", "extradata", "told"),
    [
        ("h264", None, True),
        ("mpeg2video", None, True),
        ("vp9", None, False),
        ("libdav1d", None, False),
        ("hevc", None, False),
        ("hevc", b"\0\0\0\1\x40\1\x0c\1\xff\xff", True),
        ("hevc", b"\0\0\0\1\x40\1\x0c\5\xff\xff", False),
    ],
)
def test_what_is_referred_to_is_known_of_some_codecs(name: str, extradata: bytes | None, told: bool) -> None:
    assert tells_what_is_referred_to(SimpleNamespace(name=name, extradata=extradata)) is told
