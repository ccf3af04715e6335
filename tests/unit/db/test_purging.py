"""Purging: only what is rejected loses its file, every row stays, and a kill in the middle is made good."""

from pathlib import Path
from sqlite3 import Connection

import pytest

from db import events, pictures, purging, query
from db.connect import now, writing
from db.errors import UserError
from db.pictures import PictureSettings

SESSION = "terminal-1"


@pytest.fixture
def image_ids(db: Connection, studio_root: Path) -> list[int]:
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', ?)", (now(),))
    pictures.plan(db, 1, PictureSettings(prompt="1girl", count=4))
    db.execute("UPDATE image SET state = 'done', path = 'images/' || id || '.png'")
    found = list(query.image_ids(db))
    (studio_root / "images").mkdir(exist_ok=True)
    for image_id in found:
        (studio_root / "images" / f"{image_id}.png").write_bytes(b"picture")
    for image_id in found[:2]:
        pictures.rate(db, SESSION, image_id, rejected=True, reason="bad hands")
    return found


def _files(root: Path) -> set[str]:
    return {path.name for path in (root / "images").iterdir()}


def test_files_of_the_rejected_go_and_rows_stay(db: Connection, studio_root: Path, image_ids: list[int]) -> None:
    assert purging.purgeable(db) == image_ids[:2]
    assert purging.purge(db, studio_root, image_ids) == 2
    assert _files(studio_root) == {f"{image_id}.png" for image_id in image_ids[2:]}
    assert purging.purgeable(db) == []
    assert pictures.picture(db, image_ids[0]).reason == "bad hands"
    assert db.execute("SELECT count(*) FROM image").fetchone()[0] == 4


def test_it_is_an_act_of_its_own_that_nobody_undoes(db: Connection, studio_root: Path, image_ids: list[int]) -> None:
    purging.purge(db, studio_root, image_ids)
    newest = events.history(db)[0]
    assert (newest["kind"], newest["summary"]) == ("purge", "files of 2 rejected pictures deleted")
    with pytest.raises(UserError, match="nothing in act"):
        events.undo_event(db, SESSION, newest["id"])
    undone = events.undo(db, SESSION)
    assert undone is not None and undone.kind == "undo" and "rejected" in undone.summary


def test_a_rejection_that_was_taken_back_saves_the_file(
    db: Connection, studio_root: Path, image_ids: list[int]
) -> None:
    counted = purging.purgeable(db)
    events.undo(db, SESSION)
    assert purging.purge(db, studio_root, counted) == 1
    assert f"{image_ids[1]}.png" in _files(studio_root)


def test_files_that_a_killed_purge_left_go_with_the_next(
    db: Connection, studio_root: Path, image_ids: list[int]
) -> None:
    with writing(db):
        db.execute("UPDATE image SET state = 'purged' WHERE id = ?", (image_ids[0],))
    assert purging.purge(db, studio_root, []) == 0
    assert f"{image_ids[0]}.png" not in _files(studio_root)


def test_a_path_that_leads_out_is_never_deleted(db: Connection, studio_root: Path, image_ids: list[int]) -> None:
    with writing(db):
        db.execute("UPDATE image SET path = '../kimikoe.db' WHERE id = ?", (image_ids[0],))
        db.execute("UPDATE image SET path = 'kimikoe.db' WHERE id = ?", (image_ids[1],))
    with pytest.raises(UserError, match="outside"):
        purging.purge(db, studio_root, image_ids)
    assert (studio_root / "kimikoe.db").is_file()


def test_a_file_that_another_picture_names_stays(db: Connection, studio_root: Path, image_ids: list[int]) -> None:
    with writing(db):
        db.execute("UPDATE image SET path = 'images/3.png' WHERE id = ?", (image_ids[0],))
    purging.purge(db, studio_root, image_ids)
    assert "3.png" in _files(studio_root)


def test_keeping_one_rejects_the_rest_of_its_generation_in_one_act(db: Connection, image_ids: list[int]) -> None:
    pictures.plan(db, 1, PictureSettings(prompt="other", count=1))
    first, second, third, fourth = image_ids
    pictures.rate(db, SESSION, third, stars=5)
    assert pictures.keep_only(db, SESSION, first, {fourth: False}) == 2
    assert list(query.image_ids(db, "is:rejected")) == [second, third, fourth]
    assert list(query.image_ids(db, "is:unseen")) == [third]
    undone = events.undo(db, SESSION)
    assert undone is not None and undone.restored == 3 and undone.target == f"image:{first}"
    assert list(query.image_ids(db, "is:rejected")) == [first, second]
    assert list(query.image_ids(db, "stars:5")) == [third]


def test_what_was_rejected_unseen_stays_until_it_has_been_seen(
    db: Connection, studio_root: Path, image_ids: list[int]
) -> None:
    assert purging.left(db) == ""
    pictures.rate(db, SESSION, image_ids[2], rejected=True, unseen=True)
    assert purging.left(db) == "1 stays, never shown"
    assert purging.purgeable(db) == image_ids[:2]
    assert purging.purge(db, studio_root, image_ids) == 2
    assert _files(studio_root) == {f"{image_id}.png" for image_id in image_ids[2:]}
    pictures.rate(db, SESSION, image_ids[2], rejected=True)
    assert purging.left(db) == "" and purging.purgeable(db) == [image_ids[2]]
