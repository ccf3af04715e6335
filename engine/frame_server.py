"""The frame server: pixels of film frames and of generated pictures for a terminal, whatever the engine is doing.

It reads one JSON request a line from standard input:

- `{"id": 1, "film": 1, "frame": 57301, "width": 640, "format": "png"}` for a frame of a film, at most so wide;
- `{"id": 2, "image": 12, "width": 640, "format": "rgb"}` for a generated picture;
- `{"cancel": 1}` for a request that is no longer wanted.

The width may be left out; the format is png, jpeg or rgb. With `"window": [800, 600]` the answer is so many pixels of
the picture at its own size; `"around": [0.5, 0.5]`, shares of its width and height, says around which place. Each
request is answered in order on standard output by one JSON line, `{"id", "bytes", "width", "height", "format"}` with
that many bytes after it, or `{"id", "error"}`; a cancelled request that was still waiting is answered by the error
`cancelled`. While nothing is asked it reads what will be asked next, one back and three ahead. It ends with its input
and writes nothing.
"""

import io
import json
import sqlite3
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from db.connect import connect_studio
from db.errors import UserError
from db.i18n import _
from db.studio_files import inside
from engine.picture_file import cut_out, read_picture, shrunk
from engine.pixel_requests import Format, Inbox, PixelRequest
from engine.pixels import Film
from engine.thumbs import WIDTH as THUMBNAIL_WIDTH
from engine.thumbs import stored_thumbnail

JPEG_QUALITY = 90
PNG_COMPRESSION = 1
THUMBNAILS_NAME = "thumbs.db"
KEPT_BYTES = 48 * 2**20
OPEN_FILMS = 2
AHEAD = (-1, 1, 2, 3)  # the one before was decoded on the way

Key = tuple[str, int, int, int | None]  # kind, film, number, width


class FrameServer:
    """Answers requests from films it keeps open and pictures it has read ahead, both bounded."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._db = connect_studio(root, read_only=True)
        self._films: OrderedDict[int, Film] = OrderedDict()
        self._kept: OrderedDict[Key, NDArray[np.uint8]] = OrderedDict()
        self._kept_bytes = 0
        self._ahead: deque[Key] = deque()

    def serve(self, requests: BinaryIO, answers: BinaryIO) -> None:
        """Answer until the input ends or the reader of the answers goes away."""
        inbox = Inbox(requests)
        with suppress(BrokenPipeError):
            while (item := self._next(inbox)) is not None:
                header, body = self._answer(*item)
                answers.write(json.dumps(header).encode() + b"\n" + body)
                answers.flush()

    def _next(self, inbox: Inbox) -> tuple[PixelRequest | str, bool] | None:
        """The next request; until it comes, read ahead."""
        while self._ahead and inbox.is_idle():
            with suppress(Exception):  # who asks for it is told the reason
                self._pixels(self._ahead.popleft())
        return inbox.next()

    def _answer(self, request: PixelRequest | str, cancelled: bool) -> tuple[dict[str, Any], bytes]:
        if isinstance(request, str):
            return {"id": None, "error": request}, b""
        if cancelled:
            return {"id": request.id, "error": "cancelled"}, b""
        key = _key(request)
        try:
            rgb = self._pixels(key)
            self._ahead = deque(self._neighbours(key))
            if request.window:
                rgb = cut_out(rgb, request.around or (0.5, 0.5), request.window)
            body = encode_picture(rgb, request.format)
        except Exception as error:  # one bad request must not end the server
            self._forget(request.film)
            return {"id": request.id, "error": str(error) or type(error).__name__}, b""
        height, width = rgb.shape[:2]
        size = {"bytes": len(body), "width": width, "height": height}
        return {"id": request.id, **size, "format": request.format}, body

    def _pixels(self, key: Key) -> NDArray[np.uint8]:
        """The picture [h, w, 3], kept for a while where it was decoded."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        kind, film_id, number, width = key
        if kind == "image":
            return self._keep(key, read_picture(self._image_path(number), width, drawn=True))
        if width and width <= THUMBNAIL_WIDTH and (jpeg := self._stored(film_id, number)):
            return _thumbnail(jpeg, width)
        return self._keep(key, self._film(film_id).picture(number, width))

    def _stored(self, film_id: int, number: int) -> bytes | None:
        """A frame's thumbnail, which needs neither decoding nor the film where it was."""
        row = self._db.execute("SELECT sha256 FROM film WHERE id = ?", (film_id,)).fetchone()
        return stored_thumbnail(self._root / THUMBNAILS_NAME, row["sha256"], number) if row else None

    def _keep(self, key: Key, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        self._kept[key] = rgb
        self._kept_bytes += rgb.nbytes
        while self._kept_bytes > KEPT_BYTES:
            _key, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.nbytes
        return rgb

    def _neighbours(self, key: Key) -> Iterator[Key]:
        """What is likely to be asked next and has not been read yet."""
        kind, film_id, number, width = key
        if kind == "image":
            numbers = self._images_around(number)
        elif width and width <= THUMBNAIL_WIDTH:
            numbers = []
        else:
            numbers = [number + step for step in AHEAD if number + step > 0]
        yield from (each for each in ((kind, film_id, near, width) for near in numbers) if each not in self._kept)

    def _images_around(self, image_id: int) -> list[int]:
        """Finished pictures after this one, then the one before, by their ids."""
        after = self._db.execute(
            "SELECT id FROM image WHERE state = 'done' AND id > ? ORDER BY id LIMIT ?", (image_id, len(AHEAD) - 1)
        ).fetchall()
        before = self._db.execute(
            "SELECT id FROM image WHERE state = 'done' AND id < ? ORDER BY id DESC LIMIT 1", (image_id,)
        ).fetchall()
        return [int(row["id"]) for row in (*after, *before)]

    def _image_path(self, image_id: int) -> Path:
        """The file of a generated picture; raises `UserError` where it has none or lies outside the studio."""
        row: sqlite3.Row | None = self._db.execute("SELECT path FROM image WHERE id = ?", (image_id,)).fetchone()
        if row is None or row["path"] is None:
            raise UserError(_("picture {id} has no file").format(id=image_id))
        return inside(self._root, row["path"])

    def _film(self, film_id: int) -> Film:
        if film_id not in self._films:
            self._films[film_id] = Film(self._db, film_id)
            while len(self._films) > OPEN_FILMS:
                self._films.popitem(last=False)[1].close()
        self._films.move_to_end(film_id)
        return self._films[film_id]

    def _forget(self, film_id: int) -> None:
        """Close a film after an error, so that the next request finds it where it has been moved to."""
        self._ahead.clear()
        if film := self._films.pop(film_id, None):
            film.close()


def _key(request: PixelRequest) -> Key:
    width = None if request.window else request.width
    if request.image is not None:
        return "image", 0, request.image, width
    return "frame", request.film, request.frame, width


def _thumbnail(jpeg: bytes, width: int) -> NDArray[np.uint8]:
    """A JPEG's picture [h, w, 3], shrunk to `width` where it is wider."""
    with Image.open(io.BytesIO(jpeg)) as image:
        return np.asarray(shrunk(image.convert("RGB"), width))


def encode_picture(rgb: NDArray[np.uint8], form: Format) -> bytes:
    """A picture [h, w, 3] as a PNG or JPEG file, or as its bare bytes."""
    if form == "rgb":
        return rgb.tobytes()
    buffer = io.BytesIO()
    options = {"quality": JPEG_QUALITY} if form == "jpeg" else {"compress_level": PNG_COMPRESSION}
    Image.fromarray(rgb).save(buffer, form, **options)
    return buffer.getvalue()
