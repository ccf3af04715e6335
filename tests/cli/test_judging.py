"""`kimikoe compare` and `kimikoe purge`."""

import json
import shlex
from pathlib import Path
from sqlite3 import Connection

from db import comparisons, cullings, pictures
from tests.cli.conftest import Run, refused
from tests.pilot.conftest import add_base, add_pictures


def test_purge_counts_then_deletes_exactly_that_many(run: Run, db: Connection, film_studio: Path) -> None:
    add_base(db)
    image_ids = add_pictures(db, film_studio, 3)
    pictures.rate(db, "terminal-1", image_ids[0], rejected=True)
    assert "1 rejected pictures" in run("purge").stdout
    assert "nothing was deleted" in refused(run("purge", "--count", 3))
    assert len(list((film_studio / "images").iterdir())) == 3
    assert "1 pictures purged" in run("purge", "--count", 1).stdout
    assert len(list((film_studio / "images").iterdir())) == 2
    assert run("purge").stdout.startswith("There is nothing to purge")


def test_purge_leaves_what_was_rejected_before_it_was_shown(run: Run, db: Connection, film_studio: Path) -> None:
    add_base(db)
    image_ids = add_pictures(db, film_studio, 3)
    for image_id in image_ids:
        pictures.rate(db, "terminal-1", image_id, rejected=True, unseen=image_id != image_ids[0])
    assert "1 rejected pictures have a file" in run("purge").stdout and "2 stay" in run("purge").stdout
    assert "2 stay, never shown" in refused(run("purge", "--count", 3))
    assert "1 pictures purged" in run("purge", "--count", 1).stdout
    assert len(list((film_studio / "images").iterdir())) == 2
    told = run("purge").stdout
    assert "nothing to purge" in told and "2 stay" in told and "--count" not in told


def test_an_outcome_whose_view_was_deleted_says_how_to_save_it_again(
    run: Run, db: Connection, film_studio: Path
) -> None:
    add_base(db)
    add_pictures(db, film_studio, 2)
    cullings.begin(db, "gen:1")
    assert "“keepers of gen:1”" in run("cull", "gen:1", "--outcome").stdout
    run("view", "delete", "keepers of gen:1")
    told = run("cull", "gen:1", "--outcome").stdout.splitlines()[-1]
    assert "was deleted" in told and "“”" not in told
    assert json.loads(run("cull", "gen:1", "--outcome", "--json").stdout)["view"] is None
    _program, *again = shlex.split(told[told.index("kimikoe view save") : told.index(" saves it again")])
    run(*again)
    assert "“keepers of gen:1”" in run("cull", "gen:1", "--outcome").stdout


def test_compare_tells_how_trials_stand(run: Run, db: Connection, film_studio: Path) -> None:
    add_base(db)
    add_pictures(db, film_studio, 3)
    add_pictures(db, film_studio, 3)
    assert "Nothing has been compared" in run("compare").stdout
    assert "seed and prompt" in refused(run("compare", "seed:100", "seed:101"))
    assert "3 pairs" in run("compare", "gen:1", "gen:2").stdout
    (trial,) = comparisons.trials(db)
    for pair in comparisons.pairs(db, trial)[:2]:
        one, other = (pair.left_id, pair.right_id) if pair.one_is_left else (pair.right_id, pair.left_id)
        comparisons.choose(db, "terminal-1", one, other, trial=trial, pair=pair, is_blind=True)
    assert "gen:1 2 : 0 gen:2 · 100% for the first, 95% interval 34%–100%, p 0.5" in run("compare").stdout
    (row,) = json.loads(run("compare", "--json").stdout)
    assert (row["one_better"], row["pairs"], row["seed"]) == (2, 3, trial.seed)
