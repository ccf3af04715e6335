"""Frames that stay out of datasets: an act with a reason, undone like any other, seen where frames are."""

from sqlite3 import Connection

import pytest

from db import changes, events, exclusions, films, query
from db.errors import UserError
from db.repeats import Repeat, once_each

HERE = "terminal-1"


def ranges(db: Connection) -> list[tuple[int, int, str]]:
    return [(each.first, each.last, each.reason) for each in exclusions.exclusions(db)]


def test_an_exclusion_is_an_act_with_a_reason(film_db: Connection) -> None:
    said = exclusions.exclude(film_db, HERE, 1, [(11, 20), (91, 100)], " credits ", "film#11")
    assert said == "excluded 20 frames: credits"
    assert ranges(film_db) == [(11, 20, "credits"), (91, 100, "credits")]
    newest = events.history(film_db)[0]
    assert (newest["kind"], newest["summary"], newest["target"]) == ("exclusion", said, "film#11")


def test_undo_and_redo_go_back_and_forth(film_db: Connection) -> None:
    exclusions.exclude(film_db, HERE, 1, [(11, 20)], "credits")
    exclusions.include(film_db, HERE, exclusions.exclusions(film_db)[0].id)
    assert ranges(film_db) == []
    undone = events.undo(film_db, HERE)
    assert undone is not None and undone.restored == 1 and ranges(film_db) == [(11, 20, "credits")]
    events.undo(film_db, HERE)
    assert ranges(film_db) == []
    events.redo(film_db, HERE)
    assert ranges(film_db) == [(11, 20, "credits")]


def test_another_terminal_is_told_which_frames_changed(film_db: Connection) -> None:
    before = changes.newest(film_db)
    exclusions.exclude(film_db, HERE, 1, [(11, 20), (31, 40)], "logo")
    events.undo(film_db, HERE)
    told = [(change.kind, change.film_id, change.first, change.last) for change in changes.since(film_db, before)]
    assert told == [("frames", 1, 11, 40)] * 2


def test_a_frame_says_why_it_is_out(film_db: Connection) -> None:
    exclusions.exclude(film_db, HERE, 1, [(11, 20)], "a logo")
    assert [films.frame(film_db, 1, number).excluded for number in (10, 11, 20, 21)] == [None, "a logo", "a logo", None]
    assert len(query.frame_ids(film_db, "is:excluded")) == 10


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_reason_is_wanted(film_db: Connection, reason: str) -> None:
    with pytest.raises(UserError, match="needs a reason"):
        exclusions.exclude(film_db, HERE, 1, [(1, 2)], reason)
    assert ranges(film_db) == [] and events.history(film_db) == []


def test_what_is_excluded_already_is_not_excluded_twice(film_db: Connection) -> None:
    exclusions.exclude(film_db, HERE, 1, [(1, 2)], "logo")
    with pytest.raises(UserError, match="already"):
        exclusions.exclude(film_db, HERE, 1, [(1, 2)], "logo")
    with pytest.raises(UserError, match="no exclusion 9"):
        exclusions.include(film_db, HERE, 9)


def test_a_stretch_shared_with_two_films_is_offered_once() -> None:
    found = [
        Repeat(1, 10, 100, 2, 20, 110, 1.0),
        Repeat(1, 12, 101, 3, 1, 90, 1.0),
        Repeat(1, 500, 600, 3, 300, 400, 0.95),
        Repeat(2, 20, 110, 1, 10, 100, 1.0),
    ]
    assert once_each(found) == [found[0], found[2], found[3]]
