"""Pictures as plain RGB bytes, read from files and scaled to a box of pixels."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from db.errors import UserError
from db.i18n import _

if TYPE_CHECKING:
    from PIL.Image import Image


class Pixels(msgspec.Struct, frozen=True):
    """A picture: `width` × `height` pixels of three bytes, row by row."""

    width: int
    height: int
    rgb: bytes


def fit(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """The size of a picture that fills a box as far as its aspect allows; never less than one pixel."""
    scale = min(box_width / width, box_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def read_picture(path: Path, box: tuple[int, int]) -> Pixels:
    """The picture in a file, scaled to fit `box` (width, height). Raises `UserError` where there is none to read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.draft("RGB", box)
            return _scaled(_opaque(image), box)
    except FileNotFoundError as error:
        raise UserError(_("the file {name} is gone").format(name=path.name)) from error
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(_("{name} cannot be read: {error}").format(name=path.name, error=error)) from error


def scale(pixels: Pixels, box: tuple[int, int]) -> Pixels:
    """The picture at the size that fits `box`."""
    if fit(pixels.width, pixels.height, *box) == (pixels.width, pixels.height):
        return pixels
    from PIL import Image

    return _scaled(Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb), box)


def _opaque(image: "Image") -> "Image":
    """Without transparency: what shows through is black, as the terminal's ground nearly is."""
    from PIL import Image

    if image.mode in ("RGB", "L"):
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def _scaled(image: "Image", box: tuple[int, int]) -> Pixels:
    from PIL import Image

    size = fit(image.width, image.height, *box)
    smaller = size[0] < image.width
    small = image.resize(size, Image.Resampling.HAMMING if smaller else Image.Resampling.BICUBIC)
    return Pixels(*size, small.tobytes())
