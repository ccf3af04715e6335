"""A supersampled picture and the few shapes everything is drawn with.

World coordinates: the unit is the picture's height, y points down, and (0.5, 0.5) is the middle of the
picture at any aspect, so that [0, 1] x [0, 1] is always the picture's centred square.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

    def shapes(self, outlines: Vertices, fill: Colour) -> None:
        """Convex areas [n, corners, 2] of one colour, without lines."""
        vertices = self._pixels(outlines.reshape(-1, 2)).reshape(outlines.shape)
        x = vertices[..., 0] >> _SUBPIXEL_BITS
        for shape in vertices[(x.max(1) >= -1) & (x.min(1) <= self.width)]:
            cv2.fillConvexPoly(self.pixels, shape, fill, cv2.LINE_AA, _SUBPIXEL_BITS)

    def discs(self, centres: Vertices, rx: NDArray[np.float64], ry: NDArray[np.float64], fill: Colour) -> None:
        """Ellipses [n] of one colour, without lines."""
        corners = 8 if max(rx.max(), ry.max()) * self._unit() < 4 else 24
        angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        rims = np.stack([np.cos(angles), np.sin(angles)], -1) * np.column_stack([rx, ry])[:, None]
        self.shapes(centres[:, None] + rims, fill)

    def sees(self, left: float, right: float) -> bool:
        """Whether the world from x `left` to x `right` reaches into the picture."""
        reach = self.width / (2 * self.camera.zoom * self.height)
        return right > self.camera.x - reach and left < self.camera.x + reach

    def gradient(self, *stops: tuple[float, Colour], top: float = -np.inf) -> None:
        """Fill the picture below world y `top` with the colours at the `stops`, y rising, and those between them."""
        y = (np.arange(self.height) + 0.5 - self.height / 2) / (self.camera.zoom * self.height) + self.camera.y
        heights, colours = zip(*stops, strict=True)
        shades = np.column_stack([np.interp(y, heights, channel) for channel in zip(*colours, strict=True)])
        start = np.searchsorted(y, top)
        self.pixels[start:] = shades[start:, None].round().astype(np.uint8)

    def glow(self, centre: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Light of `colour` over what is there: `strength` (0..1) of it at the world point `centre`, none from
        `radius` on."""
        scale = self.camera.zoom * self.height
        x = (np.arange(self.width) + 0.5 - self.width / 2) / scale + (self.camera.x - centre[0])
        y = (np.arange(self.height) + 0.5 - self.height / 2) / scale + (self.camera.y - centre[1])
        columns, rows = np.flatnonzero(np.abs(x) < radius), np.flatnonzero(np.abs(y) < radius)
        if not len(columns) or not len(rows):
            return
        region = self.pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        share = (1 - ((x[columns] / radius) ** 2 + (y[rows] / radius)[:, None] ** 2)).clip(0).astype(np.float32)
        share *= share * np.float32(strength)
        region[:] = cv2.blendLinear(region, np.full_like(region, colour), 1 - share, share)

    @contextmanager
    def veil(self, strength: float) -> Iterator[None]:
        """What is drawn meanwhile is translucent: `strength` (0..1) of it over what was there."""
        before = self.pixels.copy()
        yield
        cv2.addWeighted(self.pixels, strength, before, 1 - strength, 0, self.pixels)

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
