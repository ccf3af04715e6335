"""A place in a film as a person types it: a timecode, a frame's number or a shot's."""

import re
import sqlite3

from db import films
from db.errors import UserError
from db.films import pack
from db.i18n import _

_SHOT = re.compile(r"(?:shot|ショット|s)\s*[:#]?\s*(\d{1,9})\Z", re.IGNORECASE)


def find(db: sqlite3.Connection, film_id: int, text: str) -> int:
    """The packed id of the frame that `0:31:50`, `shot 12` or `film#57301` names; raises `UserError`.

    Where no film is named it is the one of `film_id`.
    """
    place = text.strip()
    if match := _SHOT.match(place):
        return pack(film_id, _first_of_shot(db, film_id, int(match[1])))
    named, sign, there = films.split_reference(place) or ("", "@", place)
    if named in films.ANY_FILM and all(each.name != named for each in films.films(db)):
        named = films.film(db, film_id).name
    film, number = films.resolve(db, f"{named}{sign}{there}")
    return pack(film.id, number)


def _first_of_shot(db: sqlite3.Connection, film_id: int, number: int) -> int:
    row = db.execute("SELECT first FROM shot WHERE film_id = ? AND number = ?", (film_id, number)).fetchone()
    if row is None:
        last = db.execute("SELECT COALESCE(max(number), 0) FROM shot WHERE film_id = ?", (film_id,)).fetchone()[0]
        fault = _("There is no shot {number}: the film has shots 1 to {last}.")
        raise UserError(fault.format(number=number, last=last))
    return int(row["first"])
