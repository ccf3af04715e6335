"""A screen of cells whose painted pixels belong to their cells: text erases them, and scrolling takes them along."""

import pyte
from PIL import Image
from pyte.screens import Char


class Painted(Char):
    """A cell that pixels were painted in."""

    tile: Image.Image


class PictureScreen(pyte.Screen):
    """Cells as `pyte` keeps them, with pixels."""

    def paint(self, image: Image.Image, row: int, column: int, cell: tuple[int, int]) -> None:
        """Paint pixels from a cell on; what reaches past the screen is cut, and what is transparent changes nothing."""
        width, height = cell
        for y in range(row, min(self.lines, row - (-image.height // height))):
            for x in range(column, min(self.columns, column - (-image.width // width))):
                left, top = (x - column) * width, (y - row) * height
                tile = image.crop((left, top, left + width, top + height))
                before = self.buffer[y][x]
                if isinstance(before, Painted):
                    tile = Image.alpha_composite(before.tile, tile)
                painted = Painted(*before._replace(data=" "))
                painted.tile = tile
                self.buffer[y][x] = painted
