"""What the demo film really shows, frame by frame: for tests and benchmarks only. Nothing that runs on a film
of one's own may read it."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.demo.drawing.animation import Shot, exposure_sheet


class ShotTruth(msgspec.Struct, frozen=True):
    """Frames `start`..`end`, 1-based and inclusive; who is in it, how near (None without people) and where."""

    start: int
    end: int
    names: list[str]
    framing: str | None
    background: str


class HoldTruth(msgspec.Struct, frozen=True):
    """Frames `start`..`end`, 1-based and inclusive, all showing drawing number `drawing` (from 0)."""

    start: int
    end: int
    drawing: int


class DrawingTruth(msgspec.Struct, frozen=True):
    """One distinct drawing of a shot: its tags in danbooru's spelling, names apart, sorted."""

    tags: list[str]
    names: list[str]


class Truth(msgspec.Struct, frozen=True):
    """Shots and holds cover every frame from 1 to the last in order."""

    fps: int
    shots: list[ShotTruth]
    holds: list[HoldTruth]
    drawings: list[DrawingTruth]

    @property
    def frames(self) -> int:
        return self.holds[-1].end

    def tags_of(self, number: int) -> frozenset[str]:
        """The tags of frame `number` (1-based)."""
        return frozenset(self._drawing(number).tags)

    def names_of(self, number: int) -> frozenset[str]:
        """The names of the characters on frame `number` (1-based)."""
        return frozenset(self._drawing(number).names)

    def _drawing(self, number: int) -> DrawingTruth:
        if not 1 <= number <= self.frames:
            raise IndexError(number)
        hold = self.holds[bisect_right(self.holds, number, key=lambda hold: hold.start) - 1]
        return self.drawings[hold.drawing]


class F1(NamedTuple):
    precision: float
    recall: float
    f1: float


def truth_path(film: Path) -> Path:
    """Where the truth of `film` lies: film.mp4 has film-truth.json."""
    return film.with_name(f"{film.stem}-truth.json")


def truth_of(shots: Sequence[Shot], fps: int) -> Truth:
    """The truth of the film these shots make."""
    truth = Truth(fps, [], [], [])
    numbers: dict[object, int] = {}
    for exposure in exposure_sheet(shots):
        key = (exposure.shot, exposure.scene)
        if key not in numbers:
            numbers[key] = len(numbers)
            tags = sorted(tag.replace(" ", "_") for tag in exposure.scene.tags())
            truth.drawings.append(DrawingTruth(tags, list(exposure.scene.names)))
        truth.holds.append(HoldTruth(exposure.start, exposure.end, numbers[key]))
    end = 0
    for shot in shots:
        scene = shot.scene(0)
        truth.shots.append(ShotTruth(end + 1, end + shot.frames, list(scene.names), scene.framing, shot.background))
        end += shot.frames
    return truth


def load_truth(film: Path) -> Truth:
    """The truth written beside `film`."""
    return msgspec.json.decode(truth_path(film).read_bytes(), type=Truth)


def tag_f1(predicted: Mapping[int, Collection[str]], truth: Truth, vocabulary: Collection[str]) -> F1:
    """Micro-averaged agreement of the tags `predicted` for frames (1-based) with the truth. Only tags of
    `vocabulary` count, names never do; 0 where nothing was there to be found."""
    names = {name for shot in truth.shots for name in shot.names}
    counted = frozenset(vocabulary) - names
    right = said = true = 0
    for number, tags in predicted.items():
        these, those = counted & frozenset(tags), counted & truth.tags_of(number)
        right, said, true = right + len(these & those), said + len(these), true + len(those)
    precision, recall = right / said if said else 0.0, right / true if true else 0.0
    return F1(precision, recall, 2 * right / (said + true) if said + true else 0.0)
