import sqlite3
import threading
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import changes, migrations
from db.connect import DATABASE_NAME, connect, connect_studio, writing
from db.errors import UserError
from kimikoe_tui.cli import models
from kimikoe_tui.cli.models import create_studio


def test_an_old_file_with_rows_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    old = connect(path)
    with writing(old):
        migrations.MIGRATIONS[0](old)
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO tag (name) VALUES ('nagisa')")
    old.close()
    db = connect_studio(tmp_path)
    assert migrations.version(db) == len(migrations.MIGRATIONS)
    assert db.execute("SELECT name FROM tag").fetchone()["name"] == "nagisa"
    assert db.execute("SELECT count(*) FROM image_full").fetchone()[0] == 0


def test_a_studio_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def halfway(db: Connection) -> None:
        migrations.MIGRATIONS[0](db)
        with pytest.raises(UserError, match="no studio"):
            connect_studio(tmp_path)
        with pytest.raises(UserError, match="Another process"):
            create_studio(tmp_path)
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(models, "migrate", halfway)
        create_studio(tmp_path)
    create_studio(tmp_path)
    connect_studio(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [DATABASE_NAME]


def test_a_studio_is_not_made_over_one_that_another_process_has_made(studio_root: Path) -> None:
    with connect_studio(studio_root) as db:
        db.execute("INSERT INTO tag (name) VALUES ('nagisa')")
    create_studio(studio_root)
    assert connect_studio(studio_root).execute("SELECT name FROM tag").fetchone()["name"] == "nagisa"


def test_a_newer_studio_is_refused_untouched(studio_root: Path) -> None:
    db = connect(studio_root / DATABASE_NAME)
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(UserError, match="newer kimikoe.*upgrade"):
        connect_studio(studio_root)


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"not a database, but long enough to have a header" * 50)
    with pytest.raises(UserError, match="cannot be read as a studio"):
        connect_studio(tmp_path)


def test_a_folder_without_a_studio_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="kimikoe init"):
        connect_studio(tmp_path)


def test_read_then_write_from_two_threads_is_never_busy(studio_root: Path) -> None:
    def count_up() -> None:
        db = connect_studio(studio_root)
        for _round in range(100):
            with writing(db):
                value = db.execute("SELECT value FROM setting WHERE name = 'n'").fetchone()
                number = int(value["value"]) + 1 if value else 1
                db.execute("INSERT OR REPLACE INTO setting VALUES ('n', ?)", (str(number),))
        db.close()

    threads = [threading.Thread(target=count_up) for _thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db = connect_studio(studio_root)
    assert db.execute("SELECT value FROM setting WHERE name = 'n'").fetchone()["value"] == "200"


def test_a_failed_transaction_leaves_nothing(db: Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError), writing(db):
        db.execute("INSERT INTO tag (name) VALUES ('a')")
        db.execute("INSERT INTO tag (name) VALUES ('a')")
    assert db.execute("SELECT count(*) FROM tag").fetchone()[0] == 0


def test_changes_reach_another_connection_in_order(db: Connection, studio_root: Path) -> None:
    other = connect_studio(studio_root)
    seen, version = changes.newest(other), changes.data_version(other)
    with writing(db):
        changes.announce(db, "frames", 1, 1, 300)
        changes.announce(db, "ratings", None, 4, 4)
    assert changes.data_version(other) != version
    assert [(c.kind, c.film_id, c.first, c.last) for c in changes.since(other, seen)] == [
        ("frames", 1, 1, 300),
        ("ratings", None, 4, 4),
    ]
    other.close()
