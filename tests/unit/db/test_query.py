from sqlite3 import Connection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import query
from db.errors import UserError
from db.films import pack, unpack
from tests.rows import FRAMES


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("", FRAMES),
        ("1girl", FRAMES),
        ("1girl -glasses", 50),
        (":d", 50),
        ("x_(y)", 20),
        ('">:("', 20),
        ("(glasses or x_(y)) -:d", 10),
        ("-(glasses or x_(y))", 40),
        ("gl*", 50),
        ("safe", FRAMES),
        ("explicit", 0),
        ("nagisa", 0),
        ("score:nagisa>0.7", FRAMES),
        ("score:glasses<0.7", 50),
        ("t:0:00..0:01", 60),
        ("t:0:03", 10),
        ("shot:2", 60),
        ("shot:2 limit:7", 7),
        ("frame:3..9", 7),
        ("frame:>=91", 10),
        ("is:key", 50),
        ("film:film is:tainted", 0),
    ],
)
def test_frames_that_match(film_db: Connection, expression: str, count: int) -> None:
    assert len(query.frame_ids(film_db, expression)) == count


def test_ids_are_in_film_order(film_db: Connection) -> None:
    numbers = [unpack(frame_id)[1] for frame_id in query.frame_ids(film_db, "glasses")]
    assert numbers == sorted(numbers)
    assert numbers[:4] == [3, 4, 7, 8]


@pytest.mark.parametrize("gap", ["", "number = 1", "number IN (40, 41)", "1"])
def test_every_frame_is_listed_with_gaps_and_without(film_db: Connection, gap: str) -> None:
    if gap:
        film_db.execute("PRAGMA foreign_keys = OFF")
        film_db.execute(f"DELETE FROM frame WHERE {gap}")
    there = [pack(*row) for row in film_db.execute("SELECT film_id, number FROM frame ORDER BY film_id, number")]
    assert list(query.frame_ids(film_db, " ")) == there


@pytest.mark.parametrize(
    ("expression", "caret", "reason"),
    [
        ("1girl glases", 6, "no tag is called “glases”"),
        ("(1girl", 6, "not understood"),
        ("1girl or", 8, "not understood"),
        ("1girl is:odd", 6, "is: knows"),
        ("frame:many", 0, "no number"),
        ("frame:99999999999999999999", 0, "too large"),
        ("score:glasses<1.2.3", 0, "no number"),
        ("t:soon", 0, "no timecode"),
        ("film:other", 0, "no film"),
    ],
)
def test_faults_point_at_their_place(film_db: Connection, expression: str, caret: int, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        query.frame_ids(film_db, expression)
    typed, pointer = str(caught.value).split("\n", 1)
    assert typed == expression
    assert pointer.index("^") == caret
    assert reason in pointer


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40))
def test_any_text_is_answered_or_refused_in_words(expression: str) -> None:
    import sqlite3

    from db.migrations import migrate
    from tests.rows import add_small_film

    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection)
    add_small_film(connection)
    try:
        query.frame_ids(connection, expression)
    except UserError as error:
        assert "^" in str(error)
    finally:
        connection.close()
