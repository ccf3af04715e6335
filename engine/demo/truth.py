"""What the demo film really shows, frame by frame: for tests and benchmarks only. Nothing that runs on a film
of one's own may read it."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.demo.drawing.animation import Exposure, Mix, Shot, exposure_sheet
from engine.demo.drawing.scene import Scene


class ShotTruth(msgspec.Struct, frozen=True):
    """Frames `start`..`end`, 1-based and inclusive; who is in it, how many people (some have no name), how near
    (None without people) and where. A dissolve is cut in its middle."""

    start: int
    end: int
    names: list[str]
    people: int
    framing: str | None
    background: str


class TransitionTruth(msgspec.Struct, frozen=True):
    """Frames `start`..`end`, 1-based and inclusive, on which one shot dissolves into the next."""

    start: int
    end: int


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
    """Shots and holds cover every frame from 1 to the last in order. A frame of a dissolve has a drawing of its own,
    with the tags and names of both its shots."""

    fps: int
    shots: list[ShotTruth]
    holds: list[HoldTruth]
    drawings: list[DrawingTruth]
    transitions: list[TransitionTruth]

    @property
    def frames(self) -> int:
        return self.holds[-1].end

    def tags_of(self, number: int) -> frozenset[str]:
        """The tags of frame `number` (1-based)."""
        return frozenset(self._drawing(number).tags)

    def names_of(self, number: int) -> frozenset[str]:
        """The names of the characters on frame `number` (1-based)."""
        return frozenset(self._drawing(number).names)

    def is_mixed(self, number: int) -> bool:
        """Whether frame `number` (1-based) is in a dissolve."""
        return any(each.start <= number <= each.end for each in self.transitions)

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
    truth = Truth(fps, [], [], [], [])
    for index, run in groupby(exposure_sheet(shots), key=lambda exposure: exposure.shot):
        start = truth.frames + 1 if truth.holds else 1
        _add_holds(truth, run)
        truth.shots.append(_shot_truth(shots[index], start, truth.frames))
    _add_transitions(truth, shots)
    return truth


def _add_holds(truth: Truth, exposures: Iterable[Exposure]) -> None:
    """The holds of one shot and their drawings, each drawing once."""
    numbers: dict[Scene | Mix, int] = {}
    for exposure in exposures:
        scene = exposure.scene
        if scene not in numbers:
            numbers[scene] = len(truth.drawings)
            tags = sorted(tag.replace(" ", "_") for tag in scene.tags())
            truth.drawings.append(DrawingTruth(tags, list(scene.names)))
        truth.holds.append(HoldTruth(exposure.start, exposure.end, numbers[scene]))


def _shot_truth(shot: Shot, start: int, end: int) -> ShotTruth:
    scene = shot.scene(0)
    return ShotTruth(start, end, list(scene.names), len(scene.figures), scene.framing, shot.background)


def _add_transitions(truth: Truth, shots: Sequence[Shot]) -> None:
    for shot, span in zip(shots[:-1], truth.shots, strict=False):
        if shot.dissolve:
            start = span.end + 1 - shot.dissolve // 2
            truth.transitions.append(TransitionTruth(start, start + shot.dissolve - 1))


def load_truth(film: Path) -> Truth:
    """The truth written beside `film`."""
    return msgspec.json.decode(truth_path(film).read_bytes(), type=Truth)


def tag_f1(predicted: Mapping[int, Collection[str]], truth: Truth, vocabulary: Collection[str]) -> F1:
    """Micro-averaged agreement of the tags `predicted` for frames (1-based) with the truth. Only tags of
    `vocabulary` count, names never do, nor do frames of a dissolve, on which two pictures are seen by halves; 0 where
    nothing was there to be found."""
    names = {name for shot in truth.shots for name in shot.names}
    counted = frozenset(vocabulary) - names
    right = said = true = 0
    for number, tags in predicted.items():
        if truth.is_mixed(number):
            continue
        these, those = counted & frozenset(tags), counted & truth.tags_of(number)
        right, said, true = right + len(these & those), said + len(these), true + len(those)
    precision, recall = right / said if said else 0.0, right / true if true else 0.0
    return F1(precision, recall, 2 * right / (said + true) if said + true else 0.0)
