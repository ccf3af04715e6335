"""Citations in the language that a person cites in, in one rate and in two."""

from fractions import Fraction
from sqlite3 import Connection

import msgspec
import pytest

from db import films, settings
from db.citations import citation, cited, firsts_in_shots
from db.films import pack
from db.timecode import first_frame
from tests.rows import FIRST_SHOT
from tests.unit.db.test_query_index import add_copied_film

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


def test_frames_of_several_films_are_cited_with_the_films_name(
    film_db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    add_copied_film(film_db, 2, "two")
    assert cited(film_db, [pack(1, 1)]) == ["0:00:00 (frame 1)"]
    both = cited(film_db, [pack(1, 1), pack(2, 61)])
    assert both == ["film 0:00:00 (frame 1)", "two 0:00:02 (frame 61)"]
    assert first_frame(both[1], Fraction(30)) == 61


def test_of_each_shot_its_first_frame_is_left(film_db: Connection) -> None:
    marked = [pack(1, number) for number in (5, 6, FIRST_SHOT, FIRST_SHOT + 2, FIRST_SHOT + 3)]
    assert firsts_in_shots(film_db, marked) == [pack(1, 5), pack(1, FIRST_SHOT + 2)]
