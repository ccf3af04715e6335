"""A frame as it is named to other people, in the language that a person cites in."""

import os
import sqlite3

from db import settings
from db.films import Film
from db.timecode import ENGLISH, JAPANESE


def citation(db: sqlite3.Connection, film: Film, number: int) -> str:
    """`0:31:50 (57301フレーム目)` where people cite in Japanese, else as the film cites."""
    language = settings.value(db, settings.CITATION) or _language()
    return film.citation(number, {"ja": JAPANESE, "en": ENGLISH}.get(language))


def _language() -> str:
    """`ja` where the terminal speaks Japanese; empty where the program's own words decide."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ja" if next((name for name in names if name), "").startswith("ja") else ""
