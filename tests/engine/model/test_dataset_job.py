from collections.abc import Callable
from sqlite3 import Connection, Row
from typing import Any

import pytest

from db import queue, tags
from db.captions import Caption
from db.errors import UserError
from db.requests import CaptionRecipe, DatasetRequest
from engine.jobs.dataset import UNFINISHED, Item, made_by, validation_shots
from engine.running import JobStopped
from tests.rows import FIRST_SHOT

Run = Callable[..., dict[str, Any]]


def items(db: Connection, made: dict[str, Any]) -> list[Row]:
    return db.execute(
        """SELECT i.*, c.text FROM dataset_item i JOIN caption c ON c.id = i.caption_id
           WHERE dataset_id = ? ORDER BY ordinal""",
        (made["dataset_id"],),
    ).fetchall()


def sha256(db: Connection, made: dict[str, Any]) -> str:
    return str(db.execute("SELECT sha256 FROM dataset WHERE id = ?", (made["dataset_id"],)).fetchone()[0])


def test_every_hold_is_one_item_weighed_by_its_length(film_db: Connection, run: Run) -> None:
    found = items(film_db, run(DatasetRequest(captions=CaptionRecipe(trigger="nagisa"), exposure_cap=1)))
    assert [row["frame_number"] for row in found] == list(range(1, 100, 2))
    assert {(row["exposure"], row["weight"]) for row in found} == {(2, 1.0)}
    assert found[1]["text"] == "nagisa ||| 1girl, :d, glasses"
    assert found[5]["text"] == "nagisa ||| 1girl, :d, >:(, glasses, x (y)"


def test_frames_of_a_hold_with_other_tags_are_other_items(film_db: Connection, run: Run) -> None:
    tags.set_tag(film_db, "s", 1, 2, "frame", "nagisa", True)
    tags.set_tag(film_db, "s", 1, 4, "frame", "1girl", True)  # what the tagger says anyway
    tags.set_tag(film_db, "s", 1, 5, "hold", "glasses", True)
    found = {row["frame_number"]: row for row in items(film_db, run(DatasetRequest()))}
    assert len(found) == 51
    assert (found[1]["text"], found[1]["exposure"]) == ("1girl, >:(, x (y)", 1)
    assert (found[2]["text"], found[2]["exposure"]) == ("nagisa ||| 1girl, >:(, x (y)", 1)
    assert found[3]["exposure"] == 2
    assert (found[5]["text"], found[5]["exposure"]) == ("1girl, glasses", 2)


def test_tainted_and_excluded_frames_never_enter(film_db: Connection, run: Run) -> None:
    film_db.execute("UPDATE frame SET tainted = 1 WHERE number BETWEEN 4 AND 6")
    film_db.execute("INSERT INTO exclusion (film_id, first, last, reason) VALUES (1, 21, 31, 'asked')")
    found = {row["frame_number"]: row["exposure"] for row in items(film_db, run(DatasetRequest()))}
    assert found[3] == 1
    assert 5 not in found
    assert not found.keys() & set(range(21, 32))
    assert (found[32], found[33]) == (1, 2)


def test_a_query_chooses_the_frames(film_db: Connection, run: Run) -> None:
    found = items(film_db, run(DatasetRequest(query="glasses frame:1..20")))
    assert [row["frame_number"] for row in found] == [3, 7, 11, 15, 19]
    with pytest.raises(UserError, match="No usable frame matches “frame:3 -1girl”"):
        run(DatasetRequest(query="frame:3 -1girl"))


def test_whole_shots_are_held_out(film_db: Connection, run: Run) -> None:
    made = run(DatasetRequest(validation_share=0.1))
    found = items(film_db, made)
    held = {row["frame_number"] <= FIRST_SHOT for row in found if row["validation"]}
    assert len(held) == 1
    assert made["validation_items"] == sum(row["validation"] for row in found) in (20, 30)
    assert run(DatasetRequest(validation_share=0.0))["validation_items"] == 0


def shots(count: int) -> list[Item]:
    return [Item(1, "film", number, 1, number, Caption((), ())) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "share", "held"), [(1, 0.5, 0), (2, 0.01, 1), (10, 0.1, 1), (40, 0.25, 10), (5, 1, 4)]
)
def test_the_share_of_shots_held_out(count: int, share: float, held: int) -> None:
    assert len(validation_shots(shots(count), share, seed=0)) == held


def test_a_larger_film_holds_out_the_same_shots_first(film_db: Connection) -> None:
    few, many = validation_shots(shots(40), 0.1, 3), validation_shots(shots(40), 0.2, 3)
    assert few < many
    assert validation_shots(shots(40), 0.1, 4) != few


def test_the_hash_is_of_content(film_db: Connection, run: Run) -> None:
    first = run(DatasetRequest())
    film_db.execute("INSERT INTO caption (text) VALUES ('moves the row numbers')")
    second = run(DatasetRequest(name="mine"))
    assert sha256(film_db, first) == sha256(film_db, second)
    tags.set_tag(film_db, "s", 1, 1, "hold", "nagisa", True)
    assert sha256(film_db, run(DatasetRequest())) != sha256(film_db, first)
    assert len(items(film_db, first)) == 50
    with pytest.raises(UserError, match="“mine” already"):
        run(DatasetRequest(name="mine"))


def test_a_run_that_was_stopped_leaves_nothing(film_db: Connection, run: Run) -> None:
    film_db.execute("INSERT INTO dataset VALUES (9, 'half', ?, '{}', 0)", (UNFINISHED,))
    film_db.execute("INSERT INTO caption (id, text) VALUES (1, 'a')")
    film_db.executemany("INSERT INTO dataset_item VALUES (9, ?, 1, 1, 1, 1.0, 0, 1)", [(n,) for n in range(450)])
    with pytest.raises(JobStopped):
        run(DatasetRequest(), stop_after=10)
    assert film_db.execute("SELECT count(*) FROM dataset").fetchone()[0] == 0
    assert film_db.execute("SELECT count(*) FROM dataset_item").fetchone()[0] == 0


def test_a_job_killed_after_its_last_write_finds_its_dataset(film_db: Connection, run: Run) -> None:
    made = run(DatasetRequest(name="mine"))
    film_db.execute("UPDATE job SET state = 'queued' WHERE kind = 'dataset'")
    claimed = queue.claim(film_db, "cpu", 1)
    assert claimed is not None and made_by(film_db, claimed.id) == made["dataset_id"]
    other = queue.enqueue(film_db, DatasetRequest(name="mine"))
    assert made_by(film_db, other) is None
