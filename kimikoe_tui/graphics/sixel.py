"""Sixel: six rows of pixels at a time, colour by colour, in printable characters."""

import time
from itertools import groupby
from typing import TYPE_CHECKING

from kimikoe_tui.graphics import chafa
from kimikoe_tui.graphics.pixels import Pixels, fit, paletted, resized, scale, to_image
from kimikoe_tui.graphics.real_pixels import RealPixels
from kimikoe_tui.graphics.renderer import Drawing, Layer

if TYPE_CHECKING:
    from PIL.Image import Image

BAND = 6
CLEAR = 255
"""The palette index that paints nothing, below a picture whose height is no multiple of six."""
XTERM_BOX = (1000, 996)
"""xterm draws nothing of a picture that is larger than its `maxGraphicSize`, 1000×1000 if not set; in whole bands."""
DRAFT_COLOURS = 16
_CHARACTERS = [chr(63 + bits) for bits in range(64)]
Run = tuple[int, int, int]  # where it begins, which of the six rows it fills, how long it is


class Sixel(RealPixels):
    """Pictures painted into cells, where text erases them."""

    layer: Layer = "painted"

    def pixel_box(self, columns: int, rows: int) -> tuple[int, int]:
        """All the pixels of the cells, as far as the terminal draws pictures so large."""
        box = super().pixel_box(columns, rows)
        return (min(box[0], XTERM_BOX[0]), min(box[1], XTERM_BOX[1])) if self._display.brand == "xterm" else box

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """A picture at the size at which it is seen, for the terminal does not scale it."""
        cell = self._display.cell
        width, height = fit(pixels.width, pixels.height, *self.pixel_box(columns, rows))
        size = -(-width // cell[0]), -(-height // cell[1])
        colours = min(CLEAR, self._display.colours)
        image = to_image(resized(pixels, (width, height)))
        if exact and colours == CLEAR and (quick := chafa.encoder()):
            return self._drawing(pixels, size, quick(image))
        return self._drawing(pixels, size, encoded(paletted(image, colours)))

    @property
    def is_quick(self) -> bool:
        """Our own encoder takes so long that a sketch is worth its bytes."""
        return chafa.encoder() is not None

    def _draft(self, pixels: Pixels, size: tuple[int, int]) -> str:
        """Few colours in squares of two by two pixels."""
        from PIL import Image

        width, height = fit(pixels.width, pixels.height, *self.pixel_box(*size))
        few = scale(pixels, (max(1, width // 2), max(1, height // 2)))
        image = paletted(to_image(few), DRAFT_COLOURS)
        return encoded(image.resize((width, height), Image.Resampling.NEAREST))


def encoded(image: "Image") -> str:
    """A picture of at most 255 colours as a device control string, by the quickest encoder there is."""
    return (chafa.encoder() or encode)(image)


def encode(image: "Image") -> str:
    """The same without chafa, pixel for pixel; between bands other threads, as that of the keys, have their turn."""
    from PIL import Image

    width, height = image.width, -(-image.height // BAND) * BAND
    padded = Image.new("P", (width, height), CLEAR)
    padded.paste(image)
    pixels = padded.transpose(Image.Transpose.TRANSPOSE).tobytes()  # column by column
    known: dict[bytes, list[tuple[int, int]]] = {}
    bands = []
    for top in range(0, height, BAND):
        bands.append(_band([pixels[at : at + BAND] for at in range(top, width * height, height)], known))
        time.sleep(0)
    return f'\x1bP0;1;0q"1;1;{width};{image.height}{_palette(image)}{"-".join(bands)}\x1b\\'


def _palette(image: "Image") -> str:
    """All colours, before the first is used: terminals differ in what an undefined one is."""
    values = image.getpalette() or []
    percents = [round(value * 100 / 255) for value in values]
    return "".join(
        f"#{number};2;{percents[at]};{percents[at + 1]};{percents[at + 2]}"
        for number, at in enumerate(range(0, len(percents) - 2, 3))
    )


def _band(columns: list[bytes], known: dict[bytes, list[tuple[int, int]]]) -> str:
    """Six rows, given as columns of six palette indices; `known` remembers which rows each colour fills in a column."""
    runs: dict[int, list[Run]] = {}
    x = 0
    for column, equal in groupby(columns):
        length = len(list(equal))
        filled = known.get(column)
        if filled is None:
            filled = known[column] = _filled(column)
        for colour, bits in filled:
            runs.setdefault(colour, []).append((x, bits, length))
        x += length
    return "$".join(f"#{colour}{_row(of_colour)}" for colour, of_colour in runs.items())


def _filled(column: bytes) -> list[tuple[int, int]]:
    bits: dict[int, int] = {}
    for row, colour in enumerate(column):
        if colour != CLEAR:
            bits[colour] = bits.get(colour, 0) | 1 << row
    return list(bits.items())


def _row(runs: list[Run]) -> str:
    """One colour's part of a band."""
    parts: list[str] = []
    end, last, length = 0, 0, 0
    for x, bits, more in runs:
        if x == end and bits == last:
            length += more
        else:
            parts += _repeated(last, length), _repeated(0, x - end)
            last, length = bits, more
        end = x + more
    parts.append(_repeated(last, length))
    return "".join(parts)


def _repeated(bits: int, count: int) -> str:
    return _CHARACTERS[bits] * count if count < 4 else f"!{count}{_CHARACTERS[bits]}"
