"""A picture to try a terminal with: flat colours, a gradient and fine lines, made on the spot."""

import sys

from rich.color import ColorSystem
from rich.segment import Segment

from kimikoe_tui.graphics.choose import new_renderer
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.pixels import Pixels
from kimikoe_tui.graphics.real_pixels import RealPixels
from kimikoe_tui.graphics.renderer import Drawing

FLAT = ("#c8402a", "#e0a83a", "#4a8f5a", "#2f6fa8", "#6d4b94", "#e8dcc8")


def picture(side: int) -> Pixels:
    """A square picture with something of everything that shows whether a terminal draws rightly."""
    from PIL import Image, ImageDraw

    image = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    image = Image.blend(image, Image.radial_gradient("L").resize((side, side)).convert("RGB"), 0.5)
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(FLAT):
        left = side * (number + 0.08) / len(FLAT)
        draw.ellipse((left, side * 0.1, left + side * 0.14, side * 0.6), fill=colour, outline="#181410", width=3)
    for y in range(int(side * 0.7), int(side * 0.9), 4):
        draw.line((side * 0.1, y, side * 0.9, y), fill="#181410")
    return Pixels(side, side, image.tobytes())


def drawing(display: Display, cells: tuple[int, int], may_be_slow: bool = False) -> Drawing:
    """The picture of 512×512 in so many cells, with a draft where the line may be slow."""
    renderer = new_renderer(display)
    if isinstance(renderer, RealPixels):
        renderer.may_be_slow = lambda _count: may_be_slow
    return renderer.draw(picture(512), *cells)


def text(rows: list[list[Segment]]) -> list[str]:
    """Rows of cells as they are written."""
    return [
        "".join(part.style.render(part.text, color_system=ColorSystem.TRUECOLOR) if part.style else part.text
                for part in row)
        for row in rows
    ]  # fmt: skip


def size(drawing: Drawing) -> int:
    """The bytes of a drawing on the wire, cells and data."""
    return len(drawing.data) + sum(len(row.encode()) for row in text(drawing.rows))


def put_up(display: Display, cells: tuple[int, int]) -> None:
    """Show the picture in the terminal, below what stands there."""
    drawn = drawing(display, cells)
    rows = len(drawn.rows)
    sys.stdout.write("\n" * rows + f"\x1b[{rows}A\x1b7" + "\n".join(text(drawn.rows)) + "\x1b8")
    sys.stdout.write(drawn.data + f"\x1b8\x1b[{rows}B\n")
    sys.stdout.flush()
