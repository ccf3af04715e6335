"""Picture files as pixels, whoever wrote them: what cannot be read is said in a line."""

from contextlib import suppress
from pathlib import Path
from warnings import catch_warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from db.errors import UserError
from db.i18n import _

MOST_PIXELS = 2**26  # 200 MB as they are decoded
FORMATS = ("PNG", "JPEG", "WEBP")  # of what is drawn; others have readers that nobody needs here
_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError)


def read_picture(path: Path, width: int | None = None, drawn: bool = False) -> NDArray[np.uint8]:
    """The picture [h, w, 3] in a file, at most `width` wide. Raises `UserError` where there is none to read.

    Where it is to be one that kimikoe has `drawn`, any other kind is refused with what it is instead of being changed.
    """
    try:
        if path.exists() and not path.is_file():
            raise OSError(_("it is no file"))
        with _opened(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_large(path, image.size)
            if drawn and (other := _other_kind(image)):
                words = _("{name} is no picture that kimikoe drew: {other}")
                raise UserError(words.format(name=path.name, other=other))
            if width:
                image.draft("RGB", (width, round(image.height * width / image.width)))
            return np.asarray(shrunk(_opaque(image), width))
    except FileNotFoundError as error:
        raise UserError(_("the file {name} is gone").format(name=path.name)) from error
    except _UNREADABLE as error:
        raise UserError(_("{name} cannot be read: {error}").format(name=path.name, error=error)) from error


def _opened(path: Path) -> Image.Image:
    """A picture of which only the head has been read. Raises `UserError` where Pillow takes its size for an attack."""
    try:
        with catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            return Image.open(path, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(path, _size(path)) from error


def _size(path: Path) -> tuple[int, int] | None:
    """(width, height) by the readers of Pillow that leave it to their caller to judge it; None where another reads."""
    for kind in (PngImageFile, JpegImageFile):
        with suppress(SyntaxError), kind(path) as image:
            return image.size
    return None


def _too_large(path: Path, size: tuple[int, int] | None) -> UserError:
    if size is None:
        return UserError(_("{name} is too large to show").format(name=path.name))
    words = _("{name} is too large to show: {width}x{height}")
    return UserError(words.format(name=path.name, width=size[0], height=size[1]))


def _other_kind(image: Image.Image) -> str:
    """What a picture is that this program does not draw; empty for one that it could have drawn."""
    if image.size == (1, 1):
        return _("it is a single pixel")
    if getattr(image, "n_frames", 1) > 1:
        return _("it is animated")
    if image.mode == "CMYK":
        return _("its colours are for print (CMYK)")
    if image.mode[0] in "IF" or any("16" in str(tile[3]) for tile in getattr(image, "tile", ())):
        return _("it has 16 bits a colour")
    return ""


def shrunk(image: Image.Image, width: int | None) -> Image.Image:
    """A picture no wider than `width`."""
    if not width or width >= image.width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.BOX)


def cut_out(rgb: NDArray[np.uint8], around: tuple[float, float], size: tuple[int, int]) -> NDArray[np.uint8]:
    """At most `size` (width, height) pixels of a picture [h, w, 3], around a place in shares of its sides."""
    height, width = rgb.shape[:2]
    left = max(0, min(width - size[0], round(around[0] * width - size[0] / 2)))
    top = max(0, min(height - size[1], round(around[1] * height - size[1] / 2)))
    return rgb[top : top + size[1], left : left + size[0]]


def _opaque(image: Image.Image) -> Image.Image:
    """Without transparency: what shows through is black, as a terminal's ground nearly is."""
    if image.mode in ("RGB", "L"):
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
