"""Places as they are typed over a frame, where there are several films."""

from sqlite3 import Connection

import pytest

from db import films, places
from db.connect import writing
from db.errors import UserError
from tests.rows import FRAMES
from tests.unit.db.test_query_index import add_copied_film


@pytest.mark.parametrize(
    ("text", "film_id", "number"),
    [("#57", 1, 57), ("57", 1, 57), ("@0:00:02", 1, 61), ("film#57", 1, 57), ("film@0:00:02", 1, 61),
     (" two#8 ", 2, 8), ("two@0:00:02", 2, 61), ("two@8フレーム目", 2, 8)],
)  # fmt: skip
def test_a_place_without_a_film_is_in_the_one_that_is_looked_at(
    film_db: Connection, text: str, film_id: int, number: int
) -> None:
    add_copied_film(film_db, 2, "two")
    with writing(film_db):
        film_db.execute("UPDATE film SET name = 'one#1' WHERE id = 1")
    assert films.unpack(places.find(film_db, 1, text)) == (film_id, number)


@pytest.mark.parametrize(
    ("text", "fault"), [("three#8", "no film “three”"), (f"#{FRAMES + 1}", "outside one"), ("@soon", "no timecode")]
)
def test_a_place_that_is_none_is_refused_in_one_line(film_db: Connection, text: str, fault: str) -> None:
    add_copied_film(film_db, 2, "two")
    with writing(film_db):
        film_db.execute("UPDATE film SET name = 'one' WHERE id = 1")
    with pytest.raises(UserError, match=fault):
        places.find(film_db, 1, text)
