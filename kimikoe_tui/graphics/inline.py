"""iTerm2's inline images: a JPEG file in one sequence, which is the fewest bytes of all."""

import base64
import io
from typing import TYPE_CHECKING

from kimikoe_tui.graphics.pixels import Pixels, cells_for, drafted, to_image
from kimikoe_tui.graphics.real_pixels import RealPixels
from kimikoe_tui.graphics.renderer import Drawing, Layer

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT = "preserveAspectRatio=1;doNotMoveCursor=1"
QUALITY, DRAFT_QUALITY = 80, 40
EXACT_COMPRESSION = 2


class Inline(RealPixels):
    """Pictures painted into cells, where text erases them."""

    layer: Layer = "painted"

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """A picture at its own size, which the terminal scales."""
        size = cells_for(pixels.width, pixels.height, columns, rows, self._display.cell)
        return self._drawing(pixels, size, _inline(to_image(pixels), size, None if exact else QUALITY))

    def _draft(self, pixels: Pixels, size: tuple[int, int]) -> str:
        return _inline(drafted(pixels), size, DRAFT_QUALITY)


def _inline(image: "Image", size: tuple[int, int], quality: int | None) -> str:
    """A picture in so many cells: a JPEG of a quality, or a PNG where nothing may be lost."""
    file = io.BytesIO()
    if quality is None:
        image.save(file, "PNG", compress_level=EXACT_COMPRESSION)
    else:
        image.save(file, "JPEG", quality=quality)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    options = f"inline=1;size={file.tell()};width={size[0]};height={size[1]};{KEPT}"
    return f"\x1b]1337;File={options}:{data}\x07"
