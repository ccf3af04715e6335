"""Choices between pictures: matched pairs, shuffled sides, the running result and its undo."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import comparisons, events, pictures, purging, query, ratings
from db.comparisons import Pair, Trial
from db.connect import now, writing
from db.errors import UserError
from db.intervals import binomial_p, wilson
from db.pictures import PictureSettings
from db.ratings import Decision

SESSION = "terminal-1"


@pytest.fixture
def trial(db: Connection) -> Trial:
    """Two LoRAs, each with pictures of the seeds 40 to 59."""
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', ?)", (now(),))
        for lora_id, name in ((1, "film-1"), (2, "film-2")):
            db.execute("INSERT INTO lora VALUES (?, ?, NULL, 9, 'l', 's', 't', 'h', '', ?)", (lora_id, name, now()))
    for name in ("film-1", "film-2"):
        pictures.plan(db, 1, PictureSettings(prompt=f"1girl  <{name}:0.7>, hat", count=20, seed=40))
    pictures.plan(db, 1, PictureSettings(prompt="1girl, hat", count=1, seed=40, width=512, height=64))
    db.execute("UPDATE image SET state = 'done'")
    return comparisons.begin(db, "lora:film-1", "lora:film-2")


def _choose(db: Connection, trial: Trial, pair: Pair, one: bool, is_blind: bool = True) -> None:
    better, worse = (pair.left_id, pair.right_id) if pair.one_is_left == one else (pair.right_id, pair.left_id)
    comparisons.choose(db, SESSION, better, worse, trial=trial, pair=pair, is_blind=is_blind)


def test_pairs_have_the_same_seed_and_prompt_and_a_side_of_each(db: Connection, trial: Trial) -> None:
    found = comparisons.pairs(db, trial)
    seeds = {row["id"]: row["seed"] for row in db.execute("SELECT id, seed FROM image")}
    assert len(found) == 20
    assert all(seeds[pair.left_id] == seeds[pair.right_id] for pair in found)
    assert {(pair.left_id <= 20) == pair.one_is_left for pair in found} == {True}


def test_the_sides_are_shuffled_by_the_stored_seed(db: Connection, trial: Trial) -> None:
    found = comparisons.pairs(db, trial)
    assert 0 < sum(pair.one_is_left for pair in found) < 20
    assert found == comparisons.pairs(db, comparisons.begin(db, "lora:film-1", "lora:film-2"))
    with writing(db):
        db.execute("UPDATE trial SET seed = seed + 1")
    assert found != comparisons.pairs(db, comparisons.trial(db, trial.id))


def test_new_pictures_add_pairs_and_change_no_sides(db: Connection, trial: Trial) -> None:
    before = comparisons.pairs(db, trial)
    for name in ("film-1", "film-2"):
        pictures.plan(db, 1, PictureSettings(prompt=f"1girl <{name}:1>, hat", count=2, seed=90))
    db.execute("UPDATE image SET state = 'done'")
    after = comparisons.pairs(db, trial)
    assert len(after) == 22 and [pair for pair in after if pair in before] == before


def test_choices_count_for_their_side_and_undo_takes_them_back(db: Connection, trial: Trial) -> None:
    found = comparisons.pairs(db, trial)
    for pair in found[:9]:
        _choose(db, trial, pair, one=True)
    for pair in found[9:12]:
        _choose(db, trial, pair, one=False)
    tie = found[12]
    comparisons.choose(db, SESSION, tie.left_id, tie.right_id, trial=trial, pair=tie, is_tie=True,
                       is_blind=True)  # fmt: skip
    _choose(db, trial, found[13], one=True, is_blind=False)
    result = comparisons.result(db, trial)
    assert (result.one, result.other, result.ties, result.open) == (9, 3, 1, 1)
    assert result.interval == wilson(9, 12) and result.p == pytest.approx(0.14599609375)
    assert comparisons.chosen(db, trial)[tie.ends] is None
    for _step in range(14):
        undone = events.undo(db, SESSION)
        assert undone is not None and undone.target.startswith(f"trial:{trial.id}:")
    assert comparisons.result(db, trial) == comparisons.Result(0, 0, 0, 0)
    assert events.redo(db, SESSION) is not None
    assert comparisons.result(db, trial).one == 1


def test_a_pair_chosen_again_counts_once(db: Connection, trial: Trial) -> None:
    pair = comparisons.pairs(db, trial)[0]
    _choose(db, trial, pair, one=True)
    _choose(db, trial, pair, one=False)
    result = comparisons.result(db, trial)
    assert (result.one, result.other) == (0, 1)


def _purge_a_side(db: Connection, root: Path) -> None:
    """Reject and purge every picture of the second LoRA."""
    ratings.rate_all(db, SESSION, dict.fromkeys(query.image_ids(db, "lora:film-2"), Decision(rejected=True)))
    assert purging.purge(db, root, purging.purgeable(db)) == 20


def test_choices_count_on_when_their_pictures_are_purged(db: Connection, trial: Trial, studio_root: Path) -> None:
    found = comparisons.pairs(db, trial)
    for pair in found[:5]:
        _choose(db, trial, pair, one=True)
    _choose(db, trial, found[5], one=False)
    before = comparisons.result(db, trial)
    _purge_a_side(db, studio_root)
    assert comparisons.pairs(db, trial) == []
    assert comparisons.result(db, trial) == before and (before.one, before.other) == (5, 1)


def test_choices_from_before_sides_were_kept_outlive_a_purge_too(
    db: Connection, trial: Trial, studio_root: Path
) -> None:
    for pair in comparisons.pairs(db, trial)[:3]:
        _choose(db, trial, pair, one=False)
    db.execute("DELETE FROM trial_pair")
    assert comparisons.result(db, trial).other == 3
    _purge_a_side(db, studio_root)
    assert comparisons.result(db, trial).other == 3


def test_sides_without_a_pair_are_refused(db: Connection, trial: Trial) -> None:
    for one, other in (("seed:40", "seed:41"), ("lora:film-1", "lora:film-1")):
        with pytest.raises(UserError):
            comparisons.begin(db, one, other)
    assert comparisons.trials(db) == [trial]


def test_what_differs_most_is_suggested(db: Connection, trial: Trial) -> None:
    assert comparisons.suggestion(db) == ("lora:film-1", "lora:film-2")
    db.execute("DELETE FROM image_lora")
    assert comparisons.suggestion(db) == ("gen:1", "gen:2")


def test_wilsons_interval_is_the_published_one() -> None:
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_intervals_hold_the_share_and_both_sides_are_alike(one: int, other: int) -> None:
    low, high = wilson(one, one + other)
    assert 0 <= low <= high <= 1
    if one + other:
        assert low - 1e-9 <= one / (one + other) <= high + 1e-9
        assert wilson(other, one + other) == pytest.approx((1 - high, 1 - low))
    assert binomial_p(one, one + other) == binomial_p(other, one + other)
    assert 0 < binomial_p(one, one + other) <= 1
