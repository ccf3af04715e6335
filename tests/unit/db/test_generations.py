"""Asking for pictures, what was asked for before, and how long it will take."""

from sqlite3 import Connection

import pytest

from db import generations, library, paces, pictures, queue
from db.connect import writing
from db.errors import UserError
from db.pictures import PictureSettings
from db.requests import GenerateRequest, MatchRequest, TagRequest, TrainRecipe, TrainRequest
from db.tag_words import prompt_words
from tests.rows import add_small_film


@pytest.fixture
def base_db(db: Connection) -> Connection:
    """A studio with a base."""
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 512, 768, '', '', 0)")
    return db


def work(db: Connection, job_id: int, done: int, seconds: float) -> None:
    """Have a job done: so many units in so many seconds, after ten that were counted from the start."""
    with writing(db):
        db.execute(
            """UPDATE job SET state = 'done', first_done = 10, first_at = 100, done = 10 + ?, finished_at = 100 + ?
               WHERE id = ?""",
            (done, seconds, job_id),
        )


def test_pictures_are_drawn_and_where_there_is_a_tagger_tagged_and_matched(base_db: Connection) -> None:
    asked = [PictureSettings(prompt="one"), PictureSettings(prompt="two")]
    assert generations.plan(base_db, 1, asked) == [GenerateRequest(generation_id=1), GenerateRequest(generation_id=2)]
    add_small_film(base_db)
    assert generations.plan(base_db, 1, asked[:1]) == [GenerateRequest(generation_id=3), TagRequest(), MatchRequest()]


def test_all_are_planned_or_none(base_db: Connection) -> None:
    with pytest.raises(UserError):
        generations.plan(base_db, 1, [PictureSettings(prompt="one"), PictureSettings(prompt="two", count=0)])
    assert base_db.execute("SELECT count(*) FROM image").fetchone()[0] == 0


def test_requests_come_back_newest_first_and_each_once(base_db: Connection) -> None:
    first, second = PictureSettings(prompt="one", seed=3), PictureSettings(prompt="two", width=64, height=128)
    for settings in (first, second, first):
        pictures.plan(base_db, 1, settings)
    with writing(base_db):
        base_db.execute("INSERT INTO generation VALUES (9, 'x', '', 1, '{\"strange\": 1}', 0)")
    assert [(each.id, each.base_id, each.settings) for each in generations.asked(base_db)] == [
        (3, 1, first), (2, 1, second),
    ]  # fmt: skip


def test_more_of_a_picture_has_its_settings_and_other_seeds(base_db: Connection) -> None:
    made = PictureSettings(
        prompt="one", negative_prompt="hat", count=2, seed=3, steps=9, sampler="Euler", cfg_scale=4.5, clip_skip=2
    )
    pictures.plan(base_db, 1, made)
    like = generations.of_picture(base_db, 2)
    assert like.settings == PictureSettings(
        prompt="one", negative_prompt="hat", steps=9, sampler="Euler", cfg_scale=4.5, clip_skip=2, width=512, height=768
    )
    with pytest.raises(UserError, match="no picture 7"):
        generations.of_picture(base_db, 7)


@pytest.mark.parametrize(
    ("text", "size"), [("", (None, None)), ("512x768", (512, 768)), (" 512 × 768 ", (512, 768))]
)  # fmt: skip
def test_sizes(text: str, size: tuple[int | None, int | None]) -> None:
    assert generations.size_of(text) == size


@pytest.mark.parametrize("text", ["512", "512x", "x8", "0x8", "512x500", "512x768x3", "-8x8", "8.0x8", "9" * 6 + "x8"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no size"):
        generations.size_of(text)


def test_drawing_takes_as_long_as_last_time_by_pictures_steps_and_pixels(base_db: Connection) -> None:
    before = PictureSettings(prompt="one", count=8, steps=20)
    assert paces.drawing_seconds(base_db, before, (512, 768)) is None
    work(base_db, queue.enqueue(base_db, GenerateRequest(generation_id=pictures.plan(base_db, 1, before))), 8, 16)
    assert paces.drawing_seconds(base_db, before, (512, 768)) == pytest.approx(16)
    twice = PictureSettings(prompt="one", count=16, steps=10)
    assert paces.drawing_seconds(base_db, twice, (1024, 1536)) == pytest.approx(64)


def test_training_takes_as_long_as_last_time_by_pictures_seen(base_db: Connection) -> None:
    with writing(base_db):
        base_db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
    recipe = TrainRecipe(steps=100, batch_size=4)
    assert paces.training_seconds(base_db, recipe) is None
    run_id = library.plan_run(base_db, 1, 1, recipe)
    work(base_db, queue.enqueue(base_db, TrainRequest(run_id=run_id)), 100, 50)
    assert paces.training_seconds(base_db, recipe) == pytest.approx(50)
    assert paces.training_seconds(base_db, TrainRecipe(steps=1000, batch_size=2)) == pytest.approx(250)


def test_a_run_whose_recipe_cannot_be_read_has_none(base_db: Connection) -> None:
    with writing(base_db):
        base_db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
    run_id = library.plan_run(base_db, 1, 1, TrainRecipe())
    assert library.recipe_of(base_db, run_id) == TrainRecipe()
    with writing(base_db):
        base_db.execute("UPDATE run SET recipe = '{\"strange\": 1}'")
    assert library.recipe_of(base_db, run_id) is library.recipe_of(base_db, 99) is None


@pytest.mark.parametrize(
    ("tag", "written"),
    [("blue_hair", "blue hair"), ("hat_(red)", r"hat \(red\)"), ("^_^", "^_^"), (">:(", r">:\("), ("\\m/", r"\\m/")],
)
def test_tags_in_a_prompt_are_words_with_escaped_brackets(tag: str, written: str) -> None:
    assert prompt_words(tag) == written
