"""Outlines of hair: smooth where it lies on the head, pointed where it ends. Units: head radii."""

from functools import lru_cache
from itertools import pairwise
from math import hypot

import numpy as np

from engine.demo.drawing.canvas import Point, Points, Vertices, mirror, spline
from engine.demo.drawing.character import Bangs, Hairstyle, Length

_CROWN = [(0.9, 0.66), (1.06, 0.25), (1.1, -0.3), (0.96, -0.92), (0.54, -1.3), (0, -1.4)]
FRINGE: dict[Bangs, list[Point]] = {
    "blunt bangs": [
        (-0.9, 0.66), (-0.76, -0.12), (-0.62, -0.06), (-0.46, -0.2), (-0.28, -0.05), (-0.12, -0.2), (0.06, -0.04),
        (0.2, -0.2), (0.38, -0.05), (0.54, -0.2), (0.66, -0.06), (0.76, -0.12), (0.9, 0.66),
    ],
    "swept bangs": [
        (-0.9, 0.66), (-0.78, 0.04), (-0.64, 0.12), (-0.5, -0.1), (-0.28, 0.0), (-0.12, -0.26), (0.14, -0.2),
        (0.44, -0.8), (0.76, -0.16), (0.8, -0.2), (0.9, 0.66),
    ],
    "parted bangs": [
        (-0.9, 0.66), (-0.8, 0.08), (-0.7, 0.14), (-0.6, -0.22), (-0.46, -0.24), (0, -1.04),
        (0.46, -0.24), (0.6, -0.22), (0.7, 0.14), (0.8, 0.08), (0.9, 0.66),
    ],
}  # fmt: skip
_BACK: dict[Length, tuple[list[Point], list[Point]]] = {
    "long hair": (
        [(1.5, 2.95), (1.58, 2.0), (1.3, 0.8), (1.13, -0.3), (0.95, -1.0), (0, -1.36)],
        [(-1.5, 2.95), (-1.2, 2.6), (-0.95, 3.05), (-0.6, 2.7), (-0.3, 3.1), (0, 2.75),
         (0.3, 3.1), (0.6, 2.7), (0.95, 3.05), (1.2, 2.6), (1.5, 2.95)],
    ),
    "medium hair": (
        [(1.1, 1.7), (1.36, 1.2), (1.26, 0.5), (1.13, -0.3), (0.95, -1.0), (0, -1.36)],
        [(-1.1, 1.7), (-0.85, 1.35), (-0.65, 1.75), (-0.4, 1.4), (-0.2, 1.78), (0, 1.42),
         (0.2, 1.78), (0.4, 1.4), (0.65, 1.75), (0.85, 1.35), (1.1, 1.7)],
    ),
    "short hair": (
        [(0.78, 1.0), (1.08, 0.6), (1.12, 0.1), (1.1, -0.4), (0.92, -1.0), (0, -1.36)],
        [(-0.78, 1.0), (-0.6, 0.74), (-0.42, 1.04), (-0.2, 0.78), (0, 1.08),
         (0.2, 0.78), (0.42, 1.04), (0.6, 0.74), (0.78, 1.0)],
    ),
}  # fmt: skip
_TWINTAIL_OUTER = [(0.92, -0.5), (1.3, -0.72), (1.75, -0.25), (1.98, 0.8), (1.88, 1.9), (1.5, 2.8)]
_TWINTAIL_INNER = [(1.42, 2.3), (1.3, 1.5), (1.2, 0.4), (0.95, -0.35)]
_TWINTAIL_ENDS = [(1.5, 2.8), (1.52, 2.4), (1.2, 2.65), (1.4, 2.2)]
_PONYTAIL_OUTER = [(0.55, -1.0), (1.1, -1.4), (1.7, -0.8), (1.92, 0.4), (1.75, 1.7), (1.3, 2.5)]
_PONYTAIL_INNER = [(1.36, 1.6), (1.34, 0.6), (1.15, -0.1), (0.65, -0.8)]
_REAR_TAIL = [(0.12, 2.5), (0.48, 1.5), (0.5, 0.4), (0.3, -0.4), (0, -0.66)]
_REAR_TAIL_ENDS = [(-0.12, 2.5), (-0.06, 2.2), (0, 2.62), (0.06, 2.2), (0.12, 2.5)]


def locks(edge: Points) -> Vertices:
    """A zigzag of leaf-shaped locks through `edge`, which goes tip, valley, tip and so on."""
    curve: list[Point] = []
    for number, (start, end) in enumerate(pairwise(edge)):
        (_, tip_y), (valley_x, _) = (start, end) if number % 2 == 0 else (end, start)
        bulge = 0.55 if hypot(end[0] - start[0], end[1] - start[1]) < 0.5 else -0.12
        middle_x, middle_y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        control = (middle_x + bulge * (valley_x - middle_x), middle_y + bulge * (tip_y - middle_y))
        for t in (0.0, 0.2, 0.4, 0.6, 0.8):
            near, between, far = (1 - t) ** 2, 2 * t * (1 - t), t**2
            x, y = (near * start[i] + between * control[i] + far * end[i] for i in (0, 1))
            curve.append((x, y))
    return np.array([*curve, edge[-1]])


def between(half: Points, edge: Points) -> Vertices:
    """Smooth from the right end of `edge` up along `half` to the axis and down its reflection; then `edge`."""
    reflected = [(-x, y) for x, y in reversed(half[:-1])]
    return np.vstack([spline([*half, *reflected], closed=False), locks(edge)])


@lru_cache
def crown(bangs: Bangs) -> Vertices:
    """What lies over the face."""
    return between(_CROWN, FRINGE[bangs])


@lru_cache
def back(length: Length, narrow: float = 1.0) -> Vertices:
    """The hair as it falls behind; `narrow` draws the ends in."""
    half, edge = _BACK[length]
    return between(_narrowed(half, narrow), _narrowed(edge, narrow))


@lru_cache
def fringe_shadow(bangs: Bangs) -> Vertices:
    """Where the fringe darkens the forehead."""
    edge = locks(FRINGE[bangs])[5:-5] + (0.03, 0.1)
    edge[:, 0] = edge[:, 0].clip(-0.84, 0.84)
    return np.vstack([[(-0.84, -0.6)], edge, [(0.84, -0.6), (0, -1.0)]])


@lru_cache
def twintail(length: Length, side: int) -> Vertices:
    ends = locks(_TWINTAIL_ENDS)
    outline = np.vstack([spline(_TWINTAIL_OUTER, closed=False), ends, spline(_TWINTAIL_INNER, closed=False)])
    return _shortened(outline, -0.5, length) * (side, 1)


@lru_cache
def ponytail(length: Length) -> Vertices:
    outline = np.vstack([spline(_PONYTAIL_OUTER, closed=False), spline(_PONYTAIL_INNER, closed=False)])
    return _shortened(outline, -1.0, length)


def tail_shade(tail: Vertices) -> Vertices:
    """The inner half of a tail, whose outline goes down outside and up inside."""
    half = len(tail) // 2
    middle = (tail[:half] + tail[::-1][:half]) / 2
    return np.vstack([middle, tail[half:]])


@lru_cache
def rear_tail(length: Length) -> Vertices:
    """A ponytail seen from behind."""
    return _shortened(between(_REAR_TAIL, _REAR_TAIL_ENDS), -0.6, length)


@lru_cache
def side_lock(length: Length, side: int) -> Vertices:
    """What falls beside the face and over the shoulder."""
    end = 1.55 if length == "medium hair" else 2.65
    inner = [(0.84, -0.3), (0.88, 0.5), (0.88, end - 0.6), (1.0, end)]
    outer = [(1.0, end), (1.2, end - 0.55), (1.2, 0.6), (1.1, -0.3)]
    return np.vstack([spline(mirror(part, side), closed=False) for part in (inner, outer)])


def strands(bangs: Bangs) -> list[list[Point]]:
    """Lines from the fringe's valleys up towards the crown of the head."""
    return [[(x, y), (x * 0.92, y - 0.3), (x * 0.7, y - 0.55)] for x, y in FRINGE[bangs][3:-3:2] if y > -0.5]


@lru_cache
def halo() -> tuple[Vertices, ...]:
    """The light on the head, in two pieces, ragged below."""
    return _halo_piece(-62, -14), _halo_piece(6, 36)


def lower_cap(style: Hairstyle) -> Length:
    """How far down the head's own hair goes when the rest is tied up."""
    return "medium hair" if style == "braid" else "short hair"


def _halo_piece(start: float, end: float) -> Vertices:
    angles = np.radians(np.linspace(start, end, 9))
    upper, lower = np.full(9, 1.17), np.where(np.arange(9) % 2, 0.97, 1.08)
    upper[[0, -1]] = 1.1
    above, below = (
        np.column_stack([radii * np.sin(angles) * 0.92, 0.06 - radii * np.cos(angles)]) for radii in (upper, lower)
    )
    ragged = locks([(float(x), float(y)) for x, y in below[::-1]])
    return np.vstack([above, ragged])


def _narrowed(points: Points, narrow: float) -> list[Point]:
    return [(x * (1 - (1 - narrow) * min(1.0, max(0.0, y))), y) for x, y in points]


def _shortened(outline: Vertices, top: float, length: Length) -> Vertices:
    share = 1.0 if length == "long hair" else 0.66
    return np.column_stack([outline[:, 0], top + (outline[:, 1] - top) * share])
