"""A whole character, layer by layer from the back to the front."""

from dataclasses import replace

from engine.demo.drawing.accessories import draw_accessories, draw_earrings
from engine.demo.drawing.canvas import Canvas, Placement
from engine.demo.drawing.character import Figure
from engine.demo.drawing.clothes import draw_body
from engine.demo.drawing.face import draw_brows, draw_head
from engine.demo.drawing.hair import Hair


def draw_figure(canvas: Canvas, figure: Figure) -> None:
    """Draw the figure at its place; only the head follows the pose's tilt."""
    character, pose = figure.character, figure.pose
    y = figure.y - pose.lift * figure.size
    body = Placement(figure.x, y, figure.size, figure.mirrored)
    canvas.placement = body
    hair = Hair(canvas, character, pose.sway)
    hair.draw_behind()
    draw_body(canvas, character)
    if character.hairstyle == "braid":
        hair.draw_braid()
    canvas.placement = replace(body, rotation=pose.tilt)
    draw_head(canvas, character, pose)
    draw_earrings(canvas, character)
    hair.draw_over_face()
    draw_brows(canvas, character, pose.mouth)
    hair.draw_ties()
    draw_accessories(canvas, character)
