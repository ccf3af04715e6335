"""Film pixels by frame number, and the read-only frame server that the terminal keeps as a child process.

`python -m engine.pixels STUDIO` reads one JSON request a line from standard input:
`{"id": 1, "film": 1, "frame": 57301, "width": null, "format": "png"}`, the format being png, jpeg or rgb, or
`{"cancel": 1}` for a request that is no longer wanted. Each request is answered in order on standard output by one
JSON line, `{"id", "bytes", "width", "height", "format"}` followed by that many bytes, or `{"id", "error"}`; a
cancelled request that was still waiting is answered by the error `cancelled`. It ends with its input.
"""

import io
import json
import sqlite3
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from db.connect import connect_studio
from db.errors import UserError
from db.i18n import _
from engine.film_file import FilmInfo
from engine.fit import Box, Fit, cropped, fit_picture, width_before_crop
from engine.thumbs import WIDTH as THUMBNAIL_WIDTH
from engine.thumbs import stored_thumbnail
from engine.video import FilmReader, Threads

JPEG_QUALITY = 90
PNG_COMPRESSION = 1
THUMBNAILS_NAME = "thumbs.db"


class Film:
    """A film of the studio, its file open: pictures by frame number."""

    def __init__(self, db: sqlite3.Connection, film_id: int, *, threads: Threads = "SLICE") -> None:
        row = db.execute("SELECT * FROM film WHERE id = ?", (film_id,)).fetchone()
        if row is None:
            raise UserError(_("There is no film {id} in this studio.").format(id=film_id))
        self.id = film_id
        self.name: str = row["name"]
        self.sha256: str = row["sha256"]
        self.fps = Fraction(row["fps_num"], row["fps_den"])
        self.path = _present(row)
        self.info = FilmInfo.from_json(row["decode"])
        self.fit = Fit(
            Box(row["crop_x"], row["crop_y"], row["crop_w"], row["crop_h"]),
            row["fit"],
            row["focus_x"],
            row["focus_y"],
        )
        self._db = db
        self._reader = FilmReader(self.path, self.info, self._pts, threads=threads)

    def picture(self, number: int, width: int | None = None) -> NDArray[np.uint8]:
        """The displayed picture [h, w, 3] of a frame without the letterbox, `width` pixels wide where given."""
        full = width and min(self.info.width, width_before_crop(width, self.fit.crop, self.info.width))
        return cropped(self._reader.picture(number, full), self.fit.crop, self.info.width)

    def fitted(self, numbers: Sequence[int], width: int, height: int) -> NDArray[np.uint8]:
        """Pictures [n, height, width, 3] as a model of that shape sees them."""
        fitted = np.empty((len(numbers), height, width, 3), np.uint8)
        for index in sorted(range(len(numbers)), key=numbers.__getitem__):
            fitted[index] = fit_picture(self._reader.picture(numbers[index]), self.fit, width, height)
        return fitted

    def close(self) -> None:
        """Close the film's file."""
        self._reader.close()

    def _pts(self, number: int) -> int:
        row = self._db.execute("SELECT pts FROM frame WHERE film_id = ? AND number = ?", (self.id, number)).fetchone()
        if row is None:
            raise UserError(_("Film {name} has no frame {number}.").format(name=self.name, number=number))
        return int(row["pts"])


def _present(row: sqlite3.Row) -> Path:
    """The film's file, if it is where it was and of the size it had."""
    path = Path(row["path"])
    if not path.is_file() or path.stat().st_size != row["bytes"]:
        raise UserError(
            _("The film {name} is no longer at {path}: take it in again from where it is now.").format(
                name=row["name"], path=path
            )
        )
    return path


class PixelRequest(msgspec.Struct, kw_only=True):
    """One line of input: a picture that is wanted, or with `cancel` one that no longer is."""

    id: int | None = None
    film: int = 0
    frame: int = 0
    width: int | None = None
    format: Literal["png", "jpeg", "rgb"] = "png"
    cancel: int | None = None


class _Inbox:
    """Requests in the order they came, read ahead so that a cancellation overtakes the work."""

    def __init__(self, lines: BinaryIO) -> None:
        self._waiting: list[PixelRequest | str] = []
        self._cancelled: set[int | None] = set()
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def next(self) -> tuple[PixelRequest | str, bool] | None:
        """The next request and whether it was cancelled, a complaint about a bad line, or None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting:
                return None
            request = self._waiting.pop(0)
            cancelled = isinstance(request, PixelRequest) and request.id in self._cancelled
            if isinstance(request, PixelRequest):
                self._cancelled.discard(request.id)
            return request, cancelled

    def _read(self, lines: BinaryIO) -> None:
        for line in lines:
            with self._changed:
                self._take(line)
                self._changed.notify()
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _take(self, line: bytes) -> None:
        try:
            request = msgspec.json.decode(line, type=PixelRequest)
        except msgspec.MsgspecError as error:
            self._waiting.append(str(error))
            return
        if request.cancel is None:
            self._waiting.append(request)
        elif any(isinstance(item, PixelRequest) and item.id == request.cancel for item in self._waiting):
            self._cancelled.add(request.cancel)


class FrameServer:
    """Answers requests from films it keeps open."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._db = connect_studio(root, read_only=True)
        self._films: dict[int, Film] = {}

    def serve(self, requests: BinaryIO, answers: BinaryIO) -> None:
        """Answer until the input ends or the reader of the answers goes away."""
        inbox = _Inbox(requests)
        with suppress(BrokenPipeError):
            while (item := inbox.next()) is not None:
                header, body = self._answer(*item)
                answers.write(json.dumps(header).encode() + b"\n" + body)
                answers.flush()

    def _answer(self, request: PixelRequest | str, cancelled: bool) -> tuple[dict[str, Any], bytes]:
        if isinstance(request, str):
            return {"id": None, "error": request}, b""
        if cancelled:
            return {"id": request.id, "error": "cancelled"}, b""
        try:
            rgb = self._picture(request)
        except Exception as error:  # one bad request must not end the server
            self._forget(request.film)
            return {"id": request.id, "error": str(error) or type(error).__name__}, b""
        body = encode_picture(rgb, request.format)
        height, width = rgb.shape[:2]
        size = {"bytes": len(body), "width": width, "height": height}
        return {"id": request.id, **size, "format": request.format}, body

    def _picture(self, request: PixelRequest) -> NDArray[np.uint8]:
        """The picture, from its thumbnail where that is large enough: a page of them needs no decoding."""
        film = self._film(request.film)
        if request.width and request.width <= THUMBNAIL_WIDTH:
            jpeg = stored_thumbnail(self._root / THUMBNAILS_NAME, film.sha256, request.frame)
            if jpeg is not None:
                return _scaled(jpeg, request.width)
        return film.picture(request.frame, request.width)

    def _film(self, film_id: int) -> Film:
        if film_id not in self._films:
            self._films[film_id] = Film(self._db, film_id)
        return self._films[film_id]

    def _forget(self, film_id: int) -> None:
        """Close a film after an error, so that the next request finds it where it has been moved to."""
        if film := self._films.pop(film_id, None):
            film.close()


def _scaled(jpeg: bytes, width: int) -> NDArray[np.uint8]:
    """A JPEG's picture [h, w, 3], shrunk to `width` where it is wider."""
    with Image.open(io.BytesIO(jpeg)) as image:
        shown = image.convert("RGB")
    if width < shown.width:
        shown = shown.resize((width, max(1, round(shown.height * width / shown.width))), Image.Resampling.BOX)
    return np.asarray(shown)


def encode_picture(rgb: NDArray[np.uint8], form: Literal["png", "jpeg", "rgb"]) -> bytes:
    """A picture [h, w, 3] as a PNG or JPEG file, or as its bare bytes."""
    if form == "rgb":
        return rgb.tobytes()
    buffer = io.BytesIO()
    options = {"quality": JPEG_QUALITY} if form == "jpeg" else {"compress_level": PNG_COMPRESSION}
    Image.fromarray(rgb).save(buffer, form, **options)
    return buffer.getvalue()


def main() -> None:
    """Serve the studio named on the command line."""
    try:
        server = FrameServer(Path(sys.argv[1]))
    except UserError as error:
        sys.exit(str(error))
    server.serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
