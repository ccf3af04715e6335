"""How near everything in a scene is, as depth estimators show it: 255 is nearest, 0 is infinitely far."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.demo.drawing.canvas import Camera, Canvas
from engine.demo.drawing.character import Figure
from engine.demo.drawing.figure import draw_figure
from engine.demo.drawing.scene import Scene
from engine.demo.drawing.style import Style

Depth = NDArray[np.uint8]
Plane = NDArray[np.float32]

_WALL = ((0.0, 25.0),)
# By place: nearness at world heights, y rising; the ground comes nearer towards the lower edge.
_GROUNDS: dict[str, tuple[tuple[float, float], ...]] = {
    "white background": _WALL,
    "grey background": _WALL,
    "blue background": _WALL,
    "pink background": _WALL,
    "sky": ((0.82, 0.0), (0.9, 35.0), (1.0, 80.0)),
    "night": ((0.85, 0.0), (0.95, 20.0), (1.0, 60.0)),
    "classroom": ((0.8, 40.0), (0.86, 48.0), (1.0, 90.0)),
    "beach": ((0.55, 0.0), (0.8, 45.0), (1.0, 90.0)),
    "forest": ((0.1, 20.0), (0.78, 35.0), (1.0, 85.0)),
    "sunset": ((0.7, 0.0), (0.84, 30.0), (1.0, 70.0)),
    "cityscape": ((0.2, 5.0), (0.45, 30.0), (0.9, 40.0), (1.0, 80.0)),
}
_NEAREST, _STEP = 215.0, 12.0
_HEAD_BULGE, _BODY_BULGE = 40.0, 22.0
_HEAD_REACH, _BODY_REACH = 1.25, 1.7


def draw_depth(scene: Scene, style: Style, width: int, height: int) -> Depth:
    """The nearness [height, width] of what `draw_scene` shows."""
    depth = _ground(scene, width, height)
    floor = float(depth.max())
    for figure in scene.figures:
        level = max(_level(figure, scene.camera), floor + _STEP)
        floor = min(level, _NEAREST)
        cover = coverage(figure, style, scene.camera, width, height)
        depth += cover * (floor + _relief(figure, scene.camera, width, height) - depth)
    return np.asarray(depth.round().clip(0, 255), np.uint8)


def coverage(figure: Figure, style: Style, camera: Camera, width: int, height: int) -> Plane:
    """How much of each pixel [height, width] the figure covers, 0..1: drawn over black and over white, the covered part
    comes out the same (Smith and Blinn, 1996)."""
    over = []
    for ground in (0, 255):
        canvas = Canvas(width, height, style, camera, supersampling=1)
        canvas.pixels[:] = ground
        draw_figure(canvas, figure)
        over.append(canvas.pixels)
    return np.asarray(1 - cv2.subtract(over[1], over[0]).mean(2) / 255, np.float32)


def _ground(scene: Scene, width: int, height: int) -> Plane:
    y, nearness = zip(*_GROUNDS[scene.background], strict=True)
    rows = np.interp(_world(scene.camera, width, height)[1], y, nearness)
    return np.tile(rows[:, None], (1, width)).astype(np.float32)


def _level(figure: Figure, camera: Camera) -> float:
    """Nearness is the reciprocal of the distance, and so goes with the size that a head is seen in."""
    return 95 + 320 * figure.size * camera.zoom


def _relief(figure: Figure, camera: Camera, width: int, height: int) -> Plane:
    """How much nearer the figure's parts are than its outline: the body is round across, the head round and nearer."""
    x, y = _world(camera, width, height)
    across = (x[None] - figure.x) / figure.size
    down = (y[:, None] - figure.y) / figure.size + figure.pose.lift
    head = _HEAD_BULGE * (1 - (across**2 + down**2) / _HEAD_REACH**2).clip(0)
    body = _BODY_BULGE * (1 - (across / _BODY_REACH) ** 2).clip(0)
    return np.asarray(np.maximum(head, body * (down > 0)), np.float32)


def _world(camera: Camera, width: int, height: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """World x [width] of the columns and y [height] of the rows."""
    scale = camera.zoom * height
    x = (np.arange(width) + 0.5 - width / 2) / scale + camera.x
    y = (np.arange(height) + 0.5 - height / 2) / scale + camera.y
    return x, y
