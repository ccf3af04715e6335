"""Cullings: what is in hand, where they go on, and what is kept of them."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import cullings, events, pictures, query, saved_views
from db.errors import UserError
from tests.pilot.conftest import add_base, add_pictures


@pytest.fixture
def image_ids(film_db: Connection, studio_root: Path) -> list[int]:
    """Six finished pictures."""
    add_base(film_db)
    return add_pictures(film_db, studio_root, 6)


def test_what_was_culled_stays_in_hand_when_its_query_no_longer_matches(db: Connection, image_ids: list[int]) -> None:
    culling = cullings.begin(db, "  is:unrated   gen:1 ")
    assert culling.expression == "is:unrated gen:1"
    pictures.rate(db, "t", image_ids[0], stars=4)
    pictures.rate(db, "t", image_ids[1], rejected=True)
    assert list(query.image_ids(db, culling.expression)) == image_ids[2:]
    assert list(query.image_ids(db, culling.kept)) == image_ids[:1]
    assert (cullings.counts(db, culling.id).rated, cullings.counts(db, culling.id).rejected) == (1, 1)


def test_the_outcome_is_a_saved_view_that_follows_later_acts(db: Connection, image_ids: list[int]) -> None:
    cullings.begin(db, "gen:1")
    pictures.rate(db, "t", image_ids[2], stars=3)
    row = db.execute("SELECT * FROM saved_view").fetchone()
    assert (row["name"], row["room"]) == ("keepers of gen:1", "image")
    assert list(query.image_ids(db, row["expression"])) == [image_ids[2]]
    events.undo(db, "t")
    assert list(query.image_ids(db, row["expression"])) == []
    db.execute("UPDATE saved_view SET name = 'gen:1 の採用'")
    assert cullings.view_name(db, cullings.begin(db, "gen:1")) == "gen:1 の採用"
    assert db.execute("SELECT count(*) FROM saved_view").fetchone()[0] == 1


def test_one_culling_an_expression_which_knows_where_it_stopped(db: Connection, image_ids: list[int]) -> None:
    culling = cullings.begin(db, "gen:1")
    cullings.stop_at(db, culling.id, image_ids[3])
    again, other = cullings.begin(db, "gen:1"), cullings.begin(db, "seed:100..102")
    assert (again.id, again.image_id) == (culling.id, image_ids[3])
    assert other.id != culling.id and other.image_id is None


def test_a_view_of_its_name_that_is_another_stays_beside_it(db: Connection, image_ids: list[int]) -> None:
    saved_views.save(db, "t", "keepers of gen:1", "image", "seed:100")
    culling = cullings.begin(db, "gen:1")
    assert cullings.view_name(db, culling) == f"keepers of gen:1 {culling.id}"
    assert saved_views.view(db, "keepers of gen:1").expression == "seed:100"


@pytest.mark.parametrize("expression", ["seed:1", "nosuchtag", "is:unrated ("])
def test_nothing_to_cull_stores_nothing(db: Connection, image_ids: list[int], expression: str) -> None:
    with pytest.raises(UserError):
        cullings.begin(db, expression)
    assert db.execute("SELECT (SELECT count(*) FROM culling) + (SELECT count(*) FROM saved_view)").fetchone()[0] == 0


ids = st.lists(st.integers(1, 40), unique=True).map(sorted)


@given(image_ids=ids, undecided=st.sets(st.integers(1, 40)), stopped=st.none() | st.integers(1, 40))
def test_it_goes_on_at_the_next_undecided_picture(
    image_ids: list[int], undecided: set[int], stopped: int | None
) -> None:
    at = cullings.resume_at(image_ids, undecided, stopped)
    ahead = [each for each in image_ids if stopped is None or each >= stopped]
    assert (at is None) == (not image_ids)
    if waiting := [each for each in ahead if each in undecided]:
        assert at == waiting[0]
    elif ahead:
        assert at == ahead[0]
