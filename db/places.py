"""A place in a film as a person types it: a timecode, a frame's number or a shot's."""

import re
import sqlite3

from db import films
from db.errors import UserError
from db.films import pack
from db.i18n import _

_SHOT = re.compile(r"(?:shot|ショット|s)\s*[:#]?\s*(\d{1,9})\Z", re.IGNORECASE)


def find(db: sqlite3.Connection, film_id: int, text: str) -> int:
    """The packed id of the frame that `0:31:50`, `57301フレーム目` or `shot 12` names; raises `UserError`."""
    if match := _SHOT.match(text.strip()):
        return pack(film_id, _first_of_shot(db, film_id, int(match[1])))
    sign = "#" if text.strip().isdigit() else "@"
    film, number = films.resolve(db, f"{films.film(db, film_id).name}{sign}{text.strip()}")
    return pack(film.id, number)


def _first_of_shot(db: sqlite3.Connection, film_id: int, number: int) -> int:
    row = db.execute("SELECT first FROM shot WHERE film_id = ? AND number = ?", (film_id, number)).fetchone()
    if row is None:
        last = db.execute("SELECT COALESCE(max(number), 0) FROM shot WHERE film_id = ?", (film_id,)).fetchone()[0]
        fault = _("There is no shot {number}: the film has shots 1 to {last}.")
        raise UserError(fault.format(number=number, last=last))
    return int(row["first"])
