"""Citations in the language that a person cites in, in one rate and in two."""

from fractions import Fraction
from sqlite3 import Connection

import msgspec
import pytest

from db import films, settings
from db.citations import citation
from db.timecode import first_frame

OWN = Fraction(30000, 1001)
ENGLISH, JAPANESE = "0:31:51 (frame 57301)", "0:31:51 (57301フレーム目)"


@pytest.mark.parametrize(
    ("setting", "locale", "own", "beside"),
    [("", "C.UTF-8", ENGLISH, ", 0:31:50 at 30 fps"), ("", "ja_JP.UTF-8", JAPANESE, "、0:31:50（30 fps）"),
     ("en", "ja_JP.UTF-8", ENGLISH, ", 0:31:50 at 30 fps"), ("ja", "C.UTF-8", JAPANESE, "、0:31:50（30 fps）")],
)  # fmt: skip
def test_another_rate_follows_in_every_language(
    film_db: Connection, monkeypatch: pytest.MonkeyPatch, setting: str, locale: str, own: str, beside: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    if setting:
        settings.store(film_db, settings.CITATION.name, setting)
    film = msgspec.structs.replace(films.film(film_db, 1), fps=OWN)
    both = msgspec.structs.replace(film, cite_fps=Fraction(30))
    assert citation(film_db, film, 57301) == own
    assert citation(film_db, both, 57301) == own + beside
    assert first_frame(own + beside, OWN) == 57301
