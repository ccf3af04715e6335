"""Scenes in time: what the figures do in a shot, where the camera goes, and how long each drawing is held.

Animation is drawn on ones, twos or threes: an act changes its figure every `exposure` frames and holds the drawing
between. Frames count from 0 inside a shot. Every value depends on the frame alone, so equal drawings compare equal.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from engine.demo.drawing.canvas import CENTRED, Camera
from engine.demo.drawing.character import Eyes, Figure, Mouth, Pose
from engine.demo.drawing.scene import Scene

_FLAP: tuple[Mouth | None, ...] = ("open", "ajar", None, "open", None, "ajar", "open", "ajar", None)
_BLINK: tuple[Eyes, ...] = ("lowered", "closed", "closed", "closed", "lowered", "lowered")


class Act(Protocol):
    """Something a figure does: changes its pose from some frame on."""

    def pose(self, pose: Pose, frame: int) -> Pose: ...


@dataclass(frozen=True)
class Talk:
    """Mouth flaps from `start` to before `end`; None in the pattern is the mouth at rest."""

    start: int
    end: int
    exposure: int = 3

    def pose(self, pose: Pose, frame: int) -> Pose:
        if not self.start <= frame < self.end:
            return pose
        step = (frame - self.start) // self.exposure
        return replace(pose, mouth=_FLAP[step % len(_FLAP)] or pose.mouth)


@dataclass(frozen=True)
class Blink:
    """Six frames: lids down on a one, shut on three, up on a two."""

    at: int

    def pose(self, pose: Pose, frame: int) -> Pose:
        if pose.eyes == "closed" or not 0 <= frame - self.at < len(_BLINK):
            return pose
        return replace(pose, eyes=_BLINK[frame - self.at])


@dataclass(frozen=True)
class Look:
    """From `at` on, another expression."""

    at: int
    mouth: Mouth
    eyes: Eyes = "open"

    def pose(self, pose: Pose, frame: int) -> Pose:
        return replace(pose, mouth=self.mouth, eyes=self.eyes) if frame >= self.at else pose


@dataclass(frozen=True)
class Turn:
    """Head and eyes go over by `tilt` and `gaze` from `start` to `end`, slow in and slow out, and stay."""

    start: int
    end: int
    tilt: float = 0.0
    gaze: float = 0.0
    exposure: int = 2

    def pose(self, pose: Pose, frame: int) -> Pose:
        share = _eased(_stepped(frame - self.start, self.exposure) / (self.end - self.start))
        return replace(pose, tilt=pose.tilt + self.tilt * share, gaze=pose.gaze + self.gaze * share)


@dataclass(frozen=True)
class Bounce:
    """One hop up by `lift` (head radii) and back, from `start` to `end`."""

    start: int
    end: int
    lift: float = 0.12
    exposure: int = 2

    def pose(self, pose: Pose, frame: int) -> Pose:
        share = _stepped(frame - self.start, self.exposure) / (self.end - self.start)
        return replace(pose, lift=pose.lift + self.lift * math.sin(math.pi * min(max(share, 0.0), 1.0)))


@dataclass(frozen=True)
class Breeze:
    """Wind in the hair, all the shot long, in a loop of `period` frames."""

    strength: float = 0.8
    period: int = 36
    exposure: int = 3

    def pose(self, pose: Pose, frame: int) -> Pose:
        turn = _stepped(frame % self.period, self.exposure) / self.period
        return replace(pose, sway=self.strength * (0.6 + 0.4 * math.sin(2 * math.pi * turn)))


@dataclass(frozen=True)
class Move:
    """The camera goes evenly from `start` to `end` during the whole shot, moving every `exposure` frames."""

    start: Camera
    end: Camera
    exposure: int = 1

    def camera(self, frame: int, frames: int) -> Camera:
        share = _stepped(frame, self.exposure) / (frames - 1)
        x, y, zoom = (
            first + (last - first) * share
            for first, last in (
                (self.start.x, self.end.x),
                (self.start.y, self.end.y),
                (self.start.zoom, self.end.zoom),
            )
        )
        return Camera(x, y, zoom)


@dataclass(frozen=True)
class Actor:
    """A figure as it stands on a shot's first frame, and what it does then, one act over the other."""

    figure: Figure
    acts: tuple[Act, ...] = ()

    def posed(self, frame: int) -> Figure:
        """The figure on frame `frame` of the shot."""
        pose = self.figure.pose
        for act in self.acts:
            pose = act.pose(pose, frame)
        return replace(self.figure, pose=pose)


@dataclass(frozen=True)
class Shot:
    """`frames` frames between two cuts; `actors` go from the back to the front. The last `dissolve` of them are
    mixed with as many of the next shot's first, which therefore begins that much earlier."""

    frames: int
    background: str
    background_seed: int
    actors: tuple[Actor, ...] = ()
    move: Move | None = None
    dissolve: int = 0

    def scene(self, frame: int) -> Scene:
        """What frame `frame` of the shot shows."""
        figures = tuple(actor.posed(frame) for actor in self.actors)
        camera = self.move.camera(frame, self.frames) if self.move else CENTRED
        return Scene(self.background, self.background_seed, figures, camera)


@dataclass(frozen=True)
class Mix:
    """A moment of a dissolve: `share` (0..1) of the scene that comes over the one that goes. It has the tags and
    names of both."""

    going: Scene
    coming: Scene
    share: float

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.going.names + self.coming.names))

    def tags(self) -> list[str]:
        return list(dict.fromkeys(self.going.tags() + self.coming.tags()))


@dataclass(frozen=True)
class Exposure:
    """One drawing on the film's frames `start`..`end`, 1-based and inclusive, in shot `shot` (from 0)."""

    shot: int
    start: int
    end: int
    scene: Scene | Mix


def exposure_sheet(shots: Sequence[Shot]) -> Iterator[Exposure]:
    """The film's holds in order; neighbours show different drawings. A cut lies in the middle of a dissolve, every
    frame of which is a drawing of its own."""
    before = 0
    for (index, scene), run in groupby(_shown(shots)):
        length = len(list(run))
        yield Exposure(index, before + 1, before + length, scene)
        before += length


def _shown(shots: Sequence[Shot]) -> Iterator[tuple[int, Scene | Mix]]:
    """Frame by frame: which shot it belongs to and what it shows."""
    begun = 0
    for index, shot in enumerate(shots):
        following = shots[index + 1] if index + 1 < len(shots) else None
        overlap = shot.dissolve if following else 0
        alone = shot.frames - overlap
        yield from ((index, shot.scene(frame)) for frame in range(begun, alone))
        for step in range(overlap):
            assert following
            mix = Mix(shot.scene(alone + step), following.scene(step), (step + 1) / (overlap + 1))
            yield index + (step >= overlap // 2), mix
        begun = overlap


def _stepped(frame: int, exposure: int) -> int:
    """The frame on which the drawing shown at `frame` began."""
    return frame // exposure * exposure


def _eased(share: float) -> float:
    """Smoothstep of `share` clipped to 0..1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
