"""A whole character, layer by layer from the back to the front."""

from dataclasses import replace

from engine.demo.drawing.accessories import draw_accessories, draw_earrings
from engine.demo.drawing.canvas import Canvas, Placement
from engine.demo.drawing.character import Character, Figure
from engine.demo.drawing.clothes import draw_body
from engine.demo.drawing.face import draw_brows, draw_head
from engine.demo.drawing.hair import Hair


def draw_figure(canvas: Canvas, figure: Figure) -> None:
    """Draw the figure at its place; only the head follows the pose's tilt."""
    character, pose = figure.character, figure.pose
    y = figure.y - pose.lift * figure.size
    body = Placement(figure.x, y, figure.size, figure.mirrored)
    head = replace(body, rotation=pose.tilt)
    hair = Hair(canvas, character, pose.sway)
    canvas.placement = body
    if pose.away:
        _draw_from_behind(canvas, character, hair, head)
    else:
        _draw_from_front(canvas, figure, hair, head)


def _draw_from_front(canvas: Canvas, figure: Figure, hair: Hair, head: Placement) -> None:
    character, pose = figure.character, figure.pose
    hair.draw_behind()
    draw_body(canvas, character)
    if character.hairstyle == "braid":
        hair.draw_braid()
    canvas.placement = head
    draw_head(canvas, character, pose)
    draw_earrings(canvas, character)
    hair.draw_over_face()
    draw_brows(canvas, character, pose.mouth)
    hair.draw_ties()
    draw_accessories(canvas, character)


def _draw_from_behind(canvas: Canvas, character: Character, hair: Hair, head: Placement) -> None:
    draw_body(canvas, character, away=True)
    canvas.placement = head
    hair.draw_back_of_head()
    hair.draw_ties(away=True)
    draw_accessories(canvas, character, away=True)
