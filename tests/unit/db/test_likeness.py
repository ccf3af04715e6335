"""Pictures by their likeness to the film: the most alike first, whatever was decided, and what is left to compare."""

import time
from collections.abc import Sequence
from sqlite3 import Connection

import pytest

from db import likeness, pictures, ratings
from db.connect import now, writing
from db.errors import UserError
from db.index import Index
from db.pictures import PictureSettings
from db.ratings import Decision
from tests.rows import add_small_film

SESSION = "terminal-1"
NOT_REJECTED = "-is:rejected"
MANY, MATCHES = 10_000, 5


@pytest.fixture
def film(db: Connection) -> Connection:
    """A studio with the small film and a base."""
    add_small_film(db)
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', ?)", (now(),))
    return db


def _draw(db: Connection, count: int) -> list[int]:
    """Finished pictures."""
    made = pictures.plan(db, 1, PictureSettings(prompt="1girl", count=count, seed=7, width=96, height=64))
    db.execute("UPDATE image SET state = 'done' WHERE generation_id = ?", (made,))
    return pictures.generation_of(db, db.execute("SELECT max(id) FROM image").fetchone()[0])


def _compare(db: Connection, image_id: int, scores: Sequence[float]) -> None:
    """Matches at the frames 11, 12, …, the most alike first."""
    rows = [(image_id, rank, 10 + rank, score) for rank, score in enumerate(scores, 1)]
    db.executemany("INSERT INTO match VALUES (?, ?, 1, ?, ?, 'cosine', 'v1', 0.8)", rows)


def _ids(db: Connection, expression: str = "", known: Sequence[int] = ()) -> list[int]:
    return [each.image_id for each in likeness.ranked(db, expression, known).pictures]


def test_the_most_alike_come_first_and_of_equals_the_older(film: Connection) -> None:
    first, second, third, fourth = _draw(film, 4)
    for image_id, scores in ((first, [0.5]), (second, [0.9, 0.4]), (third, [0.5, 0.45]), (fourth, [0.95])):
        _compare(film, image_id, scores)
    assert _ids(film) == [fourth, second, first, third]


def test_a_picture_is_known_by_its_best_frame_its_size_and_how_many_frames_there_are(film: Connection) -> None:
    (image_id,) = _draw(film, 1)
    _compare(film, image_id, [0.9, 0.8, 0.7])
    (found,) = likeness.ranked(film, "").pictures
    assert (found.image_id, found.width, found.height, found.matches) == (image_id, 96, 64, 3)
    assert found.best == pictures.matches(film, image_id)[0]
    assert (found.best.frame_number, found.best.score) == (11, 0.9)


def test_what_was_not_compared_is_counted_as_far_as_it_is_asked_for(film: Connection) -> None:
    compared, rejected, waiting, unasked = _draw(film, 4)
    _compare(film, compared, [0.9])
    pictures.plan(film, 1, PictureSettings(prompt="1girl", count=3, seed=7))
    ratings.rate_all(film, SESSION, {rejected: Decision(rejected=True), unasked: Decision(stars=3)})
    assert likeness.ranked(film, "").uncompared == 3, "planned pictures have nothing to compare"
    assert likeness.ranked(film, NOT_REJECTED).uncompared == 2
    assert likeness.ranked(film, "is:unrated").uncompared == 1
    assert waiting not in _ids(film)


def test_what_is_known_stays_whatever_was_decided_until_it_is_purged(film: Connection) -> None:
    first, second, third = _draw(film, 3)
    for image_id, score in ((first, 0.7), (second, 0.9), (third, 0.8)):
        _compare(film, image_id, [score])
    ratings.rate_all(film, SESSION, {second: Decision(rejected=True), third: Decision(rejected=True)})
    assert _ids(film, NOT_REJECTED) == [first]
    assert _ids(film, NOT_REJECTED, [first, second]) == [second, first]
    film.execute("UPDATE image SET state = 'purged' WHERE id = ?", (second,))
    assert _ids(film, NOT_REJECTED, [first, second]) == [first]


def test_decisions_are_those_that_stand(film: Connection) -> None:
    first, second, third = _draw(film, 3)
    given = {first: Decision(stars=4, unseen=True), second: Decision(rejected=True, reason="off model")}
    ratings.rate_all(film, SESSION, {**given, third: Decision(stars=1)})
    ratings.rate_all(film, SESSION, {third: Decision()})
    assert likeness.decisions(film) == given


def test_an_expression_that_is_none_is_refused_with_a_caret(film: Connection) -> None:
    with pytest.raises(UserError, match=r"\^"):
        likeness.ranked(film, "stars:many")


def test_the_index_answers_as_sql_does(film: Connection) -> None:
    image_ids = _draw(film, 6)
    for image_id in image_ids[:4]:
        _compare(film, image_id, [image_id / 10])
    ratings.rate_all(film, SESSION, {image_ids[0]: Decision(rejected=True)})
    index = Index()
    index.refresh(film)
    assert likeness.ranked(film, NOT_REJECTED, index=index) == likeness.ranked(film, NOT_REJECTED)


def test_ten_thousand_pictures_are_listed_within_100_ms(film: Connection) -> None:
    columns = "generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler, cfg_scale, width, height"
    (first,) = _draw(film, 1)
    with writing(film):
        film.execute(
            f"""WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MANY} - 1)
                INSERT INTO image ({columns}) SELECT 1, n, 'done', '', '', 7, 20, 'Euler', 7, 512, 512 FROM n"""
        )
        for image_id in range(first, first + MANY):
            _compare(film, image_id, [image_id * 7919 % MANY / MANY] * MATCHES)
    taken = []
    for _try in range(3):
        begun = time.process_time()
        found, decided = likeness.ranked(film, NOT_REJECTED), likeness.decisions(film)
        taken.append(time.process_time() - begun)
    assert len(found.pictures) == MANY and not decided
    assert min(taken) < 0.1
