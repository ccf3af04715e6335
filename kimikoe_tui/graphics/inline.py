"""iTerm2's inline images: a JPEG file in one sequence, which is the fewest bytes of all."""

import base64
import io

from kimikoe_tui.graphics.pixels import Pixels, cells_for, to_image
from kimikoe_tui.graphics.real_pixels import RealPixels
from kimikoe_tui.graphics.renderer import Drawing, Layer

KEPT = "preserveAspectRatio=1;doNotMoveCursor=1"
QUALITY, EXACT_QUALITY = 80, 95


class Inline(RealPixels):
    """Pictures painted into cells, where text erases them."""

    layer: Layer = "painted"

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """A picture at its own size, which the terminal scales."""
        size = cells_for(pixels.width, pixels.height, columns, rows, self._display.cell)
        file = io.BytesIO()
        to_image(pixels).save(file, "JPEG", quality=EXACT_QUALITY if exact else QUALITY)
        data = base64.b64encode(file.getvalue()).decode("ascii")
        options = f"inline=1;size={file.tell()};width={size[0]};height={size[1]};{KEPT}"
        return self._drawing(pixels, size, f"\x1b]1337;File={options}:{data}\x07")
