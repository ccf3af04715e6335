"""Pictures as plain RGB bytes, scaled to a box of pixels."""

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from PIL.Image import Image


DRAFT_BOX = (256, 256)


class Pixels(msgspec.Struct, frozen=True):
    """A picture: `width` × `height` pixels of three bytes, row by row."""

    width: int
    height: int
    rgb: bytes


def fit(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """The size of a picture that fills a box as far as its aspect allows; never less than one pixel."""
    scale = min(box_width / width, box_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def cells_for(width: int, height: int, columns: int, rows: int, cell: tuple[int, int]) -> tuple[int, int]:
    """The (columns, rows) that a picture takes which fills so many cells, each `cell` pixels, as its aspect allows."""
    wide, high = fit(width, height, columns * cell[0], rows * cell[1])
    return min(columns, -(-wide // cell[0])), min(rows, -(-high // cell[1]))


def shrink(pixels: Pixels, box: tuple[int, int]) -> Pixels:
    """The picture at the size that fits `box` where it is larger, else as it is."""
    return scale(pixels, box) if pixels.width > box[0] or pixels.height > box[1] else pixels


def drafted(pixels: Pixels) -> "Image":
    """The picture in so few pixels that it costs little."""
    return to_image(shrink(pixels, DRAFT_BOX))


def to_image(pixels: Pixels) -> "Image":
    """The picture for Pillow."""
    from PIL import Image

    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)


def paletted(image: "Image", colours: int) -> "Image":
    """The picture in at most so many colours, each pixel in the nearest of them.

    An octree finds the colours of drawings in a tenth of median cut's time, and more of those that large areas have.
    """
    from PIL import Image

    palette = image.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def scale(pixels: Pixels, box: tuple[int, int]) -> Pixels:
    """The picture at the size that fits `box`."""
    return resized(pixels, fit(pixels.width, pixels.height, *box))


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The picture at exactly this (width, height), whatever that makes of its aspect."""
    if size == (pixels.width, pixels.height):
        return pixels
    from PIL import Image

    smaller = size[0] < pixels.width
    small = to_image(pixels).resize(size, Image.Resampling.HAMMING if smaller else Image.Resampling.BICUBIC)
    return Pixels(*size, small.tobytes())
