"""Synthetic limited animation whose every held drawing, slow movement, cut and flash is known, at 1920x1080.

Drawings are held for one, two or three frames and longer; mouths of 8x8 pixels flap; backgrounds pan by a third of a
pixel a frame; pictures fade to black, dissolve, flash and cut, also to another picture of the same colours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Kind = Literal["drawings", "mouth", "still", "pan", "fade", "dissolve"]
Picture = NDArray[np.uint8]
WIDTH, HEIGHT, RATE, CAPTURED_RATE = 1920, 1080, 24, 30
PAN_PIXELS = 0.35
GRAIN_SIGMA = 3.0
MOUTH = 8


@dataclass(frozen=True)
class Moment:
    """One frame: its picture, what it is part of, and what it is to the frame before."""

    picture: Picture
    kind: Kind
    repeats: bool  # the same drawing as the frame before
    cut: bool = False
    flash: bool = False


def background(random: np.random.Generator, palette: NDArray[np.uint8] | None = None) -> Picture:
    """A painted scene: a graded sky, flat shapes with outlines, brush texture; `palette` [n, 3] gives its colours."""
    colours = random.integers(30, 226, (24, 3)).astype(np.uint8) if palette is None else palette
    shade = np.linspace(0.85, 1.1, HEIGHT, dtype=np.float32)[:, None, None]
    picture = np.clip(shade * colours[0] * np.ones((HEIGHT, WIDTH, 1), np.float32), 0, 255).astype(np.uint8)
    for _shape in range(36):
        centre = (int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT)))
        axes = (int(random.integers(20, 360)), int(random.integers(16, 240)))
        colour = colours[int(random.integers(0, len(colours)))].tolist()
        angle = int(random.integers(0, 180))
        cv2.ellipse(picture, centre, axes, angle, 0, 360, colour, -1, cv2.LINE_AA)
        cv2.ellipse(picture, centre, axes, angle, 0, 360, (30, 25, 30), 3, cv2.LINE_AA)
    brush = cv2.GaussianBlur(random.normal(0, 14, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2.5)
    painted: Picture = np.clip(picture + brush[..., None], 0, 255).astype(np.uint8)
    return painted


def figure(picture: Picture, x: int, y: int, arm: float, mouth: int) -> Picture:
    """A person on the background: `arm` is an angle in degrees, `mouth` 0 closed, 1 half open, 2 open."""
    drawn = picture.copy()
    cv2.ellipse(drawn, (x, y + 330), (150, 260), 0, 0, 360, (60, 70, 140), -1, cv2.LINE_AA)
    cv2.ellipse(drawn, (x, y), (110, 130), 0, 0, 360, (225, 190, 170), -1, cv2.LINE_AA)
    cv2.ellipse(drawn, (x, y - 50), (125, 100), 0, 180, 360, (60, 40, 30), -1, cv2.LINE_AA)
    for side in (-45, 45):
        cv2.ellipse(drawn, (x + side, y + 5), (14, 20), 0, 0, 360, (40, 60, 50), -1, cv2.LINE_AA)
    tip = (round(x + 130 + 200 * np.cos(np.radians(arm))), round(y + 200 + 200 * np.sin(np.radians(arm))))
    cv2.line(drawn, (x + 120, y + 200), tip, (225, 190, 170), 34, cv2.LINE_AA)
    tall = (2, MOUTH // 2, MOUTH)[mouth]
    drawn[y + 70 : y + 70 + tall, x - 3 : x - 3 + MOUTH] = (120, 30, 40)
    return drawn


def animation(seed: int, scenes: int, length: int = 36) -> Iterator[Moment]:
    """So many scenes of about `length` frames, in turn drawings, mouths, pans, fades, stills and dissolves.

    Each begins with a cut; every third has the colours of the one before.
    """
    random = np.random.default_rng(seed)
    palette: NDArray[np.uint8] | None = None
    kinds: tuple[Kind, ...] = ("drawings", "mouth", "pan", "mouth", "fade", "drawings", "still", "dissolve")
    for number in range(scenes):
        similar = palette if number % 3 == 2 else None
        palette = random.integers(30, 226, (24, 3)).astype(np.uint8) if similar is None else similar
        yield from _flashing(_scene(kinds[number % len(kinds)], random, palette, length), number)


def captured(moments: Iterator[Moment]) -> Iterator[Moment]:
    """The same taken at 30 frames a second, in which every fourth frame comes twice."""
    for number, moment in enumerate(moments, 1):
        yield moment
        if number % 4 == 0:
            yield replace(moment, repeats=True, cut=False)


def _scene(kind: Kind, random: np.random.Generator, palette: NDArray[np.uint8], length: int) -> Iterator[Moment]:
    behind = background(random, palette)
    match kind:
        case "drawings":
            pictures = _drawings(behind, random, length // 3)
        case "mouth":
            pictures = _mouths(behind, random, length // 2)
        case "still":
            pictures = [behind] * (2 * length)
        case "pan":
            pictures = _pan(behind, length)
        case "fade":
            pictures = _fade(behind, length)
        case "dissolve":
            pictures = _dissolve(behind, background(random), length * 2 // 3)
    return _moments(pictures, kind)


def _moments(pictures: list[Picture], kind: Kind) -> Iterator[Moment]:
    for index, picture in enumerate(pictures):
        repeats = index > 0 and np.array_equal(picture, pictures[index - 1])
        yield Moment(picture, kind, repeats, cut=index == 0)


def _flashing(moments: Iterator[Moment], number: int) -> Iterator[Moment]:
    """Every fourth scene flashes white: one frame in scenes of even number, three in others."""
    flashing = 0 if number % 4 != 1 else 1 + number // 4 % 2 * 2
    before: Moment | None = None
    for index, moment in enumerate(moments):
        flash = 12 <= index < 12 + flashing
        picture = np.full_like(moment.picture, 250) if flash else moment.picture
        repeats = before is not None and np.array_equal(picture, before.picture)
        before = Moment(picture, moment.kind, repeats, moment.cut, flash)
        yield before


def _drawings(behind: Picture, random: np.random.Generator, count: int) -> list[Picture]:
    arm, pictures = 0.0, []
    for _drawing in range(count):
        arm += float(random.uniform(6, 22))
        pictures += [figure(behind, 900, 420, arm, 0)] * int(random.choice([1, 2, 2, 3, 3, 4]))
    return pictures


def _mouths(behind: Picture, random: np.random.Generator, count: int) -> list[Picture]:
    """A person talks: 8x8 pixels change, at no particular place of any grid."""
    x, y, shape, pictures = int(random.integers(500, 1400)), int(random.integers(300, 500)), 0, []
    for _drawing in range(count):
        shape = int((shape + random.integers(1, 3)) % 3)
        pictures += [figure(behind, x, y, 70, shape)] * int(random.choice([2, 2, 3]))
    return pictures


def _pan(behind: Picture, frames: int) -> list[Picture]:
    return [
        cv2.warpAffine(behind, np.array([[1, 0, -PAN_PIXELS * index], [0, 1, 0]], np.float32), (WIDTH, HEIGHT),
                       flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        for index in range(frames)
    ]  # fmt: skip


def _fade(behind: Picture, frames: int) -> list[Picture]:
    return [np.rint(behind * (1 - index / (frames - 1))).astype(np.uint8) for index in range(frames)]


def _dissolve(one: Picture, other: Picture, frames: int) -> list[Picture]:
    mixed = [cv2.addWeighted(one, 1 - step / frames, other, step / frames, 0) for step in range(1, frames)]
    return [*[one] * 8, *mixed, *[other] * 8]


def encode(
    path: Path, moments: Iterator[Moment], crf: int, *, grain: bool = False, preset: str = "medium", rate: int = RATE
) -> list[Moment]:
    """Write the film as H.264, `rate` frames a second; returns its moments without their pictures' weight."""
    random, truth = np.random.default_rng(99), []
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": preset})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for moment in moments:
            picture = _grainy(moment.picture, random) if grain else moment.picture
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")))
            truth.append(replace(moment, picture=np.empty(0, np.uint8)))
        container.mux(stream.encode(None))
    return truth


def _grainy(picture: Picture, random: np.random.Generator) -> Picture:
    grain = random.standard_normal((HEIGHT, WIDTH, 1), np.float32) * GRAIN_SIGMA
    return np.clip(picture + grain, 0, 255).astype(np.uint8)
