"""Built places: classroom and cityscape."""

import numpy as np

from engine.demo.drawing.canvas import Canvas, Vertices
from engine.demo.drawing.clouds import CELLS, cloud
from engine.demo.drawing.evening import power_lines
from engine.demo.drawing.landscape import GROUND, LEFT, RIGHT
from engine.demo.drawing.palette import BLACK, WHITE, Colour, jittered, mix

_GLASS: tuple[Colour, Colour, Colour] = ((138, 198, 250), (172, 216, 252), (208, 234, 252))
_BOARD: Colour = (52, 108, 88)
_WOOD: Colour = (172, 124, 80)
_FLOOR: Colour = (206, 160, 112)
_CHALK: Colour = (190, 215, 200)
_CURTAIN: Colour = (252, 246, 232)
_PANE: Colour = (176, 214, 242)
_LIT: Colour = (255, 240, 180)


def classroom(canvas: Canvas, rng: np.random.Generator) -> None:
    """A window on one side, the chalkboard on the other, more windows down the wall, sun on the floor."""
    wall = jittered(rng, (246, 234, 208), 6)
    canvas.gradient((0, mix(wall, WHITE, 0.2)), (0.7, wall))
    canvas.gradient((0.7, mix(wall, _FLOOR, 0.3)), (0.86, mix(wall, _FLOOR, 0.45)), top=0.7)
    window = float(rng.choice([0.04, 0.52]))
    for cell in CELLS:
        _window(canvas, rng, cell + window)
    _chalkboard(canvas, rng, 0.56 - window)
    canvas.gradient((0.86, _FLOOR), (1.0, mix(_FLOOR, BLACK, 0.16)), top=0.86)
    canvas.stroke([(LEFT, 0.86), (RIGHT, 0.86)], canvas.style.outline(_FLOOR), 0.7)
    for x in np.arange(LEFT, RIGHT, 0.18):
        canvas.stroke([(x, 0.86), (x + (x - 0.5) * 0.4, 1.1)], mix(_FLOOR, BLACK, 0.2), 0.5)
    with canvas.veil(0.3):
        _sunlight(canvas, window)
    for x in np.arange(-0.89, 2.0, 0.34):
        _desk(canvas, float(x))


def _window(canvas: Canvas, rng: np.random.Generator, left: float) -> None:
    right, middle = left + 0.44, left + 0.22
    puff, tops = rng.uniform((0.11, 0.2), (0.33, 0.36)), 0.46 + rng.uniform(-0.03, 0.02, 5)
    if not canvas.sees(left - 0.1, right + 0.1):
        return
    for y, colour in zip((0.1, 0.22, 0.34), _GLASS, strict=True):
        canvas.rectangle(left, y, right, 0.5, colour)
    cloud(canvas, left + puff[0], puff[1], 0.05)
    trees = [(right, 0.5), (left, 0.5), *zip(np.linspace(left, right, 5), tops, strict=True)]
    canvas.polygon(trees, (146, 200, 140), outline=False, smooth=False)
    frame = [(left, 0.1), (right, 0.1), (right, 0.5), (left, 0.5)]
    canvas.polygon(frame, None, True, 0.8, smooth=False)
    canvas.rectangle(middle - 0.008, 0.1, middle + 0.008, 0.5, mix(_WOOD, WHITE, 0.55), outline=True)
    for side, edge in ((-1, left), (1, right)):
        _curtain(canvas, edge, side)
    canvas.rectangle(left - 0.015, 0.5, right + 0.015, 0.525, _WOOD, outline=True)


def _curtain(canvas: Canvas, edge: float, side: int) -> None:
    """Gathered at one `side` of the window."""
    shape = [(0.012, 0.08), (-0.085, 0.08), (-0.06, 0.25), (-0.028, 0.38), (-0.05, 0.55), (0.02, 0.55)]
    canvas.polygon([(edge + side * x, y) for x, y in shape], _CURTAIN, True, 0.5, smooth=False)
    for top, foot in ((-0.02, -0.005), (-0.05, -0.02)):
        fold = [(edge + side * top, 0.09), (edge + side * foot, 0.37), (edge + side * (foot - 0.012), 0.54)]
        canvas.stroke(fold, mix(_CURTAIN, (150, 140, 170), 0.4), 0.4)


def _chalkboard(canvas: Canvas, rng: np.random.Generator, left: float) -> None:
    right = left + 0.42
    canvas.rectangle(left - 0.012, 0.068, right + 0.012, 0.432, _WOOD, outline=True)
    canvas.rectangle(left, 0.08, right, 0.42, _BOARD, outline=True)
    for y in (0.15, 0.21, 0.27):
        end = left + rng.uniform(0.2, 0.38)
        canvas.stroke([(left + 0.04, y), (end, y)], mix(_BOARD, _CHALK, 0.7), 0.5)
    with canvas.veil(0.12):
        gleam = np.array([(0.25, 0.08), (0.36, 0.08), (0.2, 0.42), (0.09, 0.42)]) + (left, 0)
        canvas.shapes(gleam[None], WHITE)
    canvas.rectangle(left + 0.1, 0.425, left + 0.32, 0.44, _WOOD, outline=True)


def _sunlight(canvas: Canvas, window: float) -> None:
    """Beams from every window across the wall down to the floor."""
    panes = [(0.02, 0.1), (0.2, 0.1), (0.05, 1.0), (-0.19, 1.0)], [(0.24, 0.1), (0.42, 0.1), (0.31, 1.0), (0.07, 1.0)]
    cells = np.array([(cell + window, 0.0) for cell in CELLS])
    for pane in panes:
        canvas.shapes(np.array(pane) + cells[:, None], (255, 252, 224))


def _desk(canvas: Canvas, x: float) -> None:
    if not canvas.sees(x - 0.11, x + 0.11):
        return
    for dx in (-0.085, 0.085):
        canvas.rectangle(x + dx - 0.006, 0.84, x + dx + 0.006, 1.1, (150, 156, 172))
    canvas.rectangle(x - 0.09, 0.83, x + 0.09, 0.9, mix(_WOOD, BLACK, 0.12), outline=True)
    canvas.rectangle(x - 0.105, 0.81, x + 0.105, 0.832, mix(_WOOD, WHITE, 0.25), outline=True)


def cityscape(canvas: Canvas, rng: np.random.Generator) -> None:
    """House fronts before a hazy skyline, a street and its power lines in front."""
    canvas.gradient((0, jittered(rng, (104, 176, 246))), (0.45, (204, 230, 252)), (0.7, (246, 240, 236)))
    for cell in CELLS:
        for x, y in rng.uniform((cell, 0.05), (cell + 1, 0.22), (2, 2)):
            cloud(canvas, float(x), float(y), 0.06)
    for top, colour in ((0.28, (206, 222, 244)), (0.4, (182, 202, 234))):
        _skyline(canvas, rng, top, colour)
    for cell in CELLS:
        left = cell - 0.05
        while left < cell + 0.95:
            left = _building(canvas, rng, left)
    canvas.gradient((0.9, (196, 194, 204)), (0.93, (196, 194, 204)), (1.0, (150, 150, 168)), top=0.9)
    canvas.stroke([(LEFT, 0.935), (RIGHT, 0.935)], (232, 230, 236), 1.4)
    bushes = np.column_stack([np.linspace(-1, 2, 70), rng.uniform(0.88, 0.9, 70)])
    size = rng.uniform(0.022, 0.042, 70)
    canvas.discs(bushes, size + 0.003, size + 0.003, canvas.style.outline((112, 172, 100)))
    canvas.discs(bushes, size, size, (112, 172, 100))
    canvas.discs(bushes - 0.008, size * 0.5, size * 0.4, (160, 208, 130))
    power_lines(canvas, rng.uniform(-0.05, 0.15), 0.22, 0.93, (92, 92, 116))


def _skyline(canvas: Canvas, rng: np.random.Generator, top: float, colour: Colour) -> None:
    left = np.arange(LEFT, RIGHT, 0.13)
    roof, zero = rng.uniform(top, top + 0.25, len(left)), np.zeros(len(left))
    corners = [(left, roof), (left + 0.12, roof), (left + 0.12, zero + GROUND), (left, zero + GROUND)]
    canvas.shapes(np.stack([np.stack(corner, -1) for corner in corners], 1), colour)


def _building(canvas: Canvas, rng: np.random.Generator, left: float) -> float:
    """Returns the right edge."""
    width, height = rng.uniform(0.13, 0.22), rng.uniform(0.25, 0.55)
    right, roof = left + width, 0.9 - height
    wall = mix(jittered(rng, (214, 196, 190), 26), (140, 150, 190), rng.uniform(0, 0.5))
    lit = rng.random((3, 16)) < 0.18
    if not canvas.sees(left - 0.01, right + 0.01):
        return right
    canvas.rectangle(left, roof, right, 1.2, wall, outline=True)
    canvas.rectangle(right - width * 0.22, roof, right, 1.2, mix(wall, (90, 90, 140), 0.3))
    canvas.rectangle(left - 0.006, roof - 0.016, right + 0.006, roof, mix(wall, WHITE, 0.3), outline=True)
    panes = _panes(left + width * 0.08, right - width * 0.28, roof + 0.04)
    canvas.shapes(panes, _PANE)
    canvas.shapes(panes[lit.T.ravel()[: len(panes)]], _LIT)
    return right


def _panes(left: float, right: float, top: float) -> Vertices:
    """Windows [n, 4, 2] in rows of three."""
    third = (right - left) / 3
    x, y = np.meshgrid(left + third * np.arange(3), np.arange(top, 0.87, 0.065))
    corners = np.array([(0, 0), (0.7 * third, 0), (0.7 * third, 0.036), (0, 0.036)])
    return np.asarray(np.stack([x.ravel(), y.ravel()], -1)[:, None] + corners)
