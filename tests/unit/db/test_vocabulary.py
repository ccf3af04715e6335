"""The tags that a studio knows: counted alike by the index and by SQL, and each one in full."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import changes, events, library, picture_tags, query, tag_in_full, tag_queries, tags, vocabulary
from db.connect import connect_studio, writing
from db.films import unpack
from db.index import Index
from db.query_tree import word_for
from db.tag_in_full import Decisions, Example, TagInFull, Threshold
from db.vocabulary import TagCount, Vocabulary, arranged
from kimikoe_tui.cli.models import create_studio
from tests.pilot.conftest import add_base, add_pictures
from tests.rows import FIRST_SHOT, FRAMES
from tests.unit.db.test_query_index import ACTS, add_more_rows

SESSION = "terminal-1"
STRANGE = (
    ":d", "x_(y)", ">:(", "+_+", "-_-", "<3", 'a"b', "\\m/", "score:x", "=", "or", "x>=1", "(", "30%", "^_^", "+", "·é",
    "?", "!?", "*", "a*b",
)  # fmt: skip


def by_index(db: sqlite3.Connection) -> Vocabulary:
    index = Index()
    index.refresh(db)
    found = vocabulary.by_index(db, index)
    assert found is not None
    return found


def without_flicker(found: Vocabulary) -> tuple[list[TagCount], int, int]:
    listed = [msgspec.structs.replace(tag, flicker=None) for tag in found.tags]
    return sorted(listed, key=lambda tag: tag.id), found.frames, found.pictures


def counts(found: Vocabulary) -> dict[str, TagCount]:
    return {tag.name: tag for tag in found.tags}


def tag_id(db: sqlite3.Connection, name: str) -> int:
    found = tags.find_tag(db, name)
    assert found is not None
    return found


def in_full(db: sqlite3.Connection, name: str, most: int = 12) -> TagInFull:
    found = tag_in_full.read(db, tag_id(db, name), most)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "studio"
    create_studio(root)
    db = connect_studio(root)
    add_more_rows(db)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return root


@settings(max_examples=25, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2**32)), max_size=10))
def test_after_any_acts_index_and_sql_and_queries_agree(
    template: Path, acts: list[tuple[Callable[..., None], int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = connect_studio(Path(shutil.copytree(template, Path(folder) / "studio")))
        for act, seed in acts:
            act(db, Random(seed))
        counted = by_index(db)
        assert without_flicker(counted) == without_flicker(vocabulary.by_sql(db))
        for tag in counted.tags:
            assert tag.frames == query.count(db, word_for(tag.name), "frame"), tag
            assert tag.pictures == query.count(db, word_for(tag.name), "image"), tag
            assert tag.flicker == (None if tag.category == 9 else turns(db, tag)), tag
        db.close()


def turns(db: sqlite3.Connection, tag: TagCount) -> int:
    """How often a tag begins or ends in the middle of a shot, frame by frame."""
    carried = {unpack(each) for each in query.frame_ids(db, word_for(tag.name))}
    newest = {row[0]: row[1] for row in db.execute("SELECT film_id, max(number) FROM frame GROUP BY film_id")}
    count = 0
    for film, first, last, after in db.execute(_SHOTS):
        begins, ends = range(first + 1, after or newest[film] + 1), range(first, last)
        count += sum((film, each) in carried and (film, each - 1) not in carried for each in begins)
        count += sum((film, each) in carried and (film, each + 1) not in carried for each in ends)
    return count


_SHOTS = "SELECT film_id, first, last, lead(first) OVER (PARTITION BY film_id ORDER BY first) FROM shot"


def test_what_is_listed(film_db: sqlite3.Connection) -> None:
    found = counts(vocabulary.by_sql(film_db))
    assert "nagisa" not in found, "200 is below 0.85, the threshold of characters"
    assert "explicit" not in found, "safe is the greater rating"
    assert found["1girl"].frames == found["safe"].frames == FRAMES
    tags.set_tag_on(film_db, SESSION, 1, [1, 2, 3], "nagisa", True)
    tags.set_tag_on(film_db, SESSION, 1, [5], "nagisa", False)
    tags.set_tag_on(film_db, SESSION, 1, [5], "hat", False)
    for way in (vocabulary.by_sql, by_index):
        nagisa, hat = counts(way(film_db))["nagisa"], counts(way(film_db))["hat"]
        assert (nagisa.frames, nagisa.present, nagisa.denied, nagisa.category) == (3, 3, 1, 4)
        assert (hat.frames, hat.present, hat.denied) == (0, 0, 1), "denied only, and yet spoken of"
    events.undo(film_db, SESSION)
    assert "hat" not in counts(by_index(film_db)) and "hat" not in counts(vocabulary.by_sql(film_db))


def test_pictures_and_what_people_say_of_them(film_db: sqlite3.Connection, tmp_path: Path) -> None:
    add_base(film_db)
    first, *_others = add_pictures(film_db, tmp_path, 3)
    picture_tags.set_tags(film_db, SESSION, [first], [("1girl", False), ("nagisa", True), ("hat", False)], [first])
    for way in (vocabulary.by_sql, by_index):
        found = counts(way(film_db))
        assert (found["1girl"].pictures, found["nagisa"].pictures, found["hat"].pictures) == (2, 1, 0)
        assert way(film_db).pictures == 3
    assert in_full(film_db, "1girl").of_pictures == [Decisions("seen", 0, 1)]


def test_an_index_that_is_not_ready_or_behind_counts_nothing(film_db: sqlite3.Connection) -> None:
    index = Index()
    assert vocabulary.by_index(film_db, index) is None
    index.refresh(film_db)
    tags.set_tag_on(film_db, SESSION, 1, [1], "hat", True)
    found = vocabulary.by_index(film_db, index)
    assert found is not None and counts(found)["hat"].frames == 1, "a small change is followed on the spot"
    library.set_policy(film_db, 1, 0.9, 0.9)
    assert vocabulary.by_index(film_db, index) is None and index.ready


def test_orders_and_parts_of_names() -> None:
    some = [
        TagCount(1, "brown_hair", 0, 50, 0, 0, 0, 3), TagCount(2, "hair_bow", 0, 20, 4, 1, 0, 9),
        TagCount(3, "smile", 0, 50, 0, 9, 0, None), TagCount(4, "angry", 0, 20, 0, 0, 0, 0),
    ]  # fmt: skip
    assert [tag.id for tag in arranged(some, "frames")] == [1, 3, 4, 2]
    assert [tag.id for tag in arranged(some, "decisions")] == [3, 2, 1, 4]
    assert [tag.id for tag in arranged(some, "flicker")] == [2, 1, 3, 4]
    assert [tag.id for tag in arranged(some, "name")] == [4, 1, 2, 3]
    assert [tag.id for tag in arranged(some, "frames", " Hair")] == [1, 2]
    assert [tag.id for tag in arranged(some, "frames", "n hair")] == [1]


def test_from_which_score_on_a_tag_counts(film_db: sqlite3.Connection) -> None:
    assert in_full(film_db, "glasses").threshold == Threshold(0.3, False)
    assert in_full(film_db, "nagisa").threshold == Threshold(0.85, False)
    assert in_full(film_db, "safe").threshold is None
    film_db.execute("INSERT INTO tag_threshold VALUES (1, ?, 0.6)", (tag_id(film_db, "glasses"),))
    assert in_full(film_db, "glasses").threshold == Threshold(0.6, True)
    assert in_full(film_db, "glasses").frames == 0
    film_db.execute("UPDATE policy SET active = 0")
    assert in_full(film_db, "glasses").threshold is None and not any(in_full(film_db, "glasses").scores)


def test_scores_are_counted_by_twentieths_of_key_frames(film_db: sqlite3.Connection) -> None:
    assert {place: n for place, n in enumerate(in_full(film_db, "glasses").scores) if n} == {11: FRAMES // 4}
    for number, score in ((1, 255), (5, 0), (9, 76), (13, 77)):
        film_db.execute("INSERT INTO score VALUES (1, ?, 1, ?, ?)", (number, tag_id(film_db, "glasses"), score))
    scores = in_full(film_db, "glasses").scores
    assert (scores[19], scores[0], scores[5], scores[6]) == (1, 1, 1, 1), "76/255 is below 0.3, 77/255 above"


def test_where_a_tag_is_and_who_says_so(film_db: sqlite3.Connection) -> None:
    tags.set_tag_on(film_db, SESSION, 1, range(1, 11), "nagisa", True, looked_at=1)
    tags.set_tag_on(film_db, SESSION, 1, [21], "nagisa", False, bulk=True)
    found = in_full(film_db, "nagisa")
    assert (found.frames, found.shots) == (10, 1)
    assert found.decisions == [Decisions("seen", 2, 0), Decisions("spread", 8, 0), Decisions("bulk", 0, 1)]
    assert in_full(film_db, "1girl").shots == 2
    girl = tag_id(film_db, "1girl")
    film_db.execute("INSERT INTO tag_alias VALUES ('one_girl', ?)", (girl,))
    film_db.execute("INSERT INTO tag_implication VALUES (?, ?)", (found.id, girl))
    assert in_full(film_db, "1girl").aliases == ["one_girl"] and in_full(film_db, "1girl").implied_by == ["nagisa"]
    assert in_full(film_db, "nagisa").implies == ["1girl"]
    assert tag_in_full.read(film_db, 99, 3) is None


def test_examples_are_one_of_each_shot(film_db: sqlite3.Connection) -> None:
    glasses = tag_id(film_db, "glasses")
    film_db.execute("UPDATE score SET score = 240 WHERE tag_id = ? AND frame_number = 7", (glasses,))
    film_db.execute("UPDATE score SET score = 80 WHERE tag_id = ? AND frame_number = 51", (glasses,))
    film_db.execute("UPDATE score SET score = 70 WHERE tag_id = ? AND frame_number = 11", (glasses,))
    found = in_full(film_db, "glasses")
    assert found.surest[0] == Example(1, 7, 240 / 255)
    assert found.surest[1].score == 150 / 255 and found.surest[1].number > FIRST_SHOT
    assert found.nearest == [Example(1, 51, 80 / 255), Example(1, 11, 70 / 255)], "76.5 is the threshold"
    assert len(in_full(film_db, "glasses", 1).nearest) == 1


def test_what_people_decided_is_no_example_of_doubt(film_db: sqlite3.Connection) -> None:
    glasses = tag_id(film_db, "glasses")
    film_db.execute("UPDATE score SET score = 80 WHERE tag_id = ?", (glasses,))
    key_frames = [each.number for each in in_full(film_db, "glasses").nearest]
    tags.set_tag_on(film_db, SESSION, 1, [key_frames[0]], "glasses", True)
    tags.set_tag_on(film_db, SESSION, 1, range(FIRST_SHOT + 1, FRAMES + 1), "glasses", False)
    found = in_full(film_db, "glasses")
    assert [each.number for each in found.nearest] == [key_frames[0] + 4]
    assert [each.number for each in found.surest] == key_frames[:1], "denied in the other shot"


def test_a_name_is_shown_where_people_said_it(film_db: sqlite3.Connection) -> None:
    tags.set_tag_on(film_db, SESSION, 1, [30, 31, 60], "shion", True)
    found = in_full(film_db, "shion")
    assert found.surest == [Example(1, 30, None), Example(1, 60, None)] and found.nearest == []


@pytest.mark.parametrize("name", STRANGE)
def test_any_tag_can_be_asked_for(film_db: sqlite3.Connection, name: str) -> None:
    with writing(film_db):
        made = film_db.execute("INSERT OR IGNORE INTO tag (name) VALUES (?) RETURNING id", (name,)).fetchone()
        found = made["id"] if made else tag_id(film_db, name)
        film_db.execute("DELETE FROM score WHERE tag_id = ?", (found,))
        for number, score in ((1, 60), (3, 90), (5, 49), (7, 104), (9, 80)):  # 0.235, 0.353, 0.192, 0.408, 0.314
            film_db.execute("INSERT INTO score VALUES (1, ?, 1, ?, ?)", (number, found, score))
        changes.announce(film_db, "scores", 1, 1, FRAMES)
    tags.set_tag_on(film_db, SESSION, 1, [9], name, False)
    tags.set_tag_on(film_db, SESSION, 1, [50], name, True)
    index = Index()
    index.refresh(film_db)
    for known in (None, index):
        asked = {
            word_for(name): [3, 4, 7, 8, 10, 50],
            tag_queries.decided(name): [9, 50],
            tag_queries.doubtful(name, 0.3): [1, 2, 3, 4, 10],
        }
        for expression, right in asked.items():
            assert [unpack(each)[1] for each in query.frame_ids(film_db, expression, known)] == right, expression


def test_doubt_about_ratings_and_at_the_ends() -> None:
    assert tag_queries.doubtful("safe", None) == "score:safe>=0.40 score:safe<=0.60 -verdict:safe"
    assert tag_queries.band(0.05) == (0.0, pytest.approx(0.15)) and tag_queries.band(1) == (0.9, 1.0)
