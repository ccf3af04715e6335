"""A scene: a place, the figures in it, a camera. Equal scenes are the same drawing."""

from dataclasses import dataclass
from functools import lru_cache

import cv2

from engine.demo.drawing.background import background_tags, draw_background
from engine.demo.drawing.canvas import CENTRED, Camera, Canvas, Picture
from engine.demo.drawing.character import Figure
from engine.demo.drawing.figure import draw_figure
from engine.demo.drawing.finish import finish
from engine.demo.drawing.style import Style

HEAD_SIZE = {"close-up": 0.36, "portrait": 0.27, "upper body": 0.19, "cowboy shot": 0.125}
HEAD_Y = {"close-up": 0.52, "portrait": 0.46, "upper body": 0.38, "cowboy shot": 0.33}
_GIRLS = {1: "1girl", 2: "2girls", 3: "3girls"}
SUPERSAMPLING = 2


@dataclass(frozen=True)
class Scene:
    """Everything one drawing shows. `figures` go from the back to the front."""

    background: str
    background_seed: int = 0
    figures: tuple[Figure, ...] = ()
    camera: Camera = CENTRED

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(figure.character.name for figure in self.figures if figure.character.name)

    @property
    def framing(self) -> str | None:
        """The framing whose head size is nearest to the largest head's, or None without figures."""
        if not self.figures:
            return None
        size = max(figure.size for figure in self.figures) * self.camera.zoom
        return min(HEAD_SIZE, key=lambda kind: max(HEAD_SIZE[kind] / size, size / HEAD_SIZE[kind]))

    def tags(self) -> list[str]:
        """What the centred square shows, in danbooru's words with spaces, each once: people first."""
        tags = _people(self.figures)
        if self.framing:
            tags.append(self.framing)
        for figure in self.figures:
            tags += figure.tags(bottom=self.camera.y + 0.5 / self.camera.zoom)
        return list(dict.fromkeys(tags + background_tags(self.background)))


def draw_scene(scene: Scene, style: Style, width: int, height: int) -> Picture:
    """The scene as an RGB picture [height, width, 3]."""
    canvas = Canvas(width, height, style, scene.camera, SUPERSAMPLING)
    canvas.pixels[:] = _background(scene.background, scene.background_seed, scene.camera, style, width, height)
    for figure in scene.figures:
        draw_figure(canvas, figure)
    return finish(canvas, width, height)


def one_thread() -> None:
    """For worker processes: OpenCV's own threads only get in each other's way."""
    cv2.setNumThreads(1)


@lru_cache(maxsize=2)
def _background(kind: str, seed: int, camera: Camera, style: Style, width: int, height: int) -> Picture:
    """The supersampled background; a shot's drawings mostly share one."""
    canvas = Canvas(width, height, style, camera, SUPERSAMPLING)
    draw_background(canvas, kind, seed)
    return canvas.pixels


def _people(figures: tuple[Figure, ...]) -> list[str]:
    girls = sum(not figure.character.boy for figure in figures)
    boys = len(figures) - girls
    if not figures:
        return ["no humans", "scenery"]
    tags = [_GIRLS[girls]] if girls else []
    if girls > 1:
        tags.append("multiple girls")
    if boys:
        tags.append("1boy" if boys == 1 else "multiple boys")
    return [*tags, "solo"] if len(figures) == 1 else tags
