"""Frozen datasets as rooms read them: what they are, what they hold, and which are still being made."""

from collections.abc import Sequence
from sqlite3 import Connection

import pytest

from db import dataset_items, queue
from db.captions import Caption, parse_caption
from db.connect import writing
from db.dataset_items import Size, WordCount
from db.requests import CaptionRecipe, DatasetRequest, TagRequest, encode

ITEMS = (
    (1, 2, 2.0, 0, "nagisa ||| 1girl, brown hair"),
    (3, 2, 2.0, 1, "nagisa ||| 1girl, brown hair"),
    (5, 9, 6.0, 0, "nagisa, shion ||| 2girls, ^_^"),
    (7, 1, 1.0, 1, "scenery, 100%"),
)


def add_dataset(db: Connection, request: DatasetRequest, items: Sequence[tuple[int, int, float, int, str]]) -> int:
    """A frozen dataset of (frame, exposure, weight, held out, caption); returns its id."""
    with writing(db):
        values = (request.name, f"{request.name}-sha256", encode(request))
        row = db.execute("INSERT INTO dataset (name, sha256, recipe, made_at) VALUES (?, ?, ?, 0) RETURNING id", values)
        dataset_id = int(row.fetchone()["id"])
        for ordinal, (*frame, caption) in enumerate(items):
            db.execute("INSERT OR IGNORE INTO caption (text) VALUES (?)", (caption,))
            db.execute(
                """INSERT INTO dataset_item VALUES (?, ?, 1, ?, ?, ?, ?, (SELECT id FROM caption WHERE text = ?))""",
                (dataset_id, ordinal, *frame, caption),
            )
    return dataset_id


@pytest.fixture
def dataset_id(film_db: Connection) -> int:
    """A dataset of four items, behind another one of one item."""
    add_dataset(film_db, DatasetRequest(name="older"), [(1, 1, 1.0, 0, "shion")])
    return add_dataset(film_db, DatasetRequest(name="named", query="nagisa"), ITEMS)


def test_frozen_ones_come_newest_first_with_what_was_asked_for(film_db: Connection, dataset_id: int) -> None:
    newest, older = dataset_items.frozen(film_db)
    assert (newest.id, newest.name, older.name) == (dataset_id, "named", "older")
    assert newest.request is not None and newest.request.query == "nagisa"


@pytest.mark.parametrize("recipe", ["no json", '{"unheard_of": 1}', "[]"])
def test_a_recipe_of_another_version_is_none(film_db: Connection, dataset_id: int, recipe: str) -> None:
    with writing(film_db):
        film_db.execute("UPDATE dataset SET recipe = ?", (recipe,))
    assert [each.request for each in dataset_items.frozen(film_db)] == [None, None]


def test_size_is_of_one_dataset_alone(film_db: Connection, dataset_id: int) -> None:
    assert dataset_items.size(film_db, dataset_id) == Size(items=4, held_out=2, frames=14)
    assert dataset_items.size(film_db, dataset_id + 1) == Size(0, 0, 0)


def test_words_are_counted_by_items_and_tell_what_comes_first(film_db: Connection, dataset_id: int) -> None:
    counted = dataset_items.word_counts(film_db, dataset_id, "|||")
    assert counted[0] == WordCount("nagisa", 3, True)
    assert WordCount("shion", 1, True) in counted and WordCount("brown hair", 2, False) in counted
    assert [each.items for each in counted] == sorted((each.items for each in counted), reverse=True)
    assert {each.word for each in counted} == {
        "nagisa", "shion", "1girl", "brown hair", "2girls", "^_^", "scenery", "100%",
    }  # fmt: skip


def test_without_a_separator_no_word_comes_first() -> None:
    assert parse_caption("a, b", "") == Caption((), ("a", "b"))


@pytest.mark.parametrize(
    ("part", "held_out", "found"),
    [
        ("", False, [0, 1, 2, 3]), ("", True, [1, 3]), ("nagisa", False, [0, 1, 2]), ("nagisa", True, [1]),
        (" Brown_Hair ", False, [0, 1]), ("^_^", False, [2]), ("100%", False, [3]), ("%", False, [3]),
        ("n_g", False, []), ("shi", False, [2]),
    ],
)  # fmt: skip
def test_items_are_found_by_a_part_of_their_captions(
    film_db: Connection, dataset_id: int, part: str, held_out: bool, found: list[int]
) -> None:
    assert list(dataset_items.ordinals(film_db, dataset_id, part, held_out)) == found


def test_items_are_read_by_their_ordinals(film_db: Connection, dataset_id: int) -> None:
    found = dataset_items.items(film_db, dataset_id, [3, 2])
    assert set(found) == {2, 3}
    assert (found[2].film_id, found[2].frame_number, found[2].exposure, found[2].weight) == (1, 5, 9, 6.0)
    assert found[2].caption == "nagisa, shion ||| 2girls, ^_^"
    assert (found[2].held_out, found[3].held_out) == (False, True)


def test_one_that_is_being_made_is_told_with_its_job(film_db: Connection) -> None:
    first = DatasetRequest(captions=CaptionRecipe(trigger="a"))
    queue.enqueue(film_db, TagRequest())
    job_id, waiting = queue.enqueue(film_db, first), queue.enqueue(film_db, DatasetRequest(name="next"))
    with writing(film_db):
        film_db.execute("INSERT INTO dataset VALUES (7, 'dataset-2026-1', '', ?, 0)", (encode(first),))
    found = dataset_items.making(film_db)
    assert [(each.name, each.job.id if each.job else None) for each in found] == [
        ("next", waiting), ("dataset-2026-1", job_id),
    ]  # fmt: skip
    assert found[1].request == first
    assert dataset_items.frozen(film_db) == []


def test_of_two_jobs_alike_the_one_that_began_has_the_name(film_db: Connection) -> None:
    job_ids = [queue.enqueue(film_db, DatasetRequest()) for _twice in range(2)]
    queue.claim(film_db, "cpu", 1)
    with writing(film_db):
        film_db.execute("INSERT INTO dataset VALUES (7, 'dataset-2026-1', '', ?, 0)", (encode(DatasetRequest()),))
    found = dataset_items.making(film_db)
    assert [(each.name, each.job and each.job.id) for each in found] == [
        ("", job_ids[1]),
        ("dataset-2026-1", job_ids[0]),
    ]


def test_one_that_a_stopped_job_left_has_none(film_db: Connection) -> None:
    job_id = queue.enqueue(film_db, DatasetRequest(name="left"))
    with writing(film_db):
        values = (encode(DatasetRequest(name="left")),)
        film_db.execute("INSERT INTO dataset VALUES (7, 'left', '', ?, 0)", values)
    queue.cancel(film_db, job_id)
    (left,) = dataset_items.making(film_db)
    assert (left.name, left.job) == ("left", None)


def test_a_finished_job_makes_nothing_any_more(film_db: Connection) -> None:
    job_id = queue.enqueue(film_db, DatasetRequest(name="done"))
    queue.claim(film_db, "cpu", 1)
    assert len(dataset_items.making(film_db)) == 1
    queue.finish(film_db, job_id, {})
    assert dataset_items.making(film_db) == []
