"""A supersampled picture and the few shapes everything is drawn with.

World coordinates: the unit is the picture's height, y points down, and (0.5, 0.5) is the middle of the
picture at any aspect, so that [0, 1] x [0, 1] is always the picture's centred square.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.demo.drawing.palette import Colour
from engine.demo.drawing.style import Style

Point = tuple[float, float]
Points = Sequence[Point]
Vertices = NDArray[np.float64]
Picture = NDArray[np.uint8]

SIDES = (-1, 1)
_SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class Camera:
    """The world point in the middle of the picture and the enlargement there."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0


CENTRED = Camera()


@dataclass(frozen=True)
class Placement:
    """Where a thing's own coordinates lie in the world: origin, world units per local unit, mirror, rotation."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    mirrored: bool = False
    rotation: float = 0.0


WORLD = Placement()


class Canvas:
    """Shapes given in the local coordinates of `placement` become pixels."""

    def __init__(self, width: int, height: int, style: Style, camera: Camera = CENTRED, supersampling: int = 2) -> None:
        self.width, self.height = width * supersampling, height * supersampling
        self.pixels: Picture = np.full((self.height, self.width, 3), 255, np.uint8)
        self.style = style
        self.camera = camera
        self.placement = WORLD

    def polygon(
        self,
        points: Points | Vertices,
        fill: Colour | None,
        outline: bool = True,
        weight: float = 1.0,
        smooth: bool = True,
    ) -> None:
        """A closed area, through its points as a spline when `smooth`."""
        vertices = self._pixels(spline(points) if smooth else points)
        if fill is not None:
            cv2.fillPoly(self.pixels, [vertices], fill, cv2.LINE_AA, _SUBPIXEL_BITS)
        if outline:
            self._lines(vertices, True, self.style.outline(fill), self._line_width(weight))

    def outline(self, points: Points, fill: Colour, weight: float = 1.0) -> None:
        """The line alone around a smooth area of colour `fill`, once more over what was drawn inside."""
        self._lines(self._pixels(spline(points)), True, self.style.outline(fill), self._line_width(weight))

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, fill: Colour, outline: bool = False
    ) -> None:
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        self.polygon(corners, fill, outline, 0.7, smooth=False)

    def ellipse(
        self, centre: Point, rx: float, ry: float, fill: Colour | None, outline: bool = True, weight: float = 1.0
    ) -> None:
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        rim = np.column_stack([centre[0] + rx * np.cos(angles), centre[1] + ry * np.sin(angles)])
        self.polygon(rim, fill, outline, weight, smooth=False)

    def stroke(self, points: Points, colour: Colour, weight: float = 1.0, smooth: bool = True) -> None:
        """An inked line."""
        curve = spline(points, closed=False) if smooth and len(points) > 2 else points
        self._lines(self._pixels(curve), False, colour, self._line_width(weight))

    def band(self, points: Points, colour: Colour, width: float) -> None:
        """A line as wide as a part of the thing: `width` is in local units."""
        self._lines(self._pixels(points), False, colour, max(1, round(width * self._unit())))

    def gradient(self, top: Colour, bottom: Colour) -> None:
        """Fill the picture from world y 0 (`top`) to y 1 (`bottom`)."""
        rows = (np.arange(self.height) + 0.5) / self.height
        y = ((rows - 0.5) / self.camera.zoom + self.camera.y).clip(0, 1)[:, None, None]
        self.pixels[:] = (np.array(top) * (1 - y) + np.array(bottom) * y).round().astype(np.uint8)

    def flat(self, colour: Colour) -> None:
        self.pixels[:] = np.array(colour).round().astype(np.uint8)

    def _pixels(self, points: Points | Vertices) -> NDArray[np.int32]:
        """Local points [n, 2] as fixed-point pixel positions for OpenCV."""
        local = np.array(points, float)
        place, camera = self.placement, self.camera
        if place.mirrored:
            local[:, 0] *= -1
        if place.rotation:
            cos, sin = np.cos(place.rotation), np.sin(place.rotation)
            local = local @ np.array([[cos, sin], [-sin, cos]])
        world = local * place.scale + (place.x - camera.x, place.y - camera.y)
        pixels = world * (camera.zoom * self.height) + (self.width / 2, self.height / 2)
        fixed: NDArray[np.int32] = np.round(pixels * 2**_SUBPIXEL_BITS).astype(np.int32)
        return fixed

    def _unit(self) -> float:
        """Pixels per local unit."""
        return self.placement.scale * self.camera.zoom * self.height

    def _line_width(self, weight: float) -> int:
        """Lines grow with the picture, and a little with the thing drawn."""
        growth = 0.7 + 0.3 * min(1.6, self._unit() / (self.height * 0.25))
        return max(1, round(weight * self.style.line_weight * self.height / 128 * growth))

    def _lines(self, vertices: NDArray[np.int32], closed: bool, colour: Colour, width: int) -> None:
        cv2.polylines(self.pixels, [vertices], closed, colour, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def mirror(points: Points, side: int) -> list[Point]:
    """The points on the right (`side` 1) or their mirror image on the left (-1)."""
    return [(side * x, y) for x, y in points]


def spline(points: Points | Vertices, per_segment: int = 8, closed: bool = True) -> Vertices:
    """Catmull-Rom curve through `points` [n, 2] (Catmull and Rom, 1974), `per_segment` vertices each."""
    p = np.asarray(points, float)
    if closed:
        before, start, end, after = np.roll(p, 1, 0), p, np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        padded = np.vstack([p[:1], p, p[-1:]])
        before, start, end, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, per_segment, endpoint=False)[None, :, None]
    a, b, c, d = (knot[:, None, :] for knot in (before, start, end, after))
    cubic = (3 * b - a - 3 * c + d) * t**3 + (2 * a - 5 * b + 4 * c - d) * t**2 + (c - a) * t + 2 * b
    curve: Vertices = cubic.reshape(-1, 2) / 2
    return curve if closed else np.vstack([curve, p[-1:]])
