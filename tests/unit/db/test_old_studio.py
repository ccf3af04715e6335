"""A studio of the first eight migrations is brought up to date: every row stays, and its acts can still be undone."""

import json
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from db import events, exclusions, films, migrations
from db.connect import DATABASE_NAME, connect, connect_studio, writing
from db.digest import table_digests
from db.usage import FAMILIES

FIRST_RELEASE = 8
HERE = "terminal-1"
OLD_FILM = """INSERT INTO film (id, name, sha256, path, bytes, width, height, fps_num, fps_den, decode,
    crop_x, crop_y, crop_w, crop_h, fit, added_at)
    VALUES (1, 'film', 'aa', '/nowhere', 1, 64, 64, 30, 1, '{}', 0, 0, 64, 64, 'pad', 0)"""


def _act(db: Connection, event_id: int, kind: str, table: str, rows: list[tuple[Any, Any, Any]], undoes: Any) -> None:
    """An act as the first release stored it: each row an object."""
    named = [{"key": key, "before": before, "after": after} for key, before, after in rows]
    changes = json.dumps({"table": table, "rows": named}, separators=(",", ":"))
    session = HERE if rows else "engine"
    db.execute("INSERT INTO event VALUES (?, 0, ?, ?, 'act', '', ?, ?)", (event_id, session, kind, changes, undoes))


@pytest.fixture
def old_root(tmp_path: Path) -> Path:
    """A studio of the first release: a film with an exclusion, a verdict, a rating and a rating that was undone."""
    with closing(connect(tmp_path / DATABASE_NAME)) as db, writing(db):
        for number, step in enumerate(migrations.MIGRATIONS[:FIRST_RELEASE], start=1):
            step(db)
            db.execute(f"PRAGMA user_version = {number}")
        db.execute(OLD_FILM)
        db.execute("INSERT INTO frame VALUES (1, 1, 0, 1, 0, 0, 0, 0.0, x'00')")
        db.execute("INSERT INTO exclusion VALUES (1, 1, 1, 1, 'credits')")
        db.execute("INSERT INTO saved_view VALUES ('mine', 'frame', 'nagisa')")
        db.execute("INSERT INTO tag VALUES (1, 'nagisa', 4)")
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', 0)")
        db.execute("INSERT INTO generation VALUES (1, '1girl', '', 1, '{}', 0)")
        db.execute("""INSERT INTO image (id, generation_id, ordinal, state, prompt, negative_prompt, seed,
            steps, sampler, cfg_scale, width, height)
            VALUES (1, 1, 0, 'done', '1girl', '', 1, 1, 'Euler', 7, 64, 64)""")
        _act(db, 1, "verdict", "verdict", [((1, 1, 1), None, (1, "seen", 1))], None)
        db.execute("INSERT INTO verdict VALUES (1, 1, 1, 1, 'seen', 1)")
        _act(db, 2, "rating", "rating", [((1,), None, (3, 0, "", "person", 0, 2))], None)
        _act(db, 3, "rating", "rating", [((1,), (3, 0, "", "person", 0, 2), (5, 0, "", "person", 0, 3))], None)
        _act(db, 4, "undo", "rating", [((1,), (5, 0, "", "person", 0, 3), (3, 0, "", "person", 0, 2))], 3)
        db.execute("INSERT INTO rating VALUES (1, 3, 0, '', 'person', 0, 2)")
        _act(db, 5, "note", "verdict", [], None)
    return tmp_path


def test_acts_of_the_first_release_are_undone_and_done_again(old_root: Path) -> None:
    with closing(connect_studio(old_root)) as db:
        assert events.redo(db, HERE) is not None
        assert db.execute("SELECT stars FROM rating").fetchone()["stars"] == 5
        undone = [events.undo_event(db, HERE, event_id) for event_id in (2, 1)]
        assert [(each.restored, each.kept) for each in undone] == [(0, 1), (1, 0)]
        assert db.execute("SELECT count(*) FROM verdict").fetchone()[0] == 0


def test_an_act_that_another_program_spoilt_is_left_as_it_is(old_root: Path) -> None:
    spoilt = '{"table":"verdict","rows":[{"key":1'
    with closing(connect(old_root / DATABASE_NAME)) as db:
        db.execute("UPDATE event SET changes = ? WHERE id = 5", (spoilt,))
    with closing(connect_studio(old_root)) as db:
        assert db.execute("SELECT changes FROM event WHERE id = 5").fetchone()[0] == spoilt


def test_rows_of_the_first_release_serve_the_newer_acts(old_root: Path) -> None:
    with closing(connect_studio(old_root)) as db:
        assert films.frame(db, 1, 1).excluded == "credits"
        exclusions.include(db, HERE, 1)
        undone = events.undo(db, HERE)
        assert undone is not None and undone.restored == 1
        assert [each.reason for each in exclusions.exclusions(db)] == ["credits"]


def test_every_table_is_digested_and_stands_in_a_family(old_root: Path) -> None:
    with closing(connect_studio(old_root)) as db:
        known = {table for tables in FAMILIES.values() for table in tables}
        missing = set(table_digests(db)) - known
    assert missing == {"job", "job_wait"}
