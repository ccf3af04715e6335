"""A screen of cells whose painted pixels belong to their cells: text erases them, and scrolling takes them along."""

import pyte
from PIL import Image
from pyte.screens import Char


class Painted(Char):
    """A cell that pixels were painted in."""

    tile: Image.Image


class PictureScreen(pyte.Screen):
    """Cells as `pyte` keeps them, with pixels."""

    def select_graphic_rendition(self, *attributes: int, **private: bool) -> None:
        """Keep a foreground of the palette by its number, which may be an image's: `palette42`."""
        super().select_graphic_rendition(*attributes, **private)
        at = 0
        while at < len(attributes):
            if attributes[at] == 38 and attributes[at + 1] == 5:
                self.cursor.attrs = self.cursor.attrs._replace(fg=f"palette{attributes[at + 2]}")
            at += {2: 5, 5: 3}[attributes[at + 1]] if attributes[at] in (38, 48) else 1

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
