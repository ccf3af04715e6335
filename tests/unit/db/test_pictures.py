from sqlite3 import Connection

import pytest

from db import events, loras, pictures, query
from db.connect import now, writing
from db.errors import UserError
from db.pictures import PictureSettings

SESSION = "terminal-1"


@pytest.fixture
def base_id(db: Connection) -> int:
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 512, 768, '', '', ?)", (now(),))
        db.execute("INSERT INTO lora VALUES (7, 'kimikoe-2023-10-18-1', NULL, 9, 'l', 's', 't', 'h', '', ?)", (now(),))
    return 1


def _finish(db: Connection) -> list[int]:
    with writing(db):
        db.execute("UPDATE image SET state = 'done', path = 'images/1/' || id || '.png'")
    return list(query.image_ids(db))


def test_pictures_are_planned_with_their_loras_and_seeds(db: Connection, base_id: int) -> None:
    prompt = "1girl <kimikoe-2023-10-18-1:0.7>"
    pictures.plan(db, base_id, PictureSettings(prompt=prompt, count=3, seed=40))
    rows = db.execute("SELECT * FROM image ORDER BY ordinal").fetchall()
    assert [row["seed"] for row in rows] == [40, 41, 42]
    assert {(row["width"], row["height"]) for row in rows} == {(512, 768)}
    assert [tuple(row)[1:] for row in db.execute("SELECT * FROM image_lora")] == [(7, 0.7, 0.7)] * 3


def test_an_unknown_lora_is_refused_with_a_caret_and_nothing_is_planned(db: Connection, base_id: int) -> None:
    with pytest.raises(UserError, match="no LoRA is called “kimikoe-2023-10-18-9”.*kimikoe-2023-10-18-1") as caught:
        pictures.plan(db, base_id, PictureSettings(prompt="1girl <kimikoe-2023-10-18-9:1>"))
    assert str(caught.value).split("\n")[1].index("^") == 6
    assert db.execute("SELECT count(*) FROM generation").fetchone()[0] == 0


def test_weights_of_a_lora_in_both_spellings() -> None:
    text, uses = loras.split_prompt("1girl <lora:a-1:0.5:0.8>, smile <b:te=1>")
    assert text == "1girl , smile"
    assert uses == [loras.LoraUse("a-1", 0.8, 0.5), loras.LoraUse("b", 1.0, 1.0)]
    with pytest.raises(UserError, match="number"):
        loras.split_prompt("<a:much>")


def test_rating_rejecting_clearing_and_undo(db: Connection, base_id: int) -> None:
    pictures.plan(db, base_id, PictureSettings(prompt="1girl", count=3))
    first, second, third = _finish(db)
    pictures.rate(db, SESSION, first, stars=4)
    pictures.rate(db, SESSION, second, rejected=True, unseen=True)
    pictures.rate(db, SESSION, third, stars=2)
    pictures.rate(db, SESSION, third)
    assert list(query.image_ids(db, "stars:>=4")) == [first]
    assert list(query.image_ids(db, "is:rejected is:unseen")) == [second]
    assert list(query.image_ids(db, "is:unrated")) == [third]
    assert pictures.counts(db, [first, second, third]) == pictures.Counts(3, 1, 1)
    undone = events.undo(db, SESSION)
    assert undone is not None and undone.target == f"image:{third}"
    assert pictures.picture(db, third).stars == 2


def test_a_planned_picture_is_not_found_before_it_is_done(db: Connection, base_id: int) -> None:
    pictures.plan(db, base_id, PictureSettings(prompt="1girl", count=3))
    assert list(query.image_ids(db)) == []


@pytest.mark.parametrize("prompt", ["<{0}:0.5> <{0}:0.3>", "<{0}:nan>", "<{0}:1e999>", "<{0}>"])
def test_loras_that_mean_nothing_definite_are_refused(db: Connection, base_id: int, prompt: str) -> None:
    with pytest.raises(UserError, match=r"\^"):
        pictures.plan(db, base_id, PictureSettings(prompt=prompt.format("kimikoe-2023-10-18-1")))


def test_a_seed_beyond_sixty_three_bits_is_refused(db: Connection, base_id: int) -> None:
    with pytest.raises(UserError, match="seed"):
        pictures.plan(db, base_id, PictureSettings(prompt="1girl", seed=2**64))
