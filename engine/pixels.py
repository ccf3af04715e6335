"""Film pixels by frame number; `python -m engine.pixels STUDIO` is the frame server, see `engine.frame_server`."""

import os
import sqlite3
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _
from engine.film_file import FilmInfo, stamp
from engine.film_reader import FilmReader
from engine.fit import Box, Fit, cropped, fit_picture, width_before_crop
from engine.video import Threads

NICENESS = 2
"""Pictures give way to the keys of the terminals that wait for them; the engine's work gives way to both."""


class Film:
    """A film of the studio, its file open: pictures by frame number; `threads` and `onward` as in `FilmReader`."""

    def __init__(
        self, db: sqlite3.Connection, film_id: int, *, threads: Threads = "SLICE", onward: bool = False
    ) -> None:  # fmt: skip
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
        self._reader = FilmReader(
            self.path, self.info, self._place, self._last_key, threads=threads, onward=onward
        )  # fmt: skip

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

    def _place(self, number: int) -> tuple[int, int]:
        row = self._db.execute(
            "SELECT pts, fields FROM frame WHERE film_id = ? AND number = ?", (self.id, number)
        ).fetchone()
        if row is None:
            raise UserError(_("Film {name} has no frame {number}.").format(name=self.name, number=number))
        return int(row["pts"]), int(row["fields"])

    def _last_key(self, number: int) -> int:
        row = self._db.execute(
            "SELECT number FROM frame WHERE film_id = ? AND number <= ? AND is_key ORDER BY number DESC LIMIT 1",
            (self.id, number),
        ).fetchone()
        return int(row["number"]) if row else 1


def _present(row: sqlite3.Row) -> Path:
    """The film's file, if it is where it was and what it was."""
    path = Path(row["path"])
    if not path.is_file():
        raise UserError(
            _("The film {name} is no longer at {path}: take it in again from where it is now.").format(
                name=row["name"], path=path
            )
        )
    if path.stat().st_size != row["bytes"] or (row["stamp"] and stamp(path) != row["stamp"]):
        raise UserError(
            _("The film {name} is no longer at {path}, whose file has changed: put back the one that was.").format(
                name=row["name"], path=path
            )
        )
    return path


def main() -> None:
    """Serve the studio named on the command line."""
    from engine.frame_server import FrameServer

    os.nice(NICENESS)
    try:
        server = FrameServer(Path(sys.argv[1]))
    except UserError as error:
        sys.exit(str(error))
    server.serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
