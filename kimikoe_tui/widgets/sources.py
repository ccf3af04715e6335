"""Where panes get their pictures: files of the studio, and frames of the film."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import NamedTuple

from db import pictures
from db.errors import UserError
from db.i18n import _
from kimikoe_tui.graphics.pixels import Pixels, fit, read_picture, scale
from kimikoe_tui.pixels import FrameServer


class FilmFrame(NamedTuple):
    """A frame's key, with the film's size, from which the width to ask for follows."""

    film_id: int
    number: int
    width: int
    height: int


class ImageFiles:
    """Pictures that were generated; a key is a picture's id."""

    def __init__(self, root: Path, reader: Callable[[], sqlite3.Connection]) -> None:
        self._root = root
        self._reader = reader

    def load(self, key: object, box: tuple[int, int]) -> Pixels:
        """The file's picture. Raises `UserError` where there is none, or where its path leads out of the studio."""
        assert isinstance(key, int)
        picture = pictures.picture(self._reader(), key)
        if picture.path is None:
            raise UserError(_("picture {id} has no file").format(id=key))
        path = self._root / picture.path
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise UserError(_("picture {id} lies outside the studio").format(id=key))
        return read_picture(path, box)

    def give_up(self) -> None:
        """A file is read in a moment; nothing to give up."""


class FilmFrames:
    """Frames of the film."""

    def __init__(self, server: FrameServer) -> None:
        self._server = server
        self._waiting: Future[Pixels] | None = None

    def load(self, key: object, box: tuple[int, int]) -> Pixels:
        """The frame's picture. Raises `UserError` where the server has none."""
        assert isinstance(key, FilmFrame)
        width, _height = fit(key.width, key.height, *box)
        self._waiting = self._server.request(key.film_id, key.number, width)
        try:
            return scale(self._waiting.result(), box)
        except CancelledError as error:
            raise UserError(_("no longer wanted")) from error

    def give_up(self) -> None:
        """Take back the wish that is open."""
        if self._waiting is not None:
            self._waiting.cancel()
