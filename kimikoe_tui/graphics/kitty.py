"""The kitty graphics protocol: PNG data in chunks, under one id a pane, so that a terminal holds one picture of it."""

import base64
import io
import itertools
import os
from typing import TYPE_CHECKING

import msgspec

from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.pixels import Pixels, cells_for, drafted, paletted, to_image
from kimikoe_tui.graphics.placeholders import DIACRITICS, IDS, placeholder_rows
from kimikoe_tui.graphics.real_pixels import RealPixels
from kimikoe_tui.graphics.renderer import Drawing, Layer
from kimikoe_tui.graphics.tmux import wrapped

if TYPE_CHECKING:
    from PIL.Image import Image

CHUNK = 4096
BYTES_PER_PIXEL, LEAST_BYTES = 168 * 1024 / 512**2, 64 * 1024
"""What a picture may cost on the wire; beyond it the palette is made smaller."""
PALETTES, DRAFT_PALETTE = (256, 128, 64, 32, 16, 8, 4), 32
"""Pure noise fits at 8 colours; 4 are two bits a pixel, which fit whatever they show."""
COMPRESSION, EXACT_COMPRESSION = 4, 2
"""More of it takes three to five times as long for a twentieth, and for an eighth, of the bytes."""
_numbers = itertools.count(1)


def new_id() -> int:
    """An image id that no other pane has, and hardly one of another program in the same terminal."""
    return IDS[(os.getpid() * 8 + next(_numbers)) % len(IDS)]


class Kitty(RealPixels):
    """Pictures that the terminal holds and placeholder cells show."""

    layer: Layer = "stored"

    def __init__(self, display: Display) -> None:
        super().__init__(display)
        self._id = new_id()

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """A picture at its own size, which the terminal scales."""
        size = self._size(pixels, min(columns, len(DIACRITICS)), min(rows, len(DIACRITICS)))
        drawing = self._drawing(pixels, size, self._show(pixels, size, payload(pixels, exact)))
        # kitty 0.48 may leave cells empty that were painted while it was resized; a command for them paints them again
        again = self._command(f"a=p,U=1,p=1,c={size[0]},r={size[1]}", "")
        return msgspec.structs.replace(drawing, rows=placeholder_rows(self._id, *size), again=again)

    def remove(self) -> str:
        """Delete the picture and what places it."""
        return self._command("a=d,d=I", "")

    def _show(self, _pixels: Pixels, size: tuple[int, int], png: str) -> str:
        """What has the terminal hold a PNG, and show it in so many cells."""
        return self._command(f"a=T,U=1,p=1,f=100,c={size[0]},r={size[1]}", png)

    def _draft(self, pixels: Pixels, size: tuple[int, int]) -> str:
        return self._show(pixels, size, _png(paletted(drafted(pixels), DRAFT_PALETTE)))

    def _size(self, pixels: Pixels, columns: int, rows: int) -> tuple[int, int]:
        return cells_for(pixels.width, pixels.height, columns, rows, self._display.cell)

    def _command(self, keys: str, data: str) -> str:
        """One command in its chunks, each wrapped where tmux stands between."""
        wrap = wrapped if self._display.in_tmux else str
        chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)] or [""]
        heads = [f"{keys},i={self._id},q=2,m=", *["q=2,m="] * (len(chunks) - 1)]
        last = len(chunks) - 1
        return "".join(
            wrap(f"\x1b_G{head}{int(at < last)};{chunk}\x1b\\")
            for at, (head, chunk) in enumerate(zip(heads, chunks, strict=True))
        )


class KittyDirect(Kitty):
    """Pictures above the text, for terminals that know no placeholders."""

    layer: Layer = "above"

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """A picture at its own size, which the terminal scales."""
        size = self._size(pixels, columns, rows)
        return self._drawing(pixels, size, self._show(pixels, size, payload(pixels, exact)))

    def _show(self, pixels: Pixels, size: tuple[int, int], png: str) -> str:
        """As above; only one side is told, so that the aspect stays."""
        width, height = self._display.cell
        wide = pixels.width * size[1] * height >= pixels.height * size[0] * width
        side = f"c={size[0]}" if wide else f"r={size[1]}"
        return self._command(f"a=T,p=1,f=100,C=1,{side}", png)


def payload(pixels: Pixels, exact: bool) -> str:
    """The picture as a PNG in base64: with a palette, or with every colour where it is to be `exact`."""
    image, most = to_image(pixels), max(LEAST_BYTES, BYTES_PER_PIXEL * pixels.width * pixels.height)
    if exact:
        return _png(image, EXACT_COMPRESSION)
    data = ""
    for colours in PALETTES:
        data = _png(paletted(image, colours))
        if len(data) <= most:
            break
    return data


def _png(image: "Image", compression: int = COMPRESSION) -> str:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=compression)
    return base64.b64encode(file.getvalue()).decode("ascii")
