"""The index answers as SQL does, whatever happens to the studio and whoever does it."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import changes, events, exclusions, facets, library, picture_tags, pictures, query, tags
from db.connect import connect_studio, writing
from db.errors import UserError
from db.index import Index
from db.query import Subject
from kimikoe_tui.cli.models import create_studio
from tests.rows import FRAMES, TAGS, add_small_film

FRAME_COLUMNS = "film_id, number, pts, is_key, distance, cut_change, signature"
FRAME_EXPRESSIONS = (
    "", "1girl", "glasses -:d", "(glasses or x_(y)) -nagisa", "*g*", "safe", "explicit or nagisa limit:30",
    "-safe", "score:glasses>0.5 or is:judged", "hold:>=2 glasses", "is:key -1girl", "shot:2 nagisa",
    "flicker:>2", "flicker:glasses<4", "flicker:0", "flicker:1..3", "origin:seen or verdict:-glasses",
    "t:0:01..0:02,>=0:03 -glasses", "t:<0:02", "-t:>0:01", "t:0:02", "frame:<40,60..70", "frame:>1", "is:key",
    "is:untagged", "shot:>=2", "hold:1,>4", "film:*", "flicker:*g*>1", "is:excluded or is:tainted",
    "score:1girl>0.3 hold:2", "hold:1..3", "hold:>5,2", "-hold:<4", "origin:tagger glasses", "-is:untagged -hold:1",
    "tagged:*", "tagged:other", "tagged:other -is:untagged", "is:excluded",
    "glasses -is:excluded",
)  # fmt: skip
IMAGE_EXPRESSIONS = (
    "", "1girl -glasses", "gl* or nagisa", "stars:>=3 -:d", "-is:rejected limit:2", "is:untagged",
    "is:judged -glasses", "verdict:+glasses or verdict:-nagisa", "nagisa or verdict:1girl",
)  # fmt: skip


def assert_same(db: sqlite3.Connection, index: Index) -> None:
    """Everything that can be asked is answered alike."""
    asked: tuple[tuple[Subject, tuple[str, ...]], ...] = (("frame", FRAME_EXPRESSIONS), ("image", IMAGE_EXPRESSIONS))
    for subject, expressions in asked:
        ids = query.frame_ids if subject == "frame" else query.image_ids
        for expression in expressions:
            right = list(ids(db, expression))
            answer = index.answer(db, expression, subject)
            assert answer is not None and list(answer.ids()) == right, expression
            assert query.count(db, expression, subject) == len(answer) == len(right)
            assert facets.top(db, expression, subject, 4) == answer.facets(4), expression
            middle = right[len(right) // 2] if right else 0
            page = query.page(db, expression, subject, middle, 3)
            assert list(page) == list(answer.after(middle, 3)) == [each for each in right if each > middle][:3]
            assert answer.position(middle) == sum(each < middle for each in right)


def edit(db: sqlite3.Connection, chance: Random) -> None:
    first = chance.randint(1, FRAMES)
    numbers = range(first, min(FRAMES, first + chance.choice([1, 3, 40, 99])) + 1)
    tag = chance.choice([*TAGS, "new_tag"])
    tags.set_tag_on(db, f"s{chance.randint(1, 2)}", 1, numbers, tag, chance.choice([True, False, None]))


def exclude(db: sqlite3.Connection, chance: Random) -> None:
    first = chance.randint(1, FRAMES)
    ranges = [(first, min(FRAMES, first + chance.choice([0, 5, 60])))]
    with suppress(UserError):  # excluded already
        exclusions.exclude(db, f"s{chance.randint(1, 2)}", 1, ranges, chance.choice(["logo", "credits"]))


def take_back(db: sqlite3.Connection, chance: Random) -> None:
    chance.choice([events.undo, events.redo])(db, f"s{chance.randint(1, 2)}")


def regroup(db: sqlite3.Connection, chance: Random) -> None:
    """A new grouping: drawings of other lengths, some without a key frame or with a later one."""
    last = db.execute("SELECT max(number) FROM frame WHERE film_id = 1").fetchone()[0]
    firsts = sorted({1, *chance.sample(range(1, last + 1), min(last, chance.choice([3, 30, 90])))})
    with writing(db):
        grouping = db.execute(
            "INSERT INTO grouping (film_id, threshold, method, made_at) VALUES (1, 7, 'test', 0) RETURNING id"
        ).fetchone()[0]
        for first, end in zip(firsts, [*firsts[1:], last + 1], strict=True):
            key = chance.choice([first, first, first, None, chance.randrange(first, end)])
            db.execute("INSERT INTO hold VALUES (?, ?, ?, ?)", (grouping, first, end - 1, key))
        db.execute("UPDATE film SET grouping_id = ? WHERE id = 1", (grouping,))
        changes.announce(db, "frames", 1, 1, last)


def change_policy(db: sqlite3.Connection, chance: Random) -> None:
    with writing(db):
        policy = library.set_policy(db, chance.randint(1, 2), chance.choice([0.1, 0.3, 0.7]), chance.choice([0.5, 0.9]))
        glasses = db.execute("SELECT id FROM tag WHERE name = 'glasses'").fetchone()[0]
        if chance.random() < 0.5:
            db.execute("INSERT INTO tag_threshold VALUES (?, ?, ?)", (policy, glasses, chance.choice([0.2, 0.9])))


def score(db: sqlite3.Connection, chance: Random) -> None:
    """A tagger sees some frames, for the first time or again."""
    first = chance.randint(1, FRAMES)
    last, tagger = min(FRAMES, first + 20), chance.randint(1, 2)
    names = [row[0] for row in db.execute("SELECT id FROM tag")]
    with writing(db):
        for number in range(first, last + 1):
            db.execute("DELETE FROM score WHERE frame_number = ? AND tagger_id = ?", (number, tagger))
            rows = [(number, tagger, tag, chance.randrange(256)) for tag in chance.sample(names, 4)]
            db.executemany("INSERT INTO score VALUES (1, ?, ?, ?, ?)", rows)
            db.execute("INSERT OR REPLACE INTO scored VALUES (?, 1, ?, x'00')", (tagger, number))
        changes.announce(db, "scores", 1, first, last)


def grow(db: sqlite3.Connection, chance: Random) -> None:
    """More of the film is taken in, its last drawing going on."""
    with writing(db):
        last = db.execute("SELECT max(number) FROM frame WHERE film_id = 1").fetchone()[0]
        rows = [(1, number) for number in range(last + 1, last + 6)]
        db.executemany(f"INSERT INTO frame ({FRAME_COLUMNS}) VALUES (?, ?, 0, 0, 0, 0, x'')", rows)
        newest = "grouping_id = (SELECT grouping_id FROM film WHERE id = 1) AND last = ?"
        db.execute(f"UPDATE hold SET last = ? WHERE {newest}", (last + 2, last))
        db.execute(
            "INSERT INTO hold SELECT grouping_id, ?, ?, ? FROM film WHERE id = 1", (last + 3, last + 5, last + 3)
        )
        changes.announce(db, "frames", 1, last + 1, last + 5)


def finish_picture(db: sqlite3.Connection, chance: Random) -> None:
    with writing(db):
        row = db.execute(_NEW_IMAGE).fetchone()
        pictures.announce_done(db, row[0])


_NEW_IMAGE = """INSERT INTO image (generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
    cfg_scale, width, height, path) SELECT 1, count(*), 'done', '', '', 1, 1, '', 1, 8, 8, '' FROM image RETURNING id"""


def tag_pictures(db: sqlite3.Connection, chance: Random) -> None:
    names = [row[0] for row in db.execute("SELECT id FROM tag")]
    tagger = chance.randint(1, 2)
    with writing(db):
        seen = "SELECT image_id FROM image_scored WHERE tagger_id = ?"
        for row in db.execute(f"SELECT id FROM image WHERE id NOT IN ({seen})", (tagger,)).fetchall():
            rows = [(row[0], tagger, tag, chance.randrange(256)) for tag in chance.sample(names, 3)]
            db.executemany("INSERT INTO image_score VALUES (?, ?, ?, ?)", rows)
            db.execute("INSERT INTO image_scored VALUES (?, ?, x'00')", (row[0], tagger))
        changes.announce(db, "images")


def rate(db: sqlite3.Connection, chance: Random) -> None:
    for row in db.execute("SELECT id FROM image ORDER BY random() LIMIT 1").fetchall():
        stars = chance.choice([None, 1, 3, 5])
        pictures.rate(db, f"s{chance.randint(1, 2)}", row[0], stars=stars, rejected=stars is None)


def say_of_pictures(db: sqlite3.Connection, chance: Random) -> None:
    known = [row[0] for row in db.execute("SELECT id FROM image")]
    if known:
        names = [row[0] for row in db.execute("SELECT name FROM tag")]
        words = [(chance.choice(names), chance.choice([True, False, None])) for _word in range(2)]
        chosen = chance.sample(known, min(len(known), 2))
        picture_tags.set_tags(db, f"s{chance.randint(1, 2)}", chosen, words, chosen[:1])


ACTS: tuple[Callable[[sqlite3.Connection, Random], None], ...] = (
    edit, exclude, take_back, regroup, change_policy, score, grow, finish_picture, tag_pictures, rate,
    say_of_pictures,
)  # fmt: skip


def add_copied_film(db: sqlite3.Connection, film_id: int, name: str) -> None:
    """Another film of as many frames, without holds and tags."""
    with writing(db):
        db.execute("UPDATE film SET grouping_id = NULL")
        columns = [row["name"] for row in db.execute("PRAGMA table_info(film)")]
        own = {"id": str(film_id), "name": f"'{name}'", "sha256": "'ee'"}
        copied = ", ".join(own.get(column, column) for column in columns)
        db.execute(f"INSERT INTO film SELECT {copied} FROM film")
        db.execute(f"INSERT INTO frame ({FRAME_COLUMNS}) SELECT {film_id}, number, 0, 0, 0, 0, x'' FROM frame")
        changes.announce(db, "frames", film_id, 1, FRAMES)


def add_more_rows(db: sqlite3.Connection) -> None:
    """The small film, a second tagger, and a generation for pictures to come."""
    add_small_film(db)
    with writing(db):
        db.execute("INSERT INTO tagger VALUES (2, 'other', '/nowhere', 'cc', 64, 4, 0)")
        db.execute("INSERT INTO base VALUES (1, 'base', '/nowhere', 'dd', 'sd15', 'epsilon', 64, 64, '', '', 0)")
        db.execute("INSERT INTO generation VALUES (1, '', '', 1, '{}', 0)")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "studio"
    create_studio(root)
    db = connect_studio(root)
    add_more_rows(db)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return root


@pytest.fixture
def studio(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "studio"))


@pytest.fixture
def reader(studio: Path) -> Iterator[sqlite3.Connection]:
    db = connect_studio(studio, read_only=True)
    yield db
    db.close()


@settings(max_examples=15, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.booleans(), st.integers(0, 2**32)), max_size=10))
def test_after_any_acts_of_two_terminals(template: Path, acts: list[tuple[Callable[..., None], bool, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(template, Path(folder) / "studio"))
        reader, *writers = connect_studio(root, read_only=True), connect_studio(root), connect_studio(root)
        index = Index()
        index.refresh(reader)
        for act, other, seed in acts:
            act(writers[other], Random(seed))
            if index.answer(reader, "", "frame") is None:
                index.refresh(reader)
        assert_same(reader, index)
        for db in (reader, *writers):
            db.close()


def test_while_another_process_works(studio: Path, reader: sqlite3.Connection) -> None:
    """Each round is one moment of the rows, compared while a second process commits a few acts of every kind."""
    index, writer = Index(), connect_studio(studio)
    process = subprocess.Popen([sys.executable, "-c", _OTHER_PROCESS, str(studio)], stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        for seed in range(len(ACTS)):
            process.stdin.write(b"...")
            process.stdin.flush()
            ACTS[seed](writer, Random(seed))
            index.refresh(reader)
            reader.execute("BEGIN")
            while index.answer(reader, "", "frame") is None:
                reader.execute("ROLLBACK")
                index.refresh(reader)
                reader.execute("BEGIN")
            assert_same(reader, index)
            reader.execute("ROLLBACK")
    finally:
        process.kill()
        process.wait()
        writer.close()


_OTHER_PROCESS = """
import sys
from pathlib import Path
from random import Random
from db.connect import connect_studio
from tests.unit.db.test_query_index import ACTS
db, chance = connect_studio(Path(sys.argv[1])), Random(5)
while sys.stdin.read(1):
    chance.choice(ACTS)(db, chance)
"""


def test_it_is_not_imported_before_it_is_wanted() -> None:
    program = "import sys, db.index, db.query, db.completion, kimikoe_tui.app; print('pyroaring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def test_until_it_is_ready_sql_answers(film_db: sqlite3.Connection) -> None:
    index = Index()
    assert not index.ready and index.answer(film_db, "glasses", "frame") is None
    assert len(query.frame_ids(film_db, "glasses", index)) == 50
    assert index.refresh(film_db) and index.ready
    assert not index.refresh(film_db), "nothing is new"
    assert len(query.frame_ids(film_db, "glasses", index)) == 50


def test_a_large_change_is_left_to_the_background(film_db: sqlite3.Connection) -> None:
    index = Index()
    index.refresh(film_db)
    library.set_policy(film_db, 1, 0.9, 0.9)
    assert index.answer(film_db, "glasses", "frame") is None
    assert len(query.frame_ids(film_db, "glasses", index)) == 0
    index.refresh(film_db)
    answer = index.answer(film_db, "glasses", "frame")
    assert answer is not None and len(answer) == 0


def test_what_a_change_does_not_touch_stays_known(film_db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    index, asked = Index(), ("is:tainted", "is:untagged", "score:glasses>0.5")
    index.refresh(film_db)
    before = [len(query.frame_ids(film_db, expression, index)) for expression in asked]
    tags.set_tag_on(film_db, "s", 1, [3], "glasses", False)
    monkeypatch.setattr("db.index.joined_ids", lambda *args: pytest.fail("it was asked anew"))
    assert [len(query.frame_ids(film_db, expression, index)) for expression in asked] == before
    with pytest.raises(pytest.fail.Exception):
        query.frame_ids(film_db, "is:judged", index)


def test_films_beyond_32_bits_are_answered_too(film_db: sqlite3.Connection) -> None:
    add_copied_film(film_db, 300, "other")
    tags.set_tag_on(film_db, "s", 300, range(1, 9), "glasses", True)
    index = Index()
    index.refresh(film_db)
    assert list(query.frame_ids(film_db, "glasses", index)) == list(query.frame_ids(film_db, "glasses"))
    assert query.count(film_db, "glasses film:other", "frame", index) == 8
    for expression in ("flicker:>2", "t:>=0:01 shot:1", "film:other frame:5..7", "is:key"):
        assert list(query.frame_ids(film_db, expression, index)) == list(query.frame_ids(film_db, expression))
