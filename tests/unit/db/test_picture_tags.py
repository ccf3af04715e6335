"""What people say of pictures: it outranks the tagger, reaches queries, and is one act that undo takes back."""

from pathlib import Path
from sqlite3 import Connection

import pytest

from db import changes, events, facets, picture_tags, query
from db.errors import UserError
from tests.pilot.conftest import add_base, add_pictures

SESSION = "terminal-1"


@pytest.fixture
def image_ids(film_db: Connection, tmp_path: Path) -> list[int]:
    """Three pictures in which the tagger sees 1girl."""
    add_base(film_db)
    return add_pictures(film_db, tmp_path, 3)


def _tags(db: Connection, image_id: int) -> list[tuple[str, str]]:
    return [(each.tag, each.origin) for each in picture_tags.effective(db, image_id)]


def test_a_persons_word_outranks_the_tagger(film_db: Connection, image_ids: list[int]) -> None:
    first, second, _third = image_ids
    assert _tags(film_db, first) == [("1girl", "tagger")]
    words = [("nagisa", True), ("1girl", False)]
    done = picture_tags.set_tags(film_db, SESSION, [first], words, [first])
    assert done.summary == f"+nagisa, -1girl on picture {first}"
    assert _tags(film_db, first) == [("nagisa", "verdict")] and picture_tags.denied(film_db, first) == ["1girl"]
    assert _tags(film_db, second) == [("1girl", "tagger")]
    assert list(query.image_ids(film_db, "1girl")) == image_ids[1:]
    assert list(query.image_ids(film_db, "nagisa")) == [first]
    assert [(each.tag, each.count) for each in facets.top(film_db, "", "image")] == [("1girl", 2), ("nagisa", 1)]


def test_several_words_over_several_pictures_are_one_act(film_db: Connection, image_ids: list[int]) -> None:
    picture_tags.set_tags(film_db, SESSION, image_ids, [("nagisa", True), ("hat", False)], image_ids[:1])
    how = film_db.execute("SELECT image_id, how FROM image_verdict WHERE present ORDER BY image_id").fetchall()
    assert [tuple(row) for row in how] == [(image_ids[0], "seen"), (image_ids[1], "bulk"), (image_ids[2], "bulk")]
    newest = changes.since(film_db, changes.newest(film_db) - 1)[0]
    assert (newest.kind, newest.first, newest.last) == ("image_verdicts", image_ids[0], image_ids[-1])
    undone = events.undo(film_db, SESSION)
    assert undone is not None and (undone.restored, undone.target) == (6, f"image:{image_ids[0]}")
    assert _tags(film_db, image_ids[0]) == [("1girl", "tagger")]
    assert events.redo(film_db, SESSION) is not None
    assert list(query.image_ids(film_db, "verdict:-hat nagisa")) == image_ids


def test_a_word_taken_back_leaves_the_tag_to_the_tagger(film_db: Connection, image_ids: list[int]) -> None:
    first = image_ids[0]
    picture_tags.set_tags(film_db, SESSION, [first], [("1girl", False)], [first])
    picture_tags.set_tags(film_db, SESSION, [first], [("1girl", None)], [first])
    assert _tags(film_db, first) == [("1girl", "tagger")] and picture_tags.denied(film_db, first) == []
    undone = events.undo(film_db, SESSION)
    assert undone is not None and picture_tags.denied(film_db, first) == ["1girl"]


def test_what_is_no_tag_changes_nothing(film_db: Connection, image_ids: list[int]) -> None:
    with pytest.raises(UserError):
        picture_tags.set_tags(film_db, SESSION, image_ids, [("nagisa", True), ("a" * 200, True)], [])
    assert list(query.image_ids(film_db, "is:judged")) == []
