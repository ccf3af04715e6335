"""`python -m engine.sheet STUDIO < REQUEST`: a numbered contact sheet of pictures, one file to look at anywhere.

Numbers are the pictures' ids, so that they mean the same next week; the file also names them in its EXIF description,
by which `kimikoe rate --sheet` knows what was on it.
"""

import os
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from db import films, pictures, sheets
from db.connect import connect_studio
from db.errors import UserError
from db.findings import Looking
from db.i18n import _
from db.pictures import Picture
from db.sheets import SheetMade, SheetRequest, Told
from db.studio_files import inside
from engine.infotext import XMP
from engine.picture_file import read_picture
from engine.pixels import Film

FORMATS = {".webp": "WEBP", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
LONGEST_SIDE = 16_383  # of a WebP
MOST_PIXELS = 2**27
QUALITY = 85
GAP = 6
GROUND, TEXT, MUTED, KEPT, REJECTED = "#101216", "#f2f2f2", "#9aa0a6", "#e0a030", "#d06070"
Tell = Callable[[Told], None]


def make_sheet(root: Path, request: SheetRequest, tell: Tell) -> None:
    """Draw the sheet and put it in place, whole or not at all. Raises `UserError` where it cannot be."""
    db = connect_studio(root, read_only=True, migrate=False)
    sheet = Sheet(db, root, request)
    for index, image_id in enumerate(request.image_ids):
        tell(Looking(_("sheet"), index, len(request.image_ids)))
        sheet.place(index, pictures.picture(db, image_id))
    size = _put(sheet.image, Path(request.out), sheets.contents(db, request.image_ids))
    tell(SheetMade(sheet.image.width, sheet.image.height, size, list(dict.fromkeys(sheet.faults))))


class Sheet:
    """The sheet while it is drawn: rows of cells, each a picture, its nearest frame where wanted, and its number."""

    def __init__(self, db: sqlite3.Connection, root: Path, request: SheetRequest) -> None:
        self._db, self._root, self._request = db, root, request
        self._label = max(18, request.size // 9)
        self._font = ImageFont.load_default(self._label * 0.8)
        self._films: dict[int, Film] = {}
        self.faults: list[str] = []
        self._columns = min(request.columns, len(request.image_ids))
        rows = -(-len(request.image_ids) // self._columns)
        width, height = self._columns * self._cell[0] + GAP, rows * self._cell[1] + GAP
        _check_size(width, height)
        self.image = Image.new("RGB", (width, height), GROUND)
        self._draw = ImageDraw.Draw(self.image)

    @property
    def _cell(self) -> tuple[int, int]:
        size = self._request.size
        return (size * 2 if self._request.films else size) + GAP, size + self._label + GAP

    def place(self, index: int, picture: Picture) -> None:
        """Draw a picture in its cell."""
        left, top = index % self._columns * self._cell[0] + GAP, index // self._columns * self._cell[1] + GAP
        self._paste(partial(self._read, picture), left, top)
        if self._request.films:
            self._place_frame(picture.id, left + self._request.size, top)
        below = top + self._request.size
        self._draw.text((left, below), str(picture.id), TEXT, self._font)
        mark, colour = ("x", REJECTED) if picture.rejected else ("*" * (picture.stars or 0), KEPT)
        self._draw.text((left + self._request.size, below), mark, colour, self._font, anchor="ra")

    def _read(self, picture: Picture) -> NDArray[np.uint8]:
        return read_picture(inside(self._root, str(picture.path)))

    def _place_frame(self, image_id: int, left: int, top: int) -> None:
        nearest = pictures.matches(self._db, image_id)
        if not nearest:
            return
        match = nearest[0]
        self._paste(lambda: self._film(match.film_id).picture(match.frame_number, self._request.size), left, top)
        timecode = films.film(self._db, match.film_id).timecode(match.frame_number)
        self._draw.text((left + GAP, top + self._request.size), f"{timecode}  {match.score:.2f}", MUTED, self._font)

    def _paste(self, read: Callable[[], NDArray[np.uint8]], left: int, top: int) -> None:
        """Put a picture into its square, centred; where there is none to read, its place stays empty."""
        size = self._request.size
        try:
            image = Image.fromarray(read())
        except UserError as error:
            self.faults.append(str(error))
            self._draw.rectangle((left, top, left + size - 1, top + size - 1), outline=MUTED)
            return
        image.thumbnail((size, size), Image.Resampling.LANCZOS)
        self.image.paste(image, (left + (size - image.width) // 2, top + (size - image.height) // 2))

    def _film(self, film_id: int) -> Film:
        if film_id not in self._films:
            self._films[film_id] = Film(self._db, film_id)
        return self._films[film_id]


def _check_size(width: int, height: int) -> None:
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise UserError(
            _(
                "The sheet would have {width}x{height} pixels: take fewer pictures (limit:200) or a smaller --size."
            ).format(width=width, height=height)
        )


def _put(image: Image.Image, out: Path, contents: sheets.SheetContents) -> int:
    """Write the file aside and rename it; returns its bytes."""
    exif = Image.Exif()
    exif[sheets.DESCRIPTION_TAG] = msgspec.json.encode(contents).decode()
    try:
        with NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}-", delete=False) as file:
            try:
                image.save(file, FORMATS[out.suffix.lower()], quality=QUALITY, exif=exif, xmp=XMP.encode())
                os.replace(file.name, out)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return out.stat().st_size
    except ValueError as error:  # a JPEG has room for the numbers of some 2,900 pictures
        raise UserError(
            _("{path} has no room for the numbers of so many pictures: name a .webp or .png.").format(path=out)
        ) from error
    except OSError as error:
        raise UserError(
            _("{path} cannot be written: {error}").format(path=out, error=error.strerror or error)
        ) from error


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        make_sheet(Path(sys.argv[1]), msgspec.json.decode(sys.stdin.buffer.read(), type=SheetRequest), _tell)
    except UserError as error:
        sys.exit(f"kimikoe: {error}")
