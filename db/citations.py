"""A frame as it is named to other people, in the language that a person cites in."""

import os
import sqlite3
from bisect import bisect_right
from collections.abc import Sequence

from db import films, settings
from db.films import Film, pack, unpack
from db.timecode import ENGLISH, JAPANESE


def citation(db: sqlite3.Connection, film: Film, number: int) -> str:
    """`0:31:50 (57301フレーム目)` where people cite in Japanese, else as the film cites."""
    language = settings.value(db, settings.CITATION) or _language()
    return film.citation(number, {"ja": JAPANESE, "en": ENGLISH}.get(language))


def cited(db: sqlite3.Connection, frame_ids: Sequence[int]) -> list[str]:
    """The citation of each of these frames, by packed id; the film's name leads where they are of several."""
    known = {film.id: film for film in films.films(db)}
    places = [unpack(frame_id) for frame_id in frame_ids]
    several = len({film_id for film_id, _number in places}) > 1
    return [
        f"{known[film_id].name} " * several + citation(db, known[film_id], number)
        for film_id, number in places
        if film_id in known
    ]


def firsts_in_shots(db: sqlite3.Connection, frame_ids: Sequence[int]) -> list[int]:
    """Of each shot the first of these frames, by packed ids in film order."""
    starts = [pack(*row) for row in db.execute("SELECT film_id, first FROM shot ORDER BY film_id, first")]
    firsts: dict[int, int] = {}
    for frame_id in frame_ids:
        firsts.setdefault(bisect_right(starts, frame_id), frame_id)
    return list(firsts.values())


def _language() -> str:
    """`ja` where the terminal speaks Japanese; empty where the program's own words decide."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ja" if next((name for name in names if name), "").startswith("ja") else ""
