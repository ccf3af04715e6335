"""Pictures as plain RGB bytes, scaled to a box of pixels."""

from typing import TYPE_CHECKING

import msgspec

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


def scale(pixels: Pixels, box: tuple[int, int]) -> Pixels:
    """The picture at the size that fits `box`."""
    if fit(pixels.width, pixels.height, *box) == (pixels.width, pixels.height):
        return pixels
    from PIL import Image

    return _scaled(Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb), box)


def _scaled(image: "Image", box: tuple[int, int]) -> Pixels:
    from PIL import Image

    size = fit(image.width, image.height, *box)
    smaller = size[0] < image.width
    small = image.resize(size, Image.Resampling.HAMMING if smaller else Image.Resampling.BICUBIC)
    return Pixels(*size, small.tobytes())
